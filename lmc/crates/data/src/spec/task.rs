//! Tasks and their data.

use serde::{Deserialize, Serialize};

use super::Recipe;
use lmc_base::error::{LmcError, Result};

/// The stages of training on QQP (Juneja et al. 2023, Fig. 7) as shares of its 34,110 updates.
const QQP_STAGES: [f64; 3] = [15_000.0 / 34_110.0, 25_000.0 / 34_110.0, 1.0];

/// A task and the source of its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum TaskSpec {
    /// The embedded natural language inference task.
    MiniNli {
        /// The seed of the data draw.
        data_seed: u64,
        /// The number of training examples.
        n_train: usize,
        /// The share of training examples that are full-overlap counterexamples.
        counterexample_share: f64,
    },
    /// CoLA (Warstadt et al. 2019): acceptability of sentences, in and out of domain.
    Cola {
        /// The number of training sentences, drawn by `data_seed`.
        n_train: usize,
        /// The seed of that draw and of the samples.
        data_seed: u64,
    },
    /// MultiNLI (Williams et al. 2018), evaluated on its matched development set and on HANS (McCoy et al.
    /// 2019).
    Mnli {
        /// The number of training pairs, drawn by `data_seed`.
        n_train: usize,
        /// The seed of that draw and of the samples.
        data_seed: u64,
    },
    /// Quora Question Pairs (Iyer et al. 2017), evaluated on its development set and on PAWS-QQP (Zhang et
    /// al. 2019).
    Qqp {
        /// The number of training pairs, drawn by `data_seed`.
        n_train: usize,
        /// The seed of that draw and of the samples.
        data_seed: u64,
    },
    /// PAWS-QQP (Zhang et al. 2019): paraphrases that word overlap cannot identify.
    PawsQqp {
        /// The number of training pairs, drawn by `data_seed`.
        n_train: usize,
        /// The seed of that draw and of the samples.
        data_seed: u64,
    },
}

impl TaskSpec {
    /// The share of counterexamples in the embedded task's default distribution.
    pub const COUNTEREXAMPLE_SHARE: f64 = 0.01;

    /// The most training examples of the embedded task, since they are in memory at once.
    pub const MOST_DRAWN: usize = 1_000_000;

    /// The names of [`TaskSpec::named`]: the embedded task first, then those whose data come from outside.
    pub const NAMES: [&str; 5] = ["mini-nli", "cola", "mnli", "qqp", "paws-qqp"];

    /// Returns the embedded task with its default distribution.
    pub fn mini_nli(data_seed: u64) -> Self {
        Self::MiniNli { data_seed, n_train: 16_000, counterexample_share: Self::COUNTEREXAMPLE_SHARE }
    }

    /// Returns CoLA with all its 8,551 training sentences.
    pub fn cola() -> Self {
        Self::Cola { n_train: 8_551, data_seed: 0 }
    }

    /// Returns MultiNLI with all its 392,702 training pairs.
    pub fn mnli() -> Self {
        Self::Mnli { n_train: 392_702, data_seed: 0 }
    }

    /// Returns QQP with all its 363,846 training pairs.
    pub fn qqp() -> Self {
        Self::Qqp { n_train: 363_846, data_seed: 0 }
    }

    /// Returns PAWS-QQP with all its 11,988 training pairs.
    pub fn paws_qqp() -> Self {
        Self::PawsQqp { n_train: 11_988, data_seed: 0 }
    }

    /// Returns the task of that name with all its training data.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`TaskSpec::NAMES`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::spec::TaskSpec;
    /// assert_eq!(TaskSpec::named("qqp")?, TaskSpec::qqp());
    /// assert!(TaskSpec::named("sst2").unwrap_err().to_string().contains("paws-qqp"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "mini-nli" => Ok(Self::mini_nli(0)),
            "cola" => Ok(Self::cola()),
            "mnli" => Ok(Self::mnli()),
            "qqp" => Ok(Self::qqp()),
            "paws-qqp" => Ok(Self::paws_qqp()),
            _ => Err(LmcError::UnknownName {
                kind: "task",
                name: name.to_owned(),
                known: Self::NAMES.map(str::to_owned).to_vec(),
            }),
        }
    }

    /// Checks that the task can be drawn.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no training examples, for more than [`TaskSpec::MOST_DRAWN`] of the
    /// embedded task, and for a share of its counterexamples that is not valid. The number of examples of a
    /// corpus is only known when it is read.
    pub fn check(&self) -> Result<()> {
        if self.n_train() == 0 {
            return Err(LmcError::invalid("n_train", 0, "at least one training example"));
        }
        if let Self::MiniNli { n_train, counterexample_share, .. } = *self {
            if n_train > Self::MOST_DRAWN {
                return Err(LmcError::invalid("n_train", n_train, format!("at most {}", Self::MOST_DRAWN)));
            }
            if !(0.0..=0.5).contains(&counterexample_share) {
                let expected = "a share from 0 to 0.5";
                return Err(LmcError::invalid("counterexample_share", counterexample_share, expected));
            }
        }
        Ok(())
    }

    /// Returns the task's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MiniNli { .. } => "mini-nli",
            Self::Cola { .. } => "cola",
            Self::Mnli { .. } => "mnli",
            Self::Qqp { .. } => "qqp",
            Self::PawsQqp { .. } => "paws-qqp",
        }
    }

    /// Returns the number of training examples.
    pub fn n_train(&self) -> usize {
        match *self {
            Self::MiniNli { n_train, .. }
            | Self::Cola { n_train, .. }
            | Self::Mnli { n_train, .. }
            | Self::Qqp { n_train, .. }
            | Self::PawsQqp { n_train, .. } => n_train,
        }
    }

    /// Returns this task with another number of training examples.
    pub fn with_n_train(mut self, n: usize) -> Self {
        match &mut self {
            Self::MiniNli { n_train, .. }
            | Self::Cola { n_train, .. }
            | Self::Mnli { n_train, .. }
            | Self::Qqp { n_train, .. }
            | Self::PawsQqp { n_train, .. } => *n_train = n,
        }
        self
    }

    /// Returns the seed of the data: that of the draw for the embedded task, and that of the samples for
    /// others.
    pub fn data_seed(&self) -> u64 {
        match *self {
            Self::MiniNli { data_seed, .. }
            | Self::Cola { data_seed, .. }
            | Self::Mnli { data_seed, .. }
            | Self::Qqp { data_seed, .. }
            | Self::PawsQqp { data_seed, .. } => data_seed,
        }
    }

    /// Returns this task with another seed of the data.
    pub fn with_data_seed(mut self, seed: u64) -> Self {
        match &mut self {
            Self::MiniNli { data_seed, .. }
            | Self::Cola { data_seed, .. }
            | Self::Mnli { data_seed, .. }
            | Self::Qqp { data_seed, .. }
            | Self::PawsQqp { data_seed, .. } => *data_seed = seed,
        }
        self
    }

    /// Returns the paper's recipe for this task; Google's for PAWS-QQP, which the paper does not train on.
    ///
    /// For QQP it keeps three checkpoints, after 15,000 and 25,000 of all 34,110 updates and at the end: the
    /// stages of Fig. 7. For the other corpora it keeps only the end.
    pub fn recipe(&self) -> Recipe {
        match self {
            Self::MiniNli { .. } => Recipe::mini(),
            Self::Cola { .. } => Recipe::hf_cola(),
            Self::Qqp { .. } => Recipe { trajectory: QQP_STAGES.to_vec(), ..Recipe::google() },
            Self::Mnli { .. } | Self::PawsQqp { .. } => Recipe::google(),
        }
    }

    /// Returns the recipe of that name for this task: [`TaskSpec::recipe`] if that has the name, otherwise
    /// [`Recipe::named`].
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`Recipe::NAMES`].
    pub fn recipe_named(&self, name: &str) -> Result<Recipe> {
        let own = self.recipe();
        if own.name == name { Ok(own) } else { Recipe::named(name) }
    }

    /// Returns the paper's pretrained encoder for this task and a recipe, by the name of its manifest. It is
    /// the embedded RoBERTa for the recipe of RoBERTa on the embedded task, and none for the embedded BERT.
    pub fn encoder(&self, recipe: &Recipe) -> Option<&'static str> {
        match (self, recipe.name == Recipe::ROBERTA) {
            (Self::MiniNli { .. }, false) => None,
            (Self::MiniNli { .. }, true) => Some("mini-roberta"),
            (_, false) => Some("bert-base-uncased"),
            (_, true) => Some("roberta-base"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_back() {
        for name in TaskSpec::NAMES {
            let task = TaskSpec::named(name).unwrap();
            assert_eq!(task.name(), name);
            let json = serde_json::to_value(task.clone().with_n_train(7)).unwrap();
            assert_eq!(task.clone().with_n_train(7).n_train(), 7);
            assert_eq!((json["name"].as_str(), json["n_train"].as_u64()), (Some(name), Some(7)));
            task.recipe().check().unwrap();
        }
        assert_eq!(TaskSpec::qqp().recipe().checkpoints(363_846), [15_000, 25_000, 34_110]);
        assert_eq!(TaskSpec::qqp().recipe_named("google").unwrap(), TaskSpec::qqp().recipe());
        assert_eq!(TaskSpec::mnli().recipe_named("google").unwrap(), Recipe::google());
        assert_eq!(TaskSpec::qqp().recipe_named("roberta").unwrap(), Recipe::roberta());
        let message = TaskSpec::named("snli").unwrap_err().to_string();
        assert_eq!(message, "unknown task `snli`; known: mini-nli, cola, mnli, qqp, paws-qqp");
    }
}
