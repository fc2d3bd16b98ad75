use polars::df;
use serde_json::{Value, json};

use super::*;
use crate::LmcError;
use crate::analyses::gaps::figure::HeatmapOptions;
use crate::figures::fixture::description;
use crate::figures::snapshot::svg;
use crate::study::Metric;

fn panel(title: &str, scale: f64, accuracy: [f64; 3]) -> GroupPanel {
    let gaps = df!("a" => ["m1", "m1", "m2"], "b" => ["m2", "m3", "m3"], "dataset" => ["id"; 3],
        "barrier_height" => [0.0; 3], "convexity_gap" => [0.01 * scale, 0.04 * scale, 0.02 * scale],
        "auc" => [1.0; 3], "euclidean_distance" => [5.0; 3])
    .unwrap();
    let models = ["m1", "m2", "m3"];
    let evaluations =
        df!("model" => models, "dataset" => ["lo"; 3], "n_examples" => [9_i64; 3], "loss" => [0.1; 3],
        "accuracy" => accuracy, "f1" => [0.0; 3], "mcc" => [0.0; 3], "ece" => [0.0; 3])
        .unwrap();
    let basins = df!("model" => models, "cluster" => [1_i64, 1, 2], "membership" => [-1.0, -1.0, 1.0],
        "embedding_1" => [0.0; 3], "embedding_2" => [0.0; 3])
    .unwrap();
    GroupPanel::new(title, &gaps, &basins, &evaluations)
}

fn three() -> Vec<GroupPanel> {
    vec![
        panel("full <1>", 1.0, [0.5, 0.9, 0.1]),
        panel("probed", 0.5, [0.5, 0.55, 0.6]),
        panel("other", 2.0, [0.2, 0.3, 0.4]),
    ]
}

#[test]
fn heatmaps_share_the_scale_of_the_largest_gap_and_sort_each_by_itself() {
    let options = HeatmapOptions::new("id", "lo", Metric::Accuracy);
    let figure = group_heatmaps(&three(), &options).unwrap();
    let json = description(&figure);
    let names = [json!(["m3", "m1", "m2"]), json!(["m1", "m2", "m3"]), json!(["m1", "m2", "m3"])];
    for (i, names) in names.iter().enumerate() {
        let trace = &json["data"][i];
        assert_eq!((&trace["zmin"], &trace["zmax"]), (&json!(0.0), &json!(0.08)));
        assert_eq!(&trace["x"], names);
        assert_eq!(trace["showscale"] == json!(false), i > 0, "one colour bar");
    }
    assert_eq!(json["data"][1]["z"][0], json!([0.0, 0.005, 0.02]));
    assert_eq!(json["layout"]["annotations"][0]["text"], "full &lt;1&gt;, 3 models");
    let svg = figure.to_svg().unwrap();
    assert_eq!(svg.matches(">convexity gap (nats per example)<").count(), 1);
    assert!(svg.contains("probed, 3 models"));
    // Another scale is used on request, and an empty one is refused.
    let wide = HeatmapOptions { range: Some((0.0, 1.0)), ..options.clone() };
    assert_eq!(description(&group_heatmaps(&three(), &wide).unwrap())["data"][2]["zmax"], json!(1.0));
    let empty = HeatmapOptions { range: Some((1.0, 1.0)), ..options };
    assert!(matches!(
        group_heatmaps(&three(), &empty),
        Err(LmcError::InvalidParameter { field: "range", .. })
    ));
}

#[test]
fn one_panel_has_the_cells_of_the_single_heatmap() {
    let options = HeatmapOptions::new("id", "lo", Metric::Accuracy);
    let panel = &three()[0];
    let single = description(
        &crate::analyses::gaps::figure::gap_heatmap(&panel.gaps, &panel.evaluations, &options).unwrap(),
    );
    let grouped = description(&group_heatmaps(&three()[..1], &options).unwrap());
    for field in ["x", "y", "z", "zmin", "zmax", "colorbar", "colorscale"] {
        assert_eq!(single["data"][0][field], grouped["data"][0][field], "{field}");
    }
}

#[test]
fn histograms_share_bins_and_axes() {
    let json = description(&group_histograms(&three(), "lo", Metric::Accuracy).unwrap());
    let traces = json["data"].as_array().unwrap();
    assert_eq!(traces.len(), 6);
    for trace in traces {
        assert_eq!(trace["x"], traces[0]["x"]);
    }
    let total: u64 = traces.iter().flat_map(|t| t["y"].as_array().unwrap()).filter_map(Value::as_u64).sum();
    assert_eq!(total, 9, "every model of every group once");
    let in_legend: Vec<bool> = traces.iter().map(|t| t["showlegend"] == json!(true)).collect();
    assert_eq!(in_legend, [true, true, false, false, false, false]);
    assert_eq!(json["layout"]["annotations"][1]["text"], "probed, 2 + 1 models");
    let layout = &json["layout"];
    assert_eq!(layout["yaxis"]["range"], layout["yaxis3"]["range"]);
    assert_eq!(layout["xaxis"]["range"], layout["xaxis2"]["range"]);
}

fn comparison() -> DataFrame {
    let empty = [None::<f64>; 4];
    df!("group" => ["full", "full", "probed", "probed"], "statistic" => ["gap", "r", "gap", "r"],
        "n_models" => [3_i64; 4], "value" => [Some(0.2), Some(0.9), Some(0.1), None],
        "low" => [Some(0.15), None, Some(0.05), None], "high" => [Some(0.3), None, Some(0.2), None],
        "difference" => empty, "difference_low" => empty, "difference_high" => empty, "p_value" => empty,
        "permuted" => [""; 4])
    .unwrap()
}

#[test]
fn intervals_stand_under_their_points_and_undefined_ones_are_left_out() {
    let figure = comparison_intervals(&comparison(), &["r", "gap"]).unwrap();
    let json = description(&figure);
    let x: Vec<&Value> = json["data"].as_array().unwrap().iter().map(|trace| &trace["x"]).collect();
    assert_eq!(x, [&json!([0.9]), &json!([0.15, 0.3]), &json!([0.2]), &json!([0.05, 0.2]), &json!([0.1])]);
    assert_eq!(json["layout"]["yaxis"]["ticktext"], json!(["full", "probed"]));
    assert!(figure.to_png().is_ok());
    let error = comparison_intervals(&comparison(), &["nothing"]).unwrap_err().to_string();
    assert_eq!(error, "unknown statistic in the comparison `nothing`; known: gap, r");
    assert!(matches!(comparison_intervals(&comparison(), &[]), Err(LmcError::InvalidParameter { .. })));
    let wrong = comparison().drop("low").unwrap();
    assert!(matches!(comparison_intervals(&wrong, &["r"]), Err(LmcError::Column { column: "low", .. })));
}

#[test]
fn no_panel_and_too_many_are_refused() {
    let options = HeatmapOptions::new("id", "lo", Metric::Accuracy);
    for panels in [vec![], three().into_iter().cycle().take(9).collect()] {
        let heatmaps = group_heatmaps(&panels, &options);
        assert!(matches!(heatmaps, Err(LmcError::InvalidParameter { field: "panels", .. })));
        assert!(group_histograms(&panels, "lo", Metric::Accuracy).is_err());
    }
    let mut panels = three();
    panels[1].evaluations = panels[1].evaluations.head(Some(2));
    assert!(matches!(group_histograms(&panels, "lo", Metric::Accuracy), Err(LmcError::UnknownName { .. })));
}

#[test]
fn their_pictures_stay() {
    let options = HeatmapOptions::new("id", "lo", Metric::Accuracy);
    insta::assert_snapshot!("group_heatmaps", svg(&group_heatmaps(&three(), &options).unwrap()));
    let histograms = group_histograms(&three(), "lo", Metric::Accuracy).unwrap();
    insta::assert_snapshot!("group_histograms", svg(&histograms));
    let intervals = comparison_intervals(&comparison(), &["r", "gap"]).unwrap();
    insta::assert_snapshot!("comparison_intervals", svg(&intervals));
}
