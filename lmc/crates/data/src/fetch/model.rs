//! Models that are given as a folder or by the name of a manifest.

use std::path::{Path, PathBuf};

use super::Fetcher;
use super::adapter::adapter_base;
use super::model_names::{Given, distinct_names};
use crate::manifest::Manifest;
use lmc_base::error::{LmcError, Result};

/// The files that a tokenizer may be read from.
pub const TOKENIZER_FILES: [&str; 7] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
];
/// The subset of these files of which any single one is enough to know the tokens.
const VOCABULARIES: [&str; 3] = ["tokenizer.json", "vocab.txt", "vocab.json"];

/// The folders of a model and its tokenizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFolder {
    /// The name of the model: that of its manifest, or of its folder.
    pub name: String,
    /// The folder of config and weights.
    pub folder: PathBuf,
    /// The folder of the tokenizer, which is the same unless the manifest names that of another model.
    pub tokenizer: PathBuf,
    /// The labels that the manifest gives the classifier's outputs, in their order; empty if it gives none.
    pub labels: Vec<String>,
}

impl ModelFolder {
    /// Returns the model in a folder or, if there is no such folder, the one whose manifest has that name,
    /// after fetching the files that are not there yet. A folder may hold an adapter of PEFT; without a
    /// tokenizer of its own, it has that of the model that it adapts.
    ///
    /// Its name is that of its folder, which `.`, `..` and links do not hide, or that of its manifest.
    ///
    /// # Errors
    /// [`LmcError::NoModel`] for a file, and for something that is neither a folder nor a model's name; the
    /// errors of [`Fetcher::from_env`] and [`Fetcher::fetch`].
    pub fn find(given: &Path) -> Result<ModelFolder> {
        Self::of(Given::new(given)?)
    }

    /// Returns each of several models, as [`ModelFolder::find`] does, under names that tell them apart.
    /// Folders with equal names get the shortest end of their path that no other one has. All folders and
    /// names are checked before anything is fetched.
    ///
    /// # Errors
    /// The errors of [`ModelFolder::find`]; [`LmcError::InvalidParameter`] for a model that is given twice,
    /// by whatever paths.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::fetch::ModelFolder;
    /// let runs = tempfile::tempdir().unwrap();
    /// let folders = ["run0/checkpoint-500", "run1/checkpoint-500", "run1/best"].map(|end| runs.path().join(end));
    /// folders.iter().try_for_each(std::fs::create_dir_all).unwrap();
    /// let names: Vec<String> = ModelFolder::find_all(&folders)?.into_iter().map(|model| model.name).collect();
    /// assert_eq!(names, ["run0/checkpoint-500", "run1/checkpoint-500", "best"]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn find_all(given: &[impl AsRef<Path>]) -> Result<Vec<ModelFolder>> {
        let given = given.iter().map(|path| Given::new(path.as_ref())).collect::<Result<Vec<_>>>()?;
        let names = distinct_names(&given)?;
        let mut models = Vec::new();
        for (given, name) in given.into_iter().zip(names) {
            models.push(ModelFolder { name, ..Self::of(given)? });
        }
        Self::check_distinct(&models)?;
        Ok(models)
    }

    /// Returns the names that [`ModelFolder::find_all`] gives the same models. Nothing is fetched.
    ///
    /// # Errors
    /// The errors of [`ModelFolder::find_all`] but for those of fetching.
    pub fn names(given: &[impl AsRef<Path>]) -> Result<Vec<String>> {
        let given = given.iter().map(|path| Given::new(path.as_ref())).collect::<Result<Vec<_>>>()?;
        distinct_names(&given)
    }

    fn of(given: Given) -> Result<ModelFolder> {
        let mut model = Self::whole(given)?;
        if !model.has_tokenizer()
            && let Some(base) = adapter_base(&model.folder)?
        {
            model.tokenizer = base.tokenizer;
        }
        Ok(model)
    }

    /// Returns the model as it is given, without a look at what it may be an adapter of.
    pub(super) fn whole(given: Given) -> Result<ModelFolder> {
        let name = given.name(1);
        match given {
            Given::Manifest(manifest) => Fetcher::from_env()?.model(&manifest),
            Given::Folder { path, .. } => {
                Ok(ModelFolder { name, tokenizer: path.clone(), folder: path, labels: Vec::new() })
            }
        }
    }

    /// Checks that no two models have the same name or folder; the fields are public, so they may have been
    /// put together by hand.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] naming the first two.
    pub fn check_distinct(models: &[ModelFolder]) -> Result<()> {
        let place =
            |model: &ModelFolder| model.folder.canonicalize().unwrap_or_else(|_| model.folder.clone());
        let places: Vec<PathBuf> = models.iter().map(place).collect();
        for (i, model) in models.iter().enumerate() {
            if let Some(j) = places[..i].iter().position(|place| *place == places[i]) {
                let [one, other] =
                    [&models[j].folder, &model.folder].map(|folder| folder.display().to_string());
                let got = if one == other {
                    format!("{one} twice")
                } else {
                    format!("{one} and {other}, one folder")
                };
                return Err(LmcError::invalid("MODEL", got, "each model once"));
            }
            if models[..i].iter().any(|other| other.name == model.name) {
                let got = format!("two models with the name {}", model.name);
                return Err(LmcError::invalid("MODEL", got, "a name of its own for each"));
            }
        }
        Ok(())
    }

    /// Returns whether the folder of the tokenizer has files from which one can be read.
    pub fn has_tokenizer(&self) -> bool {
        VOCABULARIES.iter().any(|file| self.tokenizer.join(file).exists())
    }

    /// Returns the folder of a tokenizer: a given folder, or that of the model whose manifest has that name.
    /// Only the tokenizer's files of the model are fetched.
    ///
    /// # Errors
    /// The errors of [`ModelFolder::find`].
    pub fn find_tokenizer(given: &Path) -> Result<PathBuf> {
        match Given::new(given)? {
            given @ Given::Folder { .. } => Ok(Self::of(given)?.tokenizer),
            Given::Manifest(manifest) => Fetcher::from_env()?.tokenizer(&manifest),
        }
    }
}

impl Fetcher {
    /// Returns the folders of a model and its tokenizer, after fetching the files that are not there yet.
    ///
    /// # Errors
    /// The errors of [`Fetcher::fetch`].
    pub fn model(&self, manifest: &Manifest) -> Result<ModelFolder> {
        let folder = self.fetch(manifest)?;
        let tokenizer = match &manifest.tokenizer {
            Some(other) if !TOKENIZER_FILES.iter().any(|file| folder.join(file).exists()) => {
                self.tokenizer(&Manifest::builtin(other)?)?
            }
            _ => folder.clone(),
        };
        Ok(ModelFolder { name: manifest.name.clone(), folder, tokenizer, labels: manifest.labels.clone() })
    }

    /// Returns the folder of a model's tokenizer, or of the one that its manifest names, after fetching only
    /// the files of the tokenizer.
    ///
    /// # Errors
    /// The errors of [`Fetcher::fetch`].
    pub fn tokenizer(&self, manifest: &Manifest) -> Result<PathBuf> {
        let mut own = manifest.clone();
        own.files.retain(|entry| TOKENIZER_FILES.iter().any(|file| entry.path.ends_with(file)));
        match &manifest.tokenizer {
            Some(other) if own.files.is_empty() => self.tokenizer(&Manifest::builtin(other)?),
            _ => self.fetch(&own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("minilm");
        std::fs::create_dir(&path).unwrap();
        let found = ModelFolder::find(&path).unwrap();
        assert_eq!((found.name.as_str(), &found.folder, &found.tokenizer), ("minilm", &path, &path));
        assert!(found.labels.is_empty() && !found.has_tokenizer());
        std::fs::write(path.join("tokenizer_config.json"), "{}").unwrap();
        assert!(!found.has_tokenizer());
        std::fs::write(path.join("vocab.txt"), "").unwrap();
        assert!(found.has_tokenizer());
        assert_eq!(ModelFolder::find_tokenizer(&path).unwrap(), path);
    }

    #[test]
    fn models_put_together_by_hand_are_told_apart_too() {
        let model = |name: &str, folder: &str| ModelFolder {
            name: name.into(),
            folder: folder.into(),
            tokenizer: folder.into(),
            labels: Vec::new(),
        };
        let problem = |models: &[ModelFolder]| ModelFolder::check_distinct(models).unwrap_err().to_string();
        ModelFolder::check_distinct(&[model("a", "x"), model("b", "y")]).unwrap();
        assert_eq!(
            problem(&[model("a", "x"), model("a", "y")]),
            "`MODEL`: got two models with the name a, expected a name of its own for each"
        );
        assert_eq!(
            problem(&[model("a", "x"), model("b", "x")]),
            "`MODEL`: got x twice, expected each model once"
        );
        let same = problem(&[model("a", "/tmp"), model("b", "/tmp/../tmp")]);
        assert_eq!(same, "`MODEL`: got /tmp and /tmp/../tmp, one folder, expected each model once");
    }
}
