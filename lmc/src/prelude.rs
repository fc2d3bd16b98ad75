//! What a notebook needs: `use lmc::prelude::*;`.

pub use crate::basin::{Basins, ClusterOptions, Delta, choose_landmarks, cluster, cluster_landmarks, drift};
pub use crate::compute::{Compute, Precision};
pub use crate::error::{LmcError, Result};
pub use crate::figure::{
    Figure, HeatmapOptions, connections, curves, drift_quiver, groups_by_basin, groups_by_score, heatmap,
    histogram, membership_scatter, planes, sharpness_scatter,
};
pub use crate::gap::{GapMatrix, LandmarkGaps, Measure, area_under_curve, barrier_height, convexity_gap};
pub use crate::interrupt;
pub use crate::notebook::Show;
pub use crate::path::{CurveKind, PlaneOptions};
pub use crate::sharpness::SharpnessRecipe;
pub use crate::spec::{Recipe, RunSpec, TaskSpec};
pub use crate::stats;
pub use crate::step::Step;
pub use crate::store::Store;
pub use crate::study::{
    Connection, Evaluation, Models, PlaneSample, Report, Study, StudySpec, Sweep, evaluations_table,
};
pub use crate::sweep::{Grid, SweepPlan};
pub use crate::table::{self, Metric};
pub use crate::train::CurveRecipe;
pub use crate::weights::Weights;
pub use polars::prelude::*;
