//! Traces: lines, markers, bars and heatmap cells.

use std::collections::BTreeMap;

use serde_json::Value;

use super::axis::bar_ends;
use super::canvas::{Canvas, Stroke, Text};
use super::cells::Cells;
use super::colour::Scale;
use super::{Colour, Panel};
use crate::json::{each, items, number, text};
use lmc_base::error::Result;

/// Plotly's colour for a trace that does not name one.
const DEFAULT: Colour = Colour { red: 0x1f, green: 0x77, blue: 0xb4, alpha: 1.0 };

/// The approximate size of a cell of a smoothed heatmap, in pixels.
const SMOOTH: f64 = 2.0;

/// Draws one trace on its panel.
pub(super) fn draw(canvas: &mut Canvas, panel: &Panel<'_>, trace: &Value) -> Result<()> {
    match text(trace, "/type") {
        Some("heatmap") => heatmap(canvas, panel, trace)?,
        Some("bar") => bars(canvas, panel, trace),
        _ => scatter(canvas, panel, trace),
    }
    Ok(())
}

/// Returns the colour at a JSON pointer for the i-th point, faded by the opacity of trace and marker.
pub(super) fn colour(trace: &Value, pointer: &str, index: usize) -> Colour {
    let found = each(trace, pointer, index).and_then(Value::as_str).and_then(Colour::parse);
    let marker = if pointer.starts_with("/marker") { number(trace, "/marker/opacity") } else { None };
    found.unwrap_or(DEFAULT).faded(number(trace, "/opacity").unwrap_or(1.0) * marker.unwrap_or(1.0))
}

/// Returns the stroke of a line trace.
pub(super) fn stroke(trace: &Value) -> Stroke<'_> {
    let width = number(trace, "/line/width").unwrap_or(2.0);
    Stroke {
        colour: colour(trace, "/line/color", 0),
        width,
        dash: text(trace, "/line/dash").unwrap_or("solid"),
    }
}

fn scatter(canvas: &mut Canvas, panel: &Panel<'_>, trace: &Value) {
    let mode = text(trace, "/mode").unwrap_or("lines+markers");
    let pixel = |(x, y): (&Value, &Value)| {
        Some((panel.x.pixel(panel.x.coordinate(x)?), panel.y.pixel(panel.y.coordinate(y)?)))
    };
    let points: Vec<_> = items(trace, "/x").iter().zip(items(trace, "/y")).map(pixel).collect();
    if mode.contains("lines") {
        let parts: Vec<Vec<_>> =
            points.split(Option::is_none).map(|part| part.iter().flatten().copied().collect()).collect();
        canvas.lines(&parts, stroke(trace));
    }
    if mode.contains("markers") {
        for (i, point) in points.iter().enumerate() {
            if let Some(point) = point {
                marker(canvas, *point, trace, i);
            }
        }
    }
    if mode.contains("text") {
        for (i, (x, y)) in points.iter().enumerate().filter_map(|(i, point)| Some((i, (*point)?))) {
            let Some(content) = each(trace, "/text", i).and_then(Value::as_str) else { continue };
            let place = each(trace, "/textposition", i).and_then(Value::as_str).unwrap_or("middle center");
            let (up, across) = place.split_once(' ').unwrap_or((place, "center"));
            // Beside a marker there is room for half of it.
            let room = if mode.contains("markers") { radius(trace, i) + 1.0 } else { 0.0 };
            let (up, dy) = match up {
                "top" => (1.0, -room),
                "bottom" => (0.0, room),
                _ => (0.5, 0.0),
            };
            let (across, dx) = match across {
                "left" => (1.0, -room - 2.0),
                "right" => (0.0, room + 2.0),
                _ => (0.5, 0.0),
            };
            let size = number(trace, "/textfont/size").unwrap_or(12.0);
            let colour = text(trace, "/textfont/color").and_then(Colour::parse).unwrap_or(Colour::INK);
            canvas.text(&Text { text: content, x: x + dx, y: y + dy, size, colour, across, up, angle: 0.0 });
        }
    }
}

/// Returns the radius of the i-th marker of a trace, in pixels.
fn radius(trace: &Value, index: usize) -> f64 {
    each(trace, "/marker/size", index).and_then(Value::as_f64).unwrap_or(6.0) / 2.0
}

/// Draws the i-th marker of a trace.
pub(super) fn marker(canvas: &mut Canvas, (x, y): (f64, f64), trace: &Value, index: usize) {
    let symbol = each(trace, "/marker/symbol", index).and_then(Value::as_str).unwrap_or("circle");
    let radius = radius(trace, index);
    let main = colour(trace, "/marker/color", index);
    let width = number(trace, "/marker/line/width");
    let (shape, open) = symbol.strip_suffix("-open").map_or((symbol, false), |shape| (shape, true));
    let stroke = match width {
        _ if open => Some(Stroke::solid(main, width.unwrap_or(1.5))),
        Some(width) if width > 0.0 => Some(Stroke::solid(colour(trace, "/marker/line/color", index), width)),
        _ => None,
    };
    let fill = if open { None } else { Some(main) };
    let at = |dx: f64, dy: f64| (x + dx * radius, y + dy * radius);
    match shape {
        "square" => canvas.rectangle([x - radius, y - radius, x + radius, y + radius], fill, stroke),
        "diamond" => {
            canvas.polygon(&[at(0.0, -1.3), at(1.3, 0.0), at(0.0, 1.3), at(-1.3, 0.0)], fill, stroke)
        }
        "triangle-up" => canvas.polygon(&[at(0.0, -1.15), at(1.0, 0.6), at(-1.0, 0.6)], fill, stroke),
        "triangle-down" => canvas.polygon(&[at(0.0, 1.15), at(1.0, -0.6), at(-1.0, -0.6)], fill, stroke),
        "x" | "cross" => {
            let arms = if shape == "x" { [(0.8, 0.8), (0.8, -0.8)] } else { [(1.0, 0.0), (0.0, 1.0)] };
            for (dx, dy) in arms {
                canvas.line(&[at(dx, dy), at(-dx, -dy)], Stroke::solid(main, (radius * 0.5).max(1.5)));
            }
        }
        _ => canvas.circle(x, y, radius, fill, stroke),
    }
}

fn bars(canvas: &mut Canvas, panel: &Panel<'_>, trace: &Value) {
    let (from, to) = bar_ends(trace);
    let base = panel.y.pixel(panel.y.base());
    for (i, (x, y)) in items(trace, "/x").iter().zip(items(trace, "/y")).enumerate() {
        let (Some(x), Some(height)) = (panel.x.coordinate(x), panel.y.coordinate(y)) else { continue };
        if height == panel.y.base() {
            continue;
        }
        let (left, right, end) = (panel.x.pixel(x + from), panel.x.pixel(x + to), panel.y.pixel(height));
        let line = number(trace, "/marker/line/width").filter(|width| *width > 0.0);
        let stroke = line.map(|width| Stroke::solid(colour(trace, "/marker/line/color", i), width));
        let edges = [left.min(right), base.min(end), left.max(right), base.max(end)];
        canvas.rectangle(edges, Some(colour(trace, "/marker/color", i)), stroke);
    }
}

/// Returns the lowest and highest value of the colour scale of a heatmap or a surface.
pub(super) fn colour_range(trace: &Value) -> (f64, f64) {
    let values = || items(trace, "/z").iter().filter_map(Value::as_array).flatten().filter_map(Value::as_f64);
    let [least, most] =
        if text(trace, "/type") == Some("surface") { ["/cmin", "/cmax"] } else { ["/zmin", "/zmax"] };
    let low = number(trace, least).unwrap_or_else(|| values().fold(f64::INFINITY, f64::min));
    let high = number(trace, most).unwrap_or_else(|| values().fold(f64::NEG_INFINITY, f64::max));
    if high > low { (low, high) } else { (low, low + 1.0) }
}

/// Returns the places where each cell begins and the last one ends: half-way between the coordinates.
pub(super) fn edges(centres: &[f64]) -> Vec<f64> {
    let half_way = |i: usize| match (i.checked_sub(1).map(|before| centres[before]), centres.get(i)) {
        (Some(before), Some(after)) => (before + after) / 2.0,
        (None, Some(first)) => first - centres.get(1).map_or(1.0, |second| second - first) / 2.0,
        (Some(last), None) => last + i.checked_sub(2).map_or(1.0, |before| last - centres[before]) / 2.0,
        (None, None) => 0.0,
    };
    (0..=centres.len()).map(half_way).collect()
}

/// Draws a heatmap. Cells of one colour are drawn together: a matrix of 100 models has a few hundred colours
/// and 10,000 cells.
fn heatmap(canvas: &mut Canvas, panel: &Panel<'_>, trace: &Value) -> Result<()> {
    let scale = Scale::parse(trace.get("colorscale"))?;
    let (low, high) = colour_range(trace);
    let value = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let row = |row: &Value| row.as_array().into_iter().flatten().map(value).collect();
    let mut cells = Cells {
        x: items(trace, "/x").iter().filter_map(|x| panel.x.coordinate(x)).collect(),
        y: items(trace, "/y").iter().filter_map(|y| panel.y.coordinate(y)).collect(),
        z: items(trace, "/z").iter().map(row).collect(),
    };
    if text(trace, "/zsmooth") == Some("best") {
        let steps = cells.x.len().saturating_sub(1).max(1) as f64;
        cells = cells
            .finer(((panel.x.end - panel.x.start).abs() / steps / SMOOTH).ceil().clamp(1.0, 32.0) as usize);
    }
    let Cells { x: columns, y: rows, z } = cells;
    // Whole device pixels, so that neighbours neither overlap nor leave a seam.
    let snap = |pixel: f64| (pixel * 2.0).round() / 2.0;
    let x: Vec<_> = edges(&columns).into_iter().map(|edge| snap(panel.x.pixel(edge))).collect();
    let y: Vec<_> = edges(&rows).into_iter().map(|edge| snap(panel.y.pixel(edge))).collect();
    let mut by_colour: BTreeMap<u16, Vec<[f64; 4]>> = BTreeMap::new();
    for (j, row) in z.iter().enumerate().take(rows.len()) {
        for (i, &value) in row.iter().enumerate().take(columns.len()).filter(|(_, value)| value.is_finite()) {
            let level = ((value - low) / (high - low) * 1000.0).round().clamp(0.0, 1000.0) as u16;
            let cell = [x[i].min(x[i + 1]), y[j].min(y[j + 1]), x[i].max(x[i + 1]), y[j].max(y[j + 1])];
            by_colour.entry(level).or_default().push(cell);
        }
    }
    for (level, cells) in by_colour {
        canvas.cells(&cells, scale.at(f64::from(level) / 1000.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_meet_half_way() {
        assert_eq!(edges(&[0.0, 1.0, 3.0]), [-0.5, 0.5, 2.0, 4.0]);
        assert_eq!(edges(&[2.0]), [1.5, 2.5]);
        assert_eq!(edges(&[]), [0.0]);
    }

    #[test]
    fn the_colour_range_is_given_or_that_of_the_values() {
        let z = json!({"z": [[0.5, null], [0.25, 2.0]]});
        assert_eq!(colour_range(&z), (0.25, 2.0));
        assert_eq!(colour_range(&json!({"z": [[0.5]], "zmin": 0.0, "zmax": 4.0})), (0.0, 4.0));
        assert_eq!(colour_range(&json!({"z": [[0.5]]})), (0.5, 1.5));
    }

    #[test]
    fn a_line_breaks_at_an_empty_value_and_opacities_multiply() {
        let figure = json!({"layout": {}, "data": [{"type": "scatter", "mode": "lines", "x": [0, 1, null, 2, 3],
            "y": [0, 1, null, 2, 3], "line": {"color": "#010203", "width": 7}, "opacity": 0.5}]});
        let svg = super::super::svg(&figure).unwrap();
        let line = svg.lines().find(|line| line.contains("#010203")).unwrap();
        assert_eq!(line.matches('M').count(), 2, "{line}");
        assert!(line.contains("stroke-width=\"7.00\" stroke-opacity=\"0.500\""), "{line}");
        let trace = json!({"opacity": 0.5, "marker": {"opacity": 0.5, "color": ["#000", "#fff"]}});
        assert_eq!(colour(&trace, "/marker/color", 1), Colour::WHITE.faded(0.25));
    }

    #[test]
    fn every_symbol_is_drawn() {
        for (symbol, element) in [("circle", "<circle"), ("square-open", "<rect"), ("diamond", "<polygon")] {
            let mut canvas = Canvas::new(10.0, 10.0);
            marker(&mut canvas, (5.0, 5.0), &json!({"marker": {"symbol": symbol}}), 0);
            assert!(canvas.finish().contains(element), "{symbol}");
        }
    }
}
