use super::*;

/// Two panels side by side, each a half minus a gap of 20 of 200 pixels, and a note above.
fn figure() -> Figure {
    Figure::described(json!({"data": [
        {"type": "scatter", "mode": "lines", "x": [1, 10], "y": [1, 2], "line": {"color": "#0072b2"}},
        {"type": "scatter", "mode": "markers", "x": [1, 2], "y": [0, 2], "xaxis": "x2", "yaxis": "y2",
         "marker": {"color": ["#ffffff", "#d55e00"], "line": {"color": "#d55e00"}}}],
        "layout": {"width": 300, "height": 200, "margin": {"l": 60, "r": 40, "t": 50, "b": 50},
            "title": {"text": "t", "x": 0.2, "y": 0.9},
            "xaxis": {"domain": [0.0, 0.45]}, "xaxis2": {"domain": [0.55, 1.0]}, "yaxis": {}, "yaxis2": {},
            "annotations": [{"text": "n", "x": 0.775, "y": 1.2, "xref": "paper", "yref": "paper", "showarrow": false}]}}))
    .unwrap()
}

#[test]
fn the_title_is_plain_text() {
    let svg = figure().title("a < b").to_svg().unwrap();
    assert!(svg.contains(">a &lt; b</text>") && !svg.contains(">t</text>"));
}

#[test]
fn a_size_stretches_panels_and_nothing_else() {
    let new = figure().size(500, 300).unwrap();
    let layout = &new.described["layout"];
    let at = |pointer: &str| number(layout, pointer).unwrap();
    assert_eq!((at("/width"), at("/height")), (500.0, 300.0));
    // Of 400 pixels the gap keeps 20.
    assert!((at("/xaxis/domain/1") - 190.0 / 400.0).abs() < 1e-9);
    assert!((at("/xaxis2/domain/0") - 210.0 / 400.0).abs() < 1e-9);
    assert_eq!(at("/xaxis2/domain/1"), 1.0);
    // The note stays in the middle of the second panel, 20 pixels above it; the title keeps its pixels.
    assert!((at("/annotations/0/x") - 305.0 / 400.0).abs() < 1e-9);
    assert!((at("/annotations/0/y") - (1.0 + 20.0 / 200.0)).abs() < 1e-9);
    assert!(
        (at("/title/x") * 500.0 - 60.0).abs() < 1e-9 && ((1.0 - at("/title/y")) * 300.0 - 20.0).abs() < 1e-9
    );
    let error = figure().size(100, 300).unwrap_err().to_string();
    assert_eq!(
        error,
        "`size`: got 100 × 300, expected at least 160 × 140 pixels for this figure, at most 10000 of a side"
    );
    let noted = figure().with_notes(["a"]).size(300, 200).unwrap();
    assert!(noted.to_svg().unwrap().contains("height=\"200\""), "a size holds the notes too");
}

#[test]
fn colours_follow_the_order_of_the_figure() {
    let new = figure().colours(["red", "#00ff00"]).unwrap();
    assert_eq!(new.described["data"][0]["line"]["color"], "red");
    assert_eq!(new.described["data"][1]["marker"]["color"], json!(["#ffffff", "#00ff00"]));
    assert_eq!(new.described["data"][1]["marker"]["line"]["color"], "#00ff00");
    let error = figure().colours(["red"]).unwrap_err().to_string();
    assert_eq!(error, "`colours`: got 1, expected 2 colours, for #0072b2, #d55e00");
    let error = figure().colours(["mauvish"]).unwrap_err().to_string();
    assert!(error.starts_with("`colours`: got `mauvish`, expected"), "{error}");
}

#[test]
fn a_colour_scale_takes_them_from_low_to_high() {
    let heat = || Figure::described(json!({"data": [{"type": "heatmap", "z": [[0, 1]]}]})).unwrap();
    let new = heat().colours(["white", "red", "black"]).unwrap();
    assert_eq!(new.described["data"][0]["colorscale"], json!([[0.0, "white"], [0.5, "red"], [1.0, "black"]]));
    assert!(heat().colours(["white"]).unwrap_err().to_string().contains("at least 2 colours"));
}

#[test]
fn a_logarithmic_axis_needs_positive_values() {
    let svg = figure().logarithmic_x().unwrap().to_svg().unwrap();
    assert!(svg.contains(">10</text>"));
    let error = figure().logarithmic_y().unwrap_err().to_string();
    assert_eq!(error, "figure: trace 2 has y = 0 on a logarithmic axis, which shows numbers above 0");
}
