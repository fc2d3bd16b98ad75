//! The table of curves between two models.

use lmc_base::declare_table;

declare_table! {
    /// One row per curve between two models, evaluated set and point.
    CURVES, CurveColumns = "curves" {
        a: String,
        b: String,
        kind: String = "\"line\", \"chain\" or \"bezier\"",
        dataset: String,
        point: i64 = "index of the point, from 0",
        t: f64 = "position on the curve: 1 is model a, 0 is model b",
        loss: f64 = "mean cross-entropy, nats per example",
        accuracy: f64 = "share of right predictions, in [0, 1]",
        n_examples: i64 = "number of examples",
    }
}
