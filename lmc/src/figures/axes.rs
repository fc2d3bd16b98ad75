//! The axes of panels.

use plotly::Layout;
use plotly::layout::Axis;

/// Returns Plotly's name of the n-th axis: "x", "x2", ..
pub(crate) fn axis_name(letter: &str, n: usize) -> String {
    if n == 1 { letter.to_owned() } else { format!("{letter}{n}") }
}

/// Returns the layout with its n-th pair of axes, of at most 8.
pub(crate) fn with_axes(layout: Layout, n: usize, x: Axis, y: Axis) -> Layout {
    match n {
        1 => layout.x_axis(x).y_axis(y),
        2 => layout.x_axis2(x).y_axis2(y),
        3 => layout.x_axis3(x).y_axis3(y),
        4 => layout.x_axis4(x).y_axis4(y),
        5 => layout.x_axis5(x).y_axis5(y),
        6 => layout.x_axis6(x).y_axis6(y),
        7 => layout.x_axis7(x).y_axis7(y),
        _ => layout.x_axis8(x).y_axis8(y),
    }
}
