//! Parquet files of examples: columns of text, and a label that is a whole number or text.
//!
//! A damaged page can ask polars for more memory than there is, which ends the process. [`read_split`]
//! therefore first compares the digest if the manifest knows it, and reads another file only if it has fewer
//! rows. Do the same before you read a file from elsewhere with [`ParquetTable::read`].
//!
//! [`read_split`]: super::reader::read_split

mod columns;
mod value;

use std::path::{Path, PathBuf};

#[doc(hidden)]
pub use columns::{Columns, is_parquet};
#[doc(hidden)]
pub use value::Value;

use super::tsv::REMEDY;
use lmc_base::error::{LmcError, Result};

/// Some columns of a Parquet file, as text.
#[derive(Clone)]
pub struct ParquetTable {
    path: PathBuf,
    columns: Vec<Vec<String>>,
    n_rows: usize,
}

impl std::fmt::Debug for ParquetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetTable({}, {} rows)", self.path.display(), self.n_rows)
    }
}

impl ParquetTable {
    /// Returns the named columns of a file, in that order. No other column is read, whatever it holds. Whole
    /// numbers of any type (integers, decimals, reals) become their digits; true and false become 1 and 0.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be opened; [`LmcError::Format`] if it is damaged or not Parquet,
    /// lacks a column, or has one that holds neither text nor whole numbers, or no value in a row.
    pub fn read(path: &Path, names: &[&str]) -> Result<Self> {
        Self::columns(path, names, false)
    }

    /// Returns the named columns like [`ParquetTable::read`], but an empty text where there is no value, and
    /// other numbers as they would be written.
    ///
    /// # Errors
    /// The errors of [`ParquetTable::read`], except for the values of a column.
    pub fn read_loosely(path: &Path, names: &[&str]) -> Result<Self> {
        Self::columns(path, names, true)
    }

    fn columns(path: &Path, names: &[&str], is_loose: bool) -> Result<Self> {
        let wrong = |problem| wrong(path, problem);
        let file = Columns::open(path, wrong)?;
        let n_rows = file.n_rows();
        let text = |(name, values): (&&str, Vec<Option<Value>>)| {
            let one = |(row, value): (usize, Option<Value>)| match value {
                None if is_loose => Ok(String::new()),
                None => Err(wrong(format!("column `{name}` has no value in row {row}"))),
                Some(value) if is_loose => Ok(value.into_text().unwrap_or_else(|value| value.to_string())),
                Some(value) => value.into_text().map_err(|value| {
                    wrong(format!(
                        "column `{name}` holds {value} in row {row} instead of text or whole numbers"
                    ))
                }),
            };
            values.into_iter().enumerate().map(one).collect::<Result<Vec<_>>>()
        };
        let columns = names.iter().zip(file.read(names, wrong)?).map(text).collect::<Result<Vec<_>>>()?;
        Ok(Self { path: path.to_owned(), columns, n_rows })
    }

    /// Returns the rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Vec<&str>> {
        (0..self.n_rows).map(|row| self.columns.iter().map(|column| column[row].as_str()).collect())
    }
}

/// Returns the number of rows of a file, without reading any.
pub(super) fn n_rows(path: &Path) -> Result<usize> {
    Ok(Columns::open(path, |problem| wrong(path, problem))?.n_rows())
}

fn wrong(path: &Path, problem: String) -> LmcError {
    LmcError::Format { path: path.to_owned(), line: None, problem, remedy: REMEDY }
}

#[cfg(test)]
mod tests;
