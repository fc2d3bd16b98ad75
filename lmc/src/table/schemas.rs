//! The schema of every table.

use super::{Column, Kind, Kind::*, Schema};

pub(crate) const fn column(name: &'static str, kind: Kind, description: &'static str) -> Column {
    Column { name, kind, description }
}

pub(crate) const MODEL: Column = column("model", Text, "name of the model");
pub(crate) const A: Column = column("a", Text, "model at alpha = 1");
pub(crate) const B: Column = column("b", Text, "model at alpha = 0");
pub(crate) const DATASET: Column =
    column("dataset", Text, "name of the evaluated set, for example \"id\" or \"lo\"");
pub(crate) const CLUSTER: Column =
    column("cluster", Integer, "basin of the model: 1 is the larger, 2 the smaller");
const MEMBERSHIP: Column = column(
    "membership",
    Real,
    "||w - c1|| - ||w - c2|| in the spectral embedding: negative near basin 1, no unit",
);

/// One row per finetuned model.
pub const MODELS: Schema = Schema {
    name: "models",
    columns: &[
        MODEL,
        column("run_id", Text, "identifier of the run in the store"),
        column("seed", Integer, "seed of head and data order"),
        column("task", Text, "name of the task"),
        column("recipe", Text, "name of the finetuning recipe"),
        column("step", Text, "point of training, for example \"3ep\" or \"500it\""),
        column("n_parameters", Integer, "number of parameters, head included"),
        column("train_loss", Real, "mean loss over the last training steps, nats per example"),
        column("seconds", Real, "time of training, seconds"),
    ],
};

/// One row per model and evaluated set.
pub const EVALUATIONS: Schema = Schema {
    name: "evaluations",
    columns: &[
        MODEL,
        DATASET,
        column("n_examples", Integer, "number of examples"),
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("accuracy", Real, "share of right predictions, in [0, 1]"),
        column(
            "f1",
            Real,
            "F1 of the second label where a set has two (acceptable, duplicate, non-entailment), 0 where it does not occur; where \
             there are more, the mean over the labels that occur (macro average); in [0, 1]",
        ),
        column(
            "mcc",
            Real,
            "Matthews correlation, 0 where labels or predictions are all the same, in [-1, 1]",
        ),
        column("ece", Real, "expected calibration error over 10 bins, in [0, 1]"),
    ],
};

/// One row per pair of models, evaluated set and point of the segment between them.
pub const PROFILES: Schema = Schema {
    name: "profiles",
    columns: &[
        A,
        B,
        DATASET,
        column("point", Integer, "index of the point, from 0"),
        column("alpha", Real, "weight of model a, in [0, 1]"),
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("accuracy", Real, "share of right predictions, in [0, 1]"),
        column("n_examples", Integer, "number of examples"),
    ],
};

/// One row per unordered pair of models and evaluated set.
pub const GAPS: Schema = Schema {
    name: "gaps",
    columns: &[
        A,
        B,
        DATASET,
        column("barrier_height", Real, "barrier height, nats per example"),
        column("convexity_gap", Real, "convexity gap, nats per example"),
        column("auc", Real, "area under the loss curve above its minimum, nats times distance"),
        column("euclidean_distance", Real, "Euclidean distance of the parameters, no unit"),
    ],
};

/// One row per model: the basin it lies in.
pub const BASINS: Schema = Schema {
    name: "basins",
    columns: &[
        MODEL,
        CLUSTER,
        MEMBERSHIP,
        column("embedding_1", Real, "first coordinate of the spectral embedding, no unit"),
        column("embedding_2", Real, "second coordinate of the spectral embedding, no unit"),
    ],
};

/// One row per model and stage of training: how models move between basins.
pub const DRIFT: Schema = Schema {
    name: "drift",
    columns: &[
        MODEL,
        column("stage", Integer, "index of the stage, in order of training"),
        column("step", Text, "point of training, for example \"500it\""),
        CLUSTER,
        MEMBERSHIP,
        column("score", Real, "score of the model at this stage, in the unit of its metric"),
        column("final_cluster", Integer, "basin of the model at the last stage"),
    ],
};

/// One row per predictor: the linear regression of a score on it.
pub const PREDICTORS: Schema = Schema {
    name: "predictors",
    columns: &[
        column("predictor", Text, "what predicts, for example \"membership\""),
        column("n_models", Integer, "number of models"),
        column("slope", Real, "score for one unit of the predictor, empty if all its values are equal"),
        column("intercept", Real, "score where the predictor is 0, empty like the slope"),
        column("r", Real, "Pearson's r, in [-1, 1], empty if all values or all scores are equal"),
        column("r_squared", Real, "share of the variance that is explained, in [0, 1]"),
        column("p_value", Real, "two-sided permutation test of r, in (0, 1]"),
    ],
};

/// One row per model: the kind of model it is, by which pairs are averaged.
pub const GROUPS: Schema = Schema {
    name: "groups",
    columns: &[MODEL, column("group", Text, "kind of model, for example \"gen\" or \"C1\"")],
};

/// One row per group of models and statistic of it.
pub const GROUP_COMPARISON: Schema = Schema {
    name: "group_comparison",
    columns: &[
        column("group", Text, "name of the group"),
        column("statistic", Text, "what was computed, with its unit"),
        column("n_models", Integer, "number of models in the group"),
        column("value", Real, "the statistic of all models; empty where undefined"),
        column("low", Real, "lower end of the bootstrap interval, models resampled; empty for an extreme"),
        column("high", Real, "upper end of that interval"),
        column("difference", Real, "value less that of the first group; empty there"),
        column("difference_low", Real, "lower end of the bootstrap interval of the difference"),
        column("difference_high", Real, "upper end of that interval"),
        column("p_value", Real, "p-value of a permutation test; empty without one"),
        column("permuted", Text, "what that test permutes"),
    ],
};
