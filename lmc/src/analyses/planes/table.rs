//! The tables of planes through three models.

use lmc_base::declare_table;

declare_table! {
    /// One row per point of a plane through three models.
    PLANES, PlaneColumns = "planes" {
        plane: String = "name of the plane",
        dataset: String,
        x: f64 = "position along the first axis, in distances of the first two models",
        y: f64 = "position along the second axis, in distances of the first two models",
        loss: f64 = "mean cross-entropy, nats per example",
        accuracy: f64 = "share of right predictions, in [0, 1]",
        n_examples: i64 = "number of examples",
    }
}

declare_table! {
    /// One row per plane and model that it passes through.
    ANCHORS, AnchorColumns = "anchors" {
        plane: String = "name of the plane",
        model: String,
        x: f64 = "position along the first axis, in distances of the first two models",
        y: f64 = "position along the second axis, in distances of the first two models",
    }
}
