use polars::df;
use resvg::tiny_skia::Pixmap;
use serde_json::{Value, json};

use super::*;
use crate::figures::fixture::description;
use crate::figures::snapshot::svg;

fn gaps() -> DataFrame {
    df!("a" => ["m1", "m1", "m2", "m1"], "b" => ["m2", "m3", "m3", "m2"], "dataset" => ["id", "id", "id", "lo"],
        "barrier_height" => [0.0, 0.1, 0.2, 0.9], "convexity_gap" => [0.01, 0.04, 0.02, 0.9],
        "auc" => [1.0, 2.0, 3.0, 0.9], "euclidean_distance" => [5.0, 6.0, 7.0, 0.9])
    .unwrap()
}

fn evaluations() -> DataFrame {
    df!("model" => ["m1", "m2", "m3"], "dataset" => ["lo"; 3], "n_examples" => [9_i64; 3], "loss" => [0.1, 0.2, 0.3],
        "accuracy" => [0.5, 0.9, 0.1], "f1" => [0.0; 3], "mcc" => [0.0; 3], "ece" => [0.0; 3])
    .unwrap()
}

fn options() -> HeatmapOptions {
    HeatmapOptions::new("id", "lo", Metric::Accuracy)
}

fn described(options: &HeatmapOptions) -> Value {
    description(&gap_heatmap(&gaps(), &evaluations(), options).unwrap())
}

#[test]
fn models_are_sorted_by_score_and_the_matrix_is_symmetric() {
    let trace = &described(&options())["data"][0];
    assert_eq!(trace["x"], json!(["m3", "m1", "m2"]));
    assert_eq!(trace["z"], json!([[0.0, 0.04, 0.02], [0.04, 0.0, 0.01], [0.02, 0.01, 0.0]]));
    assert_eq!((&trace["zmin"], &trace["zmax"]), (&json!(0.0), &json!(0.04)));
    assert_eq!(trace["colorbar"]["title"]["text"], "convexity gap (nats per example)");
    let by_loss = described(&HeatmapOptions { sorted_by: Metric::Loss, ..options() });
    assert_eq!(by_loss["data"][0]["x"], json!(["m1", "m2", "m3"]));
}

#[test]
fn the_colour_bar_has_equal_decimals_in_both_forms() {
    let bar = &described(&HeatmapOptions { range: Some((0.0, 0.0187)), ..options() })["data"][0]["colorbar"];
    let labels: Vec<&str> = bar["ticktext"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    assert_eq!(labels, ["0.000", "0.005", "0.010", "0.015"]);
    assert_eq!(bar["tickvals"], json!([0.0, 0.005, 0.01, 0.015]));
    let svg = gap_heatmap(&gaps(), &evaluations(), &options()).unwrap().to_svg().unwrap();
    assert!(svg.contains(">0.000<") && svg.contains(">0.035<"), "{svg}");
}

#[test]
fn distances_have_a_scale_of_their_own() {
    let figure = described(&HeatmapOptions { measure: Measure::EuclideanDistance, ..options() });
    let trace = &figure["data"][0];
    assert_eq!((&trace["zmin"], &trace["zmax"]), (&json!(5.0), &json!(7.0)));
    assert_eq!(trace["z"][0], json!([null, 6.0, 7.0]));
    assert_eq!(figure["layout"]["title"]["text"], "Euclidean distance of 3 models");
}

#[test]
fn every_measure_has_its_column_and_the_range_is_shared_on_request() {
    let measures = [
        (Measure::BarrierHeight, 0.1),
        (Measure::AreaUnderCurve, 2.0),
        (Measure::EuclideanDistance, 6.0),
        (Measure::ConvexityGap, 0.04),
    ];
    for (measure, value) in measures {
        let figure = described(&HeatmapOptions { measure, range: Some((0.0, 8.0)), ..options() });
        assert_eq!(figure["data"][0]["z"][0][1], json!(value));
        assert_eq!(figure["data"][0]["zmax"], json!(8.0));
    }
}

#[test]
fn cells_have_the_colours_of_the_scale() {
    let figure = gap_heatmap(&gaps(), &evaluations(), &options()).unwrap();
    let layout = &described(&options())["layout"];
    let image = Pixmap::decode_png(&figure.to_png().unwrap()).unwrap();
    let edge = |side: &str| layout["margin"][side].as_f64().unwrap();
    let (width, height) = (layout["width"].as_f64().unwrap(), layout["height"].as_f64().unwrap());
    assert_eq!((f64::from(image.width()), f64::from(image.height())), (2.0 * width, 2.0 * height));
    let colour = |row: f64, column: f64| {
        let x = edge("l") + (column + 0.5) / 3.0 * (width - edge("l") - edge("r"));
        let y = edge("t") + (row + 0.5) / 3.0 * (height - edge("t") - edge("b"));
        let pixel = image.pixel((2.0 * x) as u32, (2.0 * y) as u32).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    };
    assert_eq!(colour(0.0, 0.0), [0x44, 0x01, 0x54], "zero is the low end");
    assert_eq!(colour(0.0, 1.0), [0xfd, 0xe7, 0x25], "the largest gap is the high end, first row on top");
    assert_eq!(colour(1.0, 0.0), colour(0.0, 1.0));
    assert_ne!(colour(0.0, 2.0), colour(1.0, 2.0));
}

#[test]
fn a_pair_that_was_not_measured_stays_empty() {
    let some =
        df!("a" => ["m1", "m2"], "b" => ["m2", "m3"], "dataset" => ["id"; 2], "barrier_height" => [0.0; 2],
        "convexity_gap" => [0.1, 0.2], "auc" => [0.0; 2], "euclidean_distance" => [0.0; 2])
        .unwrap();
    let json = gap_heatmap(&some, &evaluations(), &options()).unwrap().to_json();
    let figure: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(figure["data"][0]["z"][0], json!([0.0, null, 0.2]));
}

#[test]
fn wrong_sets_models_ranges_and_tables_are_refused() {
    let refused = |options: &HeatmapOptions| gap_heatmap(&gaps(), &evaluations(), options).unwrap_err();
    let error = refused(&HeatmapOptions { dataset: "sub".to_owned(), ..options() }).to_string();
    assert_eq!(error, "unknown dataset in the gaps `sub`; known: id, lo");
    assert!(matches!(
        refused(&HeatmapOptions { sorted_on: "sub".to_owned(), ..options() }),
        LmcError::UnknownName { .. }
    ));
    for range in [(1.0, 1.0), (2.0, 1.0), (0.0, f64::NAN)] {
        let error = refused(&HeatmapOptions { range: Some(range), ..options() });
        assert!(matches!(error, LmcError::InvalidParameter { field: "range", .. }), "{error}");
    }
    assert!(matches!(
        gap_heatmap(&evaluations(), &gaps(), &options()),
        Err(LmcError::Column { table: "gaps", .. })
    ));
    let few = evaluations().head(Some(2));
    let error = gap_heatmap(&gaps(), &few, &options()).unwrap_err().to_string();
    assert_eq!(error, "unknown model in the evaluations `m3`; known: m1, m2");
}

#[test]
fn its_picture_stays() {
    let figure = gap_heatmap(&gaps(), &evaluations(), &options()).unwrap();
    insta::assert_snapshot!("gap_heatmap", svg(&figure));
}
