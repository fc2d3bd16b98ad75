//! The schemas of the uncertainty that a sample of examples leaves.

use crate::table::schemas::{A, B, CLUSTER, DATASET, MODEL, column};
use crate::table::{Kind::*, Schema};

/// One row per unordered pair of models: the measures between them, with intervals for another sample of
/// examples.
pub const PAIR_INTERVALS: Schema = Schema {
    name: "pair_intervals",
    columns: &[
        A,
        B,
        DATASET,
        column("n_examples", Integer, "number of examples"),
        column("kind", Text, "\"within\" a cluster or \"across\" clusters"),
        column("convexity_gap", Real, "convexity gap, nats per example"),
        column("convexity_gap_low", Real, "lower end of its interval, nats per example"),
        column("convexity_gap_high", Real, "upper end of its interval, nats per example"),
        column("barrier_height", Real, "barrier height, nats per example"),
        column("barrier_height_low", Real, "lower end of its interval, nats per example"),
        column("barrier_height_high", Real, "upper end of its interval, nats per example"),
        column("auc", Real, "area under the loss curve above its minimum, nats times distance"),
        column("auc_low", Real, "lower end of its interval, nats times distance"),
        column("auc_high", Real, "upper end of its interval, nats times distance"),
        column("confidence", Real, "share of samples whose interval shall hold the truth, in (0, 1)"),
    ],
};

/// One row per model: its membership score with an interval for another sample of examples.
pub const MEMBERSHIP_INTERVALS: Schema = Schema {
    name: "membership_intervals",
    columns: &[
        MODEL,
        CLUSTER,
        column("membership", Real, "membership score, negative near basin 1, no unit"),
        column(
            "low",
            Real,
            "lower end of its interval, no unit, empty where there are no draws with clusters",
        ),
        column("high", Real, "upper end of its interval, no unit, empty like the lower one"),
        column(
            "stability",
            Real,
            "share of resampled example sets in which the model is in this basin, in [0, 1]",
        ),
        column("n_examples", Integer, "number of examples"),
        column("confidence", Real, "share of samples whose interval shall hold the truth, in (0, 1)"),
    ],
};

/// One row per unordered pair of models: how often resampled examples put them into one basin.
pub const CO_ASSIGNMENT: Schema = Schema {
    name: "co_assignment",
    columns: &[
        column("a", Text, "one model"),
        column("b", Text, "another model"),
        column("share", Real, "share of resampled example sets in which both are in one basin, in [0, 1]"),
    ],
};

/// One row per statistic of the clusters, with an interval for another sample of examples.
pub const CLUSTER_INTERVALS: Schema = Schema {
    name: "cluster_intervals",
    columns: &[
        column("statistic", Text, "what was computed; gaps are in nats per example"),
        column("value", Real, "its value for all examples"),
        column("low", Real, "lower end of its interval"),
        column("high", Real, "upper end of its interval"),
    ],
};

/// One row per draw of fewer examples: its results for the same models.
pub const SAMPLE_SIZES: Schema = Schema {
    name: "sample_sizes",
    columns: &[
        DATASET,
        column("n_examples", Integer, "number of examples in the draw, all different"),
        column("draw", Integer, "number of the draw among those of its size, from 0"),
        column("n_moved", Integer, "number of models in another basin than with all examples"),
        column("adjusted_rand", Real, "adjusted Rand index with the basins of all examples, at most 1"),
        column(
            "adjusted_rand_disjoint",
            Real,
            "adjusted Rand index with the basins of as many other examples; empty above half of all",
        ),
        column("mean_gap", Real, "mean convexity gap of all pairs, nats per example"),
        column(
            "gap_correlation",
            Real,
            "Pearson's r over pairs of gap and gap of all examples; empty if undefined",
        ),
        column("within", Real, "mean convexity gap of pairs within a basin, nats per example"),
        column("across", Real, "mean convexity gap of pairs across basins, nats per example"),
        column("silhouette", Real, "mean silhouette of the basins, in [-1, 1]"),
        column("r", Real, "Pearson's r of membership and score of the models; empty if undefined"),
    ],
};
