//! The table of the updates of models.

use lmc_base::declare_table;

declare_table! {
    /// One row per model and update of its training, or per entry of its log for a model from elsewhere.
    TRAINING, TrainingColumns = "training" {
        model: String,
        update: i64 = "number of the update, from 1",
        learning_rate: f64 = "learning rate of the update",
        loss: f64 = "mean training loss of its batch, or since the entry before in the log of a model from \
            elsewhere, nats per example",
        gradient_norm: Option<f64> = "Euclidean norm of the gradient before it is clipped, empty where it is not known",
    }
}
