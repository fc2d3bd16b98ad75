//! Soups as tables.

use std::collections::BTreeSet;

use ndarray::Array2;
use polars::prelude::DataFrame;

use crate::analyses::excess::mean_in_examples;
use crate::analyses::soups::{SoupColumns, SoupKindColumns, SoupOptions, SoupResult, Soups};
use crate::error::Result;
use crate::options::Valid;
use crate::stats::{mean, percentile_interval, resampled_means};
use crate::study::Metric;
use crate::tables::Table;

/// The result of one method for a choice of models.
struct Row<'a> {
    result: &'a SoupResult,
    method: &'static str,
    metrics: [f64; Metric::ALL.len()],
    /// The excess loss and its interval.
    excess: [f64; 3],
}

/// Every choice of one kind and size on one set.
struct Kind<'a> {
    results: Vec<&'a SoupResult>,
    excess: [f64; 3],
}

impl Soups {
    /// Returns one row per kind and number of models and set, means over the choices of that kind: the schema
    /// [`SOUP_KINDS`](crate::table::SOUP_KINDS).
    ///
    /// # Errors
    /// The errors of [`Soups::table`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let soups = models.soups("id", "lo", &basins, &SoupOptions::new(Metric::Accuracy))?;
    /// println!("{}", soups.kinds()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn kinds(&self) -> Result<DataFrame> {
        let kinds = self.grouped()?;
        let metric = self.options.metric;
        let over = |value: &dyn Fn(&SoupResult) -> Result<f64>| {
            let mean_of =
                |kind: &Kind| mean(&kind.results.iter().map(|r| value(r)).collect::<Result<Vec<_>>>()?);
            kinds.iter().map(mean_of).collect::<Result<Vec<f64>>>()
        };
        let excess = |i: usize| kinds.iter().map(|kind| kind.excess[i]).collect::<Vec<_>>();
        let first = || kinds.iter().filter_map(|kind| kind.results.first());
        SoupKindColumns {
            kind: first().map(|r| r.choice.kind.clone()).collect(),
            n_models: first().map(|r| r.choice.models.len() as i64).collect(),
            n_choices: kinds.iter().map(|kind| kind.results.len() as i64).collect(),
            dataset: first().map(|r| r.dataset().to_owned()).collect(),
            n_examples: first().map(|r| r.excess.len() as i64).collect(),
            excess: excess(0),
            excess_low: excess(1),
            excess_high: excess(2),
            singles_loss: over(&|r| Ok(r.single(Metric::Loss)))?,
            soup_loss: over(&|r| r.soup.metric(Metric::Loss))?,
            ensemble_loss: over(&|r| r.ensemble.metric(Metric::Loss))?,
            singles_score: over(&|r| Ok(r.single(metric)))?,
            soup_score: over(&|r| r.soup.metric(metric))?,
            ensemble_score: over(&|r| r.ensemble.metric(metric))?,
            metric: vec![metric.to_string(); kinds.len()],
        }
        .frame()
    }

    /// Returns the results of each kind, size and set, in the order in which they come.
    fn grouped(&self) -> Result<Vec<Kind<'_>>> {
        let mut groups: Vec<Vec<&SoupResult>> = Vec::new();
        for result in &self.results {
            let of = |r: &SoupResult| (r.choice.kind.clone(), r.choice.models.len(), r.dataset().to_owned());
            match groups.iter_mut().find(|group| group.first().is_some_and(|r| of(r) == of(result))) {
                Some(group) => group.push(result),
                None => groups.push(vec![result]),
            }
        }
        // The mean over choices in each example: examples are resampled, the choices stay.
        let mean_excess = |results: &Vec<&SoupResult>| {
            mean_in_examples(&results.iter().map(|result| &result.excess[..]).collect::<Vec<_>>())
        };
        let means: Vec<Vec<f64>> = groups.iter().map(mean_excess).collect();
        let excesses = with_intervals(&means.iter().map(Vec::as_slice).collect::<Vec<_>>(), &self.options)?;
        Ok(groups.into_iter().zip(excesses).map(|(results, excess)| Kind { results, excess }).collect())
    }

    fn names(&self, result: &SoupResult) -> String {
        let names: Vec<&str> =
            result.choice.models.iter().map(|&model| self.models[model].as_str()).collect();
        names.join(" ")
    }
}

impl Table for Soups {
    /// Returns one row per choice of models, method and set: the schema [`SOUPS`](crate::table::SOUPS).
    ///
    /// # Errors
    /// The errors of the metrics; [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let excesses: Vec<&[f64]> =
            self.results.iter().flat_map(|r| [&r.excess[..], &r.ensemble_excess[..]]).collect();
        let excesses = with_intervals(&excesses, &self.options)?;
        let mut rows: Vec<Row> = Vec::new();
        for (result, excesses) in self.results.iter().zip(excesses.chunks(2)) {
            for (method, evaluation, excess) in
                [("soup", &result.soup, excesses[0]), ("ensemble", &result.ensemble, excesses[1])]
            {
                let mut metrics = [0.0; Metric::ALL.len()];
                for (value, metric) in metrics.iter_mut().zip(Metric::ALL) {
                    *value = evaluation.metric(metric)?;
                }
                rows.push(Row { result, method, metrics, excess });
            }
            rows.push(Row { result, method: "singles", metrics: result.singles, excess: [0.0; 3] });
        }
        let metric = |i: usize| rows.iter().map(|row| row.metrics[i]).collect::<Vec<_>>();
        let excess = |i: usize| rows.iter().map(|row| row.excess[i]).collect::<Vec<_>>();
        SoupColumns {
            kind: rows.iter().map(|row| row.result.choice.kind.clone()).collect(),
            n_models: rows.iter().map(|row| row.result.choice.models.len() as i64).collect(),
            models: rows.iter().map(|row| self.names(row.result)).collect(),
            method: rows.iter().map(|row| row.method.to_owned()).collect(),
            dataset: rows.iter().map(|row| row.result.dataset().to_owned()).collect(),
            n_examples: rows.iter().map(|row| row.result.excess.len() as i64).collect(),
            loss: metric(0),
            accuracy: metric(1),
            f1: metric(2),
            mcc: metric(3),
            ece: metric(4),
            excess: excess(0),
            excess_low: excess(1),
            excess_high: excess(2),
        }
        .frame()
    }
}

/// Returns the mean of each column of values of examples, and the ends of its bootstrap interval; columns of
/// equal length see the same resamples.
fn with_intervals(columns: &[&[f64]], options: &Valid<SoupOptions>) -> Result<Vec<[f64; 3]>> {
    let mut all = vec![[0.0; 3]; columns.len()];
    let lengths: BTreeSet<usize> = columns.iter().map(|column| column.len()).collect();
    for length in lengths {
        let own: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].len() == length).collect();
        let values = Array2::from_shape_fn((length, own.len()), |(example, i)| columns[own[i]][example]);
        let resampled = resampled_means(values.view(), options.n_resamples, options.seed)?;
        for (&i, resampled) in own.iter().zip(resampled.columns()) {
            let (low, high) = percentile_interval(&resampled.to_vec(), options.confidence)?;
            all[i] = [mean(columns[i])?, low, high];
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::stats::bootstrap_interval;

    #[test]
    fn intervals_of_many_columns_are_those_of_each() {
        let options = SoupOptions { n_resamples: 80, seed: 3, ..SoupOptions::new(Metric::Loss) };
        let columns = [vec![0.5, -1.0, 2.0, 0.25], vec![1.0, 3.0], vec![4.0, 0.0, 0.0, -2.0]];
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let got = with_intervals(&views, &options.check().unwrap()).unwrap();
        for (column, got) in columns.iter().zip(got) {
            let pick = |rows: &[usize]| mean(&rows.iter().map(|&row| column[row]).collect::<Vec<_>>());
            let (low, high) = bootstrap_interval(column.len(), 80, 0.95, 3, pick).unwrap();
            for (got, expected) in got.into_iter().zip([mean(column).unwrap(), low, high]) {
                assert!((got - expected).abs() < 1e-12, "{got}, expected {expected}");
            }
        }
    }
}
