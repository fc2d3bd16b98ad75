//! Models from elsewhere in the description of a study.

use std::path::{Path, PathBuf};

use super::{StudySpec, reads_no_files};
use crate::data::fetch::{ModelFolder, checkpoints, model_words};
use crate::error::{LmcError, Result};
use crate::options::Options;
use crate::spec::TaskSpec;

/// Models from elsewhere, which take the place of the copies that a study finetunes.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenModels {
    /// The folder of each model or its name, such as `feather-berts-12`.
    pub models: Vec<PathBuf>,
    /// The names of their outputs in order, the same for all; if empty, those of manifests and configs.
    pub labels: Vec<String>,
    /// The folder or the name of a model whose tokenizer is that of all; `None` for their own.
    pub tokenizer: Option<PathBuf>,
}

impl GivenModels {
    /// Returns the models that words mean: folders, names, and the patterns of
    /// [`model_words`](crate::data::fetch::model_words).
    ///
    /// # Errors
    /// The errors of [`model_words`](crate::data::fetch::model_words) and [`ModelFolder::names`].
    pub fn new(words: &[impl AsRef<Path>]) -> Result<Self> {
        let models = model_words(words)?;
        if models.is_empty() {
            return Err(LmcError::invalid("MODEL", "none", "at least one folder or name of a classifier"));
        }
        ModelFolder::names(&models)?;
        models.iter().try_for_each(|model| check_holds_model(model))?;
        Ok(Self { models, labels: Vec::new(), tokenizer: None })
    }

    /// Returns the same models with their folders named from the root.
    pub(in crate::study) fn absolute(&self) -> Result<Self> {
        let place = |word: &PathBuf| match word.is_dir() {
            true => std::path::absolute(word).map_err(LmcError::io("read", word)),
            false => Ok(word.clone()),
        };
        Ok(Self {
            models: self.models.iter().map(place).collect::<Result<_>>()?,
            tokenizer: self.tokenizer.as_ref().map(place).transpose()?,
            labels: self.labels.clone(),
        })
    }

    /// Returns the models of those names, in that order; all of them if there are no names.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing the models.
    pub fn chosen(&self, names: Option<&[String]>) -> Result<Self> {
        let (Some(names), known) = (names, self.names()?) else { return Ok(self.clone()) };
        let model = |name: &String| match known.iter().position(|known| known == name) {
            Some(at) => Ok(self.models[at].clone()),
            None => Err(LmcError::UnknownName { kind: "model", name: name.clone(), known: known.clone() }),
        };
        Ok(Self { models: names.iter().map(model).collect::<Result<_>>()?, ..self.clone() })
    }

    /// Returns the name of each model.
    ///
    /// # Errors
    /// The errors of [`ModelFolder::names`], if a folder is gone.
    pub fn names(&self) -> Result<Vec<String>> {
        ModelFolder::names(&self.models)
    }
}

impl StudySpec {
    /// Returns the study of models from elsewhere on a task: folders, names and patterns of them, as
    /// [`GivenModels::new`] takes them. Nothing is finetuned.
    ///
    /// # Errors
    /// The errors of [`GivenModels::new`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let task = TaskSpec::open("stance.toml")?;
    /// let spec = StudySpec::of_models(task, &["runs/*/checkpoint-500", "feather-berts-{0..9}"])?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn of_models(task: TaskSpec, words: &[impl AsRef<Path>]) -> Result<Self> {
        Ok(Self::of_given(task, GivenModels::new(words)?))
    }

    /// Returns the study of those models from elsewhere on a task.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::study::GivenModels;
    /// let given = GivenModels { labels: vec!["no".into(), "yes".into()], ..GivenModels::new(&["runs/*"])? };
    /// let spec = StudySpec::of_given(TaskSpec::open("stance.toml")?, given);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn of_given(task: TaskSpec, given: GivenModels) -> Self {
        Self { seeds: Vec::new(), models: Some(given), ..Self::of(task) }
    }

    /// Returns the number of models: those from elsewhere, or one copy for each seed.
    pub fn n_models(&self) -> usize {
        self.models.as_ref().map_or(self.seeds.len(), |given| given.models.len())
    }
}

/// Checks that a folder holds a file that may belong to a model, or checkpoints of one.
fn check_holds_model(folder: &Path) -> Result<()> {
    const ENDINGS: [&str; 9] = ["json", "safetensors", "bin", "pt", "pth", "ckpt", "h5", "index", "msgpack"];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_of_model = |path: &Path| {
        path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
    };
    let holds = entries.map(|entry| entry.path()).any(|path| is_of_model(&path));
    if holds || !folder.is_dir() || !checkpoints(folder)?.is_empty() {
        return Ok(());
    }
    let why = "the folder holds no model (config.json and weights), and no folders that do; check the path";
    Err(LmcError::NoModel { given: folder.display().to_string(), why: why.to_owned() })
}

/// Checks the description of a study of models from elsewhere.
pub(super) fn validate(spec: &StudySpec) -> Result<()> {
    if let Some(seed) = spec.seeds.first() {
        let got = format!("{seed} beside models from elsewhere");
        return Err(LmcError::invalid("seeds", got, "none: nothing is finetuned"));
    }
    if spec.models.as_ref().is_some_and(|given| given.models.is_empty()) {
        return Err(LmcError::invalid("models", "none", "at least one"));
    }
    spec.task.validate()?;
    reads_no_files(spec)?;
    spec.recipe.validate()
}
