//! The table of alignments.

use lmc_base::declare_table;

declare_table! {
    /// One row per unordered pair of models and evaluated set: neuron alignment and what it does to the line
    /// between them.
    ALIGNMENT, AlignmentColumns = "alignment" {
        a: String,
        b: String,
        dataset: String,
        moved_neurons: i64 = "feed-forward neurons of model b that move",
        n_neurons: i64 = "feed-forward neurons of a model",
        moved_heads: i64 = "attention heads of model b that move",
        n_heads: i64 = "attention heads of a model",
        moved_head_units: i64 = "units of model b that move within their head",
        n_head_units: i64 = "units within heads of a model: those of query and key, of value and output",
        moved_pooler_units: i64 = "units of model b's pooler that move",
        n_pooler_units: i64 = "units of a model's pooler",
        similarity_identity: f64 = "inner product of the weights that carry permutations, or by activations the \
                                    sum of correlations of units in the same places, no unit",
        similarity_matched: f64 = "the same after alignment, never less, no unit",
        distance: f64 = "Euclidean distance of all parameters, no unit",
        distance_aligned: f64 = "the same after alignment, no unit",
        barrier_height: f64 = "barrier height, nats per example",
        barrier_height_aligned: f64 = "the same after alignment, nats per example",
        convexity_gap: f64 = "convexity gap, nats per example",
        convexity_gap_aligned: f64 = "the same after alignment, nats per example",
        by: String = "what told which units are the same: weights, activations or nothing",
        moved_stream_units: i64 = "units of model b's residual stream that move",
        n_stream_units: i64 = "units of a model's residual stream, 0 where it was left as it is",
        barrier_height_repaired: Option<f64> = "the barrier height after alignment and REPAIR, nats per example, \
                                                empty without REPAIR",
        convexity_gap_repaired: Option<f64> = "the convexity gap after both, nats per example, empty without REPAIR",
    }
}
