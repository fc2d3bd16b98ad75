//! Models from elsewhere as the models of a study: their files are looked at, they must fit together and the
//! task, and their outputs are put in the order of the task's labels.

mod fit;
mod known;
mod look;
mod stages;
mod together;
mod trainer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{LmcError, Result};
use crate::model::{ModelConfig, load_finetuned_as, reordered};
use crate::weights::{Layout, Weights};

pub(super) use look::{Opened, look};
pub(crate) use together::OpenedTogether;
pub(crate) use trainer::trainer_state;

/// The number of digits of the digest in a model's name in the store.
const DIGITS: usize = 24;

/// A model from elsewhere whose files were looked at.
#[derive(Clone)]
pub struct OpenedModel {
    name: String,
    /// The folder that was given.
    given: PathBuf,
    /// The folder of its weights: the one that was given, or that of its last checkpoint.
    folder: PathBuf,
    tokenizer: PathBuf,
    /// The names of its outputs in their order.
    labels: Vec<String>,
    /// The output that stands for each label of the task.
    order: Vec<usize>,
    key: String,
    step: Option<u32>,
}

impl fmt::Debug for OpenedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedModel({}, {})", self.name, self.key)
    }
}

impl OpenedModel {
    /// Returns the name in tables: the end of its path, or the name of its manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the folder of its weights.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the name in the store: the digest of its weights with the outputs in the order of the task.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the number of updates of its training, if its files say so.
    pub fn step(&self) -> Option<u32> {
        self.step
    }

    /// Returns the names of its outputs in the order in which its files have them.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Loads the weights, with outputs in the order of the task's labels.
    ///
    /// # Errors
    /// The errors of [`load_finetuned_as`]; [`LmcError::Format`] if the weights are not those that were
    /// looked at.
    pub(crate) fn load(&self, layout: &Arc<Layout>) -> Result<Weights> {
        let (weights, _) = read(&self.folder, &self.labels, &self.order)?;
        if key(&weights)? != self.key || weights.layout() != layout {
            return Err(LmcError::Format {
                path: self.folder.clone(),
                line: None,
                problem: "its weights changed after they were looked at".into(),
                remedy: "run the same call again when nothing writes there",
            });
        }
        Ok(weights)
    }
}

/// Returns the weights in a folder with outputs in that order, and the names of the outputs in their own
/// order. An empty order leaves the outputs as they are.
fn read(folder: &Path, labels: &[String], order: &[usize]) -> Result<(Weights, Vec<String>)> {
    let found = load_finetuned_as(folder, labels).map_err(|error| error.in_model(folder))?;
    Ok((in_order(found.classifier.config(), found.weights, order)?, found.labels))
}

/// Returns the weights with outputs in that order; their own order copies nothing.
fn in_order(config: &ModelConfig, weights: Weights, order: &[usize]) -> Result<Weights> {
    match order.iter().copied().eq(0..order.len()) {
        true => Ok(weights),
        false => reordered(config, &weights, order),
    }
}

/// Returns the name of weights in the store.
fn key(weights: &Weights) -> Result<String> {
    Ok(format!("model-{}", &weights.sha256()?[..DIGITS]))
}
