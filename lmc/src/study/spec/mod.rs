//! The description of a study.

mod document;
mod file;
mod given;
mod paths;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use given::GivenModels;

use crate::data::manifest::Generator;
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::seed::sub_seed;
use crate::spec::{Embedded, Encoder, Recipe, TaskSpec};
use crate::study::Metric;

/// One task, one pretrained encoder, one recipe and the seeds of the finetuned copies.
#[derive(Debug, Clone, PartialEq)]
pub struct StudySpec {
    /// The task with its data.
    pub task: TaskSpec,
    /// The recipe for finetuning each copy.
    pub recipe: Recipe,
    /// One seed for each copy.
    pub seeds: Vec<u64>,
    /// The folder of the task's files, or one with a subfolder for each corpus; `None` for an embedded task,
    /// and for files that are fetched as their manifests say.
    pub data: Option<PathBuf>,
    /// True if files of corpora are read as they are even if they are not the published ones, but have as
    /// many examples or more.
    pub unverified: bool,
    /// The pretrained encoder.
    pub encoder: Encoder,
    /// The number of copies that are trained side by side as one batched model.
    pub stack: usize,
    /// Models from elsewhere in place of copies that are finetuned; there are no seeds then, and `encoder`,
    /// `stack` and all of `recipe` but the length of examples say nothing.
    pub models: Option<GivenModels>,
}

impl StudySpec {
    /// The largest seed of a copy: tables and TOML have no place for a larger one.
    pub const MOST_SEED: u64 = i64::MAX as u64;

    /// The largest master seed, a hundredth of the largest seed that it gives.
    pub const MOST_MASTER_SEED: u64 = Self::MOST_SEED / 100 - 2;

    /// The names of [`StudySpec::named`].
    pub const NAMES: [&str; 3] = ["mini-nli", "mini-nli-lp-ft", "mini-nli-roberta"];

    /// Returns the embedded study: 16 copies of the tiny BERT on mini-NLI.
    ///
    /// `master_seed` draws the data and the 16 seeds; the pretrained encoder is the same for all. The seeds
    /// are refused if it is above [`StudySpec::MOST_MASTER_SEED`].
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let spec = StudySpec::mini_nli(0);
    /// assert_eq!((spec.seeds.len(), spec.seeds[0]), (16, 100));
    /// ```
    pub fn mini_nli(master_seed: u64) -> Self {
        Self {
            task: TaskSpec::mini_nli(sub_seed(master_seed, "data")),
            recipe: Recipe::mini(),
            seeds: (0..16).map(|i| master_seed.wrapping_add(1).wrapping_mul(100).wrapping_add(i)).collect(),
            data: None,
            unverified: false,
            encoder: Embedded::Bert.into(),
            stack: 8,
            models: None,
        }
    }

    /// Returns [`StudySpec::mini_nli`] by LP-FT: the same encoder, data and seeds, each copy finetuned from
    /// the head that a linear probe of the same seed found (Juneja et al. 2023, appendix K).
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::mini_nli_lp_ft(0).recipe, Recipe::mini_lp_ft());
    /// ```
    pub fn mini_nli_lp_ft(master_seed: u64) -> Self {
        Self { recipe: Recipe::mini_lp_ft(), ..Self::mini_nli(master_seed) }
    }

    /// Returns [`StudySpec::mini_nli`] with the embedded RoBERTa: the same data, seeds and recipe (Juneja et
    /// al. 2023, appendix J).
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::mini_nli_roberta(0).seeds, StudySpec::mini_nli(0).seeds);
    /// ```
    pub fn mini_nli_roberta(master_seed: u64) -> Self {
        Self { encoder: Embedded::Roberta.into(), ..Self::mini_nli(master_seed) }
    }

    /// Returns three copies of an encoder, such as a Hugging Face folder or the name of a manifest, finetuned
    /// on a task from outside by the paper's recipe. The task's files are fetched unless [`StudySpec::data`]
    /// is set.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let spec = StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased");
    /// assert_eq!(spec.seeds, [0, 1, 2]);
    /// ```
    pub fn corpus(task: TaskSpec, encoder: impl Into<Encoder>) -> Self {
        Self {
            recipe: task.recipe(),
            task,
            seeds: vec![0, 1, 2],
            data: None,
            unverified: false,
            encoder: encoder.into(),
            stack: 1,
            models: None,
        }
    }

    /// Returns the default study of a task with its recipe and encoder: the seeds of [`StudySpec::mini_nli`]
    /// for one that is generated, and otherwise [`StudySpec::corpus`].
    ///
    /// # Examples
    /// ```
    /// use lmc::spec::TaskSpec;
    /// use lmc::study::StudySpec;
    /// let cola = StudySpec::of(TaskSpec::cola());
    /// assert_eq!(cola, StudySpec::corpus(TaskSpec::cola(), "bert-base-uncased"));
    /// ```
    pub fn of(task: TaskSpec) -> Self {
        match task.generator() {
            Some(Generator::MiniNli) => {
                let recipe = task.recipe();
                let encoder = task.encoder(&recipe);
                Self { task, recipe, encoder, ..Self::mini_nli(0) }
            }
            None => {
                let encoder = task.encoder(&task.recipe());
                Self::corpus(task, encoder)
            }
        }
    }

    /// Returns this study with data and seeds drawn by another master seed.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for another task than the embedded one, or above
    /// [`StudySpec::MOST_MASTER_SEED`].
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let spec = StudySpec::mini_nli(0).with_seeds(0..4).with_master_seed(1)?;
    /// assert_eq!(spec.seeds, [200, 201, 202, 203]);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn with_master_seed(self, master_seed: u64) -> Result<Self> {
        if self.task.generator().is_none() {
            return Err(LmcError::invalid(
                "master_seed",
                master_seed,
                "the task mini-nli; others have seeds",
            ));
        }
        check_master(master_seed)?;
        let Self { task, seeds, .. } = Self::mini_nli(master_seed);
        let n_seeds = self.seeds.len();
        let seeds =
            if n_seeds == seeds.len() { seeds } else { (0..n_seeds as u64).map(|i| seeds[0] + i).collect() };
        Ok(Self { task: self.task.with_data_seed(task.data_seed()), seeds, ..self })
    }

    /// Returns the master seed of [`StudySpec::mini_nli`] from which data and seeds come, or `None` if they
    /// were given.
    pub fn master_seed(&self) -> Option<u64> {
        let master = (self.seeds.first()? / 100).checked_sub(1)?;
        self.task.generator()?;
        let seeds = Self::mini_nli(master).seeds;
        (self.task.data_seed() == sub_seed(master, "data") && self.seeds.iter().all(|s| seeds.contains(s)))
            .then_some(master)
    }

    /// Returns the study of that name, with its default settings and data.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`StudySpec::NAMES`]; [`LmcError::InvalidParameter`] for a master
    /// seed above [`StudySpec::MOST_MASTER_SEED`].
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::named("mini-nli", 0)?, StudySpec::mini_nli(0));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn named(name: &str, master_seed: u64) -> Result<Self> {
        check_master(master_seed)?;
        match name {
            "mini-nli" => Ok(Self::mini_nli(master_seed)),
            "mini-nli-lp-ft" => Ok(Self::mini_nli_lp_ft(master_seed)),
            "mini-nli-roberta" => Ok(Self::mini_nli_roberta(master_seed)),
            _ => Err(LmcError::UnknownName {
                kind: "study",
                name: name.to_owned(),
                known: Self::NAMES.map(str::to_owned).to_vec(),
            }),
        }
    }

    /// Returns whether the study finetunes on the embedded task.
    #[doc(hidden)]
    pub fn is_embedded(&self) -> bool {
        self.models.is_none() && self.task.generator() == Some(Generator::MiniNli)
    }

    /// Returns the evaluation set on which lines are sampled: in-domain examples, of a large set a random
    /// sample of 512, the same for all pairs (Juneja et al. 2023, F.2).
    ///
    /// DIFFERENCE: the public code takes the first 512 examples as they lie in the split; only HANS, of which
    /// it takes the non-entailments of the heuristics that are asked for, is shuffled before, with a fixed
    /// seed. Here every set has a random sample.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::mini_nli(0).swept(), "id");
    /// assert_eq!(StudySpec::of(TaskSpec::cola()).swept(), "id-sample");
    /// ```
    pub fn swept(&self) -> &'static str {
        match self.task.generator() {
            Some(Generator::MiniNli) => "id",
            None => "id-sample",
        }
    }

    /// Returns the evaluation set and the metric by which generalisation is judged (Juneja et al. 2023,
    /// section 3); in domain for PAWS-QQP, for which there is no other set.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::mini_nli(0).scored(), ("lo", Metric::Accuracy));
    /// ```
    pub fn scored(&self) -> (&str, Metric) {
        self.task.scored()
    }

    /// Returns this study with the task's files from a local folder, or from its subfolders named after the
    /// corpora.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let spec = StudySpec::of(TaskSpec::cola()).with_data("data/cola");
    /// assert_eq!(spec.data, Some("data/cola".into()));
    /// ```
    pub fn with_data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Returns this study with other seeds.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// assert_eq!(StudySpec::mini_nli(0).with_seeds(7..9).seeds, [7, 8]);
    /// ```
    pub fn with_seeds(mut self, seeds: impl IntoIterator<Item = u64>) -> Self {
        self.seeds = seeds.into_iter().collect();
        self
    }

    /// Returns this study with the recipe of that name for its task. If it has the encoder of its old recipe,
    /// it gets that of the new one; any other encoder stays.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`Recipe::NAMES`].
    ///
    /// # Examples
    /// ```
    /// use lmc::spec::TaskSpec;
    /// use lmc::study::StudySpec;
    /// let mnli = StudySpec::corpus(TaskSpec::mnli(), "bert-base-uncased");
    /// let roberta = mnli.with_recipe_named("roberta")?;
    /// assert_eq!(roberta.encoder, "roberta-base".into());
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn with_recipe_named(mut self, name: &str) -> Result<Self> {
        let recipe = self.task.recipe_named(name)?;
        if self.encoder == self.task.encoder(&self.recipe) {
            self.encoder = self.task.encoder(&recipe);
        }
        self.recipe = recipe;
        Ok(self)
    }

    /// Returns this study with another recipe.
    ///
    /// # Examples
    /// ```
    /// use lmc::prelude::*;
    /// let recipe = Recipe { learning_rate: 1e-3, ..Recipe::mini() };
    /// assert_eq!(StudySpec::mini_nli(0).with_recipe(recipe).recipe.learning_rate, 1e-3);
    /// ```
    pub fn with_recipe(mut self, recipe: Recipe) -> Self {
        self.recipe = recipe;
        self
    }

    /// Returns the seeds that are trained side by side, in the order of [`StudySpec::seeds`].
    ///
    /// A model's weights depend in their last bits on its stack, so that a stack is trained whole or not at
    /// all.
    pub fn stacks(&self) -> impl Iterator<Item = &[u64]> {
        self.seeds.chunks(self.stack.max(1))
    }
}

impl Options for StudySpec {
    fn validate(&self) -> Result<()> {
        if self.models.is_some() {
            return given::validate(self);
        }
        if self.seeds.is_empty() {
            return Err(LmcError::invalid("seeds", "no seed", "at least one"));
        }
        let mut seen = BTreeSet::new();
        if let Some(seed) = self.seeds.iter().find(|&&seed| !seen.insert(seed)) {
            return Err(LmcError::invalid(
                "seeds",
                format!("{seed} twice"),
                "each seed once, copies would be identical",
            ));
        }
        if let Some(seed) = self.seeds.iter().find(|&&seed| seed > Self::MOST_SEED) {
            let expected = format!("at most {}, tables have no place for more", Self::MOST_SEED);
            return Err(LmcError::invalid("seeds", seed, expected));
        }
        if self.stack == 0 {
            return Err(LmcError::invalid("stack", 0, "at least 1"));
        }
        self.task.validate()?;
        self.encoder.check()?;
        reads_no_files(self)?;
        self.recipe.validate()
    }
}

/// Checks that a study of the embedded task names no files for its examples, which are generated.
fn reads_no_files(study: &StudySpec) -> Result<()> {
    if study.task.generator().is_none() {
        return Ok(());
    }
    let expected = "none: the examples of mini-nli are generated, no files are read";
    match &study.data {
        Some(folder) => Err(LmcError::invalid("data", folder.display(), expected)),
        None if study.unverified => Err(LmcError::invalid("unverified", true, expected)),
        None => Ok(()),
    }
}

/// Checks that the seeds of a master seed are allowed.
fn check_master(master_seed: u64) -> Result<()> {
    let most = StudySpec::MOST_MASTER_SEED;
    let fits = (master_seed <= most).then_some(());
    fits.ok_or_else(|| LmcError::invalid("master_seed", master_seed, format!("at most {most}")))
}

#[cfg(test)]
mod tests;
