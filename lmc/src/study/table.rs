//! The tables of the models of a study and of their evaluations.

use lmc_base::declare_table;
use polars::prelude::DataFrame;

use super::Metric;
use crate::error::Result;

declare_table! {
    /// One row per model.
    MODELS, ModelColumns = "models" {
        model: String,
        run_id: String = "identifier in the store: of the run, or of a model from elsewhere",
        seed: Option<i64> = "seed of head and data order, empty for a model from elsewhere",
        task: String = "name of the task",
        recipe: Option<String> = "name of the finetuning recipe, empty for a model from elsewhere",
        step: Option<String> = "point of training, for example \"3ep\" or \"500it\", empty where it is not known",
        n_parameters: i64 = "number of parameters, head included",
        train_loss: Option<f64> = "mean loss over the last training steps, nats per example, empty for a model \
            from elsewhere",
        seconds: Option<f64> = "time of training, seconds, empty for a model from elsewhere",
    }
}

declare_table! {
    /// One row per model and evaluated set.
    EVALUATIONS, EvaluationColumns = "evaluations" {
        model: String,
        dataset: String,
        n_examples: i64 = "number of examples",
        loss: Option<f64> = "mean cross-entropy, nats per example",
        accuracy: Option<f64> = "share of right predictions, in [0, 1]",
        f1: Option<f64> = "F1 of the second label where a set has two (acceptable, duplicate, \
            non-entailment), 0 where it does not occur; where there are more, the mean over the labels \
            that occur (macro average); in [0, 1]",
        mcc: Option<f64> = "Matthews correlation, 0 where labels or predictions are all the same, in [-1, 1]",
        ece: Option<f64> = "expected calibration error over 10 bins, in [0, 1]",
    }
}

declare_table! {
    /// One row per fact about where the results of a study come from.
    PROVENANCE, ProvenanceColumns = "provenance" {
        what: String = "what the value is of, for example \"libtorch\" or \"seeds\"",
        value: String = "version, name, digest or number",
    }
}

impl EvaluationColumns {
    /// Reads the column of a metric.
    ///
    /// # Errors
    /// [`LmcError::Column`](crate::LmcError::Column) if it is missing or has another type.
    pub fn of_metric(evaluations: &DataFrame, metric: Metric) -> Result<Vec<Option<f64>>> {
        match metric {
            Metric::Loss => Self::loss(evaluations),
            Metric::Accuracy => Self::accuracy(evaluations),
            Metric::F1 => Self::f1(evaluations),
            Metric::Mcc => Self::mcc(evaluations),
            Metric::Ece => Self::ece(evaluations),
        }
    }
}
