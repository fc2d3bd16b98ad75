//! Named columns of a Parquet file that may have been written by any program: pandas, DuckDB, polars,
//! pyarrow, Spark.
//!
//! polars turns every column of a file into a type of its own and panics at a type that it was built without:
//! decimals, categories, dates. Here, columns are read only as their bytes (integers, reals or byte strings),
//! and [`Meaning`] says what they are. A column that is not requested is not looked at.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{ParquetReader, SerReader};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::read::schema::{FileMetadata, SchemaDescriptor};
use polars_parquet::read::{ParquetType, read_metadata};

use super::value::{Meaning, Value};
use lmc_base::error::{LmcError, Result};

/// The bytes at the beginning and the end of every Parquet file; the second if the footer is encrypted.
const MAGIC: [&[u8; 4]; 2] = [b"PAR1", b"PARE"];

/// An open file with the information of its footer.
pub struct Columns {
    file: File,
    metadata: FileMetadata,
}

/// Returns whether a file begins as Parquet does, whatever its name.
pub fn is_parquet(path: &Path) -> bool {
    let mut start = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && MAGIC.contains(&&start)
}

impl Columns {
    /// Opens a file; `wrong` makes the error from a description of the problem.
    pub fn open(path: &Path, wrong: impl Fn(String) -> LmcError) -> Result<Self> {
        let io = |source| LmcError::io("read", path)(source);
        let mut file = File::open(path).map_err(io)?;
        let n = file.metadata().map_err(io)?.len();
        let mut ends = [[0; 4]; 2];
        if n >= 12 {
            file.read_exact(&mut ends[0]).map_err(io)?;
            file.seek(SeekFrom::End(-4)).map_err(io)?;
            file.read_exact(&mut ends[1]).map_err(io)?;
        }
        if ends.contains(MAGIC[1]) {
            return Err(wrong(
                "encrypted Parquet, which is not read; write it without encryption".to_owned(),
            ));
        }
        if ends != [*MAGIC[0]; 2] {
            let problem = match (n, ends[0] == *MAGIC[0]) {
                (0, _) => "an empty file instead of Parquet",
                (_, true) => "the end of the Parquet file is missing",
                (_, false) => "no Parquet file: it does not begin with PAR1",
            };
            return Err(wrong(problem.to_owned()));
        }
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let metadata = read_metadata(&mut file).map_err(|error| wrong(first_line(error)))?;
        Ok(Self { file, metadata })
    }

    /// Returns the number of rows.
    pub fn n_rows(&self) -> usize {
        self.metadata.num_rows
    }

    /// Returns whether the footer has an entry of that name.
    pub fn has_key(&self, key: &str) -> bool {
        self.metadata.key_value_metadata.iter().flatten().any(|entry| entry.key == key)
    }

    /// Returns the names of all columns.
    pub fn names(&self) -> Vec<&str> {
        self.metadata.schema_descr.fields().iter().map(ParquetType::name).collect()
    }

    /// Returns the values of the named columns, in that order, with the rows in their order.
    pub fn read(
        mut self,
        names: &[&str],
        wrong: impl Fn(String) -> LmcError,
    ) -> Result<Vec<Vec<Option<Value>>>> {
        let fields = self.metadata.schema_descr.fields();
        let mut meanings = Vec::new();
        let mut raw = Vec::new();
        for name in names {
            let mut found = fields.iter().filter(|field| field.name() == *name);
            let field = match (found.next(), found.next()) {
                (Some(field), None) => field,
                (None, _) => {
                    return Err(wrong(format!("no column `{name}` among {}", self.names().join(", "))));
                }
                (Some(_), Some(_)) => return Err(wrong(format!("column `{name}` is there twice"))),
            };
            let of = |kind| wrong(format!("column `{name}` holds {kind} instead of text or numbers"));
            meanings.push(Meaning::of(field).map_err(of)?);
            if let ParquetType::PrimitiveType(primitive) = field {
                let primitive =
                    PrimitiveType { logical_type: None, converted_type: None, ..primitive.clone() };
                raw.push(ParquetType::PrimitiveType(primitive));
            }
        }
        // Arrow's own description would bring the types back.
        self.metadata.key_value_metadata = None;
        self.metadata.schema_descr = SchemaDescriptor::new("schema".into(), raw);
        let mut reader = ParquetReader::new(self.file);
        reader.set_metadata(Arc::new(self.metadata));
        let table = reader.finish().map_err(|error| wrong(first_line(error)))?;
        let column = |(name, meaning): (&&str, Meaning)| {
            let column = table.column(name)?.as_materialized_series();
            meaning.values(column).map_err(|problem| wrong(format!("column `{name}` holds {problem}")))
        };
        names.iter().zip(meanings).map(column).collect()
    }
}

fn first_line(error: impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
