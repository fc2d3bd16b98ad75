use polars::df;
use serde_json::{Value, json};

use super::*;
use crate::LmcError;
use crate::analyses::confidence::{CO_ASSIGNMENT, PAIR_INTERVALS, SAMPLE_SIZES};
use crate::figures::Figure;
use crate::figures::basins::basin_colour;
use crate::figures::fixture::description;
use crate::figures::snapshot::svg;
use crate::gap::Measure;
use crate::study::Metric;

fn described(figure: &Figure) -> Value {
    let svg = figure.to_svg().unwrap();
    assert!(svg.starts_with("<svg"));
    description(figure)
}

fn pairs() -> DataFrame {
    let zeros = vec![0.0; 3];
    df!("a" => ["s1", "s1", "s2"], "b" => ["s2", "s3", "s3"], "dataset" => ["id"; 3], "n_examples" => [512_i64; 3],
        "kind" => ["across", "within", "across"], "convexity_gap" => [0.3, 0.1, 0.2],
        "convexity_gap_low" => [0.2, 0.0, 0.1], "convexity_gap_high" => [0.5, 0.2, 0.4],
        "barrier_height" => zeros.clone(), "barrier_height_low" => zeros.clone(), "barrier_height_high" => zeros.clone(),
        "auc" => [1.0, 2.0, 3.0], "auc_low" => [0.5; 3], "auc_high" => [4.0; 3], "confidence" => [0.95; 3])
    .unwrap()
}

fn membership() -> DataFrame {
    df!("model" => ["s1", "s2", "s3", "s4"], "cluster" => [2_i64, 1, 1, 2], "membership" => [0.5, -0.2, -0.6, 0.1],
        "low" => [0.4, -0.3, -0.7, -0.2], "high" => [0.6, 0.1, -0.5, 0.3], "stability" => [1.0, 0.9, 1.0, 0.96],
        "n_examples" => [512_i64; 4], "confidence" => [0.9; 4])
    .unwrap()
}

fn evaluations() -> DataFrame {
    df!("model" => ["s4", "s3", "s2", "s1"], "dataset" => ["lo"; 4], "n_examples" => [9_i64; 4], "loss" => [0.1; 4],
        "accuracy" => [0.4, 0.3, 0.2, 0.1], "f1" => [0.0; 4], "mcc" => [0.0; 4], "ece" => [0.0; 4])
    .unwrap()
}

#[test]
fn pairs_ascend_within_and_across_with_their_bars() {
    let figure = described(&gap_intervals(&pairs(), Measure::ConvexityGap).unwrap());
    let data = &figure["data"];
    assert_eq!(data[1]["name"], "within a basin, 1 pair, 0 above 0");
    assert_eq!((&data[1]["x"], &data[1]["y"]), (&json!([0.0]), &json!([0.1])));
    assert_eq!(data[3]["name"], "across basins, 2 pairs, 2 above 0");
    assert_eq!((&data[3]["x"], &data[3]["y"]), (&json!([1.09, 2.09]), &json!([0.2, 0.3])));
    assert_eq!(data[2]["y"], json!([0.1, 0.4, null, 0.2, 0.5, null]));
    assert_eq!(data[3]["text"][0], "s2 and s3 [0.1000, 0.4000]");
    assert_eq!(figure["layout"]["annotations"][0]["text"], "bars: 95 % intervals, 512 examples");
    let area = described(&gap_intervals(&pairs(), Measure::AreaUnderCurve).unwrap());
    assert_eq!(area["layout"]["yaxis"]["title"]["text"], "area under the curve (nats × distance)");
    for wrong in [
        gap_intervals(&pairs(), Measure::EuclideanDistance),
        gap_intervals(&PAIR_INTERVALS.empty(), Measure::ConvexityGap),
    ] {
        assert!(matches!(wrong, Err(LmcError::InvalidParameter { .. })));
    }
}

#[test]
fn memberships_have_bars_and_models_that_move_are_hollow() {
    let figure =
        described(&membership_intervals(&membership(), &evaluations(), "lo", Metric::Accuracy).unwrap());
    let data = &figure["data"];
    assert_eq!(data[0]["x"], json!([-0.3, 0.1, null, -0.7, -0.5, null]));
    assert_eq!(data[0]["y"], json!([0.2, 0.2, null, 0.3, 0.3, null]));
    assert_eq!((&data[1]["x"], &data[1]["y"]), (&json!([-0.2, -0.6]), &json!([0.2, 0.3])));
    assert_eq!(data[1]["marker"]["color"], json!(["#ffffff", basin_colour(1)]));
    assert_eq!(data[1]["text"][0], "s2, in its basin in 90 %");
    assert_eq!(data[3]["name"], "basin 2, 2 models");
    let note = figure["layout"]["annotations"][0]["text"].as_str().unwrap();
    assert!(note.starts_with("r = −0.44; bars: 90 % for 512 examples"), "{note}");
    let error = membership_intervals(&membership(), &evaluations().head(Some(2)), "lo", Metric::Accuracy)
        .unwrap_err();
    assert!(matches!(error, LmcError::UnknownName { .. }), "{error}");
    let none = crate::analyses::confidence::MEMBERSHIP_INTERVALS.empty();
    let error = membership_intervals(&none, &evaluations(), "lo", Metric::Accuracy).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "membership", .. }), "{error}");
}

#[test]
fn shares_stand_by_basin_and_membership() {
    let shares =
        df!("a" => ["s1", "s1", "s2"], "b" => ["s2", "s4", "s3"], "share" => [0.1, 0.75, 1.0]).unwrap();
    let figure = described(&co_assignment(&shares, &membership()).unwrap());
    let trace = &figure["data"][0];
    assert_eq!(trace["x"], json!(["s3", "s2", "s4", "s1"]));
    assert_eq!(trace["z"][0], json!([1.0, 1.0, null, null]));
    assert_eq!(trace["z"][3], json!([null, 0.1, 0.75, 1.0]));
    let wrong = df!("a" => ["s1"], "b" => ["s2"], "share" => [1.5]).unwrap();
    let error = co_assignment(&wrong, &membership()).unwrap_err().to_string();
    assert_eq!(error, "`co_assignment.share`: got 1.5, expected numbers from 0 to 1");
    assert!(matches!(co_assignment(&membership(), &membership()), Err(LmcError::Column { .. })));
    assert!(co_assignment(&CO_ASSIGNMENT.empty(), &membership()).is_ok());
}

#[test]
fn bars_of_stability_are_those_of_each_basin() {
    let figure = described(&stability_bars(&membership()).unwrap());
    let data = &figure["data"];
    assert_eq!((&data[0]["x"], &data[0]["y"]), (&json!([0.0, 1.0]), &json!([1.0, 0.9])));
    assert_eq!((&data[1]["x"], &data[1]["y"]), (&json!([2.0, 3.0]), &json!([0.96, 1.0])));
    assert_eq!(figure["layout"]["xaxis"]["ticktext"], json!(["s3", "s2", "s4", "s1"]));
}

#[test]
fn sizes_are_points_over_draws_with_bars() {
    let sizes = df!("dataset" => ["id"; 4], "n_examples" => [64_i64, 64, 128, 64], "draw" => [0_i64, 1, 0, 2],
        "n_moved" => [0_i64; 4], "adjusted_rand" => [0.0, 0.5, 1.0, 1.0],
        "adjusted_rand_disjoint" => [Some(0.25), Some(0.75), None, None], "mean_gap" => [0.1; 4],
        "gap_correlation" => [Some(1.0); 4], "within" => [0.1; 4], "across" => [0.2; 4], "silhouette" => [0.5; 4],
        "r" => [Some(-0.5), Some(0.5), Some(0.25), None])
    .unwrap();
    let figure = described(&sample_size_curves(&sizes).unwrap());
    let data = &figure["data"];
    assert_eq!(data[1]["y"], json!([0.5, 1.0]));
    assert_eq!(data[0]["y"], json!([0.05, 0.95, null, 1.0, 1.0, null]));
    assert_eq!((&data[3]["x"], &data[3]["y"]), (&json!([0.05]), &json!([0.5])));
    assert_eq!((&data[5]["y"], &data[5]["xaxis"]), (&json!([0.5, 0.25]), &json!("x2")));
    assert_eq!(figure["layout"]["xaxis"]["ticktext"], json!(["64", "128"]));
    // A share below 0 is not cut.
    let mut low = sizes.clone();
    low.with_column(polars::prelude::Column::new("adjusted_rand".into(), [-0.25, -0.125, 1.0, 0.5])).unwrap();
    let cut = sample_size_curves(&low).unwrap();
    let ends = &described(&cut)["layout"]["yaxis"]["range"];
    assert!(ends[0].as_f64() < Some(-0.25), "{ends}");
    insta::assert_snapshot!("sample_size_curves", svg(&cut));
    let error = sample_size_curves(&SAMPLE_SIZES.empty()).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "sizes", .. }), "{error}");
}

#[test]
fn their_pictures_stay() {
    let gaps = gap_intervals(&pairs(), Measure::ConvexityGap).unwrap();
    insta::assert_snapshot!("gap_intervals", svg(&gaps));
    let members = membership_intervals(&membership(), &evaluations(), "lo", Metric::Accuracy).unwrap();
    insta::assert_snapshot!("membership_intervals", svg(&members));
    let shares =
        df!("a" => ["s1", "s1", "s2"], "b" => ["s2", "s4", "s3"], "share" => [0.1, 0.75, 1.0]).unwrap();
    insta::assert_snapshot!("co_assignment", svg(&co_assignment(&shares, &membership()).unwrap()));
    insta::assert_snapshot!("stability_bars", svg(&stability_bars(&membership()).unwrap()));
}
