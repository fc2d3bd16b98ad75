//! A model that is given as a folder or by the name of a manifest.

use std::path::{Path, PathBuf};

use super::Fetcher;
use crate::data::manifest::Manifest;
use crate::error::Result;

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

/// Where a model and its tokenizer lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFolder {
    /// What it is called: the name of its manifest, or of its folder.
    pub name: String,
    /// The folder of config and weights.
    pub folder: PathBuf,
    /// The folder of the tokenizer, the same unless the manifest names another model's.
    pub tokenizer: PathBuf,
    /// The labels that the manifest has for the classifier's outputs, in their order; empty where it has none.
    pub labels: Vec<String>,
}

impl ModelFolder {
    /// Returns the model in a folder, or where there is no such folder the one whose manifest has that name, after fetching
    /// what is not there yet.
    ///
    /// # Errors
    /// As [`Fetcher::from_env`] and [`Fetcher::fetch`]. A folder that is missing and is no manifest's name is found missing
    /// when it is read.
    pub fn find(given: &Path) -> Result<ModelFolder> {
        let name = given.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let at_hand = |name| ModelFolder {
            name,
            folder: given.to_owned(),
            tokenizer: given.to_owned(),
            labels: Vec::new(),
        };
        if given.is_dir() {
            return Ok(at_hand(name));
        }
        match given.to_str().map(Manifest::builtin) {
            Some(Ok(manifest)) => Fetcher::from_env()?.model(&manifest),
            _ => Ok(at_hand(name)),
        }
    }
}

impl Fetcher {
    /// Returns where a model and its tokenizer lie, after fetching what is not there yet.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub fn model(&self, manifest: &Manifest) -> Result<ModelFolder> {
        let folder = self.fetch(manifest)?;
        let tokenizer = match &manifest.tokenizer {
            Some(other) if !TOKENIZER_FILES.iter().any(|file| folder.join(file).exists()) => {
                let mut other = Manifest::builtin(other)?;
                other.files.retain(|entry| TOKENIZER_FILES.iter().any(|file| entry.path.ends_with(file)));
                self.fetch(&other)?
            }
            _ => folder.clone(),
        };
        Ok(ModelFolder { name: manifest.name.clone(), folder, tokenizer, labels: manifest.labels.clone() })
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
        assert!(found.labels.is_empty());
        let missing = Path::new("/nowhere/bert");
        assert_eq!(ModelFolder::find(missing).unwrap().folder, missing);
    }
}
