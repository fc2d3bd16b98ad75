//! Scores that all models share.

use std::fmt;

use polars::prelude::DataFrame;

use crate::Result;
use crate::stats::is_constant_but_for;
use crate::study::{Metric, scores};

/// A score that is the same for all models: correlations with it, and comparisons of models by it, are
/// undefined.
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
    /// Returns the score of models, if two or more have the same score up to rounding. For losses and
    /// calibration errors, which are means of float32 numbers, that is the rounding of float32.
    pub fn of(metric: Metric, dataset: &str, scores: &[f64]) -> Option<Self> {
        let dataset = dataset.to_owned();
        let rounding = match metric {
            Metric::Loss | Metric::Ece => 2.0 * f64::from(f32::EPSILON),
            Metric::Accuracy | Metric::F1 | Metric::Mcc => 16.0 * f64::EPSILON,
        };
        let constant = scores.len() > 1 && is_constant_but_for(scores, rounding);
        constant.then(|| Self { metric, dataset, value: scores[0], n_models: scores.len() })
    }
}

/// One sentence for a user.
impl fmt::Display for ConstantScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, dataset, value, n_models } = self;
        write!(
            f,
            "all {n_models} models have the same {metric} on {dataset}, {value:.4}: correlations with it are not defined"
        )
    }
}

/// Returns the scores, each a set and a metric, that have the same value for all of `models`.
///
/// # Errors
/// [`LmcError::Column`](crate::LmcError::Column) for a table that is not an
/// [`EVALUATIONS`](crate::table::EVALUATIONS) table,
/// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for a set or a model without evaluations.
///
/// # Examples
/// ```
/// use lmc::table::{EvaluationColumns, Metric, constant_scores};
/// let evaluations = EvaluationColumns {
///     model: vec!["a".into(), "b".into()],
///     dataset: vec!["lo".into(); 2],
///     n_examples: vec![9; 2],
///     loss: vec![Some(0.5), Some(0.25)],
///     accuracy: vec![Some(0.7); 2],
///     f1: vec![None; 2],
///     mcc: vec![None; 2],
///     ece: vec![None; 2],
/// };
/// let scored = [("lo", Metric::Loss), ("lo", Metric::Accuracy)];
/// let constant = constant_scores(&evaluations.frame()?, &scored, &["a".into(), "b".into()])?;
/// assert_eq!(constant.len(), 1);
/// assert!(constant[0].to_string().starts_with("all 2 models have the same accuracy on lo, 0.7000"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_what_rounding_cannot_tell_apart() {
        let of =
            |metric, scores: &[f64]| ConstantScore::of(metric, "lo", scores).map(|score| score.to_string());
        let near = [0.693, 0.693 + 5e-8, 0.693];
        assert_eq!(
            of(Metric::Loss, &near).unwrap(),
            "all 3 models have the same loss on lo, 0.6930: correlations with it are not defined"
        );
        assert_eq!(of(Metric::Loss, &[0.693, 0.6935]), None);
        assert_eq!(of(Metric::Accuracy, &near), None);
        assert!(of(Metric::Accuracy, &[0.3, 0.1 + 0.2]).is_some());
        assert_eq!(of(Metric::Accuracy, &[0.3]), None, "one model has nothing to differ from");
    }
}
