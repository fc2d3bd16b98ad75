//! Figures of the uncertainty that a sample of examples leaves: intervals of gaps and memberships, stability
//! of clusters, sample sizes.

mod assignment;
mod gaps;
mod membership;
mod sizes;
#[cfg(test)]
mod tests;

use polars::prelude::DataFrame;

use crate::Result;
use crate::analyses::confidence::{MEMBERSHIP_INTERVALS, MembershipIntervalColumns};

pub use assignment::{co_assignment, stability_bars};
pub use gaps::gap_intervals;
pub use membership::membership_intervals;
pub use sizes::sample_size_curves;

/// The models of a [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS) table.
struct Members {
    models: Vec<String>,
    clusters: Vec<i64>,
    membership: Vec<f64>,
    stability: Vec<f64>,
}

impl Members {
    fn of(membership: &DataFrame) -> Result<Members> {
        MEMBERSHIP_INTERVALS.check(membership)?;
        let [_, _, stability] = MembershipIntervalColumns::drawn(membership)?;
        Ok(Members {
            models: MembershipIntervalColumns::model(membership)?,
            clusters: MembershipIntervalColumns::cluster(membership)?,
            membership: MembershipIntervalColumns::membership(membership)?,
            stability,
        })
    }

    /// Returns the models sorted by basin, and by membership score within each, so that those at the border
    /// stand beside each other.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.models.len()).collect();
        order.sort_by(|&a, &b| {
            self.clusters[a].cmp(&self.clusters[b]).then(self.membership[a].total_cmp(&self.membership[b]))
        });
        order
    }
}

/// Returns a percentage such as "95 %" or "99.5 %".
fn percent(share: f64) -> String {
    let rounded = (share * 1000.0).round() / 10.0;
    format!("{rounded} %")
}
