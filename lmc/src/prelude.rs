//! What a notebook needs: `use lmc::prelude::*;`.

pub use crate::basin::{Basins, ClusterOptions, Delta, choose_landmarks, cluster, cluster_landmarks, drift};
pub use crate::compute::{Compute, Precision};
pub use crate::error::{LmcError, Result};
pub use crate::figure::{
    Figure, GroupPanel, HeatmapOptions, comparison_intervals, curves, drift_quiver, group_heatmaps,
    group_histograms, groups_by_basin, groups_by_score, heatmap, histogram, membership_scatter,
};
pub use crate::gap::{GapMatrix, LandmarkGaps, Measure, area_under_curve, barrier_height, convexity_gap};
pub use crate::interrupt;
pub use crate::notebook::Show;
pub use crate::spec::{Recipe, RunSpec, TaskSpec};
pub use crate::stats;
pub use crate::step::Step;
pub use crate::store::Store;
pub use crate::study::{
    Comparison, ComparisonOptions, Evaluation, Group, Models, Report, Statistic, Study, StudySpec, Sweep,
    compare, evaluations_table,
};
pub use crate::sweep::{Grid, SweepPlan};
pub use crate::table::{self, Metric};
pub use crate::weights::Weights;
pub use polars::prelude::*;
