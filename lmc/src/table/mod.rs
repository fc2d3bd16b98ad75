//! The tables that results become: polars `DataFrame`s with a declared schema each.
//!
//! A [`Schema`] names the columns of a table with their types and units. Figures and readers check it before
//! any work, so a wrong table is refused with the column at fault. More columns than declared, and any order,
//! are fine.

mod alignment;
mod cluster_statistics;
mod cluster_tests;
mod columns;
mod confidence;
mod constant;
mod convexity;
mod correlations;
mod early;
mod gap_matrix;
mod metric;
mod parquet;
mod schemas;
mod soups;
mod surfaces;

pub use lmc_base::table::{Column, Kind, Schema, to_html, to_text};
#[doc(hidden)]
pub use lmc_base::table::{integers, optional_reals, reals, texts};

use polars::prelude::DataFrame;

pub use alignment::ALIGNMENT;
pub use cluster_statistics::{Arithmetic, CLUSTER_STATISTICS, CLUSTERS, cluster_statistics};
pub use cluster_tests::{CLUSTER_TESTS, cluster_tests};
pub(crate) use columns::{scores, unknown};
pub use confidence::{CLUSTER_INTERVALS, CO_ASSIGNMENT, MEMBERSHIP_INTERVALS, PAIR_INTERVALS, SAMPLE_SIZES};
pub use constant::{ConstantScore, constant_scores};
pub use convexity::{CONVEXITY, CONVEXITY_POINTS, TRIANGLES};
pub use correlations::{CORRELATIONS, correlations};
pub use early::EARLY;
pub use gap_matrix::gap_matrix;
pub use metric::Metric;
pub use parquet::{read_parquet, write_parquet};
pub use schemas::{BASINS, DRIFT, EVALUATIONS, GAPS, GROUP_COMPARISON, GROUPS, MODELS, PREDICTORS, PROFILES};
pub use soups::{SOUP_KINDS, SOUPS};
pub use surfaces::{ANCHORS, CURVES, PLANES, SHARPNESS};

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
    fn table(&self) -> crate::Result<DataFrame>;
}

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
