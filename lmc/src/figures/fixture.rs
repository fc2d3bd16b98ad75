//! Tables and descriptions that tests of several figures share.

use polars::df;
use polars::prelude::DataFrame;
use serde_json::Value;

use super::Figure;

/// Returns the plotly description of a figure.
pub(crate) fn description(figure: &Figure) -> Value {
    serde_json::from_str(&figure.to_json()).unwrap()
}

/// Returns the basins of the models a and c, and of b.
pub(crate) fn basins() -> DataFrame {
    df!("model" => ["a", "b", "c"], "cluster" => [1_i64, 2, 1], "membership" => [-1.0, 1.0, 0.0],
        "embedding_1" => [0.0; 3], "embedding_2" => [0.0; 3])
    .unwrap()
}

/// Returns the evaluations of the models c, a and b on one set, with these accuracies.
pub(crate) fn evaluations(accuracy: [f64; 3]) -> DataFrame {
    df!("model" => ["c", "a", "b"], "dataset" => ["lo"; 3], "n_examples" => [9_i64; 3], "loss" => [0.0; 3],
        "accuracy" => accuracy, "f1" => [0.0; 3], "mcc" => [0.0; 3], "ece" => [0.0; 3])
    .unwrap()
}
