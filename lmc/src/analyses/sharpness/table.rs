//! The tables of sharpness, and of the predictors of a score.

use lmc_base::declare_table;

declare_table! {
    /// One row per predictor: the linear regression of a score on it.
    PREDICTORS, PredictorColumns = "predictors" {
        predictor: String = "what predicts, for example \"membership\"",
        n_models: i64 = "number of models",
        slope: Option<f64> = "score for one unit of the predictor, empty if all its values are equal",
        intercept: Option<f64> = "score where the predictor is 0, empty like the slope",
        r: Option<f64> = "Pearson's r, in [-1, 1], empty if all values or all scores are equal",
        r_squared: Option<f64> = "share of the variance that is explained, in [0, 1]",
        p_value: Option<f64> = "two-sided permutation test of r, in (0, 1]",
    }
}

declare_table! {
    /// One row per model: how far its loss rises in a small box around it.
    SHARPNESS, SharpnessColumns = "sharpness" {
        model: String,
        sharpness: f64 = "100 (max_loss - loss) / (1 + loss), no unit",
        loss: f64 = "mean cross-entropy of the model, nats per example",
        max_loss: f64 = "largest mean cross-entropy that was found in the box, nats per example",
        eps: f64 = "size of the box: a parameter x may move by eps (|x| + 1)",
    }
}
