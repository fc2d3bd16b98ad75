//! The scores of models, from a table of evaluations.

use polars::prelude::DataFrame;

use lmc_base::table::no_nulls;

use crate::study::{EVALUATIONS, EvaluationColumns, Metric};
use crate::{LmcError, Result};

/// Returns the value of one metric on one set for each of `models`, in their order; the values of other
/// models may be empty.
pub(crate) fn scores(
    evaluations: &DataFrame,
    dataset: &str,
    metric: Metric,
    models: &[String],
) -> Result<Vec<f64>> {
    let names = EvaluationColumns::model(evaluations)?;
    let datasets = EvaluationColumns::dataset(evaluations)?;
    let values = EvaluationColumns::of_metric(evaluations, metric)?;
    if !datasets.iter().any(|name| name == dataset) {
        return Err(unknown("dataset in the evaluations", dataset, datasets));
    }
    let of_model: std::collections::BTreeMap<&String, Option<f64>> =
        (names.iter().zip(&datasets).zip(values))
            .filter(|((_, set), _)| *set == dataset)
            .map(|((model, _), value)| (model, value))
            .collect();
    let found = models
        .iter()
        .map(|model| {
            let known = || of_model.keys().map(|name| (*name).clone()).collect();
            of_model.get(model).copied().ok_or_else(|| unknown("model in the evaluations", model, known()))
        })
        .collect::<Result<Vec<_>>>()?;
    no_nulls(&EVALUATIONS, metric.column(), found)
}

/// Returns an [`LmcError::UnknownName`] with each known name once.
pub(crate) fn unknown(kind: &'static str, name: &str, mut known: Vec<String>) -> LmcError {
    known.sort();
    known.dedup();
    LmcError::UnknownName { kind, name: name.to_owned(), known }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn evaluations() -> DataFrame {
        df!(
            "model" => ["b", "a", "a"], "dataset" => ["lo", "lo", "id"], "n_examples" => [4_i64, 4, 4],
            "loss" => [0.5, 0.25, 0.1], "accuracy" => [0.25, 0.75, 1.0], "f1" => [0.0; 3], "mcc" => [0.0; 3],
            "ece" => [0.0; 3]
        )
        .unwrap()
    }

    #[test]
    fn scores_follow_the_order_of_the_models() {
        let models = ["a".to_owned(), "b".to_owned()];
        assert_eq!(scores(&evaluations(), "lo", Metric::Accuracy, &models).unwrap(), [0.75, 0.25]);
        assert_eq!(scores(&evaluations(), "id", Metric::Loss, &models[..1]).unwrap(), [0.1]);
    }

    #[test]
    fn an_unknown_set_or_model_is_named_with_the_known_ones() {
        let error = scores(&evaluations(), "sub", Metric::Accuracy, &[]).unwrap_err().to_string();
        assert_eq!(error, "unknown dataset in the evaluations `sub`; known: id, lo");
        let error =
            scores(&evaluations(), "id", Metric::Accuracy, &["b".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "unknown model in the evaluations `b`; known: a");
    }
}
