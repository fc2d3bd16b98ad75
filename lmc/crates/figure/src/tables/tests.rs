use polars::df;
use serde_json::{Value, json};

use super::*;

fn table() -> DataFrame {
    df!("model" => ["a", "b", "a", "b"], "set" => ["id", "id", "lo", "lo"], "n" => [1_i64, 2, 10, 100],
        "loss" => [Some(0.1), Some(0.2), None, Some(0.9)])
    .unwrap()
}

fn described(figure: &Figure) -> Value {
    serde_json::from_str(&figure.to_json()).unwrap()
}

#[test]
fn one_line_draws_one_column_against_another() {
    let figure = scatter(&table(), "n", "loss").unwrap();
    let json = described(&figure);
    assert_eq!(json["data"][0]["x"], json!([1.0, 2.0, 10.0, 100.0]));
    assert_eq!(json["data"][0]["y"], json!([0.1, 0.2, null, 0.9]));
    assert_eq!(json["layout"]["title"]["text"], "loss against n");
    insta::assert_snapshot!("scatter", figure.to_svg().unwrap());
    let line = line(&table(), "n", "loss").unwrap().logarithmic_x().unwrap();
    insta::assert_snapshot!("line_logarithmic", line.to_svg().unwrap());
}

#[test]
fn groups_have_a_colour_and_a_name_each() {
    let json = described(&by(&table(), "set").line("model", "loss").unwrap());
    assert_eq!((&json["data"][1]["name"], &json["data"][1]["x"]), (&json!("lo"), &json!(["a", "b"])));
    assert_ne!(json["data"][0]["line"]["color"], json["data"][1]["line"]["color"]);
    let bars = by(&table(), "set").bar("model", "loss").unwrap();
    insta::assert_snapshot!("bars_by_group", bars.to_svg().unwrap());
    // Groups of numbers stand in their order.
    let json = described(&by(&table(), "n").scatter("model", "loss").unwrap());
    let names: Vec<&str> = (0..4).map(|i| json["data"][i]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["1", "2", "10", "100"]);
}

#[test]
fn a_heatmap_has_a_cell_for_each_row() {
    let figure = heatmap(&table(), "model", "set", "loss").unwrap();
    let json = described(&figure);
    assert_eq!(json["data"][0]["z"], json!([[0.1, 0.2], [null, 0.9]]));
    assert_eq!((&json["data"][0]["x"], &json["data"][0]["y"]), (&json!(["a", "b"]), &json!(["id", "lo"])));
    insta::assert_snapshot!("heatmap", figure.to_svg().unwrap());
}

#[test]
fn wrong_columns_are_refused_by_name() {
    let table = table();
    let why = |figure: Result<Figure>| figure.unwrap_err().to_string();
    assert!(
        why(bar(&table, "model", "los")).starts_with("unknown column `los`; known: model, set, n, loss"),
        "{}",
        why(bar(&table, "model", "los"))
    );
    assert_eq!(
        why(scatter(&table, "n", "model")),
        "`y`: got a column of texts, expected a column of numbers; there are: n, loss"
    );
    assert_eq!(why(line(&table.clear(), "n", "loss")), "`table`: got no rows, expected at least one row");
    let twice = why(bar(&table, "model", "loss"));
    assert!(twice.contains("`a` twice in column `model`"), "{twice}");
    let twice = why(heatmap(&df!("a" => [1, 1], "b" => [2, 2], "c" => [3, 4]).unwrap(), "a", "b", "c"));
    assert_eq!(twice, "`table`: got a = 1 and b = 2 twice, expected one row for each cell");
    let empty = df!("a" => [1.0], "b" => [f64::NAN]).unwrap();
    assert!(why(scatter(&empty, "a", "b")).contains("column `b`, in which every value is empty"));
    let many = df!("a" => (0..40).collect::<Vec<i64>>()).unwrap();
    assert!(why(by(&many, "a").scatter("a", "a")).contains("at most 28 groups"));
}
