//! The study that a verb works on.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::LazyLock;

use clap::Args;
use lmc::Options;
use lmc::data::manifest::{Manifest, ManifestKind};
use lmc::spec::{Encoder, Recipe, TaskSpec};
use lmc::step::Step;
use lmc::study::{Study, StudySpec};
use lmc::{LmcError, Result};

/// Returns the names of all studies that have one: the embedded ones, then those of corpora.
fn names() -> Vec<&'static str> {
    let corpora = TaskSpec::names().into_iter().filter(|name| !StudySpec::NAMES.contains(name));
    StudySpec::NAMES.into_iter().chain(corpora).collect()
}

/// The study if none is named.
pub const DEFAULT: &str = "mini-nli";

/// The advice for models that are given in place of a study.
const OF_MODELS: &str = "`lmc evaluate MODEL... --corpus CORPUS --split SPLIT` takes models";

/// Returns the error for an argument that is not a study; it may be a model.
fn no_study(given: &Path) -> LmcError {
    let known = names().into_iter().chain(["a file that ends in .toml"]);
    let name = given.display().to_string();
    if given.exists() || Manifest::builtin(&name).is_ok_and(|manifest| manifest.kind == ManifestKind::Model) {
        let expected = format!("a study ({}); {OF_MODELS}", known.collect::<Vec<_>>().join(", "));
        return LmcError::InvalidParameter { field: "STUDY", got: name, expected };
    }
    LmcError::UnknownName { kind: "study", name, known: known.map(str::to_owned).collect() }
}

static STUDY: LazyLock<String> = LazyLock::new(|| {
    let names = names().join(", ");
    format!(
        "A study with the paper's recipe ({names}), or a file that ends in .toml, such as `lmc spec` prints"
    )
});
static RECIPE: LazyLock<String> = LazyLock::new(|| format!("The recipe: {}", Recipe::NAMES.join(", ")));

/// A study by name or file, and the changes to it.
#[derive(Args)]
pub struct StudyArgs {
    #[arg(default_value = DEFAULT, value_name = "STUDY", help = STUDY.as_str())]
    study: PathBuf,
    /// Anything after the study, which is an error; this field gives a better message than the command line
    /// would.
    #[arg(hide = true)]
    more: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

/// The changes to the task or the file.
#[derive(Args)]
pub struct Changes {
    /// The manifest of a task on your own data, which `lmc task init` writes; in place of a STUDY.
    #[arg(long, value_name = "FILE")]
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
        if self.more.is_empty() {
            return self.changes.spec(&self.study);
        }
        let names = std::iter::once(&self.study).chain(&self.more).map(|name| name.display().to_string());
        let got = format!("{} names ({})", 1 + self.more.len(), names.collect::<Vec<_>>().join(", "));
        Err(LmcError::InvalidParameter { field: "STUDY", got, expected: format!("one study; {OF_MODELS}") })
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

    /// Returns the first option that is set but does not apply to models from elsewhere.
    pub fn of_a_study(&self) -> Option<&'static str> {
        [
            ("--task", self.task.is_some()),
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

    /// Returns the study of that name or in that file, changed.
    pub fn spec(&self, study: &Path) -> Result<StudySpec> {
        let mut spec = match (&self.task, study.extension()) {
            (Some(task), _) => {
                if study != Path::new(DEFAULT) {
                    let got = format!("{} beside --task", study.display());
                    return Err(LmcError::InvalidParameter {
                        field: "STUDY",
                        got,
                        expected: "one of them".into(),
                    });
                }
                StudySpec::of(TaskSpec::open(task)?)
            }
            (None, Some(extension)) if extension == "toml" => StudySpec::read(study)?,
            _ => {
                let name = study.to_string_lossy();
                if StudySpec::NAMES.contains(&&*name) {
                    StudySpec::named(&name, 0)?
                } else {
                    StudySpec::of(TaskSpec::named(&name).map_err(|error| match error {
                        LmcError::UnknownName { .. } => no_study(study),
                        other => other,
                    })?)
                }
            }
        };
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
}
