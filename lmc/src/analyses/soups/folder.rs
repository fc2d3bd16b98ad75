//! Saving a soup as a Hugging Face folder that is complete: config with labels, weights and the tokenizer's
//! files.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::Result;
use crate::file::sha256;
use crate::model::{Replace, Saved, check_place};
use crate::study::{Models, Study};

/// A folder that a soup of a study is saved to: checked before anything is computed, written at the end.
#[derive(Debug, Clone)]
pub struct SoupFolder {
    folder: PathBuf,
    /// The description of the soup, as far as it is known before the soup is made.
    origin: Value,
    replace: Replace,
}

impl SoupFolder {
    /// Makes the folder for the soup that `which` describes, for example by its ingredients or by the rule
    /// that chooses them. The same soup of the same copies may be saved there again.
    ///
    /// # Errors
    /// [`LmcError::Occupied`](crate::LmcError::Occupied) if it holds something else, or is a folder that the
    /// study reads or its store, or lies in the store; [`LmcError::Io`](crate::LmcError::Io) if it cannot be
    /// written.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::{analyses::soups::SoupFolder, model::Replace};
    /// let study = Study::open(StudySpec::mini_nli(0))?;
    /// // Whether the folder may be written is known before anything is trained.
    /// let folder = SoupFolder::new(&study, "soup".as_ref(), "the first two", Replace::Same)?;
    /// folder.save(&study.finetune()?, &[0, 1])?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn new(study: &Study, folder: &Path, which: &str, replace: Replace) -> Result<Self> {
        study.check_place(folder)?;
        let origin = json!({ "soup": which, "copies": sha256(study.identities().join("\n").as_bytes()) });
        check_place(folder, &origin, replace)?;
        Ok(Self { folder: folder.to_owned(), origin, replace })
    }

    /// Saves the uniform soup of copies, given by number, with the labels of the task and the tokenizer's
    /// files. All files appear at once.
    ///
    /// # Errors
    /// The errors of [`Models::soup`] and of [`SoupFolder::new`].
    pub fn save(&self, models: &Models, ingredients: &[usize]) -> Result<()> {
        let task = models.study().task();
        let mut config = task.classifier.config().clone();
        // The in-domain set has the labels of training, in the order of the classifier's classes.
        if let Some(set) = task.sets.first().filter(|set| set.label_map.is_none()) {
            config = config.with_labels(&set.dataset.labels);
        }
        let weights = models.soup(ingredients)?;
        let saved = Saved { config: &config, weights: &weights, files: task.tokenizer_files.clone() };
        saved.write(&self.folder, &self.origin, self.replace)
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}
