//! The title of the figure and its annotations.

use serde_json::Value;

use super::canvas::{Canvas, Stroke, Text, text_width};
use super::{Colour, Page, Panel};
use crate::json::{flag, items, number, text};

/// Returns the share of a block that lies before its anchor.
pub(super) fn anchor(name: Option<&str>, default: f64) -> f64 {
    match name {
        Some("left" | "top") => 0.0,
        Some("center" | "middle") => 0.5,
        Some("right" | "bottom") => 1.0,
        _ => default,
    }
}

/// Draws the title of the figure.
pub(super) fn title(canvas: &mut Canvas, page: &Page<'_>) {
    let Some(content) = text(page.layout, "/title/text") else { return };
    let x = number(page.layout, "/title/x").unwrap_or(0.5) * page.width;
    let y = number(page.layout, "/title/y").map_or(page.area[1] / 2.0, |share| page.height * (1.0 - share));
    let across = anchor(text(page.layout, "/title/xanchor"), 0.5);
    let up = anchor(text(page.layout, "/title/yanchor"), 0.5);
    let wanted = number(page.layout, "/title/font/size").unwrap_or(17.0);
    let widest = content.split("<br>").map(|line| text_width(line, wanted)).fold(1.0, f64::max);
    let room = (page.width - 8.0 - across * 2.0 * (x - page.width / 2.0).abs() - (1.0 - across) * x).max(1.0);
    let size = (wanted * (room / widest).min(1.0)).max(8.0);
    canvas.text(&Text { text: content, x, y, size, colour: Colour::INK, across, up, angle: 0.0 });
}

/// Draws all annotations, with or without an arrow.
pub(super) fn annotations(canvas: &mut Canvas, page: &Page<'_>, panels: &[Panel<'_>]) {
    for annotation in items(page.layout, "/annotations") {
        let at = |coordinate| pixel(page, panels, annotation, coordinate);
        if let (Some(x), Some(y)) = (at("/x"), at("/y")) {
            noted(canvas, annotation, (x, y), [at("/ax"), at("/ay")]);
        }
    }
}

/// Draws an annotation at a pixel. Its arrow, if it has one, begins at the pixels `from`, or as far from
/// there as the annotation says.
pub(super) fn noted(
    canvas: &mut Canvas,
    annotation: &Value,
    (mut x, mut y): (f64, f64),
    from: [Option<f64>; 2],
) {
    x += number(annotation, "/xshift").unwrap_or(0.0);
    y -= number(annotation, "/yshift").unwrap_or(0.0);
    let mut tail = (x, y);
    let arrow = flag(annotation, "/showarrow").unwrap_or(true);
    if arrow {
        tail = (
            from[0].unwrap_or(x + number(annotation, "/ax").unwrap_or(-10.0)),
            from[1].unwrap_or(y + number(annotation, "/ay").unwrap_or(-30.0)),
        );
        draw_arrow(canvas, tail, (x, y), annotation);
    }
    draw_text(canvas, tail, annotation, arrow);
}

/// Returns the pixel of one coordinate of an annotation, `/x`, `/y`, `/ax` or `/ay`: on the plotting area
/// ("paper") or on the axis that its reference names.
fn pixel(page: &Page<'_>, panels: &[Panel<'_>], note: &Value, coordinate: &str) -> Option<f64> {
    let at = number(note, coordinate)?;
    let default = if coordinate.starts_with("/a") { "pixel" } else { "paper" };
    let is_horizontal = coordinate.ends_with('x');
    match text(note, &format!("{coordinate}ref")).unwrap_or(default) {
        "paper" => Some(if is_horizontal { page.x(at) } else { page.y(at) }),
        id => panels
            .iter()
            .map(|panel| if is_horizontal { &panel.x } else { &panel.y })
            .find(|axis| axis.id == id)
            .map(|axis| axis.pixel(at)),
    }
}

fn draw_text(canvas: &mut Canvas, (x, y): (f64, f64), annotation: &Value, arrow: bool) {
    let Some(content) = text(annotation, "/text").filter(|content| !content.is_empty()) else { return };
    let size = number(annotation, "/font/size").unwrap_or(12.0);
    let colour = text(annotation, "/font/color").and_then(Colour::parse).unwrap_or(Colour::INK);
    let across = anchor(text(annotation, "/xanchor"), 0.5);
    let up = anchor(text(annotation, "/yanchor"), if arrow { 1.0 } else { 0.5 });
    if let Some(background) = text(annotation, "/bgcolor").and_then(Colour::parse) {
        let lines: Vec<_> = content.split("<br>").collect();
        let width = lines.iter().map(|line| text_width(line, size)).fold(0.0, f64::max);
        let height = 1.25 * size * lines.len() as f64;
        let (left, top) = (x - across * width, y - up * height);
        let pad = number(annotation, "/borderpad").unwrap_or(1.0);
        canvas.rectangle(
            [left - pad, top - pad, left + width + pad, top + height + pad],
            Some(background),
            None,
        );
    }
    let angle = number(annotation, "/textangle").unwrap_or(0.0);
    canvas.text(&Text { text: content, x, y, size, colour, across, up, angle });
}

/// Draws an arrow with a filled head; its tip is `standoff` pixels before the target.
fn draw_arrow(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64), annotation: &Value) {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let back = number(annotation, "/standoff").unwrap_or(0.0);
    let ahead = number(annotation, "/startstandoff").unwrap_or(0.0);
    if length <= back + ahead {
        return;
    }
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    let colour = text(annotation, "/arrowcolor").and_then(Colour::parse).unwrap_or(Colour::INK);
    let colour = colour.faded(number(annotation, "/opacity").unwrap_or(1.0));
    let width = number(annotation, "/arrowwidth").unwrap_or(1.5);
    let head = (3.2 * width * number(annotation, "/arrowsize").unwrap_or(1.0)).min(length - back - ahead);
    let tip = (to.0 - back * dx, to.1 - back * dy);
    let neck = (tip.0 - head * dx, tip.1 - head * dy);
    let side = head * 0.45;
    canvas.line(&[(from.0 + ahead * dx, from.1 + ahead * dy), neck], Stroke::solid(colour, width));
    let wings = [tip, (neck.0 - side * dy, neck.1 + side * dx), (neck.0 + side * dy, neck.1 - side * dx)];
    canvas.polygon(&wings, Some(colour), None);
}
