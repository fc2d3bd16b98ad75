//! Surfaces of a loss over two directions, in three dimensions (Li et al. 2018).

use lmc_figure::parts::{Axis, Chart, Mark, Note, Panels, Scale, Scene};
use lmc_figure::relief::height;
use lmc_figure::theme;

use super::Figure;
use super::rows::ends;
use super::surface::{N_LEVELS, Surface, scale_of};
use crate::Result;

/// Left, right, top and bottom margin, CSS pixels; there is no legend, but the bar of the scale.
const MARGIN: [usize; 4] = [16, 112, 70, 16];
/// Room between two columns and two rows, CSS pixels.
const GAP: [usize; 2] = [12, 40];
/// The height of one surface and of several, CSS pixels.
const HEIGHTS: [usize; 2] = [480, 344];
/// The most pixels across a surface.
const WIDEST: usize = 600;
/// The length of the longer direction and of the loss; half the height of a panel is the length 1.
const ACROSS: f64 = 1.25;
const UP: f64 = 0.7;
/// The least length of the shorter direction.
const LEAST: f64 = 0.3;
/// The heights of a path and of models over the surface, as shares of the scale, so that the surface does not
/// cover them.
const PATH_OVER: f64 = 0.012;
const DOT_OVER: f64 = 0.03;
/// The parts of a path between two models.
const N_PARTS: usize = 24;

/// Returns a figure of surfaces side by side with equal units and one colour scale, which can be turned, with
/// lines of equal loss.
///
/// The scale reaches from the lowest to the highest loss of all unless `range`, in nats per example, says
/// otherwise; a loss beyond it lies at its end.
///
/// # Errors
/// [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for a range that is empty.
pub(crate) fn surface_scenes(title: &str, surfaces: &[Surface], range: Option<(f64, f64)>) -> Result<Figure> {
    let (low, high) = scale_of(surfaces, range)?;
    let levels = lmc_figure::nice_ticks(low, high, N_LEVELS, None);
    let scale = Scale::sequential("loss (nats per example)", low, high).ticks(levels.clone());
    let levels: Vec<f64> = levels.into_iter().map(|(level, _)| level).collect();
    let across = ends(surfaces.iter().flat_map(|surface| surface.x.iter().copied()));
    let up = ends(surfaces.iter().flat_map(|surface| surface.y.iter().copied()));
    // One unit is as long in both directions, in every panel.
    let longest = (across.1 - across.0).max(up.1 - up.0);
    let length = |(from, to): (f64, f64)| ACROSS * ((to - from) / longest).max(LEAST);
    let height = HEIGHTS[usize::from(surfaces.len() > 1)];
    let panels = Panels::new(surfaces.len(), 2, height, GAP, MARGIN).at_most(WIDEST);
    let mut chart = Chart::of(title, panels);
    for (panel, surface) in surfaces.iter().enumerate() {
        let relief = Relief { surface, low, high };
        let sheet = relief.sheet(&scale, &levels);
        chart.add_to(panel, if panel == 0 { sheet } else { sheet.without_bar() });
        if surface.is_path {
            chart.add_to(panel, relief.path());
        }
        chart.add_to(panel, relief.dots());
        chart.panel_title(panel, &surface.title);
        relief.names(panel).into_iter().for_each(|name| chart.note(name));
        let axis = |title: &str, (from, to): (f64, f64)| {
            Axis::new(title).title_size(12).text_size(11).range(from, to)
        };
        let top = high + DOT_OVER * (high - low);
        let [x, y, z] =
            [axis(&surface.axes[0], across), axis(&surface.axes[1], up), axis("loss", (low, top))];
        chart.scene_of(panel, Scene::new(x, y, z).lengths([length(across), length(up), UP]));
    }
    chart.figure()
}

/// A surface with the ends of its scale.
struct Relief<'a> {
    surface: &'a Surface,
    low: f64,
    high: f64,
}

impl Relief<'_> {
    /// Returns the loss at a place, within the scale.
    fn height(&self, place: [f64; 2]) -> Option<f64> {
        let Surface { x, y, z, .. } = self.surface;
        height(x, y, z, place).map(|loss| loss.clamp(self.low, self.high))
    }

    /// Returns a point over the surface, that share of the scale higher.
    fn over(&self, [x, y]: [f64; 2], share: f64) -> [Option<f64>; 3] {
        let z = self.height([x, y]).map(|loss| loss + share * (self.high - self.low));
        // Beyond the grid and over a hole there is no surface.
        [z.map(|_| x), z.map(|_| y), z]
    }

    /// Returns the surface with its lines.
    fn sheet(&self, scale: &Scale, levels: &[f64]) -> Mark {
        let cell = |&loss: &f64| Some(loss.clamp(self.low, self.high)).filter(|loss| loss.is_finite());
        let z: Vec<Vec<Option<f64>>> =
            self.surface.z.iter().map(|row| row.iter().map(cell).collect()).collect();
        let sheet = Mark::surface(&self.surface.x, &self.surface.y, &z, scale)
            .telling("(%{x:.3g}, %{y:.3g})<br>loss %{z:.4g} nats");
        match levels {
            [first, second, .., last] => sheet.contours(*first, *last, second - first),
            [first, second] => sheet.contours(*first, *second, second - first),
            _ => sheet,
        }
    }

    /// Returns the line through the models, on the surface.
    fn path(&self) -> Mark {
        let places: Vec<[f64; 2]> = self.surface.models.iter().map(|(_, x, y)| [*x, *y]).collect();
        let parts = places.windows(2).flat_map(|pair| {
            let at = move |share: f64| [0, 1].map(|k| pair[0][k] + share * (pair[1][k] - pair[0][k]));
            (0..N_PARTS).map(move |part| at(part as f64 / N_PARTS as f64))
        });
        let points = parts.chain(places.last().copied()).map(|place| self.over(place, PATH_OVER));
        let [x, y, z] = columns(points);
        Mark::line_3d(x, y, z).wide(3.0).coloured(theme::colour(1))
    }

    fn dots(&self) -> Mark {
        let models = self.surface.models.iter();
        let [x, y, z] = columns(models.clone().map(|(_, x, y)| self.over([*x, *y], DOT_OVER)));
        let texts = models.map(|(name, x, y)| match self.height([*x, *y]) {
            Some(loss) => format!("{name}: loss {loss:.4} nats"),
            None => name.clone(),
        });
        let dots = Mark::dots_3d(x, y, z).coloured(theme::colour(1));
        dots.texts(texts).telling("%{text}<br>(%{x:.3g}, %{y:.3g})")
    }

    /// Returns the names of the models that have room for one, each above its dot.
    fn names(&self, panel: usize) -> Vec<Note> {
        let named = self.surface.named_models().into_iter().filter_map(|(name, x, y)| {
            let z = self.over([*x, *y], DOT_OVER)[2]?;
            Some(Note::at_3d([*x, *y, z], name, panel).moved(0.0, 15.0).on_white())
        });
        named.collect()
    }
}

/// Returns the coordinates of points, one list for each direction.
fn columns(points: impl Iterator<Item = [Option<f64>; 3]>) -> [Vec<Option<f64>>; 3] {
    let points: Vec<[Option<f64>; 3]> = points.collect();
    [0, 1, 2].map(|k| points.iter().map(|point| point[k]).collect())
}
