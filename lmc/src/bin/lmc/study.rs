//! The study that a verb works on.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::LazyLock;

use clap::Args;
use lmc::Options;
use lmc::spec::{Encoder, Recipe, TaskSpec};
use lmc::step::Step;
use lmc::study::{GivenModels, Study, StudySpec};
use lmc::{LmcError, Result};

/// Returns the names of all studies that have one: the embedded ones, then those of corpora.
fn names() -> Vec<&'static str> {
    let corpora = TaskSpec::names().into_iter().filter(|name| !StudySpec::NAMES.contains(name));
    StudySpec::NAMES.into_iter().chain(corpora).collect()
}

/// The study if none is named.
const DEFAULT: &str = "mini-nli";

/// Returns the error for a single argument that is neither a study nor a model.
fn no_study(given: &Path, error: LmcError) -> LmcError {
    let name = given.display().to_string();
    // Errors about a folder or a known model say more than a list of studies.
    if given.exists() || name.contains(['/', '*', '{']) {
        return error;
    }
    // A task that is known but cannot be finetuned says why.
    if let Err(why) = TaskSpec::named(&name)
        && !matches!(why, LmcError::UnknownName { .. })
    {
        return why;
    }
    let known = names().into_iter().chain(["a file that ends in .toml", "folders of models with --task"]);
    LmcError::UnknownName { kind: "study", name, known: known.map(str::to_owned).collect() }
}

/// Returns whether an argument is a study: a name or a file that ends in `.toml`.
fn is_study(given: &Path) -> bool {
    given.extension().is_some_and(|extension| extension == "toml")
        || given.to_str().is_some_and(|name| names().contains(&name))
}

static STUDY: LazyLock<String> = LazyLock::new(|| {
    let names = names().join(", ");
    format!(
        "A study with the paper's recipe ({names}; mini-nli if absent), or a file that ends in .toml, such as \
         `lmc spec` prints. Or models from elsewhere, with --task: folders of finetuned classifiers, a folder \
         of such folders, names such as feather-berts-12, and patterns such as 'feather-berts-{{0..99}}' or \
         'runs/*/checkpoint-500'"
    )
});
static RECIPE: LazyLock<String> = LazyLock::new(|| format!("The recipe: {}", Recipe::NAMES.join(", ")));

/// A study by name or file and the changes to it, or models from elsewhere.
#[derive(Args, Clone)]
pub struct StudyArgs {
    #[arg(value_name = "STUDY or MODEL", help = STUDY.as_str())]
    what: Vec<PathBuf>,
    /// The names of the models' outputs in their order, if config.json does not name them or names them
    /// wrongly; the same for every model.
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    labels: Option<Vec<String>>,
    /// The folder, or the name that `lmc manifests` lists, of a model whose tokenizer is that of the models.
    #[arg(long, value_name = "FOLDER or NAME")]
    tokenizer: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

/// The changes to the task or the file.
#[derive(Args, Clone)]
pub struct Changes {
    /// The manifest of a task on your own data, which `lmc task init` writes; or the name of a task, for models
    /// from elsewhere.
    #[arg(long, value_name = "FILE or NAME")]
    task: Option<PathBuf>,
    /// Draws data and seeds of mini-nli; 0 is the study of the notebooks.
    #[arg(long, value_name = "N")]
    master_seed: Option<u64>,
    /// The folder of the corpora's files, or one with a subfolder for each corpus, such as GLUE's CoLA, MNLI
    /// and QQP; fetched if absent.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Reads files of the corpora that are not the published ones as they are. Without it, other ends of
    /// lines and a file with fewer examples are taken with a note, and another content is refused.
    #[arg(long)]
    unverified: bool,
    /// A Hugging Face folder of the encoder, or the name of one that `lmc manifests` lists and that is
    /// fetched; for mini-nli also mini-roberta, which comes with the crate. Without it the encoder of the
    /// recipe.
    #[arg(long, value_name = "ENCODER")]
    encoder: Option<PathBuf>,
    #[arg(long, value_name = "NAME", help = RECIPE.as_str())]
    recipe: Option<String>,
    /// The seeds, one copy each.
    #[arg(long, value_delimiter = ',', value_name = "SEED,...")]
    seeds: Option<Vec<u64>>,
    /// Training examples, a fixed random sample.
    #[arg(long, value_name = "N")]
    n_train: Option<usize>,
    /// The length of training, such as 3ep or 500it.
    #[arg(long)]
    length: Option<Step>,
    /// The peak learning rate.
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// The most tokens of an example, special ones included; longer ones are cut, with a note. If absent, it
    /// is 128 for a study, and for a classifier from elsewhere the number that it takes, at most 512.
    #[arg(long, value_name = "N")]
    max_length: Option<usize>,
}

impl StudyArgs {
    /// Opens the study, whose data are read.
    pub fn open(&self) -> Result<Rc<Study>> {
        Study::open(self.spec()?)
    }

    /// Returns its description.
    pub fn spec(&self) -> Result<StudySpec> {
        self.changes.of(&self.what, self.labels.as_deref(), self.tokenizer.as_deref())
    }

    /// Returns the same with these models.
    pub fn with_models(&self, models: impl IntoIterator<Item = String>) -> Self {
        Self { what: models.into_iter().map(PathBuf::from).collect(), ..self.clone() }
    }

    /// Returns the models from elsewhere, if there is no task beside them.
    pub fn without_task(&self) -> Result<Option<GivenModels>> {
        let is_one_study = matches!(self.what.as_slice(), [study] if is_study(study));
        if self.what.is_empty() || is_one_study || self.changes.task.is_some() {
            return Ok(None);
        }
        self.changes.given(&self.what, self.labels.as_deref(), self.tokenizer.as_deref()).map(Some)
    }
}

impl Changes {
    /// Returns the folder of the corpora's files.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// Returns the most tokens of an example.
    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    /// Returns whether files that are not the published ones are read.
    pub fn unverified(&self) -> bool {
        self.unverified
    }

    /// Returns the first option that is set but does not apply to models that are evaluated on a corpus.
    pub fn beside_corpus(&self) -> Option<&'static str> {
        self.task.as_ref().map(|_| "--task").or_else(|| self.of_training())
    }

    /// Returns the first option that is set but does not apply to models from elsewhere.
    fn of_training(&self) -> Option<&'static str> {
        [
            ("--master-seed", self.master_seed.is_some()),
            ("--encoder", self.encoder.is_some()),
            ("--recipe", self.recipe.is_some()),
            ("--seeds", self.seeds.is_some()),
            ("--n-train", self.n_train.is_some()),
            ("--length", self.length.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
        ]
        .into_iter()
        .find_map(|(option, is_set)| is_set.then_some(option))
    }

    /// Returns the study or the models from elsewhere that arguments mean, with these changes.
    pub fn of(
        &self,
        what: &[PathBuf],
        labels: Option<&[String]>,
        tokenizer: Option<&Path>,
    ) -> Result<StudySpec> {
        let study = match what {
            [] => Some(Path::new(DEFAULT)),
            // Beside a task a folder is a model, even if it has the name of a study.
            [study] if is_study(study) && !(self.task.is_some() && study.is_dir()) => Some(study.as_path()),
            _ => None,
        };
        match study {
            Some(study) => {
                let set = [("--labels", labels.is_some()), ("--tokenizer", tokenizer.is_some())];
                if let Some((option, _)) = set.into_iter().find(|(_, is_set)| *is_set) {
                    let got = format!("{option} without models from elsewhere");
                    let expected = "it beside folders or names of models".into();
                    return Err(LmcError::InvalidParameter { field: "OPTION", got, expected });
                }
                self.spec(study)
            }
            None => self.models(what, labels, tokenizer),
        }
    }

    /// Returns models from elsewhere, whose files are not looked at yet.
    fn given(
        &self,
        words: &[PathBuf],
        labels: Option<&[String]>,
        tokenizer: Option<&Path>,
    ) -> Result<GivenModels> {
        let is_folder = |word: &PathBuf| self.task.is_some() && word.is_dir();
        if let Some(study) = words.iter().find(|word| is_study(word) && !is_folder(word)) {
            let got = format!("{} beside other names", study.display());
            let expected = "one study, or models with --task".into();
            return Err(LmcError::InvalidParameter { field: "STUDY", got, expected });
        }
        let given = GivenModels::new(words).map_err(|error| match words {
            [word] => no_study(word, error),
            _ => error,
        })?;
        self.check_as_they_are()?;
        Ok(GivenModels {
            labels: labels.unwrap_or_default().to_vec(),
            tokenizer: tokenizer.map(Path::to_owned),
            ..given
        })
    }

    /// Returns the study of models from elsewhere.
    fn models(
        &self,
        words: &[PathBuf],
        labels: Option<&[String]>,
        tokenizer: Option<&Path>,
    ) -> Result<StudySpec> {
        let given = self.given(words, labels, tokenizer)?;
        let Some(task) = &self.task else {
            let names = TaskSpec::names().join(", ");
            let expected = format!(
                "--task FILE, which `lmc task init DATA.csv` writes, or the name of a task ({names})"
            );
            let n = given.models.len();
            let got = format!("{n} {} without a task", if n == 1 { "model" } else { "models" });
            return Err(LmcError::InvalidParameter { field: "MODEL", got, expected });
        };
        let mut spec = StudySpec::of_given(self.task(task)?, given);
        spec.data = self.data.clone();
        spec.unverified = self.unverified;
        spec.recipe.max_length = self.max_length.or(spec.recipe.max_length);
        spec.validate()?;
        Ok(spec)
    }

    /// Returns the task of that name or in that file.
    fn task(&self, task: &Path) -> Result<TaskSpec> {
        match task.to_str().filter(|name| TaskSpec::names().contains(name) && !task.is_file()) {
            Some(name) => TaskSpec::named(name),
            None => TaskSpec::open(task),
        }
    }

    /// Returns the study of that name or in that file, changed.
    fn spec(&self, study: &Path) -> Result<StudySpec> {
        let mut spec = match (&self.task, study.extension()) {
            (Some(task), _) => {
                if study != Path::new(DEFAULT) {
                    let got = format!("{} beside --task", study.display());
                    let expected = "one of them".into();
                    return Err(LmcError::InvalidParameter { field: "STUDY", got, expected });
                }
                StudySpec::of(self.task(task)?)
            }
            (None, Some(extension)) if extension == "toml" => StudySpec::read(study)?,
            _ => {
                let name = study.to_string_lossy();
                if StudySpec::NAMES.contains(&&*name) {
                    StudySpec::named(&name, 0)?
                } else {
                    StudySpec::of(TaskSpec::named(&name)?)
                }
            }
        };
        if spec.models.is_some() {
            self.check_as_they_are()?;
        }
        if let Some(master) = self.master_seed {
            spec = spec.with_master_seed(master)?;
        }
        if let Some(name) = &self.recipe {
            spec = spec.with_recipe_named(name)?;
        }
        if let Some(n_train) = self.n_train {
            spec.task = spec.task.with_n_train(n_train);
        }
        spec.data = self.data.clone().or(spec.data);
        spec.unverified |= self.unverified;
        spec.encoder = self.encoder.as_ref().map_or(spec.encoder, Encoder::from);
        spec.seeds = self.seeds.clone().unwrap_or(spec.seeds);
        spec.recipe.length = self.length.unwrap_or(spec.recipe.length);
        spec.recipe.max_length = self.max_length.or(spec.recipe.max_length);
        spec.recipe.learning_rate = self.learning_rate.unwrap_or(spec.recipe.learning_rate);
        spec.validate()?;
        Ok(spec)
    }

    /// Checks that no option changes the training of models from elsewhere.
    fn check_as_they_are(&self) -> Result<()> {
        match self.of_training() {
            Some(option) => {
                let got = format!("{option} beside models");
                let expected = "it with a study; models are as they are".into();
                Err(LmcError::InvalidParameter { field: "OPTION", got, expected })
            }
            None => Ok(()),
        }
    }
}
