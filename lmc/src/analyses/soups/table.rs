//! The schemas of averages of weights.

use crate::table::Kind::*;
use crate::table::Schema;
use crate::table::schemas::{DATASET, column};

const KIND: crate::table::Column = column(
    "kind",
    Text,
    "how the models were chosen, for example \"within 1\", \"across\" or \"greedy by loss\"",
);
const N_MODELS: crate::table::Column = column("n_models", Integer, "number of models");
const N_EXAMPLES: crate::table::Column =
    column("n_examples", Integer, "number of examples, none of which had a part in any choice of models");

/// One row per choice of models, method and evaluated set.
pub const SOUPS: Schema = Schema {
    name: "soups",
    columns: &[
        KIND,
        N_MODELS,
        column("models", Text, "names of the models, with spaces between"),
        column(
            "method",
            Text,
            "\"soup\" (mean of weights), \"ensemble\" (mean of logits) or \"singles\" (mean of the models' own metrics)",
        ),
        DATASET,
        N_EXAMPLES,
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("accuracy", Real, "share of right predictions, in [0, 1]"),
        column("f1", Real, "F1 of the second of two labels, macro average of more, in [0, 1]"),
        column("mcc", Real, "Matthews correlation, in [-1, 1]"),
        column("ece", Real, "expected calibration error over 10 bins, in [0, 1]"),
        column("excess", Real, "loss less the mean loss of the models, nats per example"),
        column("excess_low", Real, "lower end of the bootstrap interval of the excess, examples resampled"),
        column("excess_high", Real, "upper end of that interval"),
    ],
};

/// One row per kind and number of models and evaluated set: means over the choices of that kind.
pub const SOUP_KINDS: Schema = Schema {
    name: "soup_kinds",
    columns: &[
        KIND,
        N_MODELS,
        column("n_choices", Integer, "number of choices of models of that kind"),
        DATASET,
        N_EXAMPLES,
        column(
            "excess",
            Real,
            "mean excess loss of the soups over the mean of their models, nats per example",
        ),
        column("excess_low", Real, "lower end of the bootstrap interval of the excess, examples resampled"),
        column("excess_high", Real, "upper end of that interval"),
        column("singles_loss", Real, "mean loss of single models, nats per example"),
        column("soup_loss", Real, "mean loss of the soups, nats per example"),
        column("ensemble_loss", Real, "mean loss of the ensembles, nats per example"),
        column("singles_score", Real, "mean score of single models, in the unit of the metric"),
        column("soup_score", Real, "mean score of the soups"),
        column("ensemble_score", Real, "mean score of the ensembles"),
        column("metric", Text, "the metric of the scores"),
    ],
};
