use polars::df;
use serde_json::{Value, json};

use super::*;
use crate::figures::fixture::description;
use crate::figures::snapshot::svg;

/// Two planes of 3 by 2 points; the second lacks one.
fn tables() -> (DataFrame, DataFrame) {
    let planes = df!(
        "plane" => [vec!["gen"; 6], vec!["mixed"; 5]].concat(), "dataset" => ["id"; 11],
        "x" => [0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0, 0.5, 1.0, 0.0, 0.5],
        "y" => [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0],
        "loss" => [0.1, 0.2, 0.1, 0.3, 0.4, 0.3, 0.5, 1.5, 0.5, 0.7, 0.8],
        "accuracy" => [0.5; 11], "n_examples" => [4_i64; 11]
    );
    let anchors = df!(
        "plane" => [vec!["gen"; 3], vec!["mixed"; 3]].concat(), "model" => ["a", "b", "c", "a", "b", "d"],
        "x" => [0.0, 1.0, 0.5, 0.0, 1.0, 0.4], "y" => [0.0, 0.0, 0.9, 0.0, 0.0, 0.8]
    );
    (planes.unwrap(), anchors.unwrap())
}

fn described(range: Option<(f64, f64)>) -> Value {
    let (points, anchors) = tables();
    let figure = planes(&points, &anchors, "id", range).unwrap();
    description(&figure)
}

#[test]
fn planes_share_one_scale_and_have_its_bar_once() {
    let figure = described(None);
    for (i, shown) in [(0, true), (1, false)] {
        let heat = &figure["data"][i];
        assert_eq!((&heat["zmin"], &heat["zmax"]), (&json!(0.1), &json!(1.5)));
        assert_eq!(heat["showscale"], json!(shown));
    }
    assert_eq!(figure["data"][0]["z"], json!([[0.1, 0.2, 0.1], [0.3, 0.4, 0.3]]));
    assert_eq!(figure["data"][1]["z"][1], json!([0.7, 0.8, null]));
    assert_eq!(described(Some((0.0, 0.5)))["data"][1]["zmax"], json!(0.5));
}

#[test]
fn one_unit_is_as_long_upwards_as_sideways() {
    let layout = &described(None)["layout"];
    let number = |pointer: &str| layout.pointer(pointer).unwrap().as_f64().unwrap();
    let (wide, tall) = (
        number("/width") - number("/margin/l") - number("/margin/r"),
        number("/height") - number("/margin/t") - number("/margin/b"),
    );
    for axis in ["", "2"] {
        let domain = number(&format!("/xaxis{axis}/domain/1")) - number(&format!("/xaxis{axis}/domain/0"));
        assert!((domain * wide - tall).abs() < 2.0, "{domain} {wide} {tall}");
    }
}

#[test]
fn models_are_marked_and_named_in_their_own_panel() {
    let figure = described(None);
    let markers = &figure["data"][5];
    assert_eq!((&markers["x"], &markers["xaxis"]), (&json!([0.0, 1.0, 0.4]), &json!("x2")));
    let notes = figure["layout"]["annotations"].as_array().unwrap();
    let named: Vec<_> =
        notes.iter().filter(|note| note["xref"] == "x2").map(|note| note["text"].as_str().unwrap()).collect();
    assert_eq!(named, ["a", "b", "d"]);
    assert!(notes.iter().any(|note| note["text"] == "mixed"));
}

#[test]
fn colours_are_those_of_the_losses() {
    let (points, anchors) = tables();
    let figure = planes(&points, &anchors, "id", None).unwrap();
    let image = resvg::tiny_skia::Pixmap::decode_png(&figure.to_png().unwrap()).unwrap();
    // The highest loss, in the middle of the lower edge of the second panel, is yellow; the lowest is violet.
    let layout = &described(None)["layout"];
    let number = |pointer: &str| layout.pointer(pointer).unwrap().as_f64().unwrap();
    let inner = number("/width") - number("/margin/l") - number("/margin/r");
    let at = |share: f64, up: f64| {
        let x = number("/margin/l") + share * inner;
        let y = number("/height") - number("/margin/b") - up;
        let pixel = image.pixel((2.0 * x) as u32, (2.0 * y) as u32).unwrap();
        [pixel.red(), pixel.green(), pixel.blue()]
    };
    let second = (number("/xaxis2/domain/0") + number("/xaxis2/domain/1")) / 2.0;
    let yellow = at(second, 2.0);
    assert!(yellow[0] > 220 && yellow[1] > 200 && yellow[2] < 90, "{yellow:?}");
    let violet = at(0.01, 30.0);
    assert!(violet[1] < 60 && violet[2] > violet[1], "{violet:?}");
}

#[test]
fn wrong_tables_sets_and_ranges_are_refused() {
    let (points, anchors) = tables();
    assert!(matches!(planes(&anchors, &anchors, "id", None), Err(LmcError::Column { .. })));
    assert!(matches!(planes(&points, &points, "id", None), Err(LmcError::Column { .. })));
    assert!(matches!(planes(&points, &anchors, "lo", None), Err(LmcError::UnknownName { .. })));
    let error = planes(&points, &anchors, "id", Some((1.0, 1.0))).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "range", .. }), "{error}");
}

#[test]
fn planes_in_three_dimensions_end_with_the_range() {
    let (points, anchors) = tables();
    let figure = planes_3d(&points, &anchors, "id", Some((0.0, 0.6))).unwrap();
    let figure = description(&figure);
    let sheets: Vec<&Value> =
        figure["data"].as_array().unwrap().iter().filter(|trace| trace["type"] == "surface").collect();
    assert_eq!(sheets[1]["z"], json!([[0.5, 0.6, 0.5], [0.6, 0.6, null]]));
    assert_eq!((&sheets[0]["cmax"], &sheets[1]["scene"]), (&json!(0.6), &json!("scene2")));
    // A hole beside a model is no harm.
    let dots = &figure["data"].as_array().unwrap().last().unwrap()["z"];
    assert!(dots[0].is_number() && dots[1].is_number(), "{dots}");
    let error = planes_3d(&points, &anchors, "id", Some((1.0, 1.0))).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "range", .. }), "{error}");
    assert!(matches!(planes_3d(&anchors, &anchors, "id", None), Err(LmcError::Column { .. })));
}

#[test]
fn its_picture_stays() {
    let (points, anchors) = tables();
    insta::assert_snapshot!("planes", svg(&planes(&points, &anchors, "id", None).unwrap()));
    insta::assert_snapshot!("planes_3d", svg(&planes_3d(&points, &anchors, "id", None).unwrap()));
}
