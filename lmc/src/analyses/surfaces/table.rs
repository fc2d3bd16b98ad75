//! The tables of the loss around a model.

use lmc_base::declare_table;

declare_table! {
    /// One row per point around a model.
    SURFACES, SurfaceColumns = "surfaces" {
        surface: String = "name of the surface",
        dataset: String,
        directions: String = "filter, layer, model or trajectory",
        x: f64 = "position along the first direction, in its lengths, or for a trajectory in Euclidean distances",
        y: f64 = "position along the second direction, in the same unit; 0 if there is one direction",
        loss: f64 = "mean cross-entropy, nats per example",
        accuracy: f64 = "share of right predictions, in [0, 1]",
        n_examples: i64 = "number of examples",
    }
}

declare_table! {
    /// One row per surface and model in it: the model itself and, for a trajectory, its checkpoints.
    SURFACE_MODELS, SurfaceModelColumns = "surface_models" {
        surface: String = "name of the surface",
        model: String = "name of the model, or the updates of a checkpoint",
        x: f64 = "position along the first direction, in the unit of the surface",
        y: f64 = "position along the second direction, in the unit of the surface",
        share_x: Option<f64> = "share of the variance of the checkpoints along the first direction, in [0, 1]; \
            empty for random directions",
        share_y: Option<f64> = "share of the variance of the checkpoints along the second direction",
    }
}
