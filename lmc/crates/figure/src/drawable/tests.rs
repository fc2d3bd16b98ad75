use serde_json::json;

use super::*;

/// Returns why a figure of one trace and a layout is refused.
fn why(trace: Value, layout: Value) -> String {
    let figure = completed(json!({"data": [trace], "layout": layout}));
    check(&figure).unwrap_err().to_string()
}

fn line(more: Value) -> Value {
    let mut trace = json!({"type": "scatter", "x": [1, 2], "y": [1, 2]});
    for (name, member) in more.as_object().unwrap() {
        trace[name] = member.clone();
    }
    trace
}

#[test]
fn a_part_that_is_not_drawn_is_refused_by_name() {
    let none = || json!({});
    assert_eq!(
        why(json!({"type": "pie"}), none()),
        "figure: trace 1 is of type `pie`; drawn are scatter, bar, heatmap, surface and scatter3d"
    );
    assert_eq!(
        why(line(json!({"fill": "tozeroy"})), none()),
        "figure: trace 1 (scatter) has `fill` tozeroy; drawn are none"
    );
    let error = why(line(json!({"error_y": {"array": [1, 2]}})), none());
    assert_eq!(error, "figure: trace 1 (scatter) has `error_y.array`, which is not drawn");
    assert!(
        why(line(json!({"marker": {"symbol": ["star"]}})), none())
            .contains("`marker.symbol` star; drawn are circle")
    );
    assert!(why(line(json!({"line": {"color": "mauvish"}})), none()).contains("the colour \"mauvish\""));
    assert!(why(line(json!({"marker": {"color": [0.5, 1.0]}})), none()).contains("the colour 0.5"));
    let bars = json!({"type": "bar", "x": [1], "y": [2], "text": "a", "textposition": "auto"});
    assert!(why(bars, none()).contains("`text` on its bars"));
    assert_eq!(
        why(line(none()), json!({"xaxis": {"type": "date"}})),
        "figure: xaxis is of type `date`; drawn are linear, log and category"
    );
    assert_eq!(
        why(line(none()), json!({"shapes": [{"type": "line"}]})),
        "figure: the layout has `shapes`, which is not drawn"
    );
    assert!(
        why(line(none()), json!({"annotations": [{"text": "a", "bordercolor": "red"}]}))
            .contains("annotation 1 has `bordercolor`")
    );
}

#[test]
fn values_stand_on_the_kind_of_their_axis() {
    let log = json!({"yaxis": {"type": "log"}});
    assert_eq!(
        why(line(json!({"y": [1, -2]})), log),
        "figure: trace 1 has y = -2 on a logarithmic axis, which shows numbers above 0"
    );
    let mixed = why(line(json!({"x": ["a", 2]})), json!({}));
    assert_eq!(mixed, "figure: trace 1 has x = 2 on an axis of names, which shows texts");
    let linear = why(line(json!({"x": ["a", "b"]})), json!({"xaxis": {"type": "linear"}}));
    assert_eq!(linear, "figure: trace 1 has x = \"a\" on an axis of numbers");
}

#[test]
fn a_legend_beside_the_panels_has_its_room_and_lines_lie_above_bars() {
    let name = "a trace with a rather long name";
    let figure =
        completed(json!({"data": [line(json!({"name": name})), {"type": "bar", "y": [1], "name": "b"}]}));
    assert!(figure["layout"]["margin"]["r"].as_f64() > Some(200.0), "{}", figure["layout"]["margin"]);
    let svg = crate::draw::svg(&figure).unwrap();
    let bar = svg.find("fill=\"#d55e00\"").unwrap();
    assert!(bar < svg.find("stroke=\"#0072b2\"").unwrap());
}

#[test]
fn what_is_left_open_is_completed() {
    let figure = completed(json!({"data": [
        {"y": [3, 4], "line": {"color": "#ff0000"}}, {"type": "heatmap", "z": [[1, 2]], "colorscale": "Bluered"},
        {"type": "bar", "x": [0, 2, 4], "y": [1, 1, 1]}, {"type": "bar", "x": [0, 2, 4], "y": [1, 1, 1]}]}));
    let data = &figure["data"];
    // A line and its markers have one colour, and a missing x counts.
    assert_eq!((&data[0]["marker"]["color"], &data[0]["x"]), (&json!("#ff0000"), &json!([0, 1])));
    assert_eq!(data[0]["mode"], "lines+markers");
    assert_eq!((&data[1]["x"], &data[1]["y"]), (&json!([0, 1]), &json!([0])));
    assert_eq!(data[1]["colorscale"], json!([[0.0, "#0000ff"], [1.0, "#ff0000"]]));
    // Bars at every 2 take 1.6 of it, side by side.
    assert_eq!((&data[2]["width"], &data[2]["offset"]), (&json!(0.8), &json!(-0.8)));
    assert_eq!((&data[3]["width"], &data[3]["offset"]), (&json!(0.8), &json!(0.0)));
    assert_eq!(
        (&figure["layout"]["width"], &figure["layout"]["xaxis"]["type"]),
        (&json!(700), &json!("linear"))
    );
    check(&figure).unwrap();
}
