use std::path::PathBuf;

use serde_json::Value as Json;

use super::*;

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/parquet").join(file)
}

fn problem(problem: String) -> LmcError {
    LmcError::Figure(problem)
}

fn column(file: &str, name: &str) -> Result<Vec<Option<Value>>> {
    let mut columns = Columns::open(&golden(file), problem)?.read(&[name], problem)?;
    Ok(columns.pop().unwrap())
}

/// The files that DuckDB, pandas, polars and pyarrow have written (`tests/golden/generate_parquet.py`).
#[test]
fn every_type_of_four_programs_says_what_it_should() {
    let expected: Json =
        serde_json::from_str(&std::fs::read_to_string(golden("parquet.json")).unwrap()).unwrap();
    let mut n = 0;
    for (file, columns) in expected.as_object().unwrap() {
        for (name, values) in columns["values"].as_object().unwrap() {
            let got: Vec<Json> = column(file, name)
                .unwrap_or_else(|error| panic!("{file}: {name}: {error}"))
                .into_iter()
                .map(|value| value.map_or(Json::Null, |value| value.to_string().into()))
                .collect();
            assert_eq!(&Json::from(got), values, "{file}: {name}");
            n += 1;
        }
        for name in columns["neither"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let error = column(file, name).unwrap_err().to_string();
            assert!(
                error.contains(&format!("column `{name}` holds "))
                    && error.ends_with("instead of text or numbers"),
                "{error}"
            );
        }
    }
    assert!(n > 50, "{n}");
}

#[test]
fn files_that_are_no_parquet_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let bytes = std::fs::read(golden("duckdb.parquet")).unwrap();
    let encrypted = [b"PARE", &bytes[4..bytes.len() - 4], b"PARE"].concat();
    let footer = [&bytes[..bytes.len() / 2], &bytes[bytes.len() - 8..]].concat();
    for (content, expected) in [
        (&b""[..], "an empty file instead of Parquet"),
        (b"model,accuracy\n7,0.5\n", "no Parquet file: it does not begin with PAR1"),
        (b"PAR1", "no Parquet file"),
        (&bytes[..bytes.len() - 10], "the end of the Parquet file is missing"),
        (&encrypted, "encrypted Parquet, which is not read"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = Columns::open(&path, problem).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
    std::fs::write(&path, footer).unwrap();
    let error = Columns::open(&path, problem).err().unwrap().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(is_parquet(&golden("pandas.parquet")) && !is_parquet(&golden("parquet.json")));
    assert!(!is_parquet(folder.path()) && !is_parquet(&folder.path().join("none")));
}

#[test]
fn columns_are_chosen_by_name() {
    let file = || Columns::open(&golden("duckdb.parquet"), problem).unwrap();
    let two = file().read(&["accuracy", "model"], problem).unwrap();
    assert_eq!(
        (two[0][0].clone(), two[1][2].clone()),
        (Some(Value::Decimal(417, 3)), Some(Value::Text("m-98".into())))
    );
    let error = file().read(&["acuracy"], problem).unwrap_err().to_string();
    assert!(error.contains("no column `acuracy` among model, accuracy, loss, n_examples, huge"), "{error}");
    assert_eq!((file().n_rows(), file().has_key("lmc.sha256")), (3, false));
    assert!(file().read(&[], problem).unwrap().is_empty());
}

#[test]
fn examples_take_whole_numbers_of_any_type() {
    let table = ParquetTable::read(&golden("pandas.parquet"), &["__index_level_0__"]).unwrap();
    assert_eq!(table.rows().collect::<Vec<_>>(), [["m-7"], ["m-22"], ["m-98"]]);
    let error = ParquetTable::read(&golden("polars.parquet"), &["accuracy"]).unwrap_err().to_string();
    assert!(
        error.contains("column `accuracy` holds 0.4170 in row 0 instead of text or whole numbers"),
        "{error}"
    );
    let error = ParquetTable::read(&golden("pandas.parquet"), &["flag"]).unwrap_err().to_string();
    assert!(error.contains("column `flag` has no value in row 1"), "{error}");
    assert_eq!(ParquetTable::read(&golden("no-rows.parquet"), &["plain"]).unwrap().rows().count(), 0);
}
