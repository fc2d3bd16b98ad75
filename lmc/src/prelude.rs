//! The names that nearly every program and notebook uses: `use lmc::prelude::*;`.
//!
//! Verbs are methods: `study.finetune()`, `models.sweep(..)`, `sweep.basins(..)`. Figures are in `figure`,
//! tables in `table`, measures of curves in `gap`, clusters in `basin`, and everything about one analysis is
//! in its module of `analyses`. For filters and joins of tables, add the line `use lmc::polars::prelude::*;`.

pub use crate::analyses::comparison::ComparisonOptions;
pub use crate::analyses::confidence::ConfidenceOptions;
pub use crate::analyses::convexity::{ConvexityOptions, TriangleOptions};
pub use crate::analyses::report::Report;
pub use crate::analyses::soups::SoupOptions;
pub use crate::basin::{ClusterOptions, Delta, EarlyOptions};
pub use crate::compute::{Compute, Precision};
pub use crate::figure::Figure;
pub use crate::gap::Measure;
pub use crate::interrupt;
pub use crate::notebook::Show;
pub use crate::path::{Combination, CurveKind, PlaneOptions};
pub use crate::sharpness::SharpnessRecipe;
pub use crate::slurm::Slurm;
pub use crate::spec::{Encoder, Recipe, TaskSpec};
pub use crate::step::Step;
pub use crate::store::Store;
pub use crate::study::{Models, Study, StudySpec, Sweep};
pub use crate::sweep::{Grid, SweepPlan};
pub use crate::table::{Metric, Table};
pub use crate::train::CurveRecipe;
pub use crate::weights::Weights;
pub use crate::{LmcError, Options, Result};
pub use crate::{analyses, basin, figure, gap, polars, stats, table};
