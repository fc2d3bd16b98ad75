//! The view of a scene: which pixel a point in three dimensions has.

use serde_json::Value;

use crate::draw::Page;
use crate::draw::axis::{given_ticks, nice_ticks};
use crate::json::number;

/// A point or a direction: x, y and z.
pub(super) type Point = [f64; 3];

/// The approximate number of ticks of an axis that names none.
const N_TICKS: f64 = 5.0;

/// One axis of a scene.
pub(super) struct Side<'a> {
    /// The axis as a member of the scene.
    pub(super) spec: &'a Value,
    /// The number at each end.
    pub(super) range: [f64; 2],
    /// The length of the axis; half the height of the panel is 1.
    length: f64,
}

impl Side<'_> {
    /// Returns where a number lies, from minus half the length to half of it.
    pub(super) fn place(&self, value: f64) -> f64 {
        let [from, to] = self.range;
        ((value - from) / (to - from) - 0.5) * self.length
    }

    /// Returns the place of the end at which the axis has that sign.
    pub(super) fn end(&self, sign: f64) -> f64 {
        0.5 * self.length * sign
    }

    /// Returns the place and the text of every tick.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let [low, high] = [self.range[0].min(self.range[1]), self.range[0].max(self.range[1])];
        let mut ticks = given_ticks(self.spec);
        if ticks.is_empty() {
            let wanted = number(self.spec, "/nticks").unwrap_or(N_TICKS);
            ticks = nice_ticks(low, high, wanted, number(self.spec, "/dtick"));
        }
        let slack = 1e-9 * (high - low);
        ticks.retain(|(value, _)| *value >= low - slack && *value <= high + slack);
        ticks.into_iter().map(|(value, text)| (self.place(value), text)).collect()
    }
}

/// A scene as it is seen: from far away, so that lines that are parallel stay so. Half the height of its
/// panel is the length 1, as in plotly.
pub(super) struct View<'a> {
    pub(super) sides: [Side<'a>; 3],
    /// The direction to the eye, of length 1.
    pub(super) eye: Point,
    /// The directions to the right and upwards on the page, of length 1.
    right: Point,
    up: Point,
    /// The pixel of the middle.
    middle: (f64, f64),
    /// Pixels of the length 1.
    pub(super) unit: f64,
}

impl<'a> View<'a> {
    /// Returns the view of a completed scene.
    pub(super) fn new(page: &Page<'_>, scene: &'a Value) -> View<'a> {
        let domain = |side: &str, end: usize| number(scene, &format!("/domain/{side}/{end}"));
        let [left, right] = [0, 1].map(|end| page.x(domain("x", end).unwrap_or(end as f64)));
        let [bottom, top] = [0, 1].map(|end| page.y(domain("y", end).unwrap_or(end as f64)));
        let side = |letter: &str| {
            let spec = &scene[format!("{letter}axis")];
            let range = [number(spec, "/range/0").unwrap_or(0.0), number(spec, "/range/1").unwrap_or(1.0)];
            Side { spec, range, length: number(scene, &format!("/aspectratio/{letter}")).unwrap_or(1.0) }
        };
        let eye =
            ["x", "y", "z"].map(|letter| number(scene, &format!("/camera/eye/{letter}")).unwrap_or(1.25));
        let (eye, right_of) = directions(eye);
        View {
            sides: ["x", "y", "z"].map(side),
            eye,
            right: right_of,
            up: cross(eye, right_of),
            middle: ((left + right) / 2.0, (top + bottom) / 2.0),
            unit: (bottom - top).abs() / 2.0,
        }
    }

    /// Returns the place of a point of the data.
    pub(super) fn place(&self, point: Point) -> Point {
        [0, 1, 2].map(|k| self.sides[k].place(point[k]))
    }

    /// Returns the pixel of a place.
    pub(super) fn pixel(&self, place: Point) -> (f64, f64) {
        let (right, up) = (dot(place, self.right), dot(place, self.up));
        (self.middle.0 + self.unit * right, self.middle.1 - self.unit * up)
    }

    /// Returns the direction to the eye in the units of the data.
    pub(super) fn towards_eye(&self) -> Point {
        [0, 1, 2].map(|k| {
            let Side { range: [from, to], length, .. } = self.sides[k];
            self.eye[k] * (to - from) / length
        })
    }

    /// Returns whether a point of the data lies within the ends of all axes.
    pub(super) fn holds(&self, point: Point) -> bool {
        (0..3).all(|k| {
            let [from, to] = self.sides[k].range;
            let slack = 1e-6 * (to - from).abs();
            point[k] >= from.min(to) - slack && point[k] <= from.max(to) + slack
        })
    }

    /// Returns the direction from which light falls: over the left shoulder.
    pub(super) fn light(&self) -> Point {
        unit([0, 1, 2].map(|k| 0.7 * self.up[k] + 0.6 * self.eye[k] - 0.4 * self.right[k]))
    }
}

/// Returns the direction to the eye and the one to the right on the page, both of length 1.
fn directions(eye: Point) -> (Point, Point) {
    let eye = if dot(eye, eye) > 0.0 { unit(eye) } else { [0.0, 0.0, 1.0] };
    let level = eye[0].hypot(eye[1]);
    // From straight above, x leads to the right.
    let right = if level > 1e-9 { [-eye[1] / level, eye[0] / level, 0.0] } else { [1.0, 0.0, 0.0] };
    (eye, right)
}

pub(super) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Returns a direction with the length 1.
pub(super) fn unit(a: Point) -> Point {
    let length = dot(a, a).sqrt();
    a.map(|part| part / length)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scene(eye: [f64; 3]) -> Value {
        json!({"xaxis": {"range": [0, 2]}, "yaxis": {"range": [0, 2]}, "zaxis": {"range": [0, 10]},
            "aspectratio": {"x": 1.0, "y": 1.0, "z": 0.5}, "camera": {"eye": {"x": eye[0], "y": eye[1], "z": eye[2]}}})
    }

    fn close(got: (f64, f64), expected: (f64, f64)) {
        assert!((got.0 - expected.0).hypot(got.1 - expected.1) < 1e-9, "{got:?}, expected {expected:?}");
    }

    #[test]
    fn a_point_has_the_pixel_that_geometry_gives() {
        let layout = json!({"width": 200, "height": 200, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}});
        let page = Page::new(&layout);
        // From the front: x leads to the right, z upwards, and y is not seen.
        let front = scene([0.0, -1.0, 0.0]);
        let view = View::new(&page, &front);
        let pixel = |view: &View<'_>, point| view.pixel(view.place(point));
        close(pixel(&view, [1.0, 1.0, 5.0]), (100.0, 100.0));
        close(pixel(&view, [2.0, 0.3, 10.0]), (150.0, 75.0));
        // From above, the page is a map.
        let above = scene([0.0, 0.0, 2.0]);
        close(pixel(&View::new(&page, &above), [2.0, 2.0, 9.0]), (150.0, 50.0));
        // Isometric: all three axes make the same angle with the page, 35.26 degrees.
        let corner = scene([1.0, -1.0, 1.0]);
        let view = View::new(&page, &corner);
        let share = (2.0f64 / 3.0).sqrt();
        let (middle, x) = (view.pixel([0.0; 3]), view.pixel([1.0, 0.0, 0.0]));
        close(x, (100.0 + 100.0 * 0.5f64.sqrt(), 100.0 + 100.0 * (1.0f64 / 6.0).sqrt()));
        for place in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] {
            let (x, y) = view.pixel(place);
            assert!(((x - middle.0).hypot(y - middle.1) - 100.0 * share).abs() < 1e-9, "{x} {y}");
        }
        // Moving towards the eye does not change the pixel.
        let towards = view.towards_eye();
        let (from, to) = ([0.5, 0.5, 4.0], [0, 1, 2].map(|k| [0.5, 0.5, 4.0][k] + 0.3 * towards[k]));
        close(pixel(&view, from), pixel(&view, to));
    }

    #[test]
    fn ticks_and_ends_are_those_of_the_axis() {
        let mut scene = scene([1.0, -1.0, 1.0]);
        scene["xaxis"]["range"] = json!([2, 0]);
        scene["yaxis"]["tickvals"] = json!([0.5, 3.0]);
        let page_layout = json!({});
        let view = View::new(&Page::new(&page_layout), &scene);
        assert_eq!((view.sides[0].place(2.0), view.sides[0].place(0.0)), (-0.5, 0.5));
        assert_eq!(view.sides[1].ticks(), [(-0.25, "0.5".to_owned())]);
        assert_eq!(view.sides[2].ticks().len(), 6);
        assert!(view.holds([0.0, 2.0, 10.0]) && !view.holds([0.0, 2.1, 10.0]));
    }
}
