//! The table of early predictions.

use lmc_base::declare_table;

declare_table! {
    /// One row per stage of training and predictor: how well final clusters are predicted from that stage.
    EARLY, EarlyColumns = "early" {
        stage: i64 = "index of the stage, in order of training",
        step: String = "point of training, for example \"500it\"",
        predictor: String = "what the final cluster is predicted from, for example \"convexity gaps\"",
        auc: f64 = "area under the ROC curve by leaving pairs out, in [0, 1]",
        low: f64 = "lower end of its bootstrap interval, in [0, 1]",
        high: f64 = "upper end of its bootstrap interval, in [0, 1]",
        p: f64 = "one-sided p-value of the permutation test, in (0, 1]",
    }
}
