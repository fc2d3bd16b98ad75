//! The schema of alignments.

use crate::table::schemas::{A, B, DATASET, column};
use crate::table::{Kind::*, Schema};

/// One row per unordered pair of models and evaluated set: neuron alignment and what it does to the line
/// between them.
pub const ALIGNMENT: Schema = Schema {
    name: "alignment",
    columns: &[
        A,
        B,
        DATASET,
        column("moved_neurons", Integer, "feed-forward neurons of model b that move"),
        column("n_neurons", Integer, "feed-forward neurons of a model"),
        column("moved_heads", Integer, "attention heads of model b that move"),
        column("n_heads", Integer, "attention heads of a model"),
        column("moved_head_units", Integer, "units of model b that move within their head"),
        column(
            "n_head_units",
            Integer,
            "units within heads of a model: those of query and key, of value and output",
        ),
        column("moved_pooler_units", Integer, "units of model b's pooler that move"),
        column("n_pooler_units", Integer, "units of a model's pooler"),
        column("similarity_identity", Real, "inner product of the weights that carry permutations, no unit"),
        column("similarity_matched", Real, "the same after alignment, never less, no unit"),
        column("distance", Real, "Euclidean distance of all parameters, no unit"),
        column("distance_aligned", Real, "the same after alignment, no unit"),
        column("barrier_height", Real, "barrier height, nats per example"),
        column("barrier_height_aligned", Real, "the same after alignment, nats per example"),
        column("convexity_gap", Real, "convexity gap, nats per example"),
        column("convexity_gap_aligned", Real, "the same after alignment, nats per example"),
    ],
};
