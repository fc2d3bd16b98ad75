//! Tables on disk: Parquet with zstd, written whole or not at all.

use std::path::Path;

use polars::prelude::DataFrame;

use super::Schema;
use crate::store::{read_frame, write_frame};
use crate::{LmcError, Result};

/// Writes `table` to `path` as Parquet (zstd), after checking its schema.
///
/// A reader sees the old table or the new one and never a part; see [`crate::file::write_atomic`].
///
/// # Errors
/// [`LmcError::Column`] if the table does not have the schema, [`LmcError::Io`] and [`LmcError::Polars`] if it
/// cannot be written; `path` is then as it was before.
pub fn write_parquet(path: &Path, table: &DataFrame, schema: &Schema) -> Result<()> {
    schema.check(table)?;
    write_frame(path, &mut table.clone())
}

/// The table in the Parquet file `path`, with its schema checked.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be opened, [`LmcError::Format`] if it is damaged or not Parquet, [`LmcError::Column`]
/// if it holds another table.
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
    let table = read_frame(path, |problem| LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the file and compute the table again",
    })?;
    schema.check(&table)?;
    Ok(table)
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;
    use crate::table::{GROUPS, MODELS};

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
