//! The loss on planes through three models, on one scale (Juneja et al. 2023, Fig. 2).

use plotly::common::{Anchor, ColorBar, HoverInfo, Line, Marker, Mode, Side, Title};
use plotly::layout::{Annotation, Margin};
use plotly::traces::heat_map::Smoothing;
use plotly::{HeatMap, Plot, Scatter};
use polars::prelude::DataFrame;

use crate::analyses::planes::{ANCHORS, AnchorColumns, PLANES, PlaneColumns};
use crate::figures::axes::{axis_name, with_axes};
use crate::figures::{Figure, theme};
use crate::{LmcError, Result};
use lmc_figure::contour::contour;

/// The most planes in a row.
const MOST_PLANES: usize = 4;
/// Lines of equal loss, about.
const N_LEVELS: f64 = 9.0;
/// Room for the colour bar, CSS pixels.
const BAR: usize = 112;
/// Room for the title above the panels, CSS pixels; there is no legend.
const TOP: usize = 70;

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
/// `planes` is a [`PLANES`](crate::table::PLANES) table of at most 4 planes, `anchors` an [`ANCHORS`](crate::table::ANCHORS) table of their models. The
/// scale reaches from the lowest to the highest loss of all planes unless `range`, in nats per example, says
/// otherwise; values beyond it have the colour of its end.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for too many planes or a range that is empty.
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
    let losses = || surfaces.iter().flat_map(|s| s.z.iter().flatten().copied()).filter(|z| z.is_finite());
    let all = (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = range.unwrap_or(if all.0 < all.1 { all } else { (all.0, all.0 + 1.0) });
    if !(low < high && low.is_finite() && high.is_finite()) {
        let expected = "two finite numbers, the smaller first";
        return Err(LmcError::invalid("range", format!("({low}, {high})"), expected));
    }
    let levels = lmc_figure::nice_ticks(low, high, N_LEVELS, None);
    let mut plot = Plot::new();
    for (panel, surface) in surfaces.iter().enumerate() {
        add_heat(&mut plot, surface, (low, high), &levels, panel);
    }
    for (panel, surface) in surfaces.iter().enumerate() {
        add_lines(&mut plot, surface, &levels, panel);
        add_models(&mut plot, surface, panel);
    }
    plot.set_layout(layout(&surfaces, dataset));
    Ok(Figure::new(plot))
}

fn surfaces(planes: &DataFrame, anchors: &DataFrame, dataset: &str) -> Result<Vec<Surface>> {
    let (names, sets) = (PlaneColumns::plane(planes)?, PlaneColumns::dataset(planes)?);
    let (x, y, loss) = (PlaneColumns::x(planes)?, PlaneColumns::y(planes)?, PlaneColumns::loss(planes)?);
    let (of, models) = (AnchorColumns::plane(anchors)?, AnchorColumns::model(anchors)?);
    let (model_x, model_y) = (AnchorColumns::x(anchors)?, AnchorColumns::y(anchors)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(crate::study::unknown("dataset in the planes", dataset, sets));
    }
    let mut found: Vec<&String> = Vec::new();
    for (name, _) in names.iter().zip(&sets).filter(|(_, set)| *set == dataset) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
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

fn add_heat(
    plot: &mut Plot,
    surface: &Surface,
    (low, high): (f64, f64),
    levels: &[(f64, String)],
    panel: usize,
) {
    let z: Vec<Vec<Option<f64>>> = surface
        .z
        .iter()
        .map(|row| row.iter().map(|&loss| Some(loss).filter(|loss| loss.is_finite())).collect())
        .collect();
    let (ticks, labels): (Vec<f64>, Vec<String>) = levels.iter().cloned().unzip();
    plot.add_trace(
        HeatMap::new(surface.x.clone(), surface.y.clone(), z)
            .color_scale(theme::sequential())
            .zmin(low)
            .zmax(high)
            .zsmooth(Smoothing::Best)
            .show_scale(panel == 0)
            .hover_template("(%{x:.3g}, %{y:.3g})<br>loss %{z:.4g} nats<extra></extra>")
            .color_bar(
                ColorBar::new()
                    .title(
                        Title::with_text("loss (nats per example)").side(Side::Right).font(theme::font(13)),
                    )
                    .thickness(18)
                    .x(1.02)
                    .y_pad(0.0)
                    .tick_vals(ticks)
                    .tick_text(labels)
                    .tick_font(theme::font(12)),
            )
            .x_axis(axis_name("x", panel + 1))
            .y_axis(axis_name("y", panel + 1)),
    );
}

fn add_lines(plot: &mut Plot, surface: &Surface, levels: &[(f64, String)], panel: usize) {
    let segments = levels.iter().flat_map(|(level, _)| contour(&surface.x, &surface.y, &surface.z, *level));
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for [from, to] in segments {
        x.extend([Some(from.0), Some(to.0), None]);
        y.extend([Some(from.1), Some(to.1), None]);
    }
    plot.add_trace(
        Scatter::new(x, y)
            .mode(Mode::Lines)
            .line(Line::new().color("#ffffff").width(0.8))
            .opacity(0.7)
            .show_legend(false)
            .hover_info(HoverInfo::Skip)
            .x_axis(axis_name("x", panel + 1))
            .y_axis(axis_name("y", panel + 1)),
    );
}

fn add_models(plot: &mut Plot, surface: &Surface, panel: usize) {
    plot.add_trace(
        Scatter::new(
            surface.models.iter().map(|model| model.1).collect(),
            surface.models.iter().map(|model| model.2).collect(),
        )
        .mode(Mode::Markers)
        .text_array(surface.models.iter().map(|model| theme::label(&model.0)).collect::<Vec<_>>())
        .hover_template("%{text}<br>(%{x:.3g}, %{y:.3g})<extra></extra>")
        .marker(Marker::new().size(10).color("#d55e00").line(Line::new().color("#ffffff").width(1.5)))
        .show_legend(false)
        .x_axis(axis_name("x", panel + 1))
        .y_axis(axis_name("y", panel + 1)),
    );
}

/// Returns the names of the models, each beside its marker, on the side away from the others.
fn names(surface: &Surface, panel: usize) -> impl Iterator<Item = Annotation> + '_ {
    let middle = surface.models.iter().map(|model| model.2).sum::<f64>() / surface.models.len().max(1) as f64;
    surface.models.iter().map(move |(name, x, y)| {
        Annotation::new()
            .text(theme::label(name))
            .x_ref(axis_name("x", panel + 1))
            .y_ref(axis_name("y", panel + 1))
            .x(*x)
            .y(*y)
            .y_shift(if *y > middle { 17.0 } else { -17.0 })
            .y_anchor(Anchor::Middle)
            .show_arrow(false)
            .background_color("rgba(255,255,255,0.8)")
            .font(theme::font(11))
    })
}

fn layout(surfaces: &[Surface], dataset: &str) -> plotly::Layout {
    let n = surfaces.len().max(1);
    let ends = |of: fn(&Surface) -> &[f64]| {
        let values = || surfaces.iter().flat_map(|surface| of(surface).iter().copied());
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let (across, up) = (ends(|surface| &surface.x), ends(|surface| &surface.y));
    // One unit takes as many pixels upwards as sideways, in every panel.
    let gap = 44.0;
    let width = theme::WIDTH.max(300 * n + BAR + theme::LEFT);
    let inner = (width - theme::LEFT - BAR) as f64;
    let wide = ((inner - gap * (n as f64 - 1.0)) / n as f64).min(420.0);
    let inner = wide * n as f64 + gap * (n as f64 - 1.0);
    let tall = (wide * (up.1 - up.0) / (across.1 - across.0)).clamp(60.0, 900.0);
    let (width, height) = (inner as usize + theme::LEFT + BAR, tall as usize + TOP + theme::BOTTOM);
    let title = format!("Loss on {} on planes through three models", theme::label(dataset));
    let mut layout = theme::layout(&title, width, height)
        .margin(Margin::new().left(theme::LEFT).right(BAR).top(TOP).bottom(theme::BOTTOM));
    let mut notes = Vec::new();
    for (panel, surface) in surfaces.iter().enumerate() {
        let left = panel as f64 * (wide + gap) / inner;
        let right = left + wide / inner;
        let axis = |title: &str, (low, high): (f64, f64)| {
            theme::axis(title).range(vec![low, high]).show_grid(false).dtick(0.5)
        };
        let x =
            axis("x (|first − second| = 1)", across).domain(&[left, right]).anchor(axis_name("y", panel + 1));
        let y = axis(if panel == 0 { "y (same unit)" } else { "" }, up)
            .domain(&[0.0, 1.0])
            .anchor(axis_name("x", panel + 1));
        layout = with_axes(layout, panel + 1, x, y);
        let middle = (left + right) / 2.0;
        notes.push(theme::note(&theme::label(&surface.name), middle, 1.0, Anchor::Center, Anchor::Bottom));
        notes.extend(names(surface, panel));
    }
    layout.annotations(notes)
}

#[cfg(test)]
mod tests;
