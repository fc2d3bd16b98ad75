//! Soups as tables.

use ndarray::{Array2, ArrayView1};
use polars::prelude::{DataFrame, df};

use super::{SoupOptions, SoupResult, Soups};
use crate::error::Result;
use crate::stats::{mean, percentile_interval, resampled_means};
use crate::table::Metric;

/// What is made of a choice of models.
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
    /// One row per choice of models, method and set: the schema [`SOUPS`](crate::table::SOUPS).
    ///
    /// # Errors
    /// Those of the metrics; [`LmcError::Polars`](crate::LmcError::Polars) when polars refuses a column.
    pub fn table(&self) -> Result<DataFrame> {
        let mut rows: Vec<Row> = Vec::new();
        for result in &self.results {
            for (method, evaluation, excess) in [
                ("soup", &result.soup, &result.excess),
                ("ensemble", &result.ensemble, &result.ensemble_excess),
            ] {
                let mut metrics = [0.0; Metric::ALL.len()];
                for (value, metric) in metrics.iter_mut().zip(Metric::ALL) {
                    *value = evaluation.metric(metric)?;
                }
                rows.push(Row { result, method, metrics, excess: with_interval(excess, &self.options)? });
            }
            rows.push(Row { result, method: "singles", metrics: result.singles, excess: [0.0; 3] });
        }
        let metric = |i: usize| rows.iter().map(|row| row.metrics[i]).collect::<Vec<_>>();
        let excess = |i: usize| rows.iter().map(|row| row.excess[i]).collect::<Vec<_>>();
        Ok(df!(
            "kind" => rows.iter().map(|row| row.result.choice.kind.clone()).collect::<Vec<_>>(),
            "n_models" => rows.iter().map(|row| row.result.choice.models.len() as i64).collect::<Vec<_>>(),
            "models" => rows.iter().map(|row| self.names(row.result)).collect::<Vec<_>>(),
            "method" => rows.iter().map(|row| row.method).collect::<Vec<_>>(),
            "dataset" => rows.iter().map(|row| row.result.dataset().to_owned()).collect::<Vec<_>>(),
            "n_examples" => rows.iter().map(|row| row.result.excess.len() as i64).collect::<Vec<_>>(),
            "loss" => metric(0),
            "accuracy" => metric(1),
            "f1" => metric(2),
            "mcc" => metric(3),
            "ece" => metric(4),
            "excess" => excess(0),
            "excess_low" => excess(1),
            "excess_high" => excess(2),
        )?)
    }

    /// One row per kind and number of models and set, means over the choices of that kind: the schema
    /// [`SOUP_KINDS`](crate::table::SOUP_KINDS).
    ///
    /// # Errors
    /// As [`Soups::table`].
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
        Ok(df!(
            "kind" => first().map(|r| r.choice.kind.clone()).collect::<Vec<_>>(),
            "n_models" => first().map(|r| r.choice.models.len() as i64).collect::<Vec<_>>(),
            "n_choices" => kinds.iter().map(|kind| kind.results.len() as i64).collect::<Vec<_>>(),
            "dataset" => first().map(|r| r.dataset().to_owned()).collect::<Vec<_>>(),
            "n_examples" => first().map(|r| r.excess.len() as i64).collect::<Vec<_>>(),
            "excess" => excess(0),
            "excess_low" => excess(1),
            "excess_high" => excess(2),
            "singles_loss" => over(&|r| Ok(r.single(Metric::Loss)))?,
            "soup_loss" => over(&|r| r.soup.metric(Metric::Loss))?,
            "ensemble_loss" => over(&|r| r.ensemble.metric(Metric::Loss))?,
            "singles_score" => over(&|r| Ok(r.single(metric)))?,
            "soup_score" => over(&|r| r.soup.metric(metric))?,
            "ensemble_score" => over(&|r| r.ensemble.metric(metric))?,
            "metric" => vec![metric.to_string(); kinds.len()],
        )?)
    }

    /// The results of each kind, size and set, in the order in which they come.
    fn grouped(&self) -> Result<Vec<Kind<'_>>> {
        let mut groups: Vec<Vec<&SoupResult>> = Vec::new();
        for result in &self.results {
            let of = |r: &SoupResult| (r.choice.kind.clone(), r.choice.models.len(), r.dataset().to_owned());
            match groups.iter_mut().find(|group| group.first().is_some_and(|r| of(r) == of(result))) {
                Some(group) => group.push(result),
                None => groups.push(vec![result]),
            }
        }
        let mut kinds = Vec::with_capacity(groups.len());
        for results in groups {
            // The mean over choices in each example: what is resampled are examples, the choices stay.
            let n_examples = results.first().map_or(0, |result| result.excess.len());
            let mean_excess = |example: usize| {
                results.iter().map(|result| result.excess[example]).sum::<f64>() / results.len() as f64
            };
            let by_example: Vec<f64> = (0..n_examples).map(mean_excess).collect();
            let excess = with_interval(&by_example, &self.options)?;
            kinds.push(Kind { results, excess });
        }
        Ok(kinds)
    }

    fn names(&self, result: &SoupResult) -> String {
        let names: Vec<&str> =
            result.choice.models.iter().map(|&model| self.models[model].as_str()).collect();
        names.join(" ")
    }
}

/// The mean of values of examples, and the ends of its bootstrap interval.
fn with_interval(by_example: &[f64], options: &SoupOptions) -> Result<[f64; 3]> {
    let column = ArrayView1::from(by_example).insert_axis(ndarray::Axis(1));
    let resampled: Array2<f64> = resampled_means(column, options.n_resamples, options.seed)?;
    let (low, high) = percentile_interval(&resampled.column(0).to_vec(), options.confidence)?;
    Ok([mean(by_example)?, low, high])
}
