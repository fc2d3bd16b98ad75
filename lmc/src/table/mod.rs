//! The tables that results become: polars `DataFrame`s with a declared schema each.
//!
//! A [`Schema`] names the columns of a table with their types and units. Figures and readers check it before
//! any work, so a wrong table is refused with the column at fault. More columns than declared, and any order,
//! are fine.

mod parquet;
pub(crate) mod schemas;
mod surfaces;

pub use lmc_base::table::{Column, Kind, Schema, to_html, to_text};
#[doc(hidden)]
pub use lmc_base::table::{integers, optional_reals, reals, texts};

use polars::prelude::DataFrame;

use crate::Result;
use crate::replay::Replay;
use crate::study::{
    AlignedSweep, Comparison, Convexity, CurveProfile, Models, PlaneSample, Report, Soups, Sweep, Triangles,
};

pub use parquet::{read_parquet, write_parquet};
pub use schemas::{BASINS, DRIFT, EVALUATIONS, GAPS, GROUP_COMPARISON, GROUPS, MODELS, PREDICTORS, PROFILES};
pub use surfaces::{ANCHORS, CURVES, PLANES, SHARPNESS};

pub use crate::analyses::alignment::table::ALIGNMENT;
pub use crate::analyses::basins::{
    Arithmetic, CLUSTER_STATISTICS, CLUSTER_TESTS, CLUSTERS, cluster_statistics, cluster_tests,
};
pub use crate::analyses::confidence::table::{
    CLUSTER_INTERVALS, CO_ASSIGNMENT, MEMBERSHIP_INTERVALS, PAIR_INTERVALS, SAMPLE_SIZES,
};
pub use crate::analyses::convexity::table::{CONVEXITY, CONVEXITY_POINTS, TRIANGLES};
pub use crate::analyses::correlations::{CORRELATIONS, correlations};
pub use crate::analyses::early::table::EARLY;
pub use crate::analyses::evaluations::{ConstantScore, Metric, constant_scores};
pub(crate) use crate::analyses::evaluations::{scores, unknown};
pub use crate::analyses::gaps::gap_matrix;
pub use crate::analyses::soups::table::{SOUP_KINDS, SOUPS};

/// A result that becomes a table: sweeps, basins, soups and all others that have a method `table`.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// fn save(result: &impl Table, path: &str, schema: &table::Schema) -> Result<()> {
///     table::write_parquet(path.as_ref(), &result.table()?, schema)
/// }
/// let sweep = Study::open(StudySpec::mini_nli(0))?.finetune()?.sweep("id", Grid::TENTHS)?;
/// save(&sweep, "profiles.parquet", &table::PROFILES)?;
/// save(&sweep.basins(&ClusterOptions::default())?, "basins.parquet", &table::BASINS)?;
/// # Ok::<(), LmcError>(())
/// ```
pub trait Table {
    /// Returns the result as a table of its declared schema.
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame>;
}

/// Implements [`Table`] by the types' own method `table`, so that one function takes any of them.
macro_rules! tabled {
    ($($type:ty),+ $(,)?) => {$(
        impl Table for $type {
            fn table(&self) -> Result<DataFrame> {
                <$type>::table(self)
            }
        }
    )+};
}

tabled!(Models, Sweep, AlignedSweep, Comparison, Convexity, CurveProfile, PlaneSample, Soups, Triangles);
tabled!(Report, Replay);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_table_of_every_schema_passes_its_own_check_and_no_other() {
        let all = [
            MODELS,
            EVALUATIONS,
            PROFILES,
            GAPS,
            BASINS,
            DRIFT,
            GROUPS,
            CLUSTERS,
            CLUSTER_STATISTICS,
            CLUSTER_TESTS,
            CORRELATIONS,
            PREDICTORS,
            ALIGNMENT,
            PLANES,
            ANCHORS,
            CURVES,
            SHARPNESS,
            EARLY,
            GROUP_COMPARISON,
            CONVEXITY,
            CONVEXITY_POINTS,
            TRIANGLES,
            SOUPS,
            SOUP_KINDS,
            PAIR_INTERVALS,
            MEMBERSHIP_INTERVALS,
            CO_ASSIGNMENT,
            CLUSTER_INTERVALS,
            SAMPLE_SIZES,
        ];
        for schema in all {
            schema.check(&schema.empty()).unwrap();
            assert_eq!(schema.empty().height(), 0);
            assert_eq!(schema.describe().unwrap().height(), schema.columns.len());
            assert!(schema.check(&DataFrame::empty()).is_err());
        }
    }
}
