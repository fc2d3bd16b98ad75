//! Merged models as tables.

use polars::prelude::DataFrame;
use rand::Rng;

use super::comparison::place;
use super::{MergeColumns, MergeKindColumns, MergePredictionColumns, MergeResult, Merges};
use crate::analyses::excess::mean_in_examples;
use crate::error::Result;
use crate::stats::{is_constant, mean, mean_interval, pearson, percentile_interval};
use crate::study::Metric;
use crate::tables::Table;

impl Table for Merges {
    /// Returns one row per merged model and set: the schema [`MERGES`](crate::table::MERGES).
    ///
    /// # Errors
    /// The errors of the metrics; [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let all = &self.results;
        let metric = self.options.metric;
        let of = |metric: Metric| all.iter().map(|r| r.merged.metric(metric)).collect::<Result<Vec<f64>>>();
        MergeColumns {
            method: all.iter().map(|r| r.method.to_string()).collect(),
            kind: all.iter().map(|r| r.kind.clone()).collect(),
            n_models: all.iter().map(|r| r.ingredients.len() as i64).collect(),
            models: all.iter().map(|r| self.names(r)).collect(),
            gap: all.iter().map(|r| r.gap).collect(),
            dataset: all.iter().map(|r| r.dataset().to_owned()).collect(),
            n_examples: all.iter().map(|r| r.excess.len() as i64).collect(),
            loss: of(Metric::Loss)?,
            excess: all.iter().map(MergeResult::mean_excess).collect(),
            score: of(metric)?,
            mean_score: all.iter().map(|r| r.mean_score).collect(),
            best_score: all.iter().map(|r| r.best_score).collect(),
            metric: vec![metric.to_string(); all.len()],
        }
        .frame()
    }
}

/// A correlation, and the ends of its interval if there are enough models for one.
struct Correlation {
    r: f64,
    ends: Option<(f64, f64)>,
}

/// The word for choices within any basin.
const WITHIN: &str = "within";

fn is_within(result: &MergeResult) -> bool {
    result.kind.starts_with(WITHIN)
}

impl Merges {
    /// Returns one row per method, kind and number of models and set, means over the merged models: the
    /// schema [`MERGE_KINDS`](crate::table::MERGE_KINDS). All basins count as one kind, "within".
    ///
    /// # Errors
    /// The errors of [`Merges::table`](crate::table::Table::table).
    pub fn kinds(&self) -> Result<DataFrame> {
        let methods = &self.options.methods;
        let key = |r: &MergeResult| {
            let set = r.dataset().to_owned();
            (set, r.ingredients.len(), place(methods, &r.method), !is_within(r))
        };
        let groups = self.grouped(key);
        let (mut excess, mut score, mut above) = (Vec::new(), Vec::new(), Vec::new());
        for group in &groups {
            excess.push(self.excess(group)?);
            let metric = self.options.metric;
            let scores = group.iter().map(|r| r.merged.metric(metric)).collect::<Result<Vec<f64>>>()?;
            let is_above = |(r, &score): (&&MergeResult, &f64)| match metric.larger_is_better() {
                true => score > r.best_score,
                false => score < r.best_score,
            };
            let n_above = group.iter().zip(&scores).filter(|&pair| is_above(pair)).count();
            above.push(n_above as f64 / group.len() as f64);
            score.push(mean(&scores)?);
        }
        let over = |value: fn(&MergeResult) -> f64| {
            let of = |group: &Vec<&MergeResult>| mean(&group.iter().map(|r| value(r)).collect::<Vec<_>>());
            groups.iter().map(of).collect::<Result<Vec<f64>>>()
        };
        let first = || groups.iter().filter_map(|group| group.first());
        MergeKindColumns {
            method: first().map(|r| r.method.to_string()).collect(),
            kind: first().map(|r| if is_within(r) { WITHIN } else { "across" }.to_owned()).collect(),
            n_models: first().map(|r| r.ingredients.len() as i64).collect(),
            n_merges: groups.iter().map(|group| group.len() as i64).collect(),
            dataset: first().map(|r| r.dataset().to_owned()).collect(),
            n_examples: first().map(|r| r.excess.len() as i64).collect(),
            excess: excess.iter().map(|of| of[0]).collect(),
            excess_low: excess.iter().map(|of| of[1]).collect(),
            excess_high: excess.iter().map(|of| of[2]).collect(),
            score,
            mean_score: over(|r| r.mean_score)?,
            best_score: over(|r| r.best_score)?,
            share_above_best: above,
            metric: vec![self.options.metric.to_string(); groups.len()],
        }
        .frame()
    }

    /// Returns one row per method, number of models and set: how well the largest gap between two models
    /// predicts the excess loss of their merge; the schema
    /// [`MERGE_PREDICTIONS`](crate::table::MERGE_PREDICTIONS).
    ///
    /// Merges that share a model are not independent, so models are resampled and not merges: a merge counts
    /// as often as the product of the numbers of times that its models were drawn.
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    ///
    /// # Reference
    /// Snijders and Borgatti 1999 (the bootstrap of vertices).
    pub fn predictions(&self) -> Result<DataFrame> {
        let methods = &self.options.methods;
        let groups =
            self.grouped(|r| (r.dataset().to_owned(), r.ingredients.len(), place(methods, &r.method)));
        let correlations = groups.iter().map(|group| self.correlation(group)).collect::<Result<Vec<_>>>()?;
        let first = || groups.iter().filter_map(|group| group.first());
        MergePredictionColumns {
            method: first().map(|r| r.method.to_string()).collect(),
            n_models: first().map(|r| r.ingredients.len() as i64).collect(),
            n_merges: groups.iter().map(|group| group.len() as i64).collect(),
            dataset: first().map(|r| r.dataset().to_owned()).collect(),
            r: correlations.iter().map(|of| of.as_ref().map(|of| of.r)).collect(),
            r_low: correlations.iter().map(|of| Some(of.as_ref()?.ends?.0)).collect(),
            r_high: correlations.iter().map(|of| Some(of.as_ref()?.ends?.1)).collect(),
        }
        .frame()
    }

    /// Returns the mean excess of merged models and the ends of its interval.
    fn excess(&self, group: &[&MergeResult]) -> Result<[f64; 3]> {
        let means = mean_in_examples(&group.iter().map(|result| &result.excess[..]).collect::<Vec<_>>());
        let options = &self.options;
        mean_interval(&means, options.n_resamples, options.confidence, options.seed)
    }

    /// Returns the correlation of gap and excess with its interval.
    fn correlation(&self, group: &[&MergeResult]) -> Result<Option<Correlation>> {
        let gaps: Vec<f64> = group.iter().map(|r| r.gap).collect();
        let excess: Vec<f64> = group.iter().map(|r| r.mean_excess()).collect();
        if gaps.len() < 2 || is_constant(&gaps) || is_constant(&excess) {
            return Ok(None);
        }
        let n = self.models.len();
        let mut rng = crate::seed::rng(self.options.seed, "merged models");
        let mut resampled = Vec::new();
        for _ in 0..self.options.n_resamples {
            let mut drawn = vec![0.0; n];
            (0..n).for_each(|_| drawn[rng.random_range(0..n)] += 1.0);
            let weights: Vec<f64> =
                group.iter().map(|r| r.ingredients.iter().map(|&model| drawn[model]).product()).collect();
            resampled.extend(weighted_correlation(&gaps, &excess, &weights));
        }
        let r = pearson(&gaps, &excess)?;
        // Of three models no other three can be drawn: the resamples say nothing.
        let says_nothing = resampled.is_empty() || is_constant(&resampled);
        let ends = match says_nothing {
            true => None,
            false => Some(percentile_interval(&resampled, self.options.confidence)?),
        };
        Ok(Some(Correlation { r, ends }))
    }
}

/// Returns Pearson's correlation of two columns whose rows count as often as their weights say; `None` if one
/// of them does not vary.
fn weighted_correlation(x: &[f64], y: &[f64], weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>() / total;
    let (mx, my) = (mean(x), mean(y));
    let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| {
        a.iter().zip(b).zip(weights).map(|((a, b), w)| w * (a - ma) * (b - mb)).sum::<f64>()
    };
    let r = product(x, mx, y, my) / (product(x, mx, x, mx) * product(y, my, y, my)).sqrt();
    r.is_finite().then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_count_rows() {
        let (x, y) = ([1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 5.0, 9.0]);
        let all = weighted_correlation(&x, &y, &[1.0; 4]).unwrap();
        assert!((all - pearson(&x, &y).unwrap()).abs() < 1e-12);
        let twice = weighted_correlation(&x, &y, &[2.0, 0.0, 1.0, 1.0]).unwrap();
        let listed = pearson(&[1.0, 1.0, 4.0, 3.0], &[2.0, 2.0, 5.0, 9.0]).unwrap();
        assert!((twice - listed).abs() < 1e-12);
        assert_eq!(weighted_correlation(&x, &y, &[0.0, 3.0, 0.0, 0.0]), None);
        assert_eq!(weighted_correlation(&x, &y, &[0.0; 4]), None);
    }
}
