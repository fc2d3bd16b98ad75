//! The schemas of measures inside simplices of models, beyond lines.

use crate::table::Kind::*;
use crate::table::Schema;
use crate::table::schemas::{DATASET, column};

const MEMBERSHIP: crate::table::Column =
    column("kind", Text, "where the models come from: \"within 1\", \"within 2\" or \"across\"");
const N_MODELS: crate::table::Column = column("n_models", Integer, "number of models that are combined");

/// One row per kind of subset and number of models: how far the loss rises above its chords.
pub const CONVEXITY: Schema = Schema {
    name: "convexity",
    columns: &[
        MEMBERSHIP,
        N_MODELS,
        DATASET,
        column("n_subsets", Integer, "number of subsets of models that were sampled"),
        column("n_points", Integer, "number of convex combinations that were evaluated, over all subsets"),
        column("n_examples", Integer, "number of examples"),
        column(
            "eps",
            Real,
            "largest excess loss that was sampled, nats per example: too high by chance as the largest of many, and a \
                             lower bound of what lies between the samples",
        ),
        column(
            "eps_held_out",
            Real,
            "excess loss of the point that is largest on the other half of the examples, nats per example: a \
                                      lower bound of eps but for chance",
        ),
        column("eps_low", Real, "lower end of the bootstrap interval of eps_held_out, examples resampled"),
        column("eps_high", Real, "upper end of that interval"),
        column("mean", Real, "mean excess loss over the points, nats per example"),
        column("mean_low", Real, "lower end of the bootstrap interval of the mean, examples resampled"),
        column("mean_high", Real, "upper end of that interval"),
        column("median", Real, "median excess loss over the points, nats per example"),
        column("q95", Real, "95th percentile of the excess loss over the points, nats per example"),
    ],
};

/// One row per convex combination that was evaluated.
pub const CONVEXITY_POINTS: Schema = Schema {
    name: "convexity_points",
    columns: &[
        MEMBERSHIP,
        N_MODELS,
        DATASET,
        column("models", Text, "names of the models, with spaces between"),
        column("point", Integer, "index of the point in its subset; 0 is the centre"),
        column("largest_weight", Real, "largest weight of a model, in [1 / n_models, 1]"),
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("mean_loss", Real, "the models' losses combined by the same weights, nats per example"),
        column("excess", Real, "loss - mean_loss, nats per example"),
    ],
};

/// One row per triple of models: the lines between them against the inside of their triangle.
pub const TRIANGLES: Schema = Schema {
    name: "triangles",
    columns: &[
        column("a", Text, "first model"),
        column("b", Text, "second model"),
        column("c", Text, "third model"),
        MEMBERSHIP,
        DATASET,
        column("n_examples", Integer, "number of examples"),
        column("edge_gap", Real, "largest convexity gap of the three lines, nats per example"),
        column(
            "inside_excess",
            Real,
            "largest excess of a point inside over the plane of the three losses, nats per example",
        ),
        column(
            "inside_gap",
            Real,
            "largest height of a point inside above the lower convex envelope of all points of the triangle, \
                                    nats per example",
        ),
        column("difference", Real, "inside_gap - edge_gap, nats per example"),
        column("low", Real, "lower end of the bootstrap interval of the difference, examples resampled"),
        column("high", Real, "upper end of that interval"),
    ],
};
