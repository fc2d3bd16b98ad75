//! What is learned.

use serde::{Deserialize, Serialize};

/// A task and where its data come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum TaskSpec {
    /// The embedded natural language inference task.
    MiniNli {
        /// The seed of the data draw.
        data_seed: u64,
        /// Training examples.
        n_train: usize,
        /// The share of training examples that are full-overlap counterexamples.
        counterexample_share: f64,
    },
    /// CoLA (Warstadt et al. 2019) from the files of its public release, whose digests its manifest fixes.
    Cola {
        /// Training sentences, drawn by `data_seed`.
        n_train: usize,
        /// The seed of that draw.
        data_seed: u64,
    },
}

impl TaskSpec {
    /// The share of counterexamples in the embedded task's default distribution.
    pub const COUNTEREXAMPLE_SHARE: f64 = 0.01;

    /// The embedded task with its default distribution.
    pub fn mini_nli(data_seed: u64) -> Self {
        Self::MiniNli { data_seed, n_train: 16_000, counterexample_share: Self::COUNTEREXAMPLE_SHARE }
    }

    /// CoLA with 2,000 of its 8,551 training sentences.
    pub fn cola() -> Self {
        Self::Cola { n_train: 2_000, data_seed: 0 }
    }

    /// The task's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MiniNli { .. } => "mini-nli",
            Self::Cola { .. } => "cola",
        }
    }
}
