//! Gaps of all pairs as a matrix, models sorted by a score (Juneja et al. 2023, Figs. 4, 9, 12 to 16).

use std::collections::{BTreeMap, BTreeSet};

use lmc_figure::parts::{Scale, matrix};
use polars::prelude::DataFrame;

use crate::analyses::gaps::{GAPS, GapColumns};
use crate::figures::{Figure, capitalised};
use crate::gap::Measure;
use crate::options::Options;
use crate::study::{self, Metric, unknown};
use crate::{LmcError, Result};

/// Side of the matrix, CSS pixels.
const SIDE: usize = 500;

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

impl Options for HeatmapOptions {
    fn validate(&self) -> Result<()> {
        self.range.map_or(Ok(()), check_range)
    }
}

/// Checks the ends of a colour scale.
fn check_range((low, high): (f64, f64)) -> Result<()> {
    match low < high && low.is_finite() && high.is_finite() {
        true => Ok(()),
        false => {
            let expected = "two finite numbers, the smaller first";
            Err(LmcError::invalid("range", format!("({low}, {high})"), expected))
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
/// `gaps` is a [`GAPS`] table; `evaluations`, an [`EVALUATIONS`](crate::table::EVALUATIONS) table, holds the
/// scores. The matrix is symmetric with zeros on the diagonal; a pair that is not in `gaps` stays white. Of
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
/// let options = figure::HeatmapOptions::new("id", "lo", Metric::Accuracy);
/// figure::gap_heatmap(&sweep.gaps()?, &evaluations, &options)?.save("heatmap.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn gap_heatmap(gaps: &DataFrame, evaluations: &DataFrame, options: &HeatmapOptions) -> Result<Figure> {
    options.validate()?;
    let found = Matrix::new(gaps, evaluations, options)?;
    let scale = scale(options, range(options, [&found])?);
    let (name, n, order) = (capitalised(options.measure.name()), found.names.len(), order(options));
    let title = match options.measure {
        Measure::EuclideanDistance => format!("{name} of {n} models"),
        _ => format!("{name} of {n} models on {}", options.dataset),
    };
    let names = &found.names;
    matrix(&title, [names, names], [&order, &order], SIDE, &found.z, &scale, &telling(options)).figure()
}

/// The gaps of all pairs on one set, models in the order of a score.
pub(crate) struct Matrix {
    /// The models' names.
    pub(crate) names: Vec<String>,
    pub(crate) z: Vec<Vec<Option<f64>>>,
    smallest: f64,
    largest: f64,
}

impl Matrix {
    pub(crate) fn new(gaps: &DataFrame, evaluations: &DataFrame, options: &HeatmapOptions) -> Result<Matrix> {
        GAPS.check(gaps)?;
        let pairs = pairs(gaps, &options.dataset, options.measure)?;
        let names: BTreeSet<&String> = pairs.keys().flat_map(|(a, b)| [a, b]).collect();
        let mut models: Vec<String> = names.into_iter().cloned().collect();
        let scores = study::scores(evaluations, &options.sorted_on, options.sorted_by, &models)?;
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
            z: models.iter().map(|a| models.iter().map(|b| cell(a, b)).collect()).collect(),
            names: models,
            smallest: if distances { finite().fold(f64::INFINITY, f64::min) } else { 0.0 },
            largest: finite().fold(0.0, f64::max),
        })
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
    check_range((low, high))?;
    Ok((low, high))
}

/// Returns the colour scale, with its bar.
pub(crate) fn scale(options: &HeatmapOptions, (low, high): (f64, f64)) -> Scale {
    let (name, unit) = (options.measure.name(), unit(options.measure));
    Scale::sequential(&format!("{name} ({unit})"), low, high)
}

/// Returns what a cell tells at the mouse.
pub(crate) fn telling(options: &HeatmapOptions) -> String {
    let (name, unit) = (options.measure.name(), unit(options.measure));
    format!("%{{x}} and %{{y}}<br>{name} %{{z:.4g}} ({unit})")
}

/// Returns the measure of each pair on one set, under both orders of its names.
fn pairs(gaps: &DataFrame, dataset: &str, measure: Measure) -> Result<BTreeMap<(String, String), f64>> {
    let (a, b) = (GapColumns::a(gaps)?, GapColumns::b(gaps)?);
    let (sets, values) = (GapColumns::dataset(gaps)?, GapColumns::of_measure(gaps, measure)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(unknown("dataset in the gaps", dataset, sets));
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

/// Returns a description of the order of the models, for axes.
pub(crate) fn order(options: &HeatmapOptions) -> String {
    format!("models by {} on {}, low to high", options.sorted_by, options.sorted_on)
}

#[cfg(test)]
mod tests;
