//! The loss along the lines between models.

pub(crate) mod figure;
mod groups;
mod table;

use polars::prelude::DataFrame;

use crate::error::Result;
use crate::study::Sweep;
use crate::tables::Table;

pub use figure::curves;
pub use groups::{groups_by_basin, groups_by_score};
pub use table::{GROUPS, GroupColumns, PROFILES, ProfileColumns};

impl Table for Sweep {
    /// Returns one row per pair and point: the schema [`PROFILES`](crate::table::PROFILES).
    ///
    /// # Errors
    /// The errors of [`accuracy`](crate::stats::accuracy); [`LmcError::Polars`](crate::LmcError::Polars).
    fn table(&self) -> Result<DataFrame> {
        let points =
            || self.profiles.iter().flat_map(|p| p.outcomes.iter().enumerate().map(move |(k, o)| (p, k, o)));
        let rows = points().count();
        ProfileColumns {
            a: points().map(|(p, ..)| p.a.clone()).collect(),
            b: points().map(|(p, ..)| p.b.clone()).collect(),
            dataset: vec![self.dataset.clone(); rows],
            point: points().map(|(_, k, _)| k as i64).collect(),
            alpha: points().map(|(p, k, _)| p.alphas[k]).collect(),
            loss: points().map(|(_, _, o)| o.mean_loss()).collect(),
            accuracy: points()
                .map(|(profile, point, _)| self.accuracy(profile, point).map(Some))
                .collect::<Result<_>>()?,
            n_examples: vec![self.labels.len() as i64; rows],
        }
        .frame()
    }
}
