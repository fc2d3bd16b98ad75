//! Saving a soup as a Hugging Face folder that is complete: config with labels, weights, the tokenizer's
//! files and a card.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::SoupCard;
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
    /// use lmc::analyses::soups::{SoupCard, SoupFolder};
    /// use lmc::model::Replace;
    /// let study = Study::open(StudySpec::mini_nli(0))?;
    /// // Whether the folder may be written is known before anything is trained.
    /// let folder = SoupFolder::new(&study, "soup".as_ref(), "the first two", Replace::Same)?;
    /// folder.save(&study.finetune()?, &[0, 1], &SoupCard::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn new(study: &Study, folder: &Path, which: &str, replace: Replace) -> Result<Self> {
        study.check_place(folder)?;
        let origin = json!({ "soup": which, "copies": sha256(study.identities().join("\n").as_bytes()) });
        check_place(folder, &origin, replace)?;
        Ok(Self { folder: folder.to_owned(), origin, replace })
    }

    /// Saves the uniform soup of models, given by number, with the labels of the task, the tokenizer's files and
    /// a model card (README.md). All files appear at once.
    ///
    /// # Errors
    /// The errors of [`Models::soup`] and of [`SoupFolder::new`].
    pub fn save(&self, models: &Models, ingredients: &[usize], card: &SoupCard) -> Result<()> {
        let task = models.study().task();
        let config = task.classifier.config().clone().with_labels(&task.labels);
        let weights = models.soup(ingredients)?;
        let (files, card) = (task.tokenizer_files.clone(), Some(card.text(models, ingredients)?));
        let saved = Saved { config: &config, weights: &weights, files, card };
        saved.write(&self.folder, &self.origin, self.replace)
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}
