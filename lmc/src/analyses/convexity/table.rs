//! The tables of measures inside simplices of models, beyond lines.

use lmc_base::declare_table;

declare_table! {
    /// One row per kind of subset and number of models: how far the loss rises above its chords.
    CONVEXITY, ConvexityColumns = "convexity" {
        kind: String = "where the models come from: \"within 1\", \"within 2\" or \"across\"",
        n_models: i64 = "number of models that are combined",
        dataset: String,
        n_subsets: i64 = "number of subsets of models that were sampled",
        n_points: i64 = "number of convex combinations that were evaluated, over all subsets",
        n_examples: i64 = "number of examples",
        eps: f64 = "largest excess loss that was sampled, nats per example: too high by chance as the \
            largest of many, and a lower bound of what lies between the samples",
        eps_held_out: f64 = "excess loss of the point that is largest on the other half of the examples, \
            nats per example: a lower bound of eps but for chance",
        eps_low: f64 = "lower end of the bootstrap interval of eps_held_out, examples resampled",
        eps_high: f64 = "upper end of that interval",
        mean: f64 = "mean excess loss over the points, nats per example",
        mean_low: f64 = "lower end of the bootstrap interval of the mean, examples resampled",
        mean_high: f64 = "upper end of that interval",
        median: f64 = "median excess loss over the points, nats per example",
        q95: f64 = "95th percentile of the excess loss over the points, nats per example",
    }
}

declare_table! {
    /// One row per convex combination that was evaluated.
    CONVEXITY_POINTS, ConvexityPointColumns = "convexity_points" {
        kind: String = "where the models come from: \"within 1\", \"within 2\" or \"across\"",
        n_models: i64 = "number of models that are combined",
        dataset: String,
        models: String = "names of the models, with spaces between",
        point: i64 = "index of the point in its subset; 0 is the centre",
        largest_weight: f64 = "largest weight of a model, in [1 / n_models, 1]",
        loss: f64 = "mean cross-entropy, nats per example",
        mean_loss: f64 = "the models' losses combined by the same weights, nats per example",
        excess: f64 = "loss - mean_loss, nats per example",
    }
}

declare_table! {
    /// One row per triple of models: the lines between them against the inside of their triangle.
    TRIANGLES, TriangleColumns = "triangles" {
        a: String = "first model",
        b: String = "second model",
        c: String = "third model",
        kind: String = "where the models come from: \"within 1\", \"within 2\" or \"across\"",
        dataset: String,
        n_examples: i64 = "number of examples",
        edge_gap: f64 = "largest convexity gap of the three lines, nats per example",
        inside_excess: f64 = "largest excess of a point inside over the plane of the three losses, nats \
            per example",
        inside_gap: f64 = "largest height of a point inside above the lower convex envelope of all points \
            of the triangle, nats per example",
        difference: f64 = "inside_gap - edge_gap, nats per example",
        low: f64 = "lower end of the bootstrap interval of the difference, examples resampled",
        high: f64 = "upper end of that interval",
    }
}
