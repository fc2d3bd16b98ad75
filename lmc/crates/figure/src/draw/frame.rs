//! Grid, axis lines, ticks and axis titles of a panel.

use serde_json::Value;

use super::axis::Axis;
use super::canvas::{Canvas, Stroke, Text, text_width};
use super::{Colour, Page, Panel};
use crate::json::{flag, number, text};

fn colour_at(spec: &Value, pointer: &str, default: Colour) -> Colour {
    text(spec, pointer).and_then(Colour::parse).unwrap_or(default)
}

/// Draws the ground of a panel, if it is not that of the figure.
pub(super) fn background(canvas: &mut Canvas, panel: &Panel<'_>, page: &Page<'_>) {
    let ground = |name| text(page.layout, name).and_then(Colour::parse).unwrap_or(Colour::WHITE);
    let (own, paper) = (ground("/plot_bgcolor"), ground("/paper_bgcolor"));
    if own != paper && own.alpha > 0.0 {
        canvas.rectangle([panel.x.start, panel.y.end, panel.x.end, panel.y.start], Some(own), None);
    }
}

/// Draws the grid lines, below the data.
pub(super) fn grid(canvas: &mut Canvas, panel: &Panel<'_>) {
    let light = Colour { red: 230, green: 230, blue: 230, alpha: 1.0 };
    let shown = |axis: &Axis<'_>| flag(axis.spec, "/showgrid").unwrap_or(true);
    if shown(&panel.x) {
        let stroke = Stroke::solid(colour_at(panel.x.spec, "/gridcolor", light), 1.0);
        for (x, _) in panel.x.ticks() {
            canvas.line(&[(x, panel.y.start), (x, panel.y.end)], stroke);
        }
    }
    if shown(&panel.y) {
        let stroke = Stroke::solid(colour_at(panel.y.spec, "/gridcolor", light), 1.0);
        for (y, _) in panel.y.ticks() {
            canvas.line(&[(panel.x.start, y), (panel.x.end, y)], stroke);
        }
    }
}

/// Draws lines, ticks, tick labels and titles, above the data.
pub(super) fn axes(canvas: &mut Canvas, panel: &Panel<'_>) {
    let (x, y) = (&panel.x, &panel.y);
    if flag(x.spec, "/showline").unwrap_or(false) {
        let stroke = Stroke::solid(colour_at(x.spec, "/linecolor", Colour::INK), 1.0);
        canvas.line(&[(x.start, y.start), (x.end, y.start)], stroke);
    }
    if flag(y.spec, "/showline").unwrap_or(false) {
        let stroke = Stroke::solid(colour_at(y.spec, "/linecolor", Colour::INK), 1.0);
        canvas.line(&[(x.start, y.start), (x.start, y.end)], stroke);
    }
    horizontal_labels(canvas, x, y.start);
    vertical_labels(canvas, y, x.start);
}

fn tick_length(axis: &Axis<'_>) -> f64 {
    if text(axis.spec, "/ticks") == Some("outside") {
        number(axis.spec, "/ticklen").unwrap_or(5.0)
    } else {
        0.0
    }
}

fn horizontal_labels(canvas: &mut Canvas, axis: &Axis<'_>, base: f64) {
    let size = number(axis.spec, "/tickfont/size").unwrap_or(12.0);
    let angle = number(axis.spec, "/tickangle").unwrap_or(0.0);
    let (length, stroke) = (tick_length(axis), Stroke::solid(Colour::INK, 1.0));
    let mut deepest: f64 = size;
    if flag(axis.spec, "/showticklabels").unwrap_or(true) {
        for (x, label) in axis.ticks() {
            if length > 0.0 {
                canvas.line(&[(x, base), (x, base + length)], stroke);
            }
            let (across, up, y) = match angle {
                0.0 => (0.5, 0.0, base + length + 2.0),
                angle if angle < 0.0 => (1.0, 0.5, base + length + 5.0),
                _ => (0.0, 0.5, base + length + 5.0),
            };
            deepest = deepest.max(text_width(&label, size) * angle.to_radians().sin().abs());
            canvas.text(&Text { text: &label, x, y, size, colour: Colour::INK, across, up, angle });
        }
    }
    if let Some(title) = text(axis.spec, "/title/text") {
        let size = number(axis.spec, "/title/font/size").unwrap_or(13.0);
        let (x, y) = ((axis.start + axis.end) / 2.0, base + length + deepest + 12.0);
        canvas.text(&Text { text: title, x, y, size, colour: Colour::INK, across: 0.5, up: 0.0, angle: 0.0 });
    }
}

fn vertical_labels(canvas: &mut Canvas, axis: &Axis<'_>, base: f64) {
    let size = number(axis.spec, "/tickfont/size").unwrap_or(12.0);
    let (length, stroke) = (tick_length(axis), Stroke::solid(Colour::INK, 1.0));
    let mut widest: f64 = 0.0;
    if flag(axis.spec, "/showticklabels").unwrap_or(true) {
        for (y, label) in axis.ticks() {
            if length > 0.0 {
                canvas.line(&[(base - length, y), (base, y)], stroke);
            }
            widest = widest.max(text_width(&label, size));
            let x = base - length - 3.0;
            canvas.text(&Text {
                text: &label,
                x,
                y,
                size,
                colour: Colour::INK,
                across: 1.0,
                up: 0.5,
                angle: 0.0,
            });
        }
    }
    if let Some(title) = text(axis.spec, "/title/text") {
        let size = number(axis.spec, "/title/font/size").unwrap_or(13.0);
        let (x, y) = (base - length - widest - 10.0, (axis.start + axis.end) / 2.0);
        canvas.text(&Text {
            text: title,
            x,
            y,
            size,
            colour: Colour::INK,
            across: 0.5,
            up: 1.0,
            angle: -90.0,
        });
    }
}
