//! The schemas of measures around and between models, besides lines: planes, trained curves, sharpness.

use super::Kind::*;
use super::Schema;
use super::schemas::{A, B, DATASET, MODEL, column};

/// One row per point of a plane through three models.
pub const PLANES: Schema = Schema {
    name: "planes",
    columns: &[
        column("plane", Text, "name of the plane"),
        DATASET,
        column("x", Real, "position along the first axis, in distances of the first two models"),
        column("y", Real, "position along the second axis, in distances of the first two models"),
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("accuracy", Real, "share of right predictions, in [0, 1]"),
        column("n_examples", Integer, "number of examples"),
    ],
};

/// One row per plane and model that it passes through.
pub const ANCHORS: Schema = Schema {
    name: "anchors",
    columns: &[
        column("plane", Text, "name of the plane"),
        MODEL,
        column("x", Real, "position along the first axis, in distances of the first two models"),
        column("y", Real, "position along the second axis, in distances of the first two models"),
    ],
};

/// One row per curve between two models, evaluated set and point.
pub const CURVES: Schema = Schema {
    name: "curves",
    columns: &[
        A,
        B,
        column("kind", Text, "\"line\", \"chain\" or \"bezier\""),
        DATASET,
        column("point", Integer, "index of the point, from 0"),
        column("t", Real, "position on the curve: 1 is model a, 0 is model b"),
        column("loss", Real, "mean cross-entropy, nats per example"),
        column("accuracy", Real, "share of right predictions, in [0, 1]"),
        column("n_examples", Integer, "number of examples"),
    ],
};

/// One row per model: how far its loss rises in a small box around it.
pub const SHARPNESS: Schema = Schema {
    name: "sharpness",
    columns: &[
        MODEL,
        column("sharpness", Real, "100 (max_loss - loss) / (1 + loss), no unit"),
        column("loss", Real, "mean cross-entropy of the model, nats per example"),
        column("max_loss", Real, "largest mean cross-entropy that was found in the box, nats per example"),
        column("eps", Real, "size of the box: a parameter x may move by eps (|x| + 1)"),
    ],
};
