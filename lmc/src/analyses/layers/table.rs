//! The tables of averages in some layers.

use lmc_base::declare_table;

declare_table! {
    /// One row per ordered pair of models and part: the average of the two in that part.
    LAYERS, LayerColumns = "layers" {
        a: String = "the model that keeps its other parts",
        b: String = "the other model",
        moving: String = "the parts that are averaged: \"alone\", \"up-to\" or \"from\" this part",
        part: String = "embeddings, layer, pooler or head",
        n_parameters: i64 = "number of parameters that are averaged",
        distance: f64 = "Euclidean distance of the two models over these parameters",
        dataset: String,
        n_examples: i64 = "number of examples",
        loss: f64 = "mean cross-entropy of model a, nats per example",
        loss_swapped: f64 = "that of model a with these parts of b",
        loss_average: f64 = "that of model a with the averages of these parts",
        excess: f64 = "loss of the average less the mean of the two other losses, nats per example",
    }
}

declare_table! {
    /// One row per part and kind of pair: means over the averages.
    LAYER_KINDS, LayerKindColumns = "layer_kinds" {
        moving: String = "the parts that are averaged: \"alone\", \"up-to\" or \"from\" this part",
        part: String = "embeddings, layer, pooler or head",
        n_parameters: i64 = "number of parameters that are averaged",
        kind: String = "where the models of a pair come from: \"within\" a basin, \"across\" basins, or \"alone\" \
            if one of them is in none",
        n_averages: i64 = "number of averages, two for each pair",
        dataset: String,
        n_examples: i64 = "number of examples",
        distance: f64 = "mean Euclidean distance of two models over these parameters",
        excess: f64 = "mean excess loss of the averages, nats per example",
        excess_low: f64 = "lower end of the bootstrap interval of the excess, examples resampled",
        excess_high: f64 = "upper end of that interval",
    }
}
