use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::surface::{Surface, from_back};
use super::view::View;
use crate::draw::Page;
use crate::draw::cells::Cells;
use crate::drawable;

/// A figure of a hill over 5 by 5 points with a line over it, from one side to the other.
fn hill(eye: [f64; 3]) -> Value {
    let steps = [-2.0, -1.0, 0.0, 1.0, 2.0];
    let row = |y: f64| steps.map(|x: f64| 4.0 - x.abs().max(y.abs()) * 2.0).to_vec();
    let z: Vec<Vec<f64>> = steps.iter().map(|y| row(*y)).collect();
    drawable::completed(json!({"data": [
        {"type": "surface", "x": steps, "y": steps, "z": z,
            "contours": {"z": {"show": true, "start": 1.0, "end": 3.5, "size": 1.0, "color": "#ffffff"}}},
        {"type": "scatter3d", "mode": "lines+markers", "x": [0.0, 0.0, 0.0], "y": [-2.0, 0.0, 2.0], "z": [0.1, 4.1, 0.1],
            "line": {"color": "#ff0000"}, "marker": {"color": "#ff0000"}}],
        "layout": {"scene": {"camera": {"eye": {"x": eye[0], "y": eye[1], "z": eye[2]}}}}}))
}

/// Calls a function with the surface of a figure and its view.
fn with<T>(figure: &Value, call: impl Fn(&Surface<'_>, &View<'_>) -> T) -> T {
    let page = Page::new(&figure["layout"]);
    call(&Surface::new(&figure["data"][0]), &View::new(&page, &figure["layout"]["scene"]))
}

#[test]
fn a_hill_hides_what_lies_behind_it() {
    // From the front, where y is small.
    let figure = hill([0.0, -2.0, 0.6]);
    let hides = |point| with(&figure, |surface, view| surface.hides(view, point));
    assert!(!hides([0.0, -1.5, 1.1]), "the side of the hill towards the eye");
    assert!(!hides([0.0, 0.0, 4.05]), "its top");
    assert!(hides([0.0, 1.5, 1.1]), "its other side");
    assert!(!hides([0.0, 1.5, 6.0]), "above that side");
    // From above nothing is hidden, and from below everything on the upper side.
    let above = hill([0.0, -0.1, 2.0]);
    assert!(!with(&above, |surface, view| surface.hides(view, [0.0, 1.5, 1.1])));
    let below = hill([0.0, -0.5, -2.0]);
    assert!(with(&below, |surface, view| surface.hides(view, [0.0, 0.5, 3.1])));
}

#[test]
fn cells_are_drawn_from_back_to_front() {
    let steps = [-2.0, -1.0, 0.0, 1.0, 2.0];
    let grid = Cells { x: steps.to_vec(), y: steps[..3].to_vec(), z: Vec::new() };
    for eye in [[0.9, -1.6, 1.6], [-1.2, 0.3, 0.8], [1.0, 1.0, -1.0]] {
        let cells = with(&hill(eye), |_, view| from_back(view, &grid));
        assert_eq!((cells.len(), cells.iter().collect::<BTreeSet<_>>().len()), (8, 8));
        // A cell hides those that lie farther along the view in both directions, so it comes after them.
        let is_before = |a: (usize, usize), b: (usize, usize)| {
            let step = |a: usize, b: usize, towards: f64| (b as f64 - a as f64) * towards;
            step(a.0, b.0, eye[0]) >= 0.0 && step(a.1, b.1, eye[1]) >= 0.0
        };
        for (place, cell) in cells.iter().enumerate() {
            assert!(cells[..place].iter().all(|before| !is_before(*cell, *before)), "{eye:?}: {cells:?}");
        }
    }
    let front = with(&hill([0.9, -1.6, 1.6]), |_, view| from_back(view, &grid));
    assert_eq!(front[..5], [(0, 1), (1, 1), (2, 1), (3, 1), (0, 0)]);
}

#[test]
fn a_hidden_part_of_a_line_is_dotted_and_a_hidden_marker_faded() {
    let svg = crate::draw::svg(&hill([0.0, -2.0, 0.6])).unwrap();
    let red: Vec<&str> = svg.lines().filter(|line| line.contains("#ff0000")).collect();
    // The line is hidden beyond the top, and so is its end.
    assert!(red[0].contains("stroke-dasharray") && red[0].contains("stroke-opacity=\"0.450\""), "{red:?}");
    assert!(!red[1].contains("stroke-dasharray"), "{red:?}");
    let markers: Vec<bool> = red[2..]
        .iter()
        .filter(|line| line.contains("<circle"))
        .map(|line| line.contains("opacity"))
        .collect();
    assert_eq!(markers, [false, false, true]);
}

#[test]
fn a_hole_is_not_drawn_and_hides_nothing() {
    let mut figure = hill([0.0, -2.0, 0.6]);
    let all = with(&figure, |surface, view| surface.patches(view).unwrap().len());
    figure["data"][0]["z"][0][0] = Value::Null;
    let left = with(&figure, |surface, view| surface.patches(view).unwrap().len());
    assert_eq!(left * 16, all * 15, "one of 16 cells");
    for row in 0..5 {
        figure["data"][0]["z"][row][2] = Value::Null;
    }
    assert!(!with(&figure, |surface, view| surface.hides(view, [0.0, 1.5, 1.1])));
}

#[test]
fn lines_of_equal_height_end_where_they_are_hidden() {
    let length = |eye| {
        let svg = crate::draw::svg(&hill(eye)).unwrap();
        let line = svg.lines().find(|line| line.contains("stroke=\"#ffffff\"")).unwrap();
        line.matches('M').count()
    };
    let (above, front) = (length([0.0, -0.01, 2.0]), length([0.0, -2.0, 0.3]));
    assert!(front < above, "{front} of {above}");
    assert!(front > above / 4);
}
