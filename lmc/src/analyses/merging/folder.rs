//! Saving a merged model as a Hugging Face folder that is complete: config with labels, weights, the
//! tokenizer's files and a card.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{MergeCard, MergeMethod, MergeOptions, Merged};
use crate::error::Result;
use crate::file::sha256;
use crate::model::{Replace, Saved, check_place};
use crate::study::{Models, Study};

/// A folder that a merged model of a study is saved to: checked before anything is computed, written at the
/// end.
#[derive(Debug, Clone)]
pub struct MergeFolder {
    folder: PathBuf,
    /// The description of the model, as far as it is known before it is made.
    origin: Value,
    replace: Replace,
}

impl MergeFolder {
    /// Makes the folder for the model that `which` describes, for example by its method and ingredients or by
    /// the rule that chooses them. The same model of the same copies may be saved there again.
    ///
    /// # Errors
    /// [`LmcError::Occupied`](crate::LmcError::Occupied) if it holds something else, or is a folder that the
    /// study reads or its store, or lies in the store; [`LmcError::Io`](crate::LmcError::Io) if it cannot be
    /// written.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::analyses::merging::{MergeCard, MergeFolder};
    /// use lmc::model::Replace;
    /// let study = Study::open(StudySpec::mini_nli(0))?;
    /// // Whether the folder may be written is known before anything is trained.
    /// let folder = MergeFolder::new(&study, "soup".as_ref(), "the first two", Replace::Same)?;
    /// folder.save(&study.finetune()?, &[0, 1], &MergeCard::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn new(study: &Study, folder: &Path, which: &str, replace: Replace) -> Result<Self> {
        study.check_place(folder)?;
        let origin = json!({ "soup": which, "copies": sha256(study.identities().join("\n").as_bytes()) });
        check_place(folder, &origin, replace)?;
        Ok(Self { folder: folder.to_owned(), origin, replace })
    }

    /// Saves the uniform soup of models, given by number: [`MergeFolder::save_merged`] of their mean.
    ///
    /// # Errors
    /// The errors of [`Models::merge`] and of [`MergeFolder::new`].
    pub fn save(&self, models: &Models, ingredients: &[usize], card: &MergeCard) -> Result<()> {
        let mean = MergeOptions::new(MergeMethod::linear());
        self.save_merged(&models.merge(ingredients, &mean, None)?, card)
    }

    /// Saves a merged model with the labels of the task, the tokenizer's files and a model card (README.md). All
    /// files appear at once.
    ///
    /// # Errors
    /// The errors of [`MergeFolder::new`], and those of the scores on the card.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::{MergeCard, MergeFolder, MergeMethod, MergeOptions};
    /// use lmc::model::Replace;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// // The point a quarter of the way from the second model to the first.
    /// let weights = Some(vec![0.25, 0.75]);
    /// let options = MergeOptions { weights, ..MergeOptions::new(MergeMethod::linear()) };
    /// let place = MergeFolder::new(models.study(), "point".as_ref(), "a quarter", Replace::Same)?;
    /// place.save_merged(&models.merge(&[0, 1], &options, None)?, &MergeCard::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn save_merged(&self, merged: &Merged, card: &MergeCard) -> Result<()> {
        let task = merged.models.study().task();
        let config = task.classifier.config().clone().with_labels(&task.labels);
        let (files, card) = (task.tokenizer_files.clone(), Some(card.text(merged)?));
        let saved = Saved { config: &config, weights: &merged.weights, files, card };
        saved.write(&self.folder, &self.origin, self.replace)
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}
