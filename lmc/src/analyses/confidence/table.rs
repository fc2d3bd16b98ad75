//! The tables of the uncertainty that a sample of examples leaves.

use lmc_base::declare_table;
use lmc_base::table::no_nulls;
use polars::prelude::DataFrame;

use crate::error::Result;

declare_table! {
    /// One row per unordered pair of models: the measures between them, with intervals for another sample of
    /// examples.
    PAIR_INTERVALS, PairIntervalColumns = "pair_intervals" {
        a: String,
        b: String,
        dataset: String,
        n_examples: i64 = "number of examples",
        kind: String = "\"within\" a cluster or \"across\" clusters",
        convexity_gap: f64 = "convexity gap, nats per example",
        convexity_gap_low: f64 = "lower end of its interval, nats per example",
        convexity_gap_high: f64 = "upper end of its interval, nats per example",
        barrier_height: f64 = "barrier height, nats per example",
        barrier_height_low: f64 = "lower end of its interval, nats per example",
        barrier_height_high: f64 = "upper end of its interval, nats per example",
        auc: f64 = "area under the loss curve above its minimum, nats times distance",
        auc_low: f64 = "lower end of its interval, nats times distance",
        auc_high: f64 = "upper end of its interval, nats times distance",
        confidence: f64 = "share of samples whose interval shall hold the truth, in (0, 1)",
    }
}

declare_table! {
    /// One row per model: its membership score with an interval for another sample of examples.
    MEMBERSHIP_INTERVALS, MembershipIntervalColumns = "membership_intervals" {
        model: String,
        cluster: i64 = "number of the basin from 1; 0 for a model in none",
        membership: f64 = "membership score, negative near basin 1, no unit",
        low: Option<f64> = "lower end of its interval, no unit, empty where there are no draws with clusters",
        high: Option<f64> = "upper end of its interval, no unit, empty like the lower one",
        stability: Option<f64> = "share of resampled example sets in which the model is in this basin, in \
            [0, 1]",
        n_examples: i64 = "number of examples",
        confidence: f64 = "share of samples whose interval shall hold the truth, in (0, 1)",
    }
}

declare_table! {
    /// One row per number of basins: how often it was found in resampled examples.
    BASIN_COUNTS, BasinCountColumns = "basin_counts" {
        n_basins: i64 = "number of basins",
        n_draws: i64 = "number of resampled example sets with that many",
        share: f64 = "their share among all, in [0, 1]",
    }
}

declare_table! {
    /// One row per unordered pair of models: how often resampled examples put them into one basin.
    CO_ASSIGNMENT, CoAssignmentColumns = "co_assignment" {
        a: String = "one model",
        b: String = "another model",
        share: Option<f64> = "share of resampled example sets in which both are in one basin, in [0, 1]",
    }
}

declare_table! {
    /// One row per statistic of the clusters, with an interval for another sample of examples.
    CLUSTER_INTERVALS, ClusterIntervalColumns = "cluster_intervals" {
        statistic: String = "what was computed; gaps are in nats per example",
        value: f64 = "its value for all examples",
        low: f64 = "lower end of its interval",
        high: f64 = "upper end of its interval",
    }
}

declare_table! {
    /// One row per draw of fewer examples: its results for the same models.
    SAMPLE_SIZES, SampleSizeColumns = "sample_sizes" {
        dataset: String,
        n_examples: i64 = "number of examples in the draw, all different",
        draw: i64 = "number of the draw among those of its size, from 0",
        n_moved: i64 = "number of models in another basin than with all examples",
        adjusted_rand: f64 = "adjusted Rand index with the basins of all examples, at most 1",
        adjusted_rand_disjoint: Option<f64> = "adjusted Rand index with the basins of as many other \
            examples; empty above half of all",
        mean_gap: f64 = "mean convexity gap of all pairs, nats per example",
        gap_correlation: Option<f64> = "Pearson's r over pairs of gap and gap of all examples; empty if \
            undefined",
        within: f64 = "mean convexity gap of pairs within a basin, nats per example",
        across: f64 = "mean convexity gap of pairs across basins, nats per example",
        silhouette: f64 = "mean silhouette of the basins, in [-1, 1]",
        r: Option<f64> = "Pearson's r of membership and score of the models; empty if undefined",
    }
}

impl MembershipIntervalColumns {
    /// Reads the lower ends, the upper ends and the stabilities of a table that has no empty ones.
    pub(crate) fn drawn(membership: &DataFrame) -> Result<[Vec<f64>; 3]> {
        let there = |name, values| no_nulls(&MEMBERSHIP_INTERVALS, name, values);
        Ok([
            there("low", Self::low(membership)?)?,
            there("high", Self::high(membership)?)?,
            there("stability", Self::stability(membership)?)?,
        ])
    }
}

impl CoAssignmentColumns {
    /// Reads the shares of a table that has no empty ones.
    pub(crate) fn drawn(shares: &DataFrame) -> Result<Vec<f64>> {
        no_nulls(&CO_ASSIGNMENT, "share", Self::share(shares)?)
    }
}
