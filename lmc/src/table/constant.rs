//! Scores that all models share.

use std::fmt;

use polars::prelude::DataFrame;

use super::{Metric, scores};
use crate::Result;
use crate::stats::is_constant;

/// A score that all models have: what correlates with it, or tells models apart by it, is not defined.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantScore {
    /// The metric.
    pub metric: Metric,
    /// The set on which the models were evaluated.
    pub dataset: String,
    /// The score.
    pub value: f64,
    /// The number of models.
    pub n_models: usize,
}

impl ConstantScore {
    /// Returns the score of models, if two or more have the same but for rounding.
    pub fn of(metric: Metric, dataset: &str, scores: &[f64]) -> Option<Self> {
        let dataset = dataset.to_owned();
        let constant = scores.len() > 1 && is_constant(scores);
        constant.then(|| Self { metric, dataset, value: scores[0], n_models: scores.len() })
    }
}

/// One sentence for a user.
impl fmt::Display for ConstantScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, dataset, value, n_models } = self;
        write!(
            f,
            "all {n_models} models have the same {metric} on {dataset}, {value:.4}: correlations with it and standard deviations of it mean nothing"
        )
    }
}

/// Returns those of some scores, each a set and a metric, that all of `models` share.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table that is no [`EVALUATIONS`](super::EVALUATIONS) table,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a model without evaluations.
///
/// # Examples
/// ```
/// use lmc::table::{Metric, constant_scores};
/// let evaluations = lmc::polars::df!("model" => ["a", "b"], "dataset" => ["lo"; 2], "n_examples" => [9_i64; 2],
///     "loss" => [0.5, 0.25], "accuracy" => [0.7; 2], "f1" => [0.0; 2], "mcc" => [0.0; 2], "ece" => [0.0; 2])?;
/// let models = ["a", "b"].map(String::from);
/// let constant = constant_scores(&evaluations, &[("lo", Metric::Loss), ("lo", Metric::Accuracy)], &models)?;
/// assert!(constant.len() == 1 && constant[0].to_string().starts_with("all 2 models have the same accuracy on lo, 0.7000"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn constant_scores(
    evaluations: &DataFrame,
    scored: &[(&str, Metric)],
    models: &[String],
) -> Result<Vec<ConstantScore>> {
    let all = scored.iter().map(|&(dataset, metric)| {
        Ok(ConstantScore::of(metric, dataset, &scores(evaluations, dataset, metric, models)?))
    });
    Ok(all.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}
