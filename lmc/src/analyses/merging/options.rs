//! The options for comparing ways to merge.

use super::{MergeMethod, MergeOptions};
use crate::error::{LmcError, Result};
use crate::options::{Options, in_range, resamples};
use crate::stats::check_confidence;
use crate::study::Metric;

/// The most subsets of each kind and size.
const MOST_SUBSETS: usize = 10_000;

/// The options for comparing ways to merge.
#[derive(Debug, Clone, PartialEq)]
pub struct MergingOptions {
    /// The methods, each with equal weights.
    pub methods: Vec<MergeMethod>,
    /// The numbers of models that are merged.
    pub sizes: Vec<usize>,
    /// The most subsets of models of each kind and size.
    pub n_subsets: usize,
    /// The metric of the scores.
    pub metric: Metric,
    /// Bootstrap resamples: of the examples for losses, of the models for correlations.
    pub n_resamples: usize,
    /// The share of resamples between the ends of an interval.
    pub confidence: f64,
    /// Draws subsets, random masks, texts and resamples.
    pub seed: u64,
}

impl MergingOptions {
    /// Returns options for every method with its usual options, pairs, up to 60 subsets of each kind, 1000
    /// resamples, 95 %.
    pub fn new(metric: Metric) -> Self {
        let methods = MergeMethod::NAMES.iter().filter_map(|name| MergeMethod::named(name).ok()).collect();
        let (sizes, n_subsets, n_resamples) = (vec![2], 60, 1000);
        Self { methods, sizes, n_subsets, metric, n_resamples, confidence: 0.95, seed: 0 }
    }
}

impl Options for MergingOptions {
    fn validate(&self) -> Result<()> {
        if self.methods.is_empty() {
            return Err(LmcError::invalid("merging.methods", "none", "at least one method"));
        }
        for (i, method) in self.methods.iter().enumerate() {
            MergeOptions { seed: self.seed, ..MergeOptions::new(*method) }.validate()?;
            if self.methods[..i].contains(method) {
                return Err(LmcError::invalid("merging.methods", format!("{method} twice"), "each once"));
            }
        }
        if let Some(size) = self.sizes.iter().find(|&&size| size < 2) {
            return Err(LmcError::invalid("merging.sizes", size, "at least 2 models to merge"));
        }
        if self.sizes.is_empty() {
            return Err(LmcError::invalid("merging.sizes", "none", "at least one number of models"));
        }
        if let Some(size) = (1..self.sizes.len()).find(|&i| self.sizes[..i].contains(&self.sizes[i])) {
            let got = format!("{} twice", self.sizes[size]);
            return Err(LmcError::invalid("merging.sizes", got, "each once"));
        }
        let fits = |method: &&MergeMethod| self.sizes.iter().any(|&size| method.takes(size));
        if let Some(method) = self.methods.iter().find(|method| !fits(method)) {
            let expected = format!("methods that take {:?} models", self.sizes);
            return Err(LmcError::invalid("merging.methods", method, expected));
        }
        in_range("merging.n_subsets", self.n_subsets, MOST_SUBSETS)?;
        resamples("merging.n_resamples", self.n_resamples)?;
        check_confidence("merging.confidence", self.confidence)
    }
}
