//! Tables with a declared schema, in memory and on disk.

mod parquet;

pub use lmc_base::table::{Cell, Column, DataFrame, Kind, Schema, to_html, to_text};
pub use parquet::{read_parquet, write_parquet};

use crate::Result;

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
