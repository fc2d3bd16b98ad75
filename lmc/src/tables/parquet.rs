//! Tables on disk: Parquet with zstd, written whole or not at all.

use std::path::Path;

use polars::prelude::{Column, DataFrame};

use super::{Kind, Schema};
use crate::data::parquet::{Columns, Value};
use crate::store::{STAMP, read_frame, write_frame};
use crate::{LmcError, Result};

/// Writes `table` to `path` as Parquet (zstd), after checking its schema.
///
/// A reader sees the old table or the new one and never a part; see [`crate::file::write_atomic`].
///
/// # Errors
/// [`LmcError::Column`] if the table does not have the schema, [`LmcError::Io`] and [`LmcError::Polars`] if
/// it cannot be written; `path` is then as it was before.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let gaps = models.sweep("id", Grid::TENTHS)?.gaps()?;
/// table::write_parquet("gaps.parquet".as_ref(), &gaps, &table::GAPS)?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn write_parquet(path: &Path, table: &DataFrame, schema: &Schema) -> Result<()> {
    schema.check(table)?;
    write_frame(path, &mut table.clone())
}

/// Reads the table in the Parquet file `path`, with its schema checked.
///
/// Of a file that another program wrote only the columns of the schema are read, of whatever type they are
/// that becomes theirs without loss: decimals, categories, other integers.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be opened, [`LmcError::Format`] if it is damaged or not Parquet,
/// [`LmcError::Column`] if it holds another table.
///
/// # Examples
/// ```
/// use lmc::table::{GROUPS, read_parquet, write_parquet};
/// let path = std::env::temp_dir().join(format!("groups-{}.parquet", std::process::id()));
/// let groups = lmc::polars::df!("model" => ["a", "b"], "group" => ["gen", "heur"])?;
/// write_parquet(&path, &groups, &GROUPS)?;
/// assert!(read_parquet(&path, &GROUPS)?.equals(&groups));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn read_parquet(path: &Path, schema: &Schema) -> Result<DataFrame> {
    let damaged = |problem| LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the file and compute the table again",
    };
    let file = Columns::open(path, damaged)?;
    let table =
        if file.has_key(STAMP) { read_frame(path, damaged)? } else { foreign(file, schema, damaged)? };
    schema.check(&table)?;
    Ok(table)
}

/// Returns the columns of a schema in a file of another program; the check of the schema reports missing
/// ones.
fn foreign(file: Columns, schema: &Schema, wrong: impl Fn(String) -> LmcError) -> Result<DataFrame> {
    let there = file.names();
    let wanted: Vec<_> = schema.columns.iter().filter(|column| there.contains(&column.name)).collect();
    let names: Vec<&str> = wanted.iter().map(|column| column.name).collect();
    let n = file.n_rows();
    let mut columns = Vec::new();
    for (column, values) in wanted.iter().zip(file.read(&names, &wrong)?) {
        let name = column.name;
        let misfit = |row: usize, value: &dyn std::fmt::Display| {
            wrong(format!("column `{name}` holds {value} in row {row}, expected {}", column.kind.dtype()))
        };
        let rows = values.into_iter().enumerate();
        columns.push(match column.kind {
            Kind::Text => {
                let text = |(row, value): (usize, Option<Value>)| match value.map(Value::into_text) {
                    Some(Err(value)) => Err(misfit(row, &value)),
                    Some(Ok(text)) => Ok(Some(text)),
                    None => Ok(None),
                };
                Column::new(name.into(), rows.map(text).collect::<Result<Vec<_>>>()?)
            }
            Kind::Integer => {
                let integer = |(row, value): (usize, Option<Value>)| match value.map(Value::into_text) {
                    Some(Err(value)) => Err(misfit(row, &value)),
                    Some(Ok(text)) => text.parse::<i64>().map(Some).map_err(|_| misfit(row, &text)),
                    None => Ok(None),
                };
                Column::new(name.into(), rows.map(integer).collect::<Result<Vec<_>>>()?)
            }
            Kind::Real => {
                let real = |(row, value): (usize, Option<Value>)| match value {
                    Some(value) => value.number().map(Some).ok_or_else(|| misfit(row, &value)),
                    None => Ok(None),
                };
                Column::new(name.into(), rows.map(real).collect::<Result<Vec<_>>>()?)
            }
        });
    }
    Ok(DataFrame::new(n, columns)?)
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;
    use crate::analyses::profiles::GROUPS;
    use crate::study::MODELS;

    fn table(n: usize) -> DataFrame {
        let models: Vec<_> = (0..n).map(|i| format!("m{i}")).collect();
        df!("model" => models, "group" => vec!["gen"; n]).unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.parquet");
        write_parquet(&path, &table(3), &GROUPS).unwrap();
        write_parquet(&path, &table(1000), &GROUPS).unwrap();
        assert!(read_parquet(&path, &GROUPS).unwrap().equals(&table(1000)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(path.metadata().unwrap().len() < 6000, "not compressed");
    }

    #[test]
    fn a_table_of_another_schema_is_neither_written_nor_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.parquet");
        assert!(matches!(write_parquet(&path, &table(1), &MODELS), Err(LmcError::Column { .. })));
        assert!(!path.exists());
        write_parquet(&path, &table(1), &GROUPS).unwrap();
        assert!(matches!(read_parquet(&path, &MODELS), Err(LmcError::Column { table: "models", .. })));
    }

    /// Files that other programs write are read (`tests/golden/generate_parquet.py`).
    #[test]
    fn tables_of_other_programs_take_the_types_of_the_schema() {
        const SCORES: Schema = Schema {
            name: "scores",
            columns: &[
                crate::tables::Column { name: "model", kind: Kind::Text, description: "model" },
                crate::tables::Column { name: "n_examples", kind: Kind::Integer, description: "number" },
                crate::tables::Column { name: "accuracy", kind: Kind::Real, description: "share" },
            ],
        };
        let golden =
            |file: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/parquet").join(file);
        let models = ["m-7", "m-22", "m-98"];
        let n_examples = [Some(5000i64), None, Some(3)];
        for (file, first) in [("duckdb.parquet", 0.417), ("polars.parquet", 0.417)] {
            let table = read_parquet(&golden(file), &SCORES).unwrap();
            let expected =
                df!("model" => models, "n_examples" => n_examples, "accuracy" => [first, 0.5, 1.0]).unwrap();
            assert!(table.equals_missing(&expected), "{file}: {table}");
        }
        let error = read_parquet(&golden("duckdb.parquet"), &GROUPS).unwrap_err();
        assert!(matches!(error, LmcError::Column { table: "groups", column: "group", .. }), "{error}");
        let time = Schema {
            name: "time",
            columns: &[crate::tables::Column { name: "when", kind: Kind::Text, description: "" }],
        };
        let error = read_parquet(&golden("duckdb.parquet"), &time).unwrap_err().to_string();
        assert!(error.contains("column `when` holds Timestamp values instead of text or numbers"), "{error}");
    }

    #[test]
    fn a_missing_folder_is_made_a_missing_file_and_a_damaged_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no").join("groups.parquet");
        assert!(matches!(read_parquet(&missing, &GROUPS), Err(LmcError::Io { action: "read", .. })));
        write_parquet(&missing, &table(1), &GROUPS).unwrap();
        assert!(read_parquet(&missing, &GROUPS).unwrap().equals(&table(1)));
        let path = folder.path().join("groups.parquet");
        write_parquet(&path, &table(100), &GROUPS).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(matches!(read_parquet(&path, &GROUPS), Err(LmcError::Format { .. })));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.parquet");
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(write_parquet(&path, &table(1), &GROUPS), Err(LmcError::Io { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
