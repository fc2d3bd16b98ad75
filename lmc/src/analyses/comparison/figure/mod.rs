//! Groups of models in panels side by side on one scale (Juneja et al. 2023, Figs. 19 and 20).

mod heatmaps;
mod histograms;
mod intervals;
#[cfg(test)]
mod tests;

use polars::prelude::DataFrame;

/// The most panels of a figure.
const MOST_PANELS: usize = 8;

pub use heatmaps::group_heatmaps;
pub use histograms::group_histograms;
pub use intervals::comparison_intervals;

/// One group of models: a panel of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPanel {
    /// The title above the panel.
    pub title: String,
    /// The [`GAPS`](crate::table::GAPS) of the group.
    pub gaps: DataFrame,
    /// Its [`BASINS`](crate::table::BASINS).
    pub basins: DataFrame,
    /// Its [`EVALUATIONS`](crate::table::EVALUATIONS).
    pub evaluations: DataFrame,
}

impl GroupPanel {
    /// Makes a panel of those tables, which are copied.
    pub fn new(title: &str, gaps: &DataFrame, basins: &DataFrame, evaluations: &DataFrame) -> GroupPanel {
        GroupPanel {
            title: title.to_owned(),
            gaps: gaps.clone(),
            basins: basins.clone(),
            evaluations: evaluations.clone(),
        }
    }
}
