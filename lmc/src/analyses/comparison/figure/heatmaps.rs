//! Heatmaps of several groups on one colour scale.

use plotly::Plot;
use plotly::common::Title;

use super::GroupPanel;
use crate::Result;
use crate::analyses::gaps::figure::{HeatmapOptions, Matrix, axes, colour_bar, order, range, room};
use crate::figures::panels::{Panels, axis_names, check_number};
use crate::figures::{Figure, axes, capitalised, theme};

/// Returns a figure of the gaps of all pairs within each group, the models of each sorted by a score from low
/// to high, on one colour scale: 0 to the largest gap of all groups, if [`HeatmapOptions::range`] names no
/// other ends.
///
/// # Errors
/// Those of [`heatmap`](crate::figure::heatmap) for a panel;
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no panel or more than 8.
pub fn group_heatmaps(panels: &[GroupPanel], options: &HeatmapOptions) -> Result<Figure> {
    check_number(panels.len(), "panels")?;
    let matrices = panels
        .iter()
        .map(|panel| Matrix::new(&panel.gaps, &panel.evaluations, options))
        .collect::<Result<Vec<_>>>()?;
    let range = range(options, &matrices)?;
    let room = matrices.iter().map(|matrix| room(&matrix.labels)).max().unwrap_or(0);
    let side = if panels.len() == 3 { 270 } else { 330 };
    // Between panels stand the names of models, but no title of their axis.
    let places = Panels {
        n: panels.len(),
        size: [side; 2],
        gap: [room - 14, room + 12],
        margin: [room, 128, 76, room],
    };
    let mut plot = Plot::new();
    let set = theme::label(&options.dataset);
    let mut layout =
        places.layout(&format!("{} of models on {set} by group", capitalised(options.measure.name())));
    let mut notes = Vec::new();
    for (index, (panel, matrix)) in panels.iter().zip(&matrices).enumerate() {
        let [x_name, y_name] = axis_names(index);
        let trace = matrix.trace(options, range).x_axis(&x_name).y_axis(&y_name);
        plot.add_trace(if index == 0 {
            trace.color_bar(colour_bar(options, range))
        } else {
            trace.show_scale(false)
        });
        let [mut x, mut y] = axes(&matrix.labels, side, "");
        let title = Title::with_text(order(options)).font(theme::font(12));
        let [is_first, is_lowest] = places.at_edge(index);
        if is_lowest {
            x = x.title(title.clone());
        }
        if is_first {
            y = y.title(title);
        }
        let [across, up] = places.domains(index);
        x = x.domain(&across).anchor(y_name);
        y = y.domain(&up).anchor(x_name);
        layout = axes::with_axes(layout, index + 1, x, y);
        let models = theme::counted(matrix.labels.len(), "model");
        notes.push(places.title(index, &format!("{}, {models}", theme::label(&panel.title))));
    }
    plot.set_layout(layout.annotations(notes));
    Ok(Figure::new(plot))
}
