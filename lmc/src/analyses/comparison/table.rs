//! The table of statistics of groups of models.

use lmc_base::declare_table;

declare_table! {
    /// One row per group of models and statistic of it.
    GROUP_COMPARISON, ComparisonColumns = "group_comparison" {
        group: String = "name of the group",
        statistic: String = "what was computed, with its unit",
        n_models: i64 = "number of models in the group",
        value: Option<f64> = "the statistic of all models; empty where undefined",
        low: Option<f64> = "lower end of the bootstrap interval, models resampled; empty for an extreme",
        high: Option<f64> = "upper end of that interval",
        difference: Option<f64> = "value less that of the first group; empty there",
        difference_low: Option<f64> = "lower end of the bootstrap interval of the difference",
        difference_high: Option<f64> = "upper end of that interval",
        p_value: Option<f64> = "p-value of a permutation test; empty without one",
        permuted: String = "what that test permutes",
    }
}
