//! Comma-separated texts against Python's csv module and pandas: `golden/generate_csv.py`.

use lmc::data::csv::{CsvRows, Dialect};
use lmc_tests::reference::golden;
use serde_json::Value;

#[test]
fn rows_are_those_of_python_and_pandas() {
    let text = std::fs::read_to_string(golden("csv.json")).unwrap();
    let values: Value = serde_json::from_str(&text).unwrap();
    let cases = values["cases"].as_array().unwrap();
    assert!(cases.len() > 25, "{} cases", cases.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    for case in cases {
        std::fs::write(&path, case["text"].as_str().unwrap()).unwrap();
        let delimiter = case["delimiter"].as_str().unwrap().as_bytes()[0];
        let dialect = Dialect { delimiter, quotes: case["quotes"].as_bool().unwrap() };
        let mut rows = CsvRows::open(&path, dialect).unwrap();
        let mut found = vec![rows.names().to_vec()];
        while let Some(row) = rows.next_row().unwrap() {
            found.push(row.fields.iter().map(|field| (*field).to_owned()).collect());
        }
        let expected: Vec<Vec<String>> = serde_json::from_value(case["rows"].clone()).unwrap();
        assert_eq!(found, expected, "{}", case["name"]);
    }
}
