//! Parquet files of examples: columns of text, and a label that is an integer or text.
//!
//! A damaged page can ask polars for more memory than there is, which ends the process. [`read_split`] therefore compares the
//! digest first where the manifest knows it; do so before reading a file from elsewhere with [`ParquetTable::read`].
//!
//! [`read_split`]: super::reader::read_split

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, DataType, ParquetReader, SerReader};

use super::tsv::REMEDY;
use crate::error::{LmcError, Result};

/// Some columns of a Parquet file, as text.
#[derive(Clone)]
pub struct ParquetTable {
    path: PathBuf,
    table: DataFrame,
}

impl std::fmt::Debug for ParquetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetTable({}, {} rows)", self.path.display(), self.table.height())
    }
}

impl ParquetTable {
    /// Returns the named columns of a file, in that order; integers become their digits. No other column is read.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be opened; [`LmcError::Format`] if it is damaged or not Parquet, lacks a column,
    /// or has one that holds neither text nor integers, or no value in a row.
    pub fn read(path: &Path, names: &[&str]) -> Result<Self> {
        let file = File::open(path).map_err(LmcError::io("read", path))?;
        let mut reader = ParquetReader::new(file);
        let damaged = |error: polars::error::PolarsError| wrong(path, error.to_string());
        let schema = reader.schema().map_err(damaged)?;
        let there: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
        if let Some(name) = names.iter().find(|name| !there.iter().any(|other| other == *name)) {
            return Err(wrong(path, format!("no column `{name}` among {}", there.join(", "))));
        }
        let wanted = names.iter().map(|&name| name.to_owned()).collect();
        let table = reader.with_columns(Some(wanted)).finish().map_err(damaged)?;
        let columns = names.iter().map(|name| text(path, table.column(name)?)).collect::<Result<Vec<_>>>()?;
        Ok(Self { path: path.to_owned(), table: DataFrame::new(table.height(), columns)? })
    }

    /// Returns the rows in order.
    ///
    /// # Errors
    /// [`LmcError::Polars`], which does not happen for a table that was read.
    pub fn rows(&self) -> Result<impl Iterator<Item = Vec<&str>>> {
        let columns =
            self.table.columns().iter().map(|column| column.str()).collect::<Result<Vec<_>, _>>()?;
        Ok((0..self.table.height()).map(move |row| columns.iter().filter_map(|c| c.get(row)).collect()))
    }
}

fn text(path: &Path, column: &Column) -> Result<Column> {
    let name = column.name();
    let kind = column.dtype();
    if !kind.is_integer() && *kind != DataType::String {
        return Err(wrong(path, format!("column `{name}` holds {kind} instead of text or integers")));
    }
    match column.is_null().iter().position(|null| null == Some(true)) {
        Some(row) => Err(wrong(path, format!("column `{name}` has no value in row {row}"))),
        None => Ok(column.cast(&DataType::String)?),
    }
}

fn wrong(path: &Path, problem: String) -> LmcError {
    LmcError::Format { path: path.to_owned(), line: None, problem, remedy: REMEDY }
}
