//! The completion of descriptions: everything that one leaves open is set, so that a browser and the drawing
//! have no defaults of their own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::space;
use crate::draw;
use crate::json::{axis_name, is_in_scene, items, number, text};
use crate::theme;

/// The most points of a line that has markers by default, as in plotly.
const MOST_MARKERS: usize = 20;

/// Returns a description with a size, margins, colours, a scale, indices for a missing x or y, kinds of axes
/// and places of bars, wherever it names none.
pub(crate) fn completed(mut described: Value) -> Value {
    if !described["layout"].is_object() {
        described["layout"] = json!({});
    }
    if !described["data"].is_array() {
        described["data"] = json!([]);
    }
    let layout = &mut described["layout"];
    set(layout, "width", 700);
    set(layout, "height", 450);
    set(layout, "paper_bgcolor", "#ffffff");
    set(layout, "plot_bgcolor", "#ffffff");
    if !layout["margin"].is_object() {
        layout["margin"] = json!({});
    }
    for (side, pixels) in [("l", 80), ("r", 80), ("t", 100), ("b", 80)] {
        set(&mut layout["margin"], side, pixels);
    }
    for (i, trace) in described["data"].as_array_mut().into_iter().flatten().enumerate() {
        complete(trace, theme::colour(i));
    }
    axes(&mut described);
    space::complete(&mut described);
    bars(&mut described);
    // A browser makes this room by itself.
    let room = draw::room_beside(&described).ceil();
    let right = &mut described["layout"]["margin"]["r"];
    if right.as_f64().is_some_and(|pixels| pixels < room) {
        *right = room.into();
    }
    described
}

/// Sets a member that is not there.
pub(super) fn set(value: &mut Value, name: &str, default: impl Into<Value>) {
    if let Value::Object(members) = value {
        members.entry(name).or_insert_with(|| default.into());
    }
}

fn complete(trace: &mut Value, colour: &str) {
    set(trace, "type", "scatter");
    let kind = text(trace, "/type").unwrap_or_default().to_owned();
    let rows = items(trace, "/z").len();
    let columns = items(trace, "/z").first().and_then(Value::as_array).map_or(0, Vec::len);
    let (n_x, n_y) = match kind.as_str() {
        "heatmap" | "surface" => (columns, rows),
        _ => (items(trace, "/y").len(), items(trace, "/x").len()),
    };
    set(trace, "x", (0..n_x).map(Value::from).collect::<Value>());
    set(trace, "y", (0..n_y).map(Value::from).collect::<Value>());
    if trace.get("name").is_none() || matches!(kind.as_str(), "heatmap" | "surface") {
        set(trace, "showlegend", false);
    }
    let at = |pointer: &str| trace.pointer(pointer).filter(|colour| colour.is_string()).cloned();
    let (line, marker) = (at("/line/color"), at("/marker/color"));
    let own = |first: Option<Value>, second: Option<Value>| first.or(second).unwrap_or_else(|| colour.into());
    match kind.as_str() {
        "scatter" | "scatter3d" => {
            let few = items(trace, "/x").len() < MOST_MARKERS || kind == "scatter3d";
            set(trace, "mode", if few { "lines+markers" } else { "lines" });
            inside(trace, "line", own(line.clone(), marker.clone()));
            inside(trace, "marker", own(marker, line));
            if kind == "scatter3d" {
                set(&mut trace["marker"], "size", 6.0);
            }
            if trace["marker"]["size"].is_array() {
                // Plotly fades markers of several sizes.
                set(&mut trace["marker"], "opacity", 1.0);
            }
        }
        "bar" => {
            inside(trace, "marker", own(marker, None));
            set(trace, "textposition", "none");
        }
        "heatmap" | "surface" => {
            let named = text(trace, "/colorscale").and_then(draw::named_scale);
            match named {
                Some(scale) => trace["colorscale"] = scale,
                None => set(trace, "colorscale", theme::sequential()),
            }
            if kind == "surface" {
                // Plotly's own light changes the colours more.
                set(trace, "lighting", theme::lighting());
                set(trace, "lightposition", json!({"x": -1000, "y": -1000, "z": 2000}));
            }
        }
        _ => {}
    }
}

/// Sets the colour of a part of a trace, if it has none.
fn inside(trace: &mut Value, part: &str, colour: Value) {
    if !trace[part].is_object() {
        trace[part] = json!({});
    }
    set(&mut trace[part], "color", colour);
}

/// Gives every axis that has traces a kind, and the grid of this look.
fn axes(described: &mut Value) {
    let mut named: BTreeMap<String, bool> = BTreeMap::new();
    for trace in items(described, "/data").iter().filter(|trace| !is_in_scene(trace)) {
        for letter in ["x", "y"] {
            let has_names = items(trace, &format!("/{letter}")).iter().any(Value::is_string);
            *named.entry(axis_name(trace, letter)).or_default() |= has_names;
        }
    }
    for (name, has_names) in named {
        let layout = &mut described["layout"];
        if !layout[&name].is_object() {
            layout[&name] = Value::Object(Map::new());
        }
        let axis = &mut layout[&name];
        if text(axis, "/type") == Some("-") {
            axis.as_object_mut().into_iter().for_each(|axis| drop(axis.remove("type")));
        }
        set(axis, "type", if has_names { "category" } else { "linear" });
        set(axis, "gridcolor", theme::GRID);
        set(axis, "zeroline", false);
    }
}

/// Gives a width and a place to bars that name none. Bars of several traces stand beside each other, unless
/// the layout lays them over each other.
fn bars(described: &mut Value) {
    let overlaid = text(described, "/layout/barmode") == Some("overlay");
    let is_bar = |trace: &Value| text(trace, "/type") == Some("bar");
    let mut on: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, trace) in items(described, "/data").iter().enumerate().filter(|(_, trace)| is_bar(trace)) {
        on.entry(axis_name(trace, "x") + &axis_name(trace, "y")).or_default().push(i);
    }
    for members in on.into_values() {
        let traces = items(described, "/data");
        let mut places: Vec<f64> =
            members.iter().flat_map(|&i| items(&traces[i], "/x")).filter_map(Value::as_f64).collect();
        places.sort_by(f64::total_cmp);
        let apart = places.windows(2).map(|pair| pair[1] - pair[0]).filter(|apart| *apart > 0.0);
        let least = apart.fold(f64::INFINITY, f64::min);
        let step = if least.is_finite() { least } else { 1.0 };
        let n = if overlaid { 1 } else { members.len() };
        for (rank, &i) in members.iter().enumerate() {
            let trace = &mut described["data"][i];
            set(trace, "width", 0.8 * step / n as f64);
            let width = number(trace, "/width").unwrap_or(0.8 * step);
            let first = -0.5 * width * n as f64;
            set(trace, "offset", first + width * if overlaid { 0.0 } else { rank as f64 });
        }
    }
}
