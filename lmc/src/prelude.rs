//! All that a notebook needs: `use lmc::prelude::*;`.

pub use crate::align::{self, Alignment, weight_matching};
pub use crate::basin::{
    Basins, ClusterOptions, Delta, EarlyOptions, EarlyPrediction, Note, Predictor, choose_landmarks, cluster,
    cluster_landmarks, drift, landmarks_of_each, predict_early, predict_from_landmarks,
};
pub use crate::compute::{Compute, Precision};
pub use crate::confidence::{self, Interval, IntervalMethod};
pub use crate::error::{LmcError, Result};
pub use crate::figure::{
    Figure, GroupPanel, HeatmapOptions, alignment_scatter, comparison_intervals, connections,
    correlation_matrix, curves, drift_quiver, early_curves, gap_against_distance, group_heatmaps,
    group_histograms, groups_by_basin, groups_by_score, heatmap, histogram, histograms, membership_scatter,
    planes, sharpness_scatter,
};
pub use crate::figure::{
    co_assignment, gap_intervals, membership_intervals, sample_size_curves, stability_bars,
};
pub use crate::figure::{excess_strips, soup_dots, triangle_scatter};
pub use crate::gap::{GapMatrix, LandmarkGaps, Measure, area_under_curve, barrier_height, convexity_gap};
pub use crate::gap::{excess_loss, simplex_gap};
pub use crate::interrupt;
pub use crate::notebook::Show;
pub use crate::path::{Combination, CurveKind, PlaneOptions};
pub use crate::published;
pub use crate::replay::{Missing, Repeated, Replay, ReplayOptions, write_log};
pub use crate::sharpness::SharpnessRecipe;
pub use crate::slurm::Slurm;
pub use crate::spec::{Recipe, RunSpec, TaskSpec};
pub use crate::stats;
pub use crate::step::Step;
pub use crate::store::Store;
pub use crate::study::{
    AlignedSweep, Comparison, ComparisonOptions, Connection, Evaluation, Group, Models, PlaneSample, Report,
    Stage, Statistic, Study, StudySpec, Sweep, compare, compare_predictors, drift_table, early_table,
    early_warning, evaluations_table,
};
pub use crate::study::{Confidence, ConfidenceOptions, SampleSizes};
pub use crate::study::{Convexity, ConvexityOptions, SoupOptions, Soups, TriangleOptions, Triangles};
pub use crate::sweep::{Grid, SweepPlan};
pub use crate::table::{
    self, Arithmetic, Metric, Table, cluster_statistics, cluster_tests, constant_scores, correlations,
    gap_matrix,
};
pub use crate::train::CurveRecipe;
pub use crate::weights::Weights;
pub use polars::prelude::*;
