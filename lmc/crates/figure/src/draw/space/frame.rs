//! The walls, the axes and their texts around a scene.

use super::view::{Point, View};
use crate::draw::Colour;
use crate::draw::canvas::{Canvas, Stroke, Text, text_width};
use crate::json::{flag, number, text};

/// Length of a tick and the room between it and its text, in pixels.
const TICK: f64 = 4.0;
const ROOM: f64 = 4.0;
/// The colour of grid lines and of the edges of the walls, unless an axis names one.
const LIGHT: Colour = Colour { red: 230, green: 230, blue: 230, alpha: 1.0 };
const EDGE: Colour = Colour { red: 200, green: 200, blue: 200, alpha: 1.0 };

/// Draws what lies behind the data: the grid on the floor and on the two walls farthest from the eye, and
/// their edges.
pub(super) fn walls(canvas: &mut Canvas, view: &View<'_>) {
    let back = back(view);
    let line = |canvas: &mut Canvas, from: Point, to: Point, colour| {
        canvas.line(&[view.pixel(from), view.pixel(to)], Stroke::solid(colour, 1.0));
    };
    for (k, side) in view.sides.iter().enumerate() {
        let colour = text(side.spec, "/gridcolor").and_then(Colour::parse).unwrap_or(LIGHT);
        let shown = flag(side.spec, "/showgrid").unwrap_or(true);
        // A tick has a line on each of the two walls along its axis.
        for (at, _) in side.ticks().into_iter().filter(|_| shown) {
            for across in [(k + 1) % 3, (k + 2) % 3] {
                let mut from = back;
                from[k] = at;
                let mut to = from;
                to[across] = view.sides[across].end(-1.0);
                from[across] = view.sides[across].end(1.0);
                line(canvas, from, to, colour);
            }
        }
    }
    for (k, side) in view.sides.iter().enumerate() {
        // The edges along this axis: where two walls meet, and where each of them ends.
        let beyond = [(k + 1) % 3, (k + 2) % 3].map(|other| {
            let mut edge = back;
            edge[other] = -edge[other];
            edge
        });
        for mut from in [back, beyond[0], beyond[1]] {
            let mut to = from;
            (from[k], to[k]) = (side.end(-1.0), side.end(1.0));
            line(canvas, from, to, EDGE);
        }
    }
}

/// Draws the three axes with their ticks and titles: those of x and y along the near edges of the floor, that
/// of z along the left edge of a wall.
pub(super) fn axes(canvas: &mut Canvas, view: &View<'_>) {
    let back = back(view);
    let near = back.map(|end| -end);
    let floor = back[2];
    let left = [[back[0], near[1]], [near[0], back[1]]]
        .into_iter()
        .min_by(|a, b| view.pixel([a[0], a[1], 0.0]).0.total_cmp(&view.pixel([b[0], b[1], 0.0]).0))
        .unwrap_or([back[0], near[1]]);
    let middle = view.pixel([0.0; 3]);
    for (k, edge) in
        [[0.0, near[1], floor], [near[0], 0.0, floor], [left[0], left[1], 0.0]].into_iter().enumerate()
    {
        // Texts lie on the side of the edge away from the data.
        let out = match k {
            2 => (-1.0, 0.0),
            _ => {
                let mut beyond = [0.0; 3];
                beyond[1 - k] = near[1 - k];
                let beyond = view.pixel(beyond);
                direction((beyond.0 - middle.0, beyond.1 - middle.1))
            }
        };
        axis(canvas, view, k, edge, out);
    }
}

/// Draws the axis `k` along an edge, with its texts in a direction on the page.
fn axis(canvas: &mut Canvas, view: &View<'_>, k: usize, edge: Point, out: (f64, f64)) {
    let side = &view.sides[k];
    let at = |place: f64| {
        let mut point = edge;
        point[k] = place;
        view.pixel(point)
    };
    let ink = Stroke::solid(Colour::INK, 1.0);
    let (from, to) = (at(side.end(-1.0)), at(side.end(1.0)));
    canvas.line(&[from, to], ink);
    let size = number(side.spec, "/tickfont/size").unwrap_or(11.0);
    let aside = |out: f64| {
        if out < -0.35 {
            1.0
        } else if out > 0.35 {
            0.0
        } else {
            0.5
        }
    };
    let mut widest: f64 = 0.0;
    if flag(side.spec, "/showticklabels").unwrap_or(true) {
        for (place, label) in side.ticks() {
            let (x, y) = at(place);
            canvas.line(&[(x, y), (x + TICK * out.0, y + TICK * out.1)], ink);
            widest = widest.max(text_width(&label, size));
            let (x, y) = (x + (TICK + ROOM) * out.0, y + (TICK + ROOM) * out.1);
            let (across, up) = (aside(out.0), aside(out.1));
            canvas.text(&Text { text: &label, x, y, size, colour: Colour::INK, across, up, angle: 0.0 });
        }
    }
    let Some(title) = text(side.spec, "/title/text").filter(|title| !title.is_empty()) else { return };
    let title_size = number(side.spec, "/title/font/size").unwrap_or(12.0);
    let labels = widest * out.0.abs() + size * out.1.abs();
    let far = TICK + ROOM + labels + 4.0 + title_size * 0.6;
    let (x, y) = ((from.0 + to.0) / 2.0 + far * out.0, (from.1 + to.1) / 2.0 + far * out.1);
    let along = if k == 2 { (0.0, -1.0) } else { direction((to.0 - from.0, to.1 - from.1)) };
    // Read from left to right, and upwards.
    let along = if along.0 < -1e-9 { (-along.0, -along.1) } else { along };
    let angle = (along.1.atan2(along.0).to_degrees() * 10.0).round() / 10.0;
    canvas.text(&Text {
        text: title,
        x,
        y,
        size: title_size,
        colour: Colour::INK,
        across: 0.5,
        up: 0.5,
        angle,
    });
}

/// Returns the corner that is farthest from the eye.
fn back(view: &View<'_>) -> Point {
    [0, 1, 2].map(|k| view.sides[k].end(if view.eye[k] >= 0.0 { -1.0 } else { 1.0 }))
}

fn direction((x, y): (f64, f64)) -> (f64, f64) {
    let length = x.hypot(y);
    if length > 0.0 { (x / length, y / length) } else { (0.0, 1.0) }
}
