//! Groups of models side by side: how well each group solves the task, how far apart its models lie, and
//! whether they fall into clusters (Juneja et al. 2023, Figs. 19 and 20).

mod compare;
pub(crate) mod figure;
mod rows;
mod statistic;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::basin::Basins;
use crate::error::{LmcError, Result};
use crate::gap::{GapMatrix, Measure};
use crate::study::{Evaluation, Metric, Sweep, metrics};

pub use compare::{Compared, Comparison, ComparisonOptions, compare};
pub use figure::{GroupPanel, comparison_intervals, group_heatmaps, group_histograms};
pub use statistic::Statistic;
pub use table::{ComparisonColumns, GROUP_COMPARISON};

/// The models of one recipe and encoder with the values that a comparison uses; vectors are in the order of
/// the models of `gaps`.
#[derive(Clone, PartialEq)]
pub struct Group {
    /// The name, for tables.
    pub name: String,
    /// The convexity gap of every pair, nats per example.
    pub gaps: GapMatrix,
    /// The clusters by those gaps.
    pub basins: Basins,
    /// The accuracy of every model in domain, in [0, 1].
    pub id_accuracy: Vec<f64>,
    /// The loss of every model in domain, nats per example.
    pub id_loss: Vec<f64>,
    /// The score of every model out of domain.
    pub scores: Vec<f64>,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group({}, {} models, {:?})", self.name, self.gaps.models.len(), self.basins)
    }
}

impl Group {
    /// Makes the group of the models of a sweep in domain, with its clusters, the models' own in-domain
    /// evaluations and their scores by a metric on another set.
    ///
    /// # Errors
    /// The errors of [`Sweep::matrix`], [`Evaluation::metric`] and [`Group::check`].
    pub fn new(
        name: &str,
        sweep: &Sweep,
        basins: &Basins,
        in_domain: &[Evaluation],
        scored: &[Evaluation],
        metric: Metric,
    ) -> Result<Self> {
        let group = Self {
            name: name.to_owned(),
            gaps: sweep.matrix(Measure::ConvexityGap)?,
            basins: basins.clone(),
            id_accuracy: metrics(in_domain, Metric::Accuracy)?,
            id_loss: metrics(in_domain, Metric::Loss)?,
            scores: metrics(scored, metric)?,
        };
        for evaluations in [in_domain, scored] {
            let names: Vec<&String> = evaluations.iter().map(|e| &e.model).collect();
            if names != group.gaps.models.iter().collect::<Vec<_>>() {
                let expected = format!("the models of the sweep in their order, {:?}", group.gaps.models);
                return Err(LmcError::invalid("evaluations", format!("{names:?}"), expected));
            }
        }
        group.check()?;
        Ok(group)
    }

    /// Checks that all parts are about the same models.
    ///
    /// # Errors
    /// The errors of [`GapMatrix::new`]; [`LmcError::InvalidParameter`] for basins of other models or a value
    /// that is not finite; [`LmcError::ShapeMismatch`] for another number of values.
    pub fn check(&self) -> Result<()> {
        self.gaps.check()?;
        let models = &self.gaps.models;
        if self.basins.models != *models {
            let expected = format!("the models of the gaps, {models:?}");
            return Err(LmcError::invalid("basins.models", format!("{:?}", self.basins.models), expected));
        }
        for (field, values) in [
            ("id_accuracy", &self.id_accuracy),
            ("id_loss", &self.id_loss),
            ("scores", &self.scores),
            ("basins.membership", &self.basins.membership),
        ] {
            if values.len() != models.len() {
                let (got, expected) = (vec![values.len()], vec![models.len()]);
                return Err(LmcError::ShapeMismatch { what: field.to_owned(), got, expected });
            }
            if let Some(wrong) = values.iter().find(|value| !value.is_finite()) {
                return Err(LmcError::invalid(field, wrong, "finite numbers"));
            }
        }
        let in_two = self.basins.cluster.len() == models.len() && self.basins.all_in_two();
        in_two.then_some(()).ok_or_else(|| {
            let got = format!("{:?}", self.basins.cluster);
            LmcError::invalid("basins.cluster", got, format!("0 or 1 for each of {} models", models.len()))
        })
    }
}
