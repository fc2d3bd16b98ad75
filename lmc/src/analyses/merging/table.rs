//! The tables of merged models.

use lmc_base::declare_table;

declare_table! {
    /// One row per merged model and evaluated set.
    MERGES, MergeColumns = "merges" {
        method: String = "the method, as mergekit spells it",
        kind: String = "where the models come from: \"within 1\", \"within 2\" or \"across\" basins",
        n_models: i64 = "number of models",
        models: String = "names of the models, with spaces between",
        gap: f64 = "the largest convexity gap between two of them, nats per example",
        dataset: String,
        n_examples: i64 = "number of examples",
        loss: f64 = "mean cross-entropy of the merged model, nats per example",
        excess: f64 = "loss less the mean loss of the models, nats per example",
        score: f64 = "score of the merged model, in the unit of the metric",
        mean_score: f64 = "mean score of the models",
        best_score: f64 = "score of the best of the models",
        metric: String = "the metric of the scores",
    }
}

declare_table! {
    /// One row per method, kind and number of models and evaluated set: means over the merged models.
    MERGE_KINDS, MergeKindColumns = "merge_kinds" {
        method: String = "the method, as mergekit spells it",
        kind: String = "where the models come from: \"within\" a basin or \"across\" basins",
        n_models: i64 = "number of models",
        n_merges: i64 = "number of merged models",
        dataset: String,
        n_examples: i64 = "number of examples",
        excess: f64 = "mean loss less the mean loss of the models, nats per example",
        excess_low: f64 = "lower end of the bootstrap interval of the excess, examples resampled",
        excess_high: f64 = "upper end of that interval",
        score: f64 = "mean score of the merged models, in the unit of the metric",
        mean_score: f64 = "mean score of their models",
        best_score: f64 = "mean score of the best of their models",
        share_above_best: f64 = "share of merged models whose score is better than that of their best model, \
            in [0, 1]",
        metric: String = "the metric of the scores",
    }
}

declare_table! {
    /// One row per method, number of models and evaluated set: how well gaps predict the loss of a merge.
    MERGE_PREDICTIONS, MergePredictionColumns = "merge_predictions" {
        method: String = "the method, as mergekit spells it",
        n_models: i64 = "number of models",
        n_merges: i64 = "number of merged models",
        dataset: String,
        r: Option<f64> = "Pearson correlation of the largest gap between two models and the excess loss of \
            their merge, in [-1, 1]; empty if all gaps or all losses are equal",
        r_low: Option<f64> = "lower end of the bootstrap interval of r, models resampled; empty for too few models",
        r_high: Option<f64> = "upper end of that interval",
    }
}
