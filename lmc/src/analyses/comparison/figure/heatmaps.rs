//! Heatmaps of several groups on one colour scale.

use lmc_figure::parts::{Chart, Mark, Panels, matrix_axes, room};
use lmc_figure::theme;

use super::GroupPanel;
use crate::Result;
use crate::analyses::gaps::figure::{HeatmapOptions, Matrix, order, range, scale, telling};
use crate::figures::rows::check_panels;
use crate::figures::{Figure, capitalised};
use crate::options::Options;

/// Returns a figure of the gaps of all pairs within each group, the models of each sorted by a score from low
/// to high, on one colour scale: 0 to the largest gap of all groups, if [`HeatmapOptions::range`] names no
/// other ends.
///
/// # Errors
/// The errors of [`gap_heatmap`](crate::figure::gap_heatmap) for a panel;
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for no panel or more than 8.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let basins = sweep.basins(&ClusterOptions::default())?.table()?;
/// let panel = figure::GroupPanel::new("mini", &sweep.gaps()?, &basins, &evaluations);
/// let options = figure::HeatmapOptions::new("id", "lo", Metric::Accuracy);
/// figure::group_heatmaps(&[panel], &options)?.save("groups.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn group_heatmaps(panels: &[GroupPanel], options: &HeatmapOptions) -> Result<Figure> {
    options.validate()?;
    check_panels(panels.len(), super::MOST_PANELS, "panels", "")?;
    let matrices = panels
        .iter()
        .map(|panel| Matrix::new(&panel.gaps, &panel.evaluations, options))
        .collect::<Result<Vec<_>>>()?;
    let scale = scale(options, range(options, &matrices)?);
    let room = matrices.iter().map(|matrix| room(&matrix.names)).max().unwrap_or(0);
    // Between panels stand the names of models, but no title of their axis.
    let places = Panels::grid(panels.len(), 0, [room - 14, room + 12], [room, 128, 76, room]).at_most(330);
    let side = places.size()[0];
    let title = format!("{} of models on {} by group", capitalised(options.measure.name()), options.dataset);
    let mut chart = Chart::of(&title, places.tall(side));
    let order = order(options);
    for (index, (panel, matrix)) in panels.iter().zip(&matrices).enumerate() {
        let names = &matrix.names;
        let labels = || names.iter().map(|name| theme::label(name));
        let cells = Mark::cells(labels(), labels(), &matrix.z, &scale).telling(&telling(options));
        chart.add_to(index, if index == 0 { cells } else { cells.without_bar() });
        let titles = [chart.panels().is_lowest(index), chart.panels().is_first(index)];
        let titles = titles.map(|shown| if shown { order.as_str() } else { "" });
        let [x, y] = matrix_axes([names, names], titles, [side; 2]).map(|axis| axis.title_size(11));
        chart.axes_of(index, x, y);
        chart.panel_title(index, &format!("{}, {}", panel.title, theme::counted(names.len(), "model")));
    }
    chart.figure()
}
