//! Tasks and their data.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Draw, Encoder, Recipe};
use crate::manifest::{Generator, Manifest, Source, TaskSet, TaskTable};
use lmc_base::error::{LmcError, Result};
use lmc_base::metric::Metric;
use lmc_base::options::Options;

/// The names of the one task of GLUE that is not a classification.
const STSB: [&str; 3] = ["stsb", "sts-b", "sts_b"];

/// A task: what a manifest says about a corpus and its evaluation sets, and the draw of the training set.
///
/// The JSON of a task is that of its [`Draw`], which begins with the name of the manifest.
#[derive(Clone, PartialEq)]
pub struct TaskSpec {
    draw: Draw,
    manifest: Arc<Manifest>,
    table: Arc<TaskTable>,
    /// The file of the manifest, from the root, if it was opened from one.
    file: Option<Arc<Path>>,
}

impl fmt::Debug for TaskSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Draw { name, data_seed, n_train, counterexample_share, .. } = &self.draw;
        write!(f, "TaskSpec({name}, {n_train} training examples, seed {data_seed}")?;
        counterexample_share.map_or(Ok(()), |share| write!(f, ", counterexamples {share}"))?;
        f.write_str(")")
    }
}

impl Serialize for TaskSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.draw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TaskSpec {
    /// Reads a draw, whose name is that of a manifest that comes with the crate.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let draw = Draw::deserialize(deserializer)?;
        if draw.manifest.is_some() {
            let problem = format!("the manifest of `{}` does not come with the crate", draw.name);
            return Err(serde::de::Error::custom(problem));
        }
        let task = Self::named(&draw.name).map_err(serde::de::Error::custom)?;
        Ok(Self { draw, ..task })
    }
}

impl TaskSpec {
    /// The most training examples of the embedded task, since they are in memory at once.
    pub const MOST_DRAWN: usize = 1_000_000;

    /// Returns the task of a manifest with all its training data and the seed 0.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a manifest without a table `[task]`.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::manifest::Manifest;
    /// use lmc::spec::TaskSpec;
    /// assert_eq!(TaskSpec::new(Manifest::builtin("cola")?)?, TaskSpec::cola());
    /// let error = TaskSpec::new(Manifest::builtin("hans")?).unwrap_err().to_string();
    /// assert!(error.starts_with("`task`: got hans, expected a manifest with a table `[task]`"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(manifest: Manifest) -> Result<Self> {
        let Some(table) = manifest.task.clone() else {
            let expected = "a manifest with a table `[task]`, which says what copies are finetuned on";
            return Err(LmcError::invalid("task", &manifest.name, expected));
        };
        let draw = Draw {
            name: manifest.name.clone(),
            data_seed: 0,
            n_train: manifest.split(&table.train)?.n_examples,
            counterexample_share: table.counterexample_share,
            manifest: manifest.identity(),
        };
        Ok(Self { draw, manifest: Arc::new(manifest), table: Arc::new(table), file: None })
    }

    /// Returns the task of a manifest of your own, such as `lmc task init` writes: a TOML file with a table
    /// `[task]`. Its data lie where the manifest says, by a path that begins at the manifest's folder.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a file that does not end in `.toml`, and for a manifest without a
    /// table `[task]`; the errors of [`Manifest::read`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::spec::TaskSpec;
    /// let error = TaskSpec::open("train.csv").unwrap_err().to_string();
    /// assert!(error.contains("`lmc task init train.csv --text COLUMN --label COLUMN` writes one"), "{error}");
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.extension().is_none_or(|extension| extension != "toml") {
            let given = path.display();
            let init = format!("`lmc task init {given} --text COLUMN --label COLUMN` writes one");
            let expected = format!("a manifest that ends in .toml; {init} for data");
            return Err(LmcError::invalid("task", given, expected));
        }
        let file = std::path::absolute(path).map_err(LmcError::io("read", path))?;
        Ok(Self { file: Some(file.into()), ..Self::new(Manifest::read(path)?)? })
    }

    /// Returns the file of the manifest, from the root, if the task was opened from one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the names of [`TaskSpec::named`], the manifests that have a task: the embedded one first, then
    /// those whose data come from outside.
    pub fn names() -> Vec<&'static str> {
        let of = |generated| {
            let has = move |manifest: &Manifest| {
                manifest.task.is_some() && matches!(manifest.source, Source::Generated(_)) == generated
            };
            Manifest::builtin_with(has)
        };
        [of(true), of(false)].concat()
    }

    /// Returns the embedded task with its default distribution.
    pub fn mini_nli(data_seed: u64) -> Self {
        Self::builtin("mini-nli").with_data_seed(data_seed)
    }

    /// Returns CoLA (Warstadt et al. 2019) with all its 8,551 training sentences: acceptability of sentences,
    /// in and out of domain.
    pub fn cola() -> Self {
        Self::builtin("cola")
    }

    /// Returns MultiNLI (Williams et al. 2018) with all its 392,702 training pairs, evaluated on its matched
    /// development set and on HANS (McCoy et al. 2019).
    pub fn mnli() -> Self {
        Self::builtin("mnli")
    }

    /// Returns Quora Question Pairs (Iyer et al. 2017) with all its 363,846 training pairs, evaluated on its
    /// development set and on PAWS-QQP.
    pub fn qqp() -> Self {
        Self::builtin("qqp")
    }

    /// Returns PAWS-QQP (Zhang et al. 2019) with all its 11,988 training pairs: paraphrases that word overlap
    /// cannot identify.
    pub fn paws_qqp() -> Self {
        Self::builtin("paws-qqp")
    }

    fn builtin(name: &str) -> Self {
        Self::named(name).expect("the manifests that come with the crate are read by its tests")
    }

    /// Returns the task of that name with all its training data.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`TaskSpec::names`]; [`LmcError::InvalidParameter`] for STS-B, whose
    /// labels are numbers on a scale.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::spec::TaskSpec;
    /// assert_eq!(TaskSpec::named("qqp")?, TaskSpec::qqp());
    /// assert!(TaskSpec::named("xnli").unwrap_err().to_string().contains("paws-qqp"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        if STSB.contains(&name.to_lowercase().as_str()) {
            let expected = "a task with labels: STS-B has numbers on a scale, which is regression";
            return Err(LmcError::invalid("task", name, expected));
        }
        let known = Manifest::builtin(name).ok().filter(|manifest| manifest.name == name);
        match known.map(Self::new) {
            Some(Ok(task)) => Ok(task),
            _ => Err(LmcError::UnknownName {
                kind: "task",
                name: name.to_owned(),
                known: Self::names().into_iter().map(str::to_owned).collect(),
            }),
        }
    }

    /// Returns the task's name.
    pub fn name(&self) -> &str {
        &self.draw.name
    }

    /// Returns the draw of the training examples.
    pub fn draw(&self) -> &Draw {
        &self.draw
    }

    /// Returns this task with another draw; the name and the manifest in the draw do not count.
    pub fn with_draw(mut self, draw: Draw) -> Self {
        let (name, manifest) = (std::mem::take(&mut self.draw.name), self.draw.manifest.take());
        self.draw = Draw { name, manifest, ..draw };
        self
    }

    /// Returns the number of training examples.
    pub fn n_train(&self) -> usize {
        self.draw.n_train
    }

    /// Returns this task with another number of training examples.
    pub fn with_n_train(mut self, n: usize) -> Self {
        self.draw.n_train = n;
        self
    }

    /// Returns the seed of the data: that of the draw for the embedded task, and that of the samples for
    /// others.
    pub fn data_seed(&self) -> u64 {
        self.draw.data_seed
    }

    /// Returns this task with another seed of the data.
    pub fn with_data_seed(mut self, seed: u64) -> Self {
        self.draw.data_seed = seed;
        self
    }

    /// Returns this task with another share of counterexamples, in [0, 0.5]; for the embedded task.
    pub fn with_counterexample_share(mut self, share: f64) -> Self {
        self.draw.counterexample_share = Some(share);
        self
    }

    /// Returns the manifest of the training corpus.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the generator of the examples, or none if they are read from files.
    pub fn generator(&self) -> Option<Generator> {
        match self.manifest.source {
            Source::Generated(generator) => Some(generator),
            _ => None,
        }
    }

    /// Returns the split that copies are finetuned on.
    pub fn train(&self) -> &str {
        &self.table.train
    }

    /// Returns the evaluation sets, the one in domain first.
    pub fn sets(&self) -> &[TaskSet] {
        &self.table.sets
    }

    /// Returns the evaluation set and the metric by which generalisation is judged.
    pub fn scored(&self) -> (&str, Metric) {
        (&self.table.scored, self.table.metric)
    }

    /// Returns the default recipe of the task: the paper's; Google's for PAWS-QQP, which the paper does not
    /// train on.
    ///
    /// For QQP it keeps three checkpoints, after 15,000 and 25,000 of all 34,110 updates and at the end: the
    /// stages of Fig. 7. For the other corpora it keeps only the end.
    pub fn recipe(&self) -> Recipe {
        self.table.recipe.clone()
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

    /// Returns the default pretrained encoder of this task for a recipe.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::spec::{Recipe, TaskSpec};
    /// assert_eq!(TaskSpec::mnli().encoder(&Recipe::roberta()).to_string(), "roberta-base");
    /// assert_eq!(TaskSpec::mini_nli(0).encoder(&Recipe::mini()).to_string(), "mini-bert");
    /// ```
    pub fn encoder(&self, recipe: &Recipe) -> Encoder {
        self.table.encoder(recipe).into()
    }
}

impl Options for TaskSpec {
    fn validate(&self) -> Result<()> {
        let Draw { n_train, counterexample_share, .. } = self.draw;
        if n_train == 0 {
            return Err(LmcError::invalid("n_train", 0, "at least one training example"));
        }
        let share = |got: String, expected: &str| LmcError::invalid("counterexample_share", got, expected);
        match (self.generator(), counterexample_share) {
            (Some(_), _) if n_train > Self::MOST_DRAWN => {
                Err(LmcError::invalid("n_train", n_train, format!("at most {}", Self::MOST_DRAWN)))
            }
            (Some(_), Some(given)) if !(0.0..=0.5).contains(&given) => {
                Err(share(given.to_string(), "a share from 0 to 0.5"))
            }
            (Some(_), None) => Err(share("none".to_owned(), "a share from 0 to 0.5")),
            (None, Some(given)) => Err(share(given.to_string(), "none, the examples are not generated")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_back() {
        let known = "mini-nli, cola, mnli, mrpc, paws-qqp, qnli, qqp, rte, snli, sst2, wnli";
        assert_eq!(TaskSpec::names().join(", "), known);
        for name in TaskSpec::names() {
            let task = TaskSpec::named(name).unwrap();
            assert_eq!(task.name(), name);
            let json = serde_json::to_value(task.clone().with_n_train(7)).unwrap();
            assert_eq!(task.clone().with_n_train(7).n_train(), 7);
            assert_eq!((json["name"].as_str(), json["n_train"].as_u64()), (Some(name), Some(7)));
            task.validate().unwrap();
            task.recipe().validate().unwrap();
        }
        assert_eq!(TaskSpec::qqp().recipe().checkpoints(363_846), [15_000, 25_000, 34_110]);
        assert_eq!(TaskSpec::qqp().recipe_named("google").unwrap(), TaskSpec::qqp().recipe());
        assert_eq!(TaskSpec::mnli().recipe_named("google").unwrap(), Recipe::google());
        assert_eq!(TaskSpec::qqp().recipe_named("roberta").unwrap(), Recipe::roberta());
        let message = TaskSpec::named("xnli").unwrap_err().to_string();
        assert_eq!(message, format!("unknown task `xnli`; known: {known}"));
        let message = TaskSpec::named("STS-B").unwrap_err().to_string();
        assert!(message.starts_with("`task`: got STS-B, expected a task with labels"), "{message}");
        assert!(
            TaskSpec::named("hans").is_err() && TaskSpec::named("google-bert/bert-base-uncased").is_err()
        );
    }

    #[test]
    fn the_sets_and_metrics_are_those_of_the_paper() {
        let scored = ["mini-nli", "cola", "mnli", "paws-qqp", "qqp"].into_iter().map(|name| {
            let task = TaskSpec::named(name).unwrap();
            (task.sets().len(), task.scored().0.to_owned(), task.scored().1)
        });
        let expected = [
            (6, "lo", Metric::Accuracy),
            (2, "ood", Metric::Mcc),
            (7, "hans-lo", Metric::Accuracy),
            (1, "id", Metric::F1),
            (2, "paws-qqp", Metric::F1),
        ];
        assert_eq!(scored.collect::<Vec<_>>(), expected.map(|(n, set, metric)| (n, set.to_owned(), metric)));
        let n_train = ["mini-nli", "cola", "mnli", "qqp", "paws-qqp"]
            .map(|name| TaskSpec::named(name).unwrap().n_train());
        assert_eq!(n_train, [16_000, 8_551, 392_702, 363_846, 11_988]);
    }

    #[test]
    fn a_share_of_counterexamples_is_for_the_embedded_task() {
        let problem = |task: TaskSpec| task.check().unwrap_err().to_string();
        TaskSpec::mini_nli(0).with_counterexample_share(0.5).validate().unwrap();
        let message = problem(TaskSpec::mini_nli(0).with_counterexample_share(0.6));
        assert_eq!(message, "`counterexample_share`: got 0.6, expected a share from 0 to 0.5");
        let message = problem(TaskSpec::cola().with_counterexample_share(0.1));
        assert!(message.starts_with("`counterexample_share`: got 0.1, expected none"), "{message}");
        assert_eq!(
            TaskSpec::mini_nli(0).draw().counterexample_share,
            Some(crate::mini_nli::COUNTEREXAMPLE_SHARE)
        );
    }
}
