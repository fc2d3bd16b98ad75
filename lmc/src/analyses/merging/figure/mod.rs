//! Merged models by method, and against the gaps between their models.

use lmc_figure::parts::{Axis, Chart, Mark, Symbol};
use polars::prelude::DataFrame;

use super::{MERGE_KINDS, MERGE_PREDICTIONS, MERGES, MergeColumns, MergeKindColumns, MergePredictionColumns};
use crate::Result;
use crate::figures::Figure;
use crate::figures::basins::kind_colour;
use crate::figures::dots::{Dot, Words, kind_dots};
use crate::figures::rows::{named, signed};
use crate::study::unknown;

/// Returns a figure of the ways to merge: a row for each method and number of models, with the mean excess of
/// the merged models' loss over that of their ingredients, within basins and across, and its interval.
///
/// `kinds` is a [`MERGE_KINDS`] table and `dataset` a set in it. The dashed line is the single models' loss.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set that is not in it.
///
/// # Examples
/// ```no_run
/// use lmc::analyses::merging::MergingOptions;
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let basins = sweep.basins(&ClusterOptions::default())?;
/// let options = MergingOptions::new(Metric::Accuracy);
/// let merges = models.merges(&sweep, &basins, &["id"], None, &options)?;
/// figure::merge_dots(&merges.kinds()?, "id")?.save("merges.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn merge_dots(kinds: &DataFrame, dataset: &str) -> Result<Figure> {
    MERGE_KINDS.check(kinds)?;
    let sets = MergeKindColumns::dataset(kinds)?;
    let own: Vec<usize> = (0..sets.len()).filter(|&i| sets[i] == dataset).collect();
    if own.is_empty() {
        return Err(unknown("dataset in the merged models", dataset, sets));
    }
    let (methods, names) = (MergeKindColumns::method(kinds)?, MergeKindColumns::kind(kinds)?);
    let sizes = MergeKindColumns::n_models(kinds)?;
    let (low, high) = (MergeKindColumns::excess_low(kinds)?, MergeKindColumns::excess_high(kinds)?);
    let (excess, counts) = (MergeKindColumns::excess(kinds)?, MergeKindColumns::n_merges(kinds)?);
    let one_size = own.iter().all(|&i| sizes[i] == sizes[own[0]]);
    let label = |i: usize| match one_size {
        true => methods[i].clone(),
        false => format!("{}, {} models", methods[i], sizes[i]),
    };
    let dots: Vec<Dot> = own
        .iter()
        .map(|&i| Dot {
            row: label(i),
            kind: &names[i],
            excess: excess[i],
            ends: [low[i], high[i]],
            told: format!("{}, {} merged models", label(i), counts[i]),
        })
        .collect();
    let words = Words {
        title: "Loss of merged models, by method",
        zero: "dashed: the mean of single models",
        axis: format!("loss on {dataset} above that of single models (nats)"),
    };
    kind_dots(&dots, &words)
}

/// Returns a figure of the excess loss of models merged by one method, against the largest convexity gap
/// between two of their ingredients, with Pearson's r and its interval.
///
/// `merges` is a [`MERGES`] table, `predictions` the [`MERGE_PREDICTIONS`] of the same.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table of another schema,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a method that is not in it.
///
/// # Examples
/// ```no_run
/// use lmc::analyses::merging::MergingOptions;
/// use lmc::prelude::*;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let sweep = models.sweep("id", Grid::TENTHS)?;
/// let basins = sweep.basins(&ClusterOptions::default())?;
/// let options = MergingOptions::new(Metric::Accuracy);
/// let merges = models.merges(&sweep, &basins, &["id"], None, &options)?;
/// let figure = figure::merge_scatter(&merges.table()?, &merges.predictions()?, "linear", "id")?;
/// figure.save("linear.png")?;
/// # Ok::<(), LmcError>(())
/// ```
pub fn merge_scatter(
    merges: &DataFrame,
    predictions: &DataFrame,
    method: &str,
    dataset: &str,
) -> Result<Figure> {
    MERGES.check(merges)?;
    MERGE_PREDICTIONS.check(predictions)?;
    let (methods, sets) = (MergeColumns::method(merges)?, MergeColumns::dataset(merges)?);
    if !methods.iter().any(|known| known == method) {
        return Err(unknown("method in the merged models", method, methods));
    }
    let own: Vec<usize> = (0..sets.len()).filter(|&i| sets[i] == dataset && methods[i] == method).collect();
    if own.is_empty() {
        return Err(unknown("dataset in the merged models", dataset, sets));
    }
    let (gaps, excess) = (MergeColumns::gap(merges)?, MergeColumns::excess(merges)?);
    let (kinds, models) = (MergeColumns::kind(merges)?, MergeColumns::models(merges)?);
    let mut chart = Chart::new(&format!("Loss of models merged by {method} against the gap between them"));
    for kind in named(own.iter().map(|&i| &kinds[i])) {
        let of_kind: Vec<usize> = own.iter().copied().filter(|&i| kinds[i] == *kind).collect();
        let dots = Mark::dots(of_kind.iter().map(|&i| gaps[i]), of_kind.iter().map(|&i| excess[i]));
        let symbol = if kind == "across" { Symbol::Diamond } else { Symbol::Circle };
        let dots =
            dots.coloured(kind_colour(kind)).shaped(symbol).named(&format!("{kind}, {}", of_kind.len()));
        let told: Vec<&String> = of_kind.iter().map(|&i| &models[i]).collect();
        chart.add(dots.texts(told).telling("%{text}<br>gap %{x:.4f}<br>excess %{y:.4f}"));
    }
    for line in correlations(predictions, method, dataset)? {
        chart.remark(&line);
    }
    chart.axes(
        Axis::of("largest convexity gap between two models", "nats"),
        Axis::new(&format!("loss on {dataset} above that of single models (nats)")),
    );
    chart.figure()
}

/// Returns the correlation of each number of models in words.
fn correlations(predictions: &DataFrame, method: &str, dataset: &str) -> Result<Vec<String>> {
    let (methods, sets) =
        (MergePredictionColumns::method(predictions)?, MergePredictionColumns::dataset(predictions)?);
    let sizes = MergePredictionColumns::n_models(predictions)?;
    let (low, high) =
        (MergePredictionColumns::r_low(predictions)?, MergePredictionColumns::r_high(predictions)?);
    let r = MergePredictionColumns::r(predictions)?;
    let own = (0..sets.len()).filter(|&i| sets[i] == dataset && methods[i] == method);
    Ok(own
        .map(|i| match (r[i], low[i], high[i]) {
            (Some(r), Some(low), Some(high)) => {
                let [r, low, high] = [r, low, high].map(signed);
                format!("Merges of {}: Pearson r = {r} ({low} to {high})", sizes[i])
            }
            (Some(r), _, _) => {
                format!("Merges of {}: Pearson r = {}, too few models for an interval", sizes[i], signed(r))
            }
            _ => format!("Merges of {}: no correlation, all gaps or all losses are equal", sizes[i]),
        })
        .collect())
}

#[cfg(test)]
mod tests;
