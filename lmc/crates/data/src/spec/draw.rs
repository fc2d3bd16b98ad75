//! The training examples of a task.

use serde::{Deserialize, Serialize};

/// The training examples of a task: the part of its description that runs are named by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The name of the task, which is that of its manifest.
    pub name: String,
    /// The seed of the draw, and of the samples of evaluation sets.
    pub data_seed: u64,
    /// The number of training examples.
    pub n_train: usize,
    /// The share of training examples that are counterexamples, in [0, 0.5]; for examples from a grammar, and
    /// left out of the JSON of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterexample_share: Option<f64>,
    /// A digest of what a manifest that does not come with the crate says about the training examples, so
    /// that two tasks of one name never share a run; left out of the JSON of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
}
