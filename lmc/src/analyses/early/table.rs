//! The schema of early predictions.

use crate::table::schemas::column;
use crate::table::{Kind::*, Schema};

/// One row per stage of training and predictor: how well final clusters are predicted from that stage.
pub const EARLY: Schema = Schema {
    name: "early",
    columns: &[
        column("stage", Integer, "index of the stage, in order of training"),
        column("step", Text, "point of training, for example \"500it\""),
        column("predictor", Text, "what the final cluster is predicted from, for example \"convexity gaps\""),
        column("auc", Real, "area under the ROC curve by leaving pairs out, in [0, 1]"),
        column("low", Real, "lower end of its bootstrap interval, in [0, 1]"),
        column("high", Real, "upper end of its bootstrap interval, in [0, 1]"),
        column("p", Real, "one-sided p-value of the permutation test, in (0, 1]"),
    ],
};
