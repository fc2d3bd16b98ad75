//! Checks that every Parquet file that lmc writes opens as it is in DuckDB, pandas, pyarrow and polars, with
//! the same schema, rows and sums.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lmc::basin::ClusterOptions;
use lmc::path::PlaneOptions;
use lmc::polars::prelude::{Column, DataFrame, DataType};
use lmc::store::read_frame;
use lmc::sweep::Grid;
use lmc::table::{self, Schema, Table};
use lmc::{LmcError, Result};
use lmc_tests::files::files;
use lmc_tests::skip::missing;
use lmc_tests::{reference, script, small};
use serde_json::{Value, json};

const PACKAGES: &str = "import duckdb, pandas, pyarrow.parquet, polars";

/// Returns the Python of the set-up, if it has the readers.
fn python() -> Option<PathBuf> {
    let python = reference::python()?;
    let mut import = Command::new(&python);
    let imported = import.args(["-c", PACKAGES]).stdin(Stdio::null()).stderr(Stdio::null()).status();
    imported.is_ok_and(|status| status.success()).then_some(python)
}

/// Returns a column's name and type, with the sum of its numbers, the number of true values or the length of
/// its texts in bytes.
fn column(column: &Column) -> Value {
    let values = column.as_materialized_series();
    let (kind, number) = match column.dtype() {
        DataType::Int64 => ("i64", values.i64().unwrap().into_no_null_iter().sum::<i64>() as f64),
        DataType::Float64 => ("f64", values.f64().unwrap().into_no_null_iter().sum()),
        DataType::Float32 => ("f32", values.f32().unwrap().into_no_null_iter().map(f64::from).sum()),
        DataType::Boolean => ("bool", values.bool().unwrap().into_no_null_iter().map(f64::from).sum()),
        DataType::String => ("str", values.str().unwrap().into_no_null_iter().map(|t| t.len() as f64).sum()),
        other => panic!("column {} is {other}", column.name()),
    };
    json!({ "name": column.name().as_str(), "type": kind, "number": number })
}

fn summary(path: &Path, frame: &DataFrame) -> Value {
    let columns: Vec<Value> = frame.columns().iter().map(column).collect();
    json!({ "path": path, "rows": frame.height(), "columns": columns })
}

fn damaged(problem: String) -> LmcError {
    LmcError::Figure(problem)
}

#[test]
fn every_parquet_file_opens_in_duckdb_pandas_pyarrow_and_polars() {
    let Some(python) = python() else {
        return missing(
            "DuckDB, pandas, pyarrow and polars for Python",
            "run ./kernel-setup/test, which installs them",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let models = small::models(&store, 4);
    let sweep = models.sweep("id", Grid::new(4).unwrap()).unwrap();
    let lo = models.evaluate("lo").unwrap();
    let range = Some([(0.0, 1.0), (0.0, 1.0)]);
    models.plane("id", [0, 1, 2], &PlaneOptions { spacing: 0.5, range, ..PlaneOptions::default() }).unwrap();

    // These are the files of the store, as Rust reads them.
    let stored: Vec<PathBuf> =
        files(&store).into_keys().filter(|path| path.extension().is_some_and(|e| e == "parquet")).collect();
    // The files are of the updates before three checkpoints of four models, of two sets for four models, of
    // six lines and of a plane.
    assert_eq!(stored.len(), 12 + 8 + 6 + 1, "{stored:?}");
    let mut summaries = Vec::new();
    for path in stored {
        let path = store.join(path);
        summaries.push(summary(&path, &read_frame(&path, damaged).unwrap()));
    }
    // A stored file has the losses of the evaluation.
    let expected: f64 = lo[0].outcome.losses.iter().map(|&loss| f64::from(loss)).sum();
    let key = &models.study().task().set("lo").unwrap().key;
    let path = models.study().store().evaluation_path(key, &models.models()[0].key());
    let of = summaries.iter().find(|summary| summary["path"] == json!(path)).unwrap();
    assert_eq!(of["columns"][1], json!({ "name": "loss", "type": "f32", "number": expected }));

    // These are the tables before they were written.
    let out = folder.path().join("tables");
    let basins = sweep.basins(&ClusterOptions::default()).unwrap();
    let tables: [(&Schema, Result<DataFrame>); 5] = [
        (&table::MODELS, models.table()),
        (&table::EVALUATIONS, models.evaluations(&["id", "lo"])),
        (&table::PROFILES, sweep.table()),
        (&table::GAPS, sweep.gaps()),
        (&table::BASINS, basins.table()),
    ];
    for (schema, frame) in tables {
        let (path, frame) = (out.join(format!("{}.parquet", schema.name)), frame.unwrap());
        table::write_parquet(&path, &frame, schema).unwrap();
        summaries.push(summary(&path, &frame));
    }
    let list = folder.path().join("summary.json");
    std::fs::write(&list, json!(summaries).to_string()).unwrap();
    script::run(script::command(&[], &python, "readers/read.py").arg(list));
}
