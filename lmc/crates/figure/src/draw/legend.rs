//! The legend and the colour bar.

use serde_json::Value;

use super::axis::{given_ticks, nice_ticks};
use super::canvas::{Canvas, Stroke, Text, text_width};
use super::colour::Scale;
use super::labels::anchor;
use super::{Colour, Page, is_visible, marks};
use crate::json::{flag, number, text};
use lmc_base::error::Result;

/// Width of the sample of a trace in the legend.
const SAMPLE: f64 = 26.0;
/// Space between two entries in one line.
const SPACE: f64 = 18.0;

/// The entries of a legend and their places: how far right of its corner, and in which row.
struct Entries<'a> {
    entries: Vec<(&'a Value, f64, f64)>,
    size: f64,
    n_rows: f64,
    /// The width of all rows.
    width: f64,
    in_line: bool,
}

impl<'a> Entries<'a> {
    /// Places the entries in one line, as far as they fit, or one below the other.
    fn new(page: &Page<'_>, traces: &'a [Value]) -> Entries<'a> {
        let named = |trace: &&Value| {
            let is_named = text(trace, "/name").is_some() && is_visible(trace);
            is_named && flag(trace, "/showlegend").unwrap_or(traces.len() > 1)
        };
        let hidden = flag(page.layout, "/showlegend") == Some(false);
        let size = number(page.layout, "/legend/font/size").unwrap_or(12.0);
        let x = page.x(number(page.layout, "/legend/x").unwrap_or(1.02));
        let in_line = text(page.layout, "/legend/orientation") == Some("h");
        let (mut entries, mut right, mut row, mut width): (Vec<_>, f64, f64, f64) = (vec![], 0.0, 0.0, 0.0);
        for trace in traces.iter().filter(|_| !hidden).filter(named) {
            let wide = SAMPLE + 6.0 + text_width(text(trace, "/name").unwrap_or_default(), size);
            if in_line && right > 0.0 && x + right + wide > page.width - 4.0 {
                (right, row) = (0.0, row + 1.0);
            }
            entries.push((trace, right, row));
            width = width.max(right + wide);
            if in_line { right += wide + SPACE } else { row += 1.0 }
        }
        let n_rows = entries.last().map_or(0.0, |(.., row)| row + 1.0);
        Entries { entries, size, n_rows, width, in_line }
    }

    /// Returns the height of a row, in pixels.
    fn row(&self) -> f64 {
        1.55 * self.size
    }
}

/// Returns the height that the rows of a legend in one line take beyond the first, in pixels.
pub(crate) fn more_rows(described: &Value) -> f64 {
    let page = Page::new(&described["layout"]);
    let entries = Entries::new(&page, crate::json::items(described, "/data"));
    if entries.in_line { (entries.n_rows - 1.0).max(0.0) * entries.row() } else { 0.0 }
}

/// Returns the room that a legend right of the panels takes, in pixels.
pub(crate) fn room_beside(described: &Value) -> f64 {
    let page = Page::new(&described["layout"]);
    let entries = Entries::new(&page, crate::json::items(described, "/data"));
    let left = page.x(number(page.layout, "/legend/x").unwrap_or(1.02)) - page.area[2];
    if entries.in_line || entries.entries.is_empty() || left < 0.0 {
        0.0
    } else {
        left + entries.width + SPACE
    }
}

/// Draws the legend.
pub(super) fn legend(canvas: &mut Canvas, page: &Page<'_>, traces: &[Value]) {
    let found = Entries::new(page, traces);
    let x = page.x(number(page.layout, "/legend/x").unwrap_or(1.02));
    let y = page.y(number(page.layout, "/legend/y").unwrap_or(1.0));
    let (height, size) = (found.row(), found.size);
    let top = y - anchor(text(page.layout, "/legend/yanchor"), 0.0) * found.n_rows * height;
    let left = x - anchor(text(page.layout, "/legend/xanchor"), 0.0) * found.width;
    for (entry, right, row) in found.entries {
        let (x, y) = (left + right, top + (row + 0.5) * height);
        sample(canvas, (x, y), entry);
        let name = text(entry, "/name").unwrap_or_default();
        let x = x + SAMPLE + 6.0;
        canvas.text(&Text { text: name, x, y, size, colour: Colour::INK, across: 0.0, up: 0.5, angle: 0.0 });
    }
}

fn sample(canvas: &mut Canvas, (x, y): (f64, f64), trace: &Value) {
    let middle = x + SAMPLE / 2.0;
    if text(trace, "/type") == Some("bar") {
        let edges = [middle - 7.0, y - 6.0, middle + 7.0, y + 6.0];
        canvas.rectangle(edges, Some(marks::colour(trace, "/marker/color", 0)), None);
        return;
    }
    let mode = text(trace, "/mode").unwrap_or("lines+markers");
    if mode.contains("lines") {
        canvas.line(&[(x, y), (x + SAMPLE, y)], marks::stroke(trace));
    }
    if mode.contains("markers") {
        marks::marker(canvas, (middle, y), trace, 0);
    }
}

/// Draws the colour bar of a heatmap or a surface, beside the plotting area, with its title turned.
pub(super) fn colour_bar(canvas: &mut Canvas, page: &Page<'_>, trace: &Value) -> Result<()> {
    if !matches!(text(trace, "/type"), Some("heatmap" | "surface"))
        || flag(trace, "/showscale") == Some(false)
    {
        return Ok(());
    }
    let scale = Scale::parse(trace.get("colorscale"))?;
    let (low, high) = marks::colour_range(trace);
    let left = page.x(number(trace, "/colorbar/x").unwrap_or(1.02))
        + number(trace, "/colorbar/xpad").unwrap_or(10.0);
    let right = left + number(trace, "/colorbar/thickness").unwrap_or(18.0);
    let (top, bottom) = (page.area[1], page.area[3]);
    let at = |value: f64| bottom - (value - low) / (high - low) * (bottom - top);
    canvas.shaded([left, top, right, bottom], scale.stops());
    canvas.rectangle([left, top, right, bottom], None, Some(Stroke::solid(Colour::INK, 0.8)));
    let size = number(trace, "/colorbar/tickfont/size").unwrap_or(12.0);
    let mut widest: f64 = 0.0;
    let mut ticks = given_ticks(&trace["colorbar"]);
    if ticks.is_empty() {
        ticks = nice_ticks(low, high, ((bottom - top) / 60.0).clamp(2.0, 8.0), None);
    }
    for (value, label) in ticks {
        let y = at(value);
        canvas.line(&[(right, y), (right + 4.0, y)], Stroke::solid(Colour::INK, 1.0));
        widest = widest.max(text_width(&label, size));
        let x = right + 7.0;
        canvas.text(&Text {
            text: &label,
            x,
            y,
            size,
            colour: Colour::INK,
            across: 0.0,
            up: 0.5,
            angle: 0.0,
        });
    }
    if let Some(title) = text(trace, "/colorbar/title/text") {
        let size = number(trace, "/colorbar/title/font/size").unwrap_or(13.0);
        let (x, y) = (right + 7.0 + widest + 8.0, (top + bottom) / 2.0);
        canvas.text(&Text {
            text: title,
            x,
            y,
            size,
            colour: Colour::INK,
            across: 0.5,
            up: 1.0,
            angle: 90.0,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn only_named_traces_stand_in_the_legend() {
        let figure = json!({"layout": {"legend": {"orientation": "h"}}, "data": [
            {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "shown"},
            {"type": "bar", "x": [0], "y": [1], "name": "bars"},
            {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "hidden", "showlegend": false}
        ]});
        let svg = crate::draw::svg(&figure).unwrap();
        assert!(svg.contains(">shown<") && svg.contains(">bars<") && !svg.contains(">hidden<"));
    }

    #[test]
    fn a_heatmap_has_a_titled_colour_bar_unless_it_is_switched_off() {
        let mut figure = json!({"layout": {}, "data": [{"type": "heatmap", "x": [0, 1], "y": [0, 1],
            "z": [[0.0, 4.0], [4.0, 0.0]], "colorscale": [[0, "#000"], [1, "#fff"]],
            "colorbar": {"title": {"text": "gap (nats)"}}}]});
        let svg = crate::draw::svg(&figure).unwrap();
        assert!(svg.contains(">gap (nats)<") && (svg.contains(">4.0<") || svg.contains(">4<")), "{svg}");
        figure["data"][0]["colorbar"]["tickvals"] = json!([1.0, 2.5]);
        figure["data"][0]["colorbar"]["ticktext"] = json!(["low"]);
        let svg = crate::draw::svg(&figure).unwrap();
        assert!(svg.contains(">low<") && svg.contains(">2.5<") && !svg.contains(">4<"), "{svg}");
        figure["data"][0]["showscale"] = json!(false);
        assert!(!crate::draw::svg(&figure).unwrap().contains("gap (nats)"));
    }
}
