use polars::df;
use serde_json::json;

use super::*;
use crate::LmcError;
use crate::figures::fixture::description;
use crate::figures::snapshot::svg;

fn kinds() -> DataFrame {
    let n = 5;
    df!("method" => ["linear", "linear", "ties", "ties", "ties"], "kind" => ["within", "across", "within", "across", "across"],
        "n_models" => [2_i64; 5], "n_merges" => [60_i64, 60, 60, 60, 9], "dataset" => ["id", "id", "id", "id", "lo"],
        "n_examples" => vec![512_i64; n], "excess" => [-0.01, 0.05, -0.02, 0.08, 0.5], "excess_low" => [-0.02, 0.03, -0.03, 0.06, 0.4],
        "excess_high" => [0.0, 0.07, -0.01, 0.1, 0.6], "score" => vec![0.9; n], "mean_score" => vec![0.9; n],
        "best_score" => vec![0.9; n], "share_above_best" => vec![0.5; n], "metric" => vec!["accuracy"; n])
    .unwrap()
}

fn merges() -> DataFrame {
    let n = 4;
    df!("method" => ["linear", "linear", "linear", "ties"], "kind" => ["within 1", "across", "within 1", "across"],
        "n_models" => [2_i64; 4], "models" => ["a b", "a c", "<b> d", "a c"], "gap" => [0.01, 0.2, 0.03, 0.2],
        "dataset" => ["id", "id", "id", "id"], "n_examples" => vec![512_i64; n], "loss" => [0.1, 0.2, 0.1, 0.3],
        "excess" => [-0.01, 0.1, 0.0, 0.2], "score" => vec![0.9; n], "mean_score" => vec![0.9; n],
        "best_score" => vec![0.9; n], "metric" => vec!["accuracy"; n])
    .unwrap()
}

fn predictions() -> DataFrame {
    df!("method" => ["linear", "ties"], "n_models" => [2_i64; 2], "n_merges" => [3_i64, 1], "dataset" => ["id", "id"],
        "r" => [Some(0.983), None], "r_low" => [Some(-0.25), None], "r_high" => [Some(0.999), None])
    .unwrap()
}

#[test]
fn methods_stand_in_rows_with_both_kinds() {
    let figure = merge_dots(&kinds(), "id").unwrap();
    let json = description(&figure);
    assert_eq!(json["layout"]["yaxis"]["ticktext"], json!(["linear", "ties"]));
    let traces = json["data"].as_array().unwrap();
    // The dashed line, then interval and dots of each kind.
    assert_eq!((&traces[2]["x"], &traces[2]["name"]), (&json!([-0.01, -0.02]), &json!("within a basin")));
    assert_eq!((&traces[4]["x"], &traces[4]["y"]), (&json!([0.05, 0.08]), &json!([0.17, 1.17])));
    assert_eq!(traces[1]["x"], json!([-0.02, 0.0, null, -0.03, -0.01, null]));
}

#[test]
fn merges_stand_against_gaps_with_the_correlation() {
    let figure = merge_scatter(&merges(), &predictions(), "linear", "id").unwrap();
    let json = description(&figure);
    assert_eq!((&json["data"][0]["x"], &json["data"][0]["y"]), (&json!([0.01, 0.03]), &json!([-0.01, 0.0])));
    assert_eq!(json["data"][0]["text"], json!(["a b", "&lt;b&gt; d"]));
    assert_eq!(json["data"][1]["name"], "across, 1");
    assert!(figure.to_svg().unwrap().contains("Pearson r = 0.98 (−0.25 to 1.00)"));
    let alone = merge_scatter(&merges(), &predictions(), "ties", "id").unwrap();
    assert!(alone.to_svg().unwrap().contains("no correlation"));
}

#[test]
fn unknown_names_and_other_tables_are_refused() {
    let error = merge_dots(&kinds(), "con").unwrap_err().to_string();
    assert_eq!(error, "unknown dataset in the merged models `con`; known: id, lo");
    let error = merge_scatter(&merges(), &predictions(), "slerp", "id").unwrap_err().to_string();
    assert_eq!(error, "unknown method in the merged models `slerp`; known: linear, ties");
    let error = merge_dots(&merges(), "id").unwrap_err();
    assert!(matches!(error, LmcError::Column { table: "merge_kinds", .. }), "{error}");
}

#[test]
fn their_pictures_stay() {
    insta::assert_snapshot!("merge_dots", svg(&merge_dots(&kinds(), "id").unwrap()));
    let scatter = merge_scatter(&merges(), &predictions(), "linear", "id").unwrap();
    insta::assert_snapshot!("merge_scatter", svg(&scatter));
}
