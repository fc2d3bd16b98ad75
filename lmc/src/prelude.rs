//! All that a notebook needs: `use lmc::prelude::*;`.

pub use crate::align::{self, Alignment, weight_matching};
pub use crate::analyses::alignment::AlignedSweep;
pub use crate::analyses::comparison::{Comparison, ComparisonOptions, Group, Statistic, compare};
pub use crate::analyses::confidence::{Confidence, ConfidenceOptions, SampleSizes};
pub use crate::analyses::connections::Connection;
pub use crate::analyses::convexity::{Convexity, ConvexityOptions, TriangleOptions, Triangles};
pub use crate::analyses::early::{Stage, early_table, early_warning};
pub use crate::analyses::planes::PlaneSample;
pub use crate::analyses::report::Report;
pub use crate::analyses::sharpness::compare_predictors;
pub use crate::analyses::soups::{SoupOptions, Soups};
pub use crate::analyses::trajectories::drift_table;
pub use crate::basin::{
    Basins, ClusterOptions, Delta, EarlyOptions, EarlyPrediction, Note, Predictor, choose_landmarks, cluster,
    cluster_landmarks, drift, landmarks_of_each, predict_early, predict_from_landmarks,
};
pub use crate::compute::{Compute, Precision};
pub use crate::confidence::{self, Interval, IntervalMethod};
pub use crate::error::{LmcError, Result};
pub use crate::figure::{
    self, Figure, GroupPanel, HeatmapOptions, alignment_scatter, co_assignment, comparison_intervals,
    connections, correlation_matrix, curves, drift_quiver, early_curves, excess_strips, gap_against_distance,
    gap_heatmap, gap_intervals, group_heatmaps, group_histograms, groups_by_basin, groups_by_score,
    histogram, histograms, membership_intervals, membership_scatter, planes, sample_size_curves,
    sharpness_scatter, soup_dots, stability_bars, triangle_scatter,
};
pub use crate::gap::{
    GapMatrix, LandmarkGaps, Measure, area_under_curve, barrier_height, convexity_gap, excess_loss,
    simplex_gap,
};
pub use crate::notebook::Show;
pub use crate::options::Options;
pub use crate::path::{Combination, CurveKind, PlaneOptions};
pub use crate::replay::{Missing, Repeated, Replay, ReplayOptions, write_log};
pub use crate::sharpness::SharpnessRecipe;
pub use crate::slurm::Slurm;
pub use crate::spec::{Recipe, RunSpec, TaskSpec};
pub use crate::step::Step;
pub use crate::store::Store;
pub use crate::study::{Evaluation, Models, Study, StudySpec, Sweep, evaluations_table};
pub use crate::sweep::{Grid, SweepPlan};
pub use crate::table::{
    self, Arithmetic, Metric, Table, cluster_statistics, cluster_tests, constant_scores, correlations,
    gap_matrix,
};
pub use crate::train::CurveRecipe;
pub use crate::weights::Weights;
pub use crate::{interrupt, published, stats};
pub use polars::prelude::*;
