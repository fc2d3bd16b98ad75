//! The table of the measures of each pair of models.

use lmc_base::declare_table;
use polars::prelude::DataFrame;

use crate::error::Result;
use crate::gap::Measure;

declare_table! {
    /// One row per unordered pair of models and evaluated set.
    GAPS, GapColumns = "gaps" {
        a: String,
        b: String,
        dataset: String,
        barrier_height: f64 = "barrier height, nats per example",
        convexity_gap: f64 = "convexity gap, nats per example",
        auc: f64 = "area under the loss curve above its minimum, nats times distance",
        euclidean_distance: f64 = "Euclidean distance of the parameters, no unit",
    }
}

impl GapColumns {
    /// Reads the column of a measure.
    ///
    /// # Errors
    /// [`LmcError::Column`](crate::LmcError::Column) if it is missing, has another type or lacks a value.
    pub fn of_measure(gaps: &DataFrame, measure: Measure) -> Result<Vec<f64>> {
        match measure {
            Measure::BarrierHeight => Self::barrier_height(gaps),
            Measure::ConvexityGap => Self::convexity_gap(gaps),
            Measure::AreaUnderCurve => Self::auc(gaps),
            Measure::EuclideanDistance => Self::euclidean_distance(gaps),
        }
    }
}
