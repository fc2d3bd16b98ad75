//! The tables of lines between models, and of groups by which they are averaged.

use lmc_base::declare_table;
use lmc_base::table::no_nulls;
use polars::prelude::DataFrame;

use crate::error::Result;

declare_table! {
    /// One row per pair of models, evaluated set and point of the segment between them.
    PROFILES, ProfileColumns = "profiles" {
        a: String,
        b: String,
        dataset: String,
        point: i64 = "index of the point, from 0",
        alpha: f64 = "weight of model a, in [0, 1]",
        loss: f64 = "mean cross-entropy, nats per example",
        accuracy: Option<f64> = "share of right predictions, in [0, 1], empty where a log has none",
        n_examples: i64 = "number of examples",
    }
}

declare_table! {
    /// One row per model: the kind of model it is, by which pairs are averaged.
    GROUPS, GroupColumns = "groups" {
        model: String,
        group: String = "kind of model, for example \"gen\" or \"C1\"",
    }
}

impl ProfileColumns {
    /// Reads the accuracies of a table that has no empty ones.
    pub(crate) fn accuracies(profiles: &DataFrame) -> Result<Vec<f64>> {
        no_nulls(&PROFILES, "accuracy", Self::accuracy(profiles)?)
    }
}
