//! Lines and markers in a scene. What lies behind a surface is faded, and a line there is dotted.

use serde_json::Value;

use super::surface::Surface;
use super::view::{Point, View};
use crate::draw::canvas::{Canvas, Stroke};
use crate::draw::marks;
use crate::json::{items, number, text};

/// The longest part of a line that is hidden or seen as one, in pixels.
const PART: f64 = 6.0;
/// The opacity of what is hidden.
const HIDDEN: f64 = 0.45;

/// Draws the lines and markers of a trace.
pub(super) fn draw(canvas: &mut Canvas, view: &View<'_>, surface: Option<&Surface<'_>>, trace: &Value) {
    let mode = text(trace, "/mode").unwrap_or("lines+markers");
    let coordinate = |letter: &str| items(trace, &format!("/{letter}")).iter().map(Value::as_f64);
    let points: Vec<Option<Point>> = coordinate("x")
        .zip(coordinate("y"))
        .zip(coordinate("z"))
        .map(|((x, y), z)| Some([x?, y?, z?]).filter(|point| view.holds(*point)))
        .collect();
    let is_hidden = |point: Point| surface.is_some_and(|surface| surface.hides(view, point));
    if mode.contains("lines") {
        let (mut seen, mut hidden) = (Vec::new(), Vec::new());
        for run in points.split(Option::is_none) {
            let run: Vec<Point> = run.iter().flatten().copied().collect();
            for (part, is_hidden) in parts(view, &run, &is_hidden) {
                if is_hidden { &mut hidden } else { &mut seen }.push(part);
            }
        }
        let stroke = marks::stroke(trace);
        if !hidden.is_empty() {
            canvas.lines(&hidden, Stroke { colour: stroke.colour.faded(HIDDEN), dash: "dot", ..stroke });
        }
        if !seen.is_empty() {
            canvas.lines(&seen, stroke);
        }
    }
    if mode.contains("markers") {
        let mut faded = trace.clone();
        faded["opacity"] = (HIDDEN * number(trace, "/opacity").unwrap_or(1.0)).into();
        for (i, point) in points.iter().enumerate() {
            if let Some(point) = *point {
                let trace = if is_hidden(point) { &faded } else { trace };
                marks::marker(canvas, view.pixel(view.place(point)), trace, i);
            }
        }
    }
}

/// Returns the parts of a line from point to point, in pixels, each with whether it is hidden.
fn parts(view: &View<'_>, line: &[Point], is_hidden: &dyn Fn(Point) -> bool) -> Vec<(Vec<(f64, f64)>, bool)> {
    let mut parts: Vec<(Vec<(f64, f64)>, bool)> = Vec::new();
    let pixel = |point: Point| view.pixel(view.place(point));
    for pair in line.windows(2) {
        let (from, to) = (pixel(pair[0]), pixel(pair[1]));
        let n = ((to.0 - from.0).hypot(to.1 - from.1) / PART).ceil().clamp(1.0, 500.0) as usize;
        let at = |share: f64| [0, 1, 2].map(|k| pair[0][k] + share * (pair[1][k] - pair[0][k]));
        for i in 0..n {
            let [start, middle, end] = [0.0, 0.5, 1.0].map(|half| at((i as f64 + half) / n as f64));
            let (end, is_hidden) = (pixel(end), is_hidden(middle));
            match parts.last_mut() {
                Some((part, before)) if *before == is_hidden => part.push(end),
                _ => parts.push((vec![pixel(start), end], is_hidden)),
            }
        }
    }
    parts
}
