//! The loss on planes through three models, on one scale (Juneja et al. 2023, Fig. 2).

use lmc_figure::contour::contour;
use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Scale};
use lmc_figure::theme;
use polars::prelude::DataFrame;

use crate::analyses::planes::{ANCHORS, AnchorColumns, PLANES, PlaneColumns};
use crate::figures::Figure;
use crate::figures::rows::{ends, named};
use crate::study::unknown;
use crate::{LmcError, Result};

/// The most planes of a figure.
const MOST_PLANES: usize = 4;
/// Lines of equal loss, about.
const N_LEVELS: f64 = 9.0;
/// Left, right, top and bottom margin, CSS pixels; there is no legend, but the bar of the scale.
const MARGIN: [usize; 4] = [theme::LEFT, 112, 70, theme::BOTTOM];

/// One plane: values over a grid and the models in it.
struct Surface {
    name: String,
    x: Vec<f64>,
    y: Vec<f64>,
    /// Losses, row by row; NaN where the grid has no point.
    z: Vec<Vec<f64>>,
    models: Vec<(String, f64, f64)>,
}

/// Returns a figure of the loss on each plane, side by side with equal units and one colour scale, with lines
/// of equal loss; the models are marked and named.
///
/// `planes` is a [`PLANES`] table of at most 4 planes, `anchors` an [`ANCHORS`] table of their models. The
/// scale reaches from the lowest to the highest loss of all planes unless `range`, in nats per example, says
/// otherwise; values beyond it have the colour of its end.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for too many planes or a range that is empty.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let plane = models.plane("id", [0, 1, 2], &PlaneOptions::default())?;
/// figure::planes(&plane.table()?, &plane.anchors()?, "id", None)?.save("plane.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn planes(
    planes: &DataFrame,
    anchors: &DataFrame,
    dataset: &str,
    range: Option<(f64, f64)>,
) -> Result<Figure> {
    PLANES.check(planes)?;
    ANCHORS.check(anchors)?;
    let surfaces = surfaces(planes, anchors, dataset)?;
    if surfaces.len() > MOST_PLANES {
        let got = format!("{} planes on {dataset}", surfaces.len());
        return Err(LmcError::invalid("planes", got, format!("at most {MOST_PLANES}")));
    }
    let all = ends(surfaces.iter().flat_map(|s| s.z.iter().flatten().copied()).filter(|z| z.is_finite()));
    let (low, high) = range.unwrap_or(if all.0 < all.1 { all } else { (all.0, all.0 + 1.0) });
    if !(low < high && low.is_finite() && high.is_finite()) {
        let expected = "two finite numbers, the smaller first";
        return Err(LmcError::invalid("range", format!("({low}, {high})"), expected));
    }
    let levels = lmc_figure::nice_ticks(low, high, N_LEVELS, None);
    let scale = Scale::sequential("loss (nats per example)", low, high).ticks(levels.clone());
    let across = ends(surfaces.iter().flat_map(|surface| surface.x.iter().copied()));
    let up = ends(surfaces.iter().flat_map(|surface| surface.y.iter().copied()));
    // One unit takes as many pixels upwards as sideways, in every panel.
    let panels = Panels::grid(surfaces.len(), 0, [44, 84], MARGIN).at_most(420);
    let tall = panels.size()[0] as f64 * (up.1 - up.0) / (across.1 - across.0);
    let panels = panels.tall(tall.clamp(60.0, 900.0) as usize);
    let mut chart = Chart::of(&format!("Loss on {dataset} on planes through three models"), panels);
    for (panel, surface) in surfaces.iter().enumerate() {
        let heat = surface.heat(&scale);
        chart.add_to(panel, if panel == 0 { heat } else { heat.without_bar() });
    }
    for (panel, surface) in surfaces.iter().enumerate() {
        chart.add_to(panel, surface.lines(&levels));
        chart.add_to(panel, surface.dots());
        chart.panel_title(panel, &surface.name);
        surface.names(panel).for_each(|name| chart.note(name));
        let x = Axis::new("x (|first − second| = 1)").title_size(12).range(across.0, across.1);
        let y =
            Axis::new(if chart.panels().is_first(panel) { "y (same unit)" } else { "" }).range(up.0, up.1);
        chart.axes_of(panel, x.without_grid().step(0.5), y.title_size(12).without_grid().step(0.5));
    }
    chart.figure()
}

fn surfaces(planes: &DataFrame, anchors: &DataFrame, dataset: &str) -> Result<Vec<Surface>> {
    let (names, sets) = (PlaneColumns::plane(planes)?, PlaneColumns::dataset(planes)?);
    let (x, y, loss) = (PlaneColumns::x(planes)?, PlaneColumns::y(planes)?, PlaneColumns::loss(planes)?);
    let (of, models) = (AnchorColumns::plane(anchors)?, AnchorColumns::model(anchors)?);
    let (model_x, model_y) = (AnchorColumns::x(anchors)?, AnchorColumns::y(anchors)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(unknown("dataset in the planes", dataset, sets));
    }
    let found = named(names.iter().zip(&sets).filter(|(_, set)| *set == dataset).map(|(name, _)| name));
    let surface = |name: &String| {
        let rows: Vec<usize> = (0..x.len()).filter(|&i| names[i] == *name && sets[i] == dataset).collect();
        let distinct = |values: &[f64]| {
            let mut values: Vec<f64> = rows.iter().map(|&i| values[i]).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let (columns, lines) = (distinct(&x), distinct(&y));
        let mut z = vec![vec![f64::NAN; columns.len()]; lines.len()];
        for &i in &rows {
            let place = |values: &[f64], value: f64| values.partition_point(|other| *other < value);
            z[place(&lines, y[i])][place(&columns, x[i])] = loss[i];
        }
        let members = (0..of.len()).filter(|&i| of[i] == *name);
        let models = members.map(|i| (models[i].clone(), model_x[i], model_y[i])).collect();
        Surface { name: name.clone(), x: columns, y: lines, z, models }
    };
    Ok(found.into_iter().map(surface).collect())
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

    fn dots(&self) -> Mark {
        let (x, y): (Vec<f64>, Vec<f64>) = self.models.iter().map(|(_, x, y)| (*x, *y)).unzip();
        let dots = Mark::dots(x, y).sized(10.0).coloured(theme::colour(1));
        let names = self.models.iter().map(|(name, ..)| name);
        dots.texts(names).telling("%{text}<br>(%{x:.3g}, %{y:.3g})")
    }

    /// Returns the names of the models, each beside its marker, on the side away from the others.
    fn names(&self, panel: usize) -> impl Iterator<Item = Note> + '_ {
        let middle = self.models.iter().map(|model| model.2).sum::<f64>() / self.models.len().max(1) as f64;
        let (low, high) = ends(self.y.iter().copied());
        // Below the lowest models, unless the panel ends there.
        let lowest = low + 0.1 * (high - low);
        self.models.iter().map(move |(name, x, y)| {
            let up = if *y > middle || *y < lowest { 17.0 } else { -17.0 };
            Note::at([*x, *y], name, panel).moved(0.0, up).on_white()
        })
    }
}

#[cfg(test)]
mod tests;
