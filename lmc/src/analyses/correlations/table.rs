//! The table of correlations of scores.

use lmc_base::declare_table;

declare_table! {
    /// One row per ordered pair of evaluated sets: the correlation of their scores over models.
    CORRELATIONS, CorrelationColumns = "correlations" {
        a: String = "name of one evaluated set",
        b: String = "name of the other",
        r: Option<f64> = "Pearson correlation of the scores, in [-1, 1], empty where all scores are equal",
        n_models: i64 = "number of models",
    }
}
