//! Scenes and the traces in them: surfaces, and lines and markers in three dimensions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::completed::set;
use super::members;
use crate::draw::nice_ticks;
use crate::json::{is_in_scene, is_scene, items, number, scene_name, text};
use crate::theme;

/// The directions of a scene.
const LETTERS: [&str; 3] = ["x", "y", "z"];
/// The lengths of the axes and the place of the eye of a scene that names none; half the height of its panel
/// is the length 1. The eye sees more of the floor than of the walls.
const LENGTHS: [f64; 3] = [1.25, 1.25, 0.7];
const EYE: [f64; 3] = [0.96, -1.66, 1.61];
/// The approximate number of ticks of an axis.
const N_TICKS: f64 = 5.0;

/// Members of a trace in a scene.
const TRACE: &[&str] = &[
    "type",
    "name",
    "visible",
    "x",
    "y",
    "z",
    "scene",
    "showlegend",
    "legendgroup",
    "text",
    "ids",
    "hovertext",
    "hoverinfo",
    "hovertemplate",
    "hoverlabel",
    "customdata",
    "meta",
    "uid",
    "uirevision",
    "xhoverformat",
    "yhoverformat",
    "zhoverformat",
];
const SURFACE: &[&str] = &[
    "cmin",
    "cmax",
    "cauto",
    "colorscale",
    "showscale",
    "contours.z.show",
    "contours.z.start",
    "contours.z.end",
    "contours.z.size",
    "contours.z.color",
    "contours.z.width",
    "contours.z.highlight",
    "contours.z.highlightcolor",
    "contours.z.highlightwidth",
    "contours.x.highlight",
    "contours.y.highlight",
    "lighting",
    "lightposition",
    "connectgaps",
];
const SCATTER: &[&str] = &[
    "mode",
    "opacity",
    "line.color",
    "line.width",
    "line.dash",
    "marker.color",
    "marker.size",
    "marker.symbol",
    "marker.opacity",
    "marker.line.color",
    "marker.line.width",
    "connectgaps",
];
const AXIS: &[&str] = &[
    "type",
    "title.text",
    "title.font",
    "range",
    "showgrid",
    "gridcolor",
    "gridwidth",
    "zeroline",
    "showline",
    "linecolor",
    "linewidth",
    "ticks",
    "ticklen",
    "tickcolor",
    "tickwidth",
    "tickfont",
    "tickangle",
    "tickvals",
    "ticktext",
    "tickmode",
    "nticks",
    "dtick",
    "showticklabels",
    "hoverformat",
    "showspikes",
];
const SCENE: &[&str] = &[
    "domain",
    "aspectmode",
    "aspectratio",
    "camera.eye",
    "camera.up",
    "camera.center",
    "camera.projection.type",
    "xaxis",
    "yaxis",
    "zaxis",
    "annotations",
    "dragmode",
    "hovermode",
    "uirevision",
];

/// Completes every scene that has traces: its place, its eye, and the ends and ticks of its axes.
pub(super) fn complete(described: &mut Value) {
    let scenes = items(described, "/data").iter().filter(|trace| is_in_scene(trace)).map(scene_name);
    let scenes: BTreeSet<String> = scenes.map(str::to_owned).collect();
    for name in scenes {
        let ends = LETTERS.map(|letter| extent(described, &name, letter));
        let layout = &mut described["layout"];
        if !layout[&name].is_object() {
            layout[&name] = Value::Object(Map::new());
        }
        let scene = &mut layout[&name];
        for part in ["domain", "camera", "xaxis", "yaxis", "zaxis"] {
            if !scene[part].is_object() {
                scene[part] = json!({});
            }
        }
        ["x", "y"].into_iter().for_each(|side| set(&mut scene["domain"], side, json!([0.0, 1.0])));
        set(scene, "aspectmode", "manual");
        let point = |[x, y, z]: [f64; 3]| json!({"x": x, "y": y, "z": z});
        set(scene, "aspectratio", point(LENGTHS));
        set(&mut scene["camera"], "eye", point(EYE));
        set(&mut scene["camera"], "up", point([0.0, 0.0, 1.0]));
        set(&mut scene["camera"], "center", point([0.0; 3]));
        set(&mut scene["camera"], "projection", json!({"type": "orthographic"}));
        for (letter, ends) in LETTERS.into_iter().zip(ends) {
            axis(&mut scene[format!("{letter}axis")], ends);
        }
    }
}

/// Returns the least and the greatest coordinate of the traces of a scene.
fn extent(described: &Value, scene: &str, letter: &str) -> [f64; 2] {
    let traces = items(described, "/data").iter();
    let own = traces.filter(|trace| is_in_scene(trace) && scene_name(trace) == scene);
    let values = own.flat_map(|trace| items(trace, &format!("/{letter}"))).flat_map(|value| match value {
        Value::Array(row) => row.as_slice(),
        one => std::slice::from_ref(one),
    });
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter_map(Value::as_f64) {
        (low, high) = (low.min(value), high.max(value));
    }
    match () {
        () if low < high => [low, high],
        () if low == high => [low - 0.5, low + 0.5],
        () => [0.0, 1.0],
    }
}

/// Completes an axis of a scene, whose data lie between two ends.
fn axis(axis: &mut Value, ends: [f64; 2]) {
    if text(axis, "/type") == Some("-") {
        axis.as_object_mut().into_iter().for_each(|axis| drop(axis.remove("type")));
    }
    set(axis, "type", "linear");
    set(axis, "range", json!(ends));
    let range = [0, 1].map(|end| number(axis, &format!("/range/{end}")).unwrap_or(ends[end]));
    let wanted = number(axis, "/nticks").unwrap_or(N_TICKS);
    let (low, high) = (range[0].min(range[1]), range[0].max(range[1]));
    let ticks = nice_ticks(low, high, wanted, number(axis, "/dtick"));
    if axis.get("tickvals").is_none() {
        let (values, texts): (Vec<f64>, Vec<String>) = ticks.into_iter().unzip();
        set(axis, "tickvals", values);
        set(axis, "ticktext", texts);
    }
    // Plotly turns texts along the axis otherwise.
    set(axis, "tickangle", 0.0);
    set(axis, "gridcolor", theme::GRID);
    set(axis, "zeroline", false);
    set(axis, "showspikes", false);
}

/// Checks a trace in a scene.
pub(super) fn trace(trace: &Value) -> Result<(), String> {
    let is_surface = text(trace, "/type") == Some("surface");
    let own: &[&[&str]] = if is_surface { &[TRACE, SURFACE, members::SCALE] } else { &[TRACE, SCATTER] };
    members::within(trace, own)?;
    if !is_scene(scene_name(trace)) {
        return Err(format!("scene = {}; a scene is named scene, scene2, scene3", trace["scene"]));
    }
    let flat = if is_surface { &LETTERS[..2] } else { &LETTERS[..] };
    for letter in flat {
        let values = items(trace, &format!("/{letter}"));
        if let Some(wrong) = values.iter().find(|value| !value.is_number() && !value.is_null()) {
            return Err(format!("{letter} = {wrong}; a scene has axes of numbers"));
        }
    }
    if is_surface { surface(trace) } else { line(trace) }
}

fn surface(trace: &Value) -> Result<(), String> {
    for letter in &LETTERS[..2] {
        let values: Vec<f64> = items(trace, &format!("/{letter}")).iter().filter_map(Value::as_f64).collect();
        if values.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(format!("values of {letter} that do not ascend"));
        }
    }
    let (columns, rows) = (items(trace, "/x").len(), items(trace, "/y").len());
    let z = items(trace, "/z");
    let wrong = z.iter().map(|row| items(row, "").len()).find(|n| *n != columns);
    if z.len() != rows || wrong.is_some() || rows < 2 || columns < 2 {
        let got = format!("{} × {}", z.len(), wrong.unwrap_or(columns));
        return Err(format!(
            "z of {got} values for {rows} of y and {columns} of x; a surface has a value for each, and at least 2 × 2"
        ));
    }
    Ok(())
}

fn line(trace: &Value) -> Result<(), String> {
    let lengths = LETTERS.map(|letter| items(trace, &format!("/{letter}")).len());
    if lengths[0] != lengths[1] || lengths[0] != lengths[2] {
        let [x, y, z] = lengths;
        return Err(format!("{x} values of x, {y} of y and {z} of z"));
    }
    match text(trace, "/mode") {
        None | Some("lines" | "markers" | "lines+markers") => Ok(()),
        Some(mode) => Err(format!("`mode` {mode}; drawn are lines, markers and lines+markers")),
    }
}

/// Checks all scenes of a layout.
pub(super) fn scenes(described: &Value) -> Result<(), String> {
    for (name, scene) in described["layout"].as_object().into_iter().flatten() {
        if !is_scene(name) {
            continue;
        }
        let traces = items(described, "/data").iter();
        let n = traces
            .filter(|trace| text(trace, "/type") == Some("surface") && scene_name(trace) == *name)
            .count();
        if n > 1 {
            return Err(format!("{name} has {n} surfaces; drawn is one in a scene"));
        }
        self::scene(scene).map_err(|what| format!("{name} has {what}"))?;
    }
    Ok(())
}

fn scene(scene: &Value) -> Result<(), String> {
    members::within(scene, &[SCENE])?;
    let point = |part: &str| LETTERS.map(|letter| number(scene, &format!("/{part}/{letter}")));
    let fixed = [
        ("camera.up", point("camera/up"), [0.0, 0.0, 1.0]),
        ("camera.center", point("camera/center"), [0.0; 3]),
    ];
    for (name, got, drawn) in fixed {
        if got != drawn.map(Some) {
            return Err(format!("`{name}` {}; drawn is {drawn:?}", said(got)));
        }
    }
    let eye = point("camera/eye");
    if eye.iter().any(Option::is_none) || eye.iter().flatten().all(|part| *part == 0.0) {
        return Err(format!("`camera.eye` {}; drawn are three numbers, not all 0", said(eye)));
    }
    let lengths = point("aspectratio");
    if lengths.iter().any(|length| length.is_none_or(|length| length <= 0.0)) {
        return Err(format!("`aspectratio` {}; drawn are three numbers above 0", said(lengths)));
    }
    for letter in LETTERS {
        let axis = &scene[format!("{letter}axis")];
        members::within(axis, &[AXIS]).map_err(|what| format!("a {letter} axis with {what}"))?;
        let kind = text(axis, "/type").unwrap_or("linear");
        let range = [number(axis, "/range/0"), number(axis, "/range/1")];
        let wrong = match () {
            () if kind != "linear" => format!("of type `{kind}`; drawn is linear"),
            () if number(axis, "/tickangle") != Some(0.0) => "with `tickangle`; drawn is 0".to_owned(),
            () if axis["zeroline"] != false => "with `zeroline`, which is not drawn".to_owned(),
            () if range[0].is_none() || range[1].is_none() || range[0] == range[1] => {
                format!("with `range` {}; drawn are two numbers that differ", axis["range"])
            }
            () => continue,
        };
        return Err(format!("a {letter} axis {wrong}"));
    }
    for (i, note) in items(scene, "/annotations").iter().enumerate() {
        let known: &[&str] = &["z"];
        members::within(note, &[members::ANNOTATION, known])
            .map_err(|what| format!("an annotation {} with {what}", i + 1))?;
    }
    Ok(())
}

fn said(point: [Option<f64>; 3]) -> String {
    let parts = point.map(|part| part.map_or("none".to_owned(), |part| part.to_string()));
    format!("[{}]", parts.join(", "))
}

#[cfg(test)]
mod tests;
