//! Gaps of all pairs as a matrix, models sorted by a score (Juneja et al. 2023, Figs. 4, 9, 12 to 16).

use std::collections::{BTreeMap, BTreeSet};

use plotly::common::{ColorBar, Side, Title};
use plotly::layout::{Axis, Margin};
use plotly::{HeatMap, Plot};
use polars::prelude::DataFrame;

use crate::analyses::gaps::{GAPS, GapColumns};
use crate::figures::{Figure, theme};
use crate::gap::Measure;
use crate::study::Metric;
use crate::{LmcError, Result};

/// Ticks of the colour bar, about.
const N_TICKS: f64 = 8.0;

/// The options of a heatmap: its content and its look.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatmapOptions {
    /// The measure of a pair; the convexity gap by default.
    pub measure: Measure,
    /// The set on which the gaps were measured.
    pub dataset: String,
    /// The set by whose score the models are sorted.
    pub sorted_on: String,
    /// The metric by which the models are sorted, low to high.
    pub sorted_by: Metric,
    /// The ends of the colour scale, in the unit of the measure; 0 and the largest value by default. Give the
    /// same ends to figures that are compared.
    pub range: Option<(f64, f64)>,
}

impl HeatmapOptions {
    /// Makes options for convexity gaps on `dataset`, models sorted by `sorted_by` on `sorted_on`.
    pub fn new(dataset: &str, sorted_on: &str, sorted_by: Metric) -> HeatmapOptions {
        HeatmapOptions {
            measure: Measure::ConvexityGap,
            dataset: dataset.to_owned(),
            sorted_on: sorted_on.to_owned(),
            sorted_by,
            range: None,
        }
    }
}

/// Returns the unit of a measure.
fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::ConvexityGap | Measure::BarrierHeight => "nats per example",
        Measure::AreaUnderCurve => "nats × distance",
        Measure::EuclideanDistance => "no unit",
    }
}

/// Returns a figure of the gaps between all pairs of models, sorted by a score from low to high.
///
/// `gaps` is a [`GAPS`](crate::table::GAPS) table; `evaluations`, an [`EVALUATIONS`](crate::table::EVALUATIONS) table, holds the scores.
/// The matrix is symmetric with zeros on the diagonal; a pair that is not in `gaps` stays white. Of
/// distances, which are much alike, the scale begins with the smallest, and the diagonal is white.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set or a model that is
/// in only one of them, [`LmcError::InvalidParameter`] for a range that is empty.
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let (sweep, evaluations) = (models.sweep("id", Grid::TENTHS)?, models.evaluations(&["id", "lo"])?);
/// let options = HeatmapOptions::new("id", "lo", Metric::Accuracy);
/// heatmap(&sweep.gaps()?, &evaluations, &options)?.save("heatmap.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn heatmap(gaps: &DataFrame, evaluations: &DataFrame, options: &HeatmapOptions) -> Result<Figure> {
    let matrix = Matrix::new(gaps, evaluations, options)?;
    let range = range(options, [&matrix])?;
    let mut plot = Plot::new();
    plot.add_trace(matrix.trace(options, range).color_bar(colour_bar(options, range)));
    plot.set_layout(layout(options, &matrix.labels));
    Ok(Figure::new(plot))
}

/// The gaps of all pairs on one set, models in the order of a score.
pub(crate) struct Matrix {
    /// The models' names for axes.
    pub(crate) labels: Vec<String>,
    z: Vec<Vec<Option<f64>>>,
    smallest: f64,
    largest: f64,
}

impl Matrix {
    pub(crate) fn new(gaps: &DataFrame, evaluations: &DataFrame, options: &HeatmapOptions) -> Result<Matrix> {
        GAPS.check(gaps)?;
        let pairs = pairs(gaps, &options.dataset, options.measure)?;
        let names: BTreeSet<&String> = pairs.keys().flat_map(|(a, b)| [a, b]).collect();
        let mut models: Vec<String> = names.into_iter().cloned().collect();
        let scores = crate::study::scores(evaluations, &options.sorted_on, options.sorted_by, &models)?;
        let mut order: Vec<usize> = (0..models.len()).collect();
        order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
        models = order.into_iter().map(|i| models[i].clone()).collect();
        // Distances are alike: a scale from 0, which only a model's distance to itself has, would show
        // nothing.
        let distances = options.measure == Measure::EuclideanDistance;
        let cell = |a: &String, b: &String| match a == b {
            true => (!distances).then_some(0.0),
            false => pairs.get(&(a.clone(), b.clone())).copied(),
        };
        let finite = || pairs.values().copied().filter(|value| value.is_finite());
        Ok(Matrix {
            labels: models.iter().map(|model| theme::label(model)).collect(),
            z: models.iter().map(|a| models.iter().map(|b| cell(a, b)).collect()).collect(),
            smallest: if distances { finite().fold(f64::INFINITY, f64::min) } else { 0.0 },
            largest: finite().fold(0.0, f64::max),
        })
    }

    /// Returns the cells, without a colour bar of their own.
    pub(crate) fn trace(
        &self,
        options: &HeatmapOptions,
        (low, high): (f64, f64),
    ) -> Box<HeatMap<String, String, Vec<Option<f64>>>> {
        let (name, unit) = (options.measure.name(), unit(options.measure));
        HeatMap::new(self.labels.clone(), self.labels.clone(), self.z.clone())
            .color_scale(theme::sequential())
            .zmin(low)
            .zmax(high)
            .hover_template(format!("%{{x}} and %{{y}}<br>{name} %{{z:.4g}} ({unit})<extra></extra>"))
    }
}

/// Returns the ends of the colour scale that those matrices share.
pub(crate) fn range<'a>(
    options: &HeatmapOptions,
    matrices: impl IntoIterator<Item = &'a Matrix>,
) -> Result<(f64, f64)> {
    let (smallest, largest) = matrices.into_iter().fold((f64::INFINITY, 0.0), |(low, high), matrix| {
        (f64::min(low, matrix.smallest), f64::max(high, matrix.largest))
    });
    let (low, high) = options.range.unwrap_or(match smallest < largest {
        true => (smallest, largest),
        false => (0.0, if largest > 0.0 { largest } else { 1.0 }),
    });
    if low < high && low.is_finite() && high.is_finite() {
        return Ok((low, high));
    }
    let expected = "two finite numbers, the smaller first";
    Err(LmcError::invalid("range", format!("({low}, {high})"), expected))
}

/// Returns the colour bar at the right of the figure.
pub(crate) fn colour_bar(options: &HeatmapOptions, (low, high): (f64, f64)) -> ColorBar {
    let (name, unit) = (options.measure.name(), unit(options.measure));
    let (ticks, tick_labels): (Vec<f64>, Vec<String>) =
        lmc_figure::nice_ticks(low, high, N_TICKS, None).into_iter().unzip();
    ColorBar::new()
        .title(Title::with_text(format!("{name} ({unit})")).side(Side::Right).font(theme::font(13)))
        .thickness(18)
        .x(1.02)
        .y_pad(0.0)
        // Plotly's own labels each have as many decimals as they need.
        .tick_vals(ticks)
        .tick_text(tick_labels)
        .tick_font(theme::font(12))
}

/// Returns the measure of each pair on one set, under both orders of its names.
fn pairs(gaps: &DataFrame, dataset: &str, measure: Measure) -> Result<BTreeMap<(String, String), f64>> {
    let (a, b) = (GapColumns::a(gaps)?, GapColumns::b(gaps)?);
    let (sets, values) = (GapColumns::dataset(gaps)?, GapColumns::of_measure(gaps, measure)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(crate::study::unknown("dataset in the gaps", dataset, sets));
    }
    let mut pairs = BTreeMap::new();
    for (((a, b), set), value) in a.into_iter().zip(b).zip(sets).zip(values) {
        if set == dataset {
            pairs.insert((b.clone(), a.clone()), value);
            pairs.insert((a, b), value);
        }
    }
    Ok(pairs)
}

fn layout(options: &HeatmapOptions, labels: &[String]) -> plotly::Layout {
    let n = labels.len();
    let side = 500;
    let room = room(labels);
    let top = 64;
    let (width, height) = (side + room + 128, side + room + top);
    let [x_axis, y_axis] = axes(labels, side, &order(options));
    let name = crate::figures::capitalised(options.measure.name());
    let title = match options.measure {
        Measure::EuclideanDistance => format!("{name} of {n} models"),
        _ => format!("{name} of {n} models on {}", theme::label(&options.dataset)),
    };
    theme::layout(&title, width, height)
        .title(
            Title::with_text(title.as_str())
                .font(theme::font(17))
                .x(room as f64 / width as f64)
                .x_anchor(plotly::common::Anchor::Left)
                .y(1.0 - 32.0 / height as f64)
                .y_anchor(plotly::common::Anchor::Middle),
        )
        .margin(Margin::new().left(room).right(128).top(top).bottom(room))
        .x_axis(x_axis)
        .y_axis(y_axis)
}

/// Returns a description of the order of the models, for axes.
pub(crate) fn order(options: &HeatmapOptions) -> String {
    let sorted_on = theme::label(&options.sorted_on);
    format!("models by {} on {sorted_on}, low to high", options.sorted_by)
}

/// Returns every k-th model, so that names do not touch.
fn shown(labels: &[String], side: usize) -> Vec<usize> {
    (0..labels.len()).step_by((labels.len() * 15).div_ceil(side + 10).max(1)).collect()
}

fn longest(labels: &[String]) -> usize {
    labels.iter().map(|label| label.chars().count()).max().unwrap_or(0)
}

/// Returns the room for names and title of an axis, CSS pixels.
pub(crate) fn room(labels: &[String]) -> usize {
    (longest(labels) * 7).clamp(20, 160) + 49
}

/// Returns the two axes of a matrix whose sides are that long in CSS pixels; the first row is on top.
pub(crate) fn axes(labels: &[String], side: usize, title: &str) -> [Axis; 2] {
    let (n, shown) = (labels.len(), shown(labels, side));
    let is_crowded = shown.len() == n && n * 20 >= side;
    let turned = longest(labels) * 7 + 6 > side / shown.len().max(1);
    let axis = |ends: [f64; 2]| {
        theme::axis(title)
            .type_(plotly::layout::AxisType::Category)
            .tick_values(shown.iter().map(|&i| i as f64).collect())
            .tick_text(shown.iter().map(|&i| labels[i].clone()).collect::<Vec<_>>())
            .tick_font(theme::font(if is_crowded { 10 } else { 11 }))
            .range(ends.to_vec())
            .show_grid(false)
    };
    let (first, last) = (-0.5, n as f64 - 0.5);
    [axis([first, last]).tick_angle(if turned { -90.0 } else { 0.0 }), axis([last, first])]
}

#[cfg(test)]
mod tests;
