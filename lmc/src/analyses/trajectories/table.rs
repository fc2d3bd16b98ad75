//! The table of the movement of models between basins.

use lmc_base::declare_table;

declare_table! {
    /// One row per model and stage of training: how models move between basins.
    DRIFT, DriftColumns = "drift" {
        model: String,
        stage: i64 = "index of the stage, in order of training",
        step: String = "point of training, for example \"500it\"",
        cluster: i64,
        membership: f64 = "||w - c1|| - ||w - c2|| in the spectral embedding: negative near basin 1, no unit",
        score: f64 = "score of the model at this stage, in the unit of its metric",
        final_cluster: i64 = "basin of the model at the last stage",
    }
}
