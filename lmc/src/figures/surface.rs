//! Panels of a loss over two directions, on one colour scale.

use lmc_figure::contour::contour;
use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Scale};
use lmc_figure::theme;

use super::Figure;
use super::rows::ends;
use crate::{LmcError, Result};

/// The most surfaces of a figure.
pub(crate) const MOST_SURFACES: usize = 4;
/// Lines of equal loss, about.
pub(super) const N_LEVELS: f64 = 9.0;
/// The least distance of two names on a path, as a share of the panel.
const APART: f64 = 0.12;
/// Left, right, top and bottom margin, CSS pixels; there is no legend, but the bar of the scale.
const MARGIN: [usize; 4] = [theme::LEFT, 112, 70, theme::BOTTOM];

/// A loss over a grid, and the models in it.
pub(crate) struct Surface {
    /// The title of its panel.
    pub title: String,
    /// The titles of both axes, the same for all surfaces of a figure.
    pub axes: [String; 2],
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Losses, row by row; NaN where the grid has no point.
    pub z: Vec<Vec<f64>>,
    pub models: Vec<(String, f64, f64)>,
    /// Whether a line joins the models in their order.
    pub is_path: bool,
}

/// Returns a figure of surfaces side by side with equal units and one colour scale, with lines of equal loss.
///
/// The scale reaches from the lowest to the highest loss of all unless `range`, in nats per example, says
/// otherwise.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for a range that is empty.
pub(crate) fn surface_panels(
    title: &str,
    surfaces: &[Surface],
    range: Option<(f64, f64)>,
    step: Option<f64>,
) -> Result<Figure> {
    let (low, high) = scale_of(surfaces, range)?;
    let levels = lmc_figure::nice_ticks(low, high, N_LEVELS, None);
    let scale = Scale::sequential("loss (nats per example)", low, high).ticks(levels.clone());
    let across = ends(surfaces.iter().flat_map(|surface| surface.x.iter().copied()));
    let up = ends(surfaces.iter().flat_map(|surface| surface.y.iter().copied()));
    // One unit takes as many pixels upwards as sideways, in every panel.
    let panels = Panels::grid(surfaces.len(), 0, [44, 84], MARGIN).at_most(420);
    let tall = panels.size()[0] as f64 * (up.1 - up.0) / (across.1 - across.0);
    let panels = panels.tall(tall.clamp(60.0, 900.0) as usize);
    let mut chart = Chart::of(title, panels);
    for (panel, surface) in surfaces.iter().enumerate() {
        let heat = surface.heat(&scale);
        chart.add_to(panel, if panel == 0 { heat } else { heat.without_bar() });
    }
    let stepped = |axis: Axis| if let Some(step) = step { axis.step(step) } else { axis };
    for (panel, surface) in surfaces.iter().enumerate() {
        chart.add_to(panel, surface.lines(&levels));
        if surface.is_path {
            chart.add_to(panel, surface.path());
        }
        chart.add_to(panel, surface.dots());
        chart.panel_title(panel, &surface.title);
        surface.names(panel).for_each(|name| chart.note(name));
        let is_first = chart.panels().is_first(panel);
        let x = Axis::new(&surface.axes[0]).title_size(12).range(across.0, across.1);
        let y = Axis::new(if is_first { &surface.axes[1] } else { "" }).range(up.0, up.1);
        chart.axes_of(panel, stepped(x.without_grid()), stepped(y.title_size(12).without_grid()));
    }
    chart.figure()
}

/// Returns the ends of the scale of surfaces: from the lowest to the highest loss of all, unless `range` says
/// otherwise.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for a range that is empty.
pub(super) fn scale_of(surfaces: &[Surface], range: Option<(f64, f64)>) -> Result<(f64, f64)> {
    let all = ends(surfaces.iter().flat_map(|s| s.z.iter().flatten().copied()).filter(|z| z.is_finite()));
    let (low, high) = range.unwrap_or(if all.0 < all.1 { all } else { (all.0, all.0 + 1.0) });
    if !(low < high && low.is_finite() && high.is_finite()) {
        let expected = "two finite numbers, the smaller first";
        return Err(LmcError::invalid("range", format!("({low}, {high})"), expected));
    }
    Ok((low, high))
}

/// Returns the rows of a table as a grid: the values of x, of y, and z for each, NaN where there is none.
pub(crate) fn grid_of(
    x: &[f64],
    y: &[f64],
    z: &[f64],
    rows: &[usize],
) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
    let distinct = |values: &[f64]| {
        let mut values: Vec<f64> = rows.iter().map(|&i| values[i]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    };
    let (columns, lines) = (distinct(x), distinct(y));
    let mut cells = vec![vec![f64::NAN; columns.len()]; lines.len()];
    for &i in rows {
        let place = |values: &[f64], value: f64| values.partition_point(|other| *other < value);
        cells[place(&lines, y[i])][place(&columns, x[i])] = z[i];
    }
    (columns, lines, cells)
}

impl Surface {
    fn heat(&self, scale: &Scale) -> Mark {
        let cell = |&loss: &f64| Some(loss).filter(|loss| loss.is_finite());
        let z: Vec<Vec<Option<f64>>> = self.z.iter().map(|row| row.iter().map(cell).collect()).collect();
        let cells = Mark::cells(self.x.clone(), self.y.clone(), &z, scale).smooth();
        cells.telling("(%{x:.3g}, %{y:.3g})<br>loss %{z:.4g} nats")
    }

    fn lines(&self, levels: &[(f64, String)]) -> Mark {
        let segments = levels.iter().flat_map(|(level, _)| contour(&self.x, &self.y, &self.z, *level));
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for [from, to] in segments {
            x.extend([Some(from.0), Some(to.0), None]);
            y.extend([Some(from.1), Some(to.1), None]);
        }
        Mark::line(x, y).wide(0.8).faded(0.7).coloured("#ffffff")
    }

    fn path(&self) -> Mark {
        let (x, y): (Vec<_>, Vec<_>) = self.models.iter().map(|(_, x, y)| (Some(*x), Some(*y))).unzip();
        Mark::line(x, y).wide(1.6).coloured(theme::colour(1))
    }

    fn dots(&self) -> Mark {
        let (x, y): (Vec<f64>, Vec<f64>) = self.models.iter().map(|(_, x, y)| (*x, *y)).unzip();
        let dots = Mark::dots(x, y).sized(10.0).coloured(theme::colour(1));
        let names = self.models.iter().map(|(name, ..)| name);
        dots.texts(names).telling("%{text}<br>(%{x:.3g}, %{y:.3g})")
    }

    /// Returns the names of the models, each beside its marker, on the side away from the others. On a path,
    /// models close to one that is named have none.
    fn names(&self, panel: usize) -> impl Iterator<Item = Note> + '_ {
        let middle = self.models.iter().map(|model| model.2).sum::<f64>() / self.models.len().max(1) as f64;
        let (low, high) = ends(self.y.iter().copied());
        // Below the lowest models, unless the panel ends there.
        let lowest = low + 0.1 * (high - low);
        self.named_models().into_iter().map(move |(name, x, y)| {
            let up = if *y > middle || *y < lowest { 17.0 } else { -17.0 };
            Note::at([*x, *y], name, panel).moved(0.0, up).on_white()
        })
    }

    /// Returns the models that have room for a name, from the last one.
    pub(super) fn named_models(&self) -> Vec<&(String, f64, f64)> {
        let (low, high) = ends(self.x.iter().copied());
        let room = if self.is_path { APART * (high - low) } else { 0.0 };
        let mut named: Vec<&(String, f64, f64)> = Vec::new();
        for model in self.models.iter().rev() {
            if named.iter().all(|other| (model.1 - other.1).hypot(model.2 - other.2) >= room) {
                named.push(model);
            }
        }
        named.reverse();
        named
    }
}
