//! Surfaces: their cells from back to front, their lines of equal height, and what they hide.

use serde_json::Value;

use super::view::{Point, View, dot, unit};
use crate::contour::contour;
use crate::draw::canvas::{Canvas, Stroke};
use crate::draw::cells::Cells;
use crate::draw::colour::Scale;
use crate::draw::{Colour, marks};
use crate::json::{flag, items, number, text};
use crate::relief::height;
use lmc_base::error::Result;

/// The approximate size of a cell that has one colour, in pixels.
const FINE: f64 = 5.0;
/// The share of its colour that a cell keeps without light, and that of the side which is seen from below.
const DARK: f64 = 0.72;
const BELOW: f64 = 0.62;
/// The height by which a surface has to be over a line of sight to hide what lies behind, as a share of the
/// axis.
const SLACK: f64 = 0.004;

/// The steps of a line of sight, as shares of a cell.
const STEP: f64 = 0.5;

/// A surface over a grid, in the unit of its axes.
pub(super) struct Surface<'a> {
    trace: &'a Value,
    cells: Cells,
}

/// A part of a surface: the pixels of its corners, and its colour.
pub(super) type Patch = ([(f64, f64); 4], Colour);

impl<'a> Surface<'a> {
    pub(super) fn new(trace: &'a Value) -> Surface<'a> {
        let numbers = |values: &[Value]| -> Vec<f64> {
            values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
        };
        let rows = items(trace, "/z").iter();
        let z = rows.map(|row| numbers(row.as_array().map_or(&[], Vec::as_slice))).collect();
        Surface { trace, cells: Cells { x: numbers(items(trace, "/x")), y: numbers(items(trace, "/y")), z } }
    }

    /// Returns whether the surface hides a point on its upper side or over it: whether it rises over the line
    /// from there to the eye, or over the point itself.
    pub(super) fn hides(&self, view: &View<'_>, point: Point) -> bool {
        let Cells { x, y, z } = &self.cells;
        let towards = view.towards_eye();
        // A part of a cell at a time.
        let cell = |values: &[f64]| {
            let span = values.last().zip(values.first()).map_or(0.0, |(last, first)| last - first);
            (span / values.len().saturating_sub(1).max(1) as f64).abs()
        };
        let steps = [towards[0].abs() / cell(x), towards[1].abs() / cell(y)];
        let fastest = steps.into_iter().filter(|step| step.is_finite()).fold(0.0, f64::max);
        if fastest == 0.0 {
            return false;
        }
        let step = towards.map(|part| STEP * part / fastest);
        let [low, high] = view.sides[2].range;
        let slack = SLACK * (high - low).abs();
        let is_above = view.eye[2] >= 0.0;
        let mut at = point;
        loop {
            let within = |values: &[f64], value: f64| {
                values.first().is_some_and(|first| value >= *first)
                    && values.last().is_some_and(|last| value <= *last)
            };
            if !within(x, at[0]) || !within(y, at[1]) {
                return false;
            }
            let over = height(x, y, z, [at[0], at[1]]).map(|height| height - at[2]);
            if over.is_some_and(|over| if is_above { over > slack } else { over < -slack }) {
                return true;
            }
            at = [at[0] + step[0], at[1] + step[1], at[2] + step[2]];
        }
    }

    /// Draws the cells.
    pub(super) fn draw(&self, canvas: &mut Canvas, view: &View<'_>) -> Result<()> {
        let patches = self.patches(view)?;
        canvas.patches(&patches);
        Ok(())
    }

    /// Returns the cells as they are seen, those farthest away first, so that nearer ones cover them.
    pub(super) fn patches(&self, view: &View<'_>) -> Result<Vec<Patch>> {
        let scale = Scale::parse(self.trace.get("colorscale"))?;
        let (low, high) = marks::colour_range(self.trace);
        let n = self.fineness(view);
        let fine = self.cells.finer(n);
        let [slope_x, slope_y] = self.slopes(view).map(|slopes| slopes.finer(n).z);
        let light = view.light();
        let mut patches = Vec::new();
        for (i, j) in from_back(view, &fine) {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let points = corners.map(|(i, j)| [fine.x[i], fine.y[j], fine.z[j][i]]);
            let middle = [0, 1, 2].map(|k| points.iter().map(|point| point[k]).sum::<f64>() / 4.0);
            if !middle[2].is_finite() || !view.holds(middle) {
                continue;
            }
            let mean = |slopes: &[Vec<f64>]| corners.iter().map(|(i, j)| slopes[*j][*i]).sum::<f64>() / 4.0;
            let normal = unit([-mean(&slope_x), -mean(&slope_y), 1.0]);
            let colour = scale.at((middle[2] - low) / (high - low));
            let pixels = points.map(|point| view.pixel(view.place(point)));
            patches.push((pixels, shaded(colour, normal, light, view.eye)));
        }
        Ok(patches)
    }

    /// Draws the lines of equal height, where they are seen.
    pub(super) fn contours(&self, canvas: &mut Canvas, view: &View<'_>) {
        if !flag(self.trace, "/contours/z/show").unwrap_or(false) {
            return;
        }
        let at = |name: &str| number(self.trace, &format!("/contours/z/{name}"));
        let (Some(start), Some(end), Some(size)) = (at("start"), at("end"), at("size")) else { return };
        let levels = (0..200).map(|k| start + f64::from(k) * size).take_while(|level| *level < end);
        let fine = self.cells.finer(2);
        let lift = 2.0 * SLACK * (view.sides[2].range[1] - view.sides[2].range[0]);
        let mut lines = Vec::new();
        for level in levels {
            for ends in contour(&fine.x, &fine.y, &fine.z, level) {
                let points = ends.map(|(x, y)| [x, y, level]);
                let middle = [0, 1, 2].map(|k| (points[0][k] + points[1][k]) / 2.0);
                if view.holds(middle) && !self.hides(view, [middle[0], middle[1], level + lift]) {
                    lines.push(points.map(|point| view.pixel(view.place(point))).to_vec());
                }
            }
        }
        let colour = text(self.trace, "/contours/z/color").and_then(Colour::parse).unwrap_or(Colour::WHITE);
        let width = at("width").unwrap_or(2.0);
        canvas.lines(&lines, Stroke::solid(colour.faded(0.7), width));
    }

    /// Returns in how many parts each step of the grid is drawn.
    fn fineness(&self, view: &View<'_>) -> usize {
        let steps = self.cells.x.len().max(self.cells.y.len()).saturating_sub(1).max(1) as f64;
        let longest = (0..2).map(|k| 2.0 * view.sides[k].end(1.0).abs()).fold(0.0, f64::max);
        (longest * view.unit / steps / FINE).ceil().clamp(1.0, 40.0) as usize
    }

    /// Returns how steeply the surface rises along x and along y at each point, in lengths of the view.
    fn slopes(&self, view: &View<'_>) -> [Cells; 2] {
        let Cells { x, y, z } = &self.cells;
        let value = |i: usize, j: usize| z.get(j).and_then(|row| row.get(i)).copied().unwrap_or(f64::NAN);
        let along = |k: usize| {
            let (values, n) = if k == 0 { (x, x.len()) } else { (y, y.len()) };
            let slope = |i: usize, j: usize| {
                let at = if k == 0 { i } else { j };
                let (before, after) = (at.saturating_sub(1), (at + 1).min(n.saturating_sub(1)));
                let of = |at: usize| view.sides[2].place(if k == 0 { value(at, j) } else { value(i, at) });
                let run = view.sides[k].place(values[after]) - view.sides[k].place(values[before]);
                let slope = (of(after) - of(before)) / run;
                // Beside a hole, the surface is taken for level.
                if slope.is_finite() { slope } else { 0.0 }
            };
            let rows = (0..y.len()).map(|j| (0..x.len()).map(|i| slope(i, j)).collect());
            Cells { x: x.clone(), y: y.clone(), z: rows.collect() }
        };
        [along(0), along(1)]
    }
}

/// Returns the column and the row of each cell of a grid, the farthest from the eye first. Seen from far
/// away, a cell is hidden only by cells that come after it.
pub(super) fn from_back(view: &View<'_>, grid: &Cells) -> Vec<(usize, usize)> {
    let order = |values: &[f64], k: usize| -> Vec<usize> {
        let place = |value: Option<&f64>| value.map_or(0.0, |value| view.sides[k].place(*value));
        let last_is_nearest = (place(values.last()) > place(values.first())) == (view.eye[k] > 0.0);
        let cells = 0..values.len().saturating_sub(1);
        if last_is_nearest { cells.collect() } else { cells.rev().collect() }
    };
    let columns = order(&grid.x, 0);
    order(&grid.y, 1).into_iter().flat_map(|j| columns.iter().map(move |&i| (i, j))).collect()
}

/// Returns a colour as light leaves it on a surface with that normal.
fn shaded(colour: Colour, normal: Point, light: Point, eye: Point) -> Colour {
    let share = match dot(normal, eye) < 0.0 {
        true => BELOW,
        false => DARK + (1.0 - DARK) * dot(normal, light).max(0.0),
    };
    let part = |part: u8| (f64::from(part) * share).round() as u8;
    Colour { red: part(colour.red), green: part(colour.green), blue: part(colour.blue), ..colour }
}
