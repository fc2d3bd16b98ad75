//! The tables of averages of weights.

use lmc_base::declare_table;
use polars::prelude::DataFrame;

use crate::error::Result;
use crate::study::Metric;

declare_table! {
    /// One row per choice of models, method and evaluated set.
    SOUPS, SoupColumns = "soups" {
        kind: String = "how the models were chosen, for example \"within 1\", \"across\" or \"greedy by \
            loss\"",
        n_models: i64 = "number of models",
        models: String = "names of the models, with spaces between",
        method: String = "\"soup\" (mean of weights), \"ensemble\" (mean of logits) or \"singles\" (mean \
            of the models' own metrics)",
        dataset: String,
        n_examples: i64 = "number of examples, none of which had a part in any choice of models",
        loss: f64 = "mean cross-entropy, nats per example",
        accuracy: f64 = "share of right predictions, in [0, 1]",
        f1: f64 = "F1 of the second of two labels, macro average of more, in [0, 1]",
        mcc: f64 = "Matthews correlation, in [-1, 1]",
        ece: f64 = "expected calibration error over 10 bins, in [0, 1]",
        excess: f64 = "loss less the mean loss of the models, nats per example",
        excess_low: f64 = "lower end of the bootstrap interval of the excess, examples resampled",
        excess_high: f64 = "upper end of that interval",
    }
}

declare_table! {
    /// One row per kind and number of models and evaluated set: means over the choices of that kind.
    SOUP_KINDS, SoupKindColumns = "soup_kinds" {
        kind: String = "how the models were chosen, for example \"within 1\", \"across\" or \"greedy by \
            loss\"",
        n_models: i64 = "number of models",
        n_choices: i64 = "number of choices of models of that kind",
        dataset: String,
        n_examples: i64 = "number of examples, none of which had a part in any choice of models",
        excess: f64 = "mean excess loss of the soups over the mean of their models, nats per example",
        excess_low: f64 = "lower end of the bootstrap interval of the excess, examples resampled",
        excess_high: f64 = "upper end of that interval",
        singles_loss: f64 = "mean loss of single models, nats per example",
        soup_loss: f64 = "mean loss of the soups, nats per example",
        ensemble_loss: f64 = "mean loss of the ensembles, nats per example",
        singles_score: f64 = "mean score of single models, in the unit of the metric",
        soup_score: f64 = "mean score of the soups",
        ensemble_score: f64 = "mean score of the ensembles",
        metric: String = "the metric of the scores",
    }
}

impl SoupColumns {
    /// Reads the column of a metric.
    ///
    /// # Errors
    /// [`LmcError::Column`](crate::LmcError::Column) if it is missing, has another type or lacks a value.
    pub fn of_metric(soups: &DataFrame, metric: Metric) -> Result<Vec<f64>> {
        match metric {
            Metric::Loss => Self::loss(soups),
            Metric::Accuracy => Self::accuracy(soups),
            Metric::F1 => Self::f1(soups),
            Metric::Mcc => Self::mcc(soups),
            Metric::Ece => Self::ece(soups),
        }
    }
}
