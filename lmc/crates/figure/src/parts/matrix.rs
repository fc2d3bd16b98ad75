//! Matrices: cells with a name for each row and column.

use super::axes::longest;
use super::{Axis, Chart, Mark, Panels, Scale};

/// Room at the right for the bar of the scale, CSS pixels.
const BAR: usize = 128;
/// Room above for the title, CSS pixels.
const TOP: usize = 64;

/// Returns the room for names along an axis and for its title, CSS pixels.
pub fn room<T: AsRef<str>>(names: &[T]) -> usize {
    (longest(names) * 7).clamp(20, 160) + 49
}

/// Returns the chart of a matrix whose longer side has that many CSS pixels, the first row on top. `titles`
/// are those of the axes: across and down. `telling` is the text of a cell at the mouse.
pub fn matrix(
    title: &str,
    [columns, rows]: [&[String]; 2],
    titles: [&str; 2],
    side: usize,
    cells: &[Vec<Option<f64>>],
    scale: &Scale,
    telling: &str,
) -> Chart {
    let cell = side / columns.len().max(rows.len()).max(1);
    let lengths = [columns.len(), rows.len()].map(|n| (cell * n.max(1)).clamp(120.min(side), side));
    let lengths = if columns.len() == rows.len() { [side; 2] } else { lengths };
    let margin = [room(rows), BAR, TOP, room(columns)];
    let mut chart = Chart::of(title, Panels::new(1, 1, lengths[1], [0, 0], margin).at_most(lengths[0]));
    chart.title_at(32);
    let [x, y] = axes([columns, rows], titles, chart.panels().size());
    chart.axes(x, y);
    let names = |names: &[String]| names.iter().map(|name| crate::theme::label(name)).collect::<Vec<_>>();
    chart.add(Mark::cells(names(columns), names(rows), cells, scale).telling(telling));
    chart
}

/// Returns the axes of a matrix of that width and height in CSS pixels, the first row on top.
pub fn axes([columns, rows]: [&[String]; 2], titles: [&str; 2], size: [usize; 2]) -> [Axis; 2] {
    let (last_column, last_row) = (columns.len() as f64 - 0.5, rows.len() as f64 - 0.5);
    let x = Axis::new(titles[0]).categories().names(columns, size[0]).range(-0.5, last_column);
    let y = Axis::new(titles[1]).categories().names(rows, size[1]).upright().range(last_row, -0.5);
    [x, y]
}
