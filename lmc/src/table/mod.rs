//! The tables that results become: polars `DataFrame`s with a declared schema each.
//!
//! A [`Schema`] names the columns of a table with their types and units. Figures and readers check it before any
//! work, so a wrong table is refused with the column at fault. More columns than declared, and any order, are fine.

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
mod html;
mod metric;
mod number;
mod parquet;
mod schemas;
mod soups;
mod surfaces;
mod text;

use polars::prelude::{DataFrame, DataType};

use crate::{LmcError, Result};

pub use alignment::ALIGNMENT;
pub use cluster_statistics::{Arithmetic, CLUSTER_STATISTICS, CLUSTERS, cluster_statistics};
pub use cluster_tests::{CLUSTER_TESTS, cluster_tests};
pub(crate) use columns::{integers, optional_reals, reals, scores, texts, unknown};
pub use confidence::{CLUSTER_INTERVALS, CO_ASSIGNMENT, MEMBERSHIP_INTERVALS, PAIR_INTERVALS, SAMPLE_SIZES};
pub use constant::{ConstantScore, constant_scores};
pub use convexity::{CONVEXITY, CONVEXITY_POINTS, TRIANGLES};
pub use correlations::{CORRELATIONS, correlations};
pub use early::EARLY;
pub use gap_matrix::gap_matrix;
pub(crate) use html::escape;
pub use html::to_html;
pub use metric::Metric;
pub use parquet::{read_parquet, write_parquet};
pub use schemas::{BASINS, DRIFT, EVALUATIONS, GAPS, GROUP_COMPARISON, GROUPS, MODELS, PREDICTORS, PROFILES};
pub use soups::{SOUP_KINDS, SOUPS};
pub use surfaces::{ANCHORS, CURVES, PLANES, SHARPNESS};
pub use text::to_text;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text (polars `String`).
    Text,
    /// 64-bit signed integer (polars `Int64`).
    Integer,
    /// 64-bit real number (polars `Float64`).
    Real,
}

impl Kind {
    /// The polars type of the column.
    pub fn dtype(self) -> DataType {
        match self {
            Kind::Text => DataType::String,
            Kind::Integer => DataType::Int64,
            Kind::Real => DataType::Float64,
        }
    }
}

/// One declared column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// What it holds, with its unit.
    pub description: &'static str,
}

/// The declared columns of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The name of the table.
    pub name: &'static str,
    /// The columns, in the order in which they are written.
    pub columns: &'static [Column],
}

impl Schema {
    /// `Ok` if `table` has every declared column with its declared type.
    ///
    /// # Errors
    /// [`LmcError::Column`] names the first column that is missing or has another type.
    ///
    /// # Examples
    /// ```
    /// use lmc::table::GROUPS;
    /// use polars::df;
    ///
    /// let table = df!("model" => ["a", "b"], "group" => [1_i64, 2])?;
    /// assert_eq!(
    ///     GROUPS.check(&table).unwrap_err().to_string(),
    ///     "table `groups`: column `group` is i64, expected str (kind of model, for example \"gen\" or \"C1\")"
    /// );
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn check(&self, table: &DataFrame) -> Result<()> {
        self.columns.iter().try_for_each(|column| self.check_column(table, column))
    }

    fn check_column(&self, table: &DataFrame, column: &Column) -> Result<()> {
        let wrong = |got: String| LmcError::Column {
            table: self.name,
            column: column.name,
            got,
            expected: format!("{} ({})", column.kind.dtype(), column.description),
        };
        let found = table.column(column.name).map_err(|_| {
            let names: Vec<_> = table.get_column_names().iter().map(|name| name.as_str()).collect();
            wrong(format!("is missing among [{}]", names.join(", ")))
        })?;
        if found.dtype() == &column.kind.dtype() {
            Ok(())
        } else {
            Err(wrong(format!("is {}", found.dtype())))
        }
    }

    /// The declared column of that name.
    pub(crate) fn column(&self, name: &'static str) -> Result<&'static Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| LmcError::UnknownName {
            kind: "column",
            name: name.to_owned(),
            known: self.columns.iter().map(|column| column.name.to_owned()).collect(),
        })
    }

    /// A table with the declared columns and no rows.
    pub fn empty(&self) -> DataFrame {
        let fields = self.columns.iter().map(|c| polars::prelude::Field::new(c.name.into(), c.kind.dtype()));
        DataFrame::empty_with_schema(&polars::prelude::Schema::from_iter(fields))
    }

    /// The description of the schema as a table: column, type, description.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses to build it.
    ///
    /// # Examples
    /// ```
    /// use lmc::table::{GAPS, to_text};
    /// assert!(to_text(&GAPS.describe()?)?.contains("convexity_gap"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn describe(&self) -> Result<DataFrame> {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        let types: Vec<_> = self.columns.iter().map(|column| column.kind.dtype().to_string()).collect();
        let descriptions: Vec<_> = self.columns.iter().map(|column| column.description).collect();
        Ok(polars::df!("column" => names, "type" => types, "description" => descriptions)?)
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn a_table_of_the_schema_passes_with_more_columns_and_any_order() {
        let table = df!("extra" => [true], "group" => ["gen"], "model" => ["a"]).unwrap();
        GROUPS.check(&table).unwrap();
    }

    #[test]
    fn a_missing_column_is_named() {
        let table = df!("model" => ["a"], "cluster" => [1_i64]).unwrap();
        let error = BASINS.check(&table).unwrap_err();
        assert!(matches!(&error, LmcError::Column { table: "basins", column: "membership", .. }), "{error}");
        assert!(error.to_string().contains("`membership` is missing among [model, cluster]"), "{error}");
    }

    #[test]
    fn a_mistyped_column_is_named_with_both_types() {
        let table = df!("model" => ["a"], "group" => [1.5]).unwrap();
        let error = GROUPS.check(&table).unwrap_err();
        assert!(error.to_string().contains("`group` is f64, expected str"), "{error}");
    }

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

    #[test]
    fn an_undeclared_column_is_unknown() {
        assert!(matches!(GAPS.column("nothing"), Err(LmcError::UnknownName { kind: "column", .. })));
    }
}
