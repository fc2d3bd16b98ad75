//! A classifier whose files were looked at.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::sets::Sets;
use crate::data::fetch::ModelFolder;
use crate::data::labels::LabelMap;
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::file::{hash_file, hexadecimal};
use crate::model::load::{config_file, weight_files};
use crate::model::{Classifier, Finetuned, ModelConfig, load_finetuned_as};
use crate::weights::Weights;

/// The number of digits of the digest of config and weights in the name of a file.
const DIGITS: usize = 24;

/// The facts found in a model's files.
pub(super) struct Seen {
    /// Its name in the store: the digest of its config and weights.
    pub key: String,
    pub config: ModelConfig,
    /// The number of its parameters.
    pub n_parameters: i64,
    /// For each set, which outputs stand for its labels.
    pub maps: Vec<LabelMap>,
}

impl Seen {
    /// Reads the weights, and compares the outputs with the labels of the sets.
    pub fn new(model: &ModelFolder, sets: &Sets) -> Result<Self> {
        let key = key(model)?;
        let Finetuned { classifier, labels, .. } = load_finetuned_as(&model.folder, &model.labels)?;
        let maps = sets.maps(classifier.n_labels() as usize, &labels)?;
        let n_parameters = classifier.layout().n_parameters();
        Ok(Self { key, config: classifier.config().clone(), n_parameters, maps })
    }
}

/// A classifier, and the sets in its tokens and labels.
pub(super) struct Looked {
    pub model: ModelFolder,
    pub seen: Seen,
    pub sets: Vec<Arc<EvaluationSet>>,
}

impl Looked {
    /// Loads the classifier with its weights, which must be those that were looked at.
    pub fn load(&self) -> Result<(Classifier, Weights)> {
        let Finetuned { classifier, weights, .. } =
            load_finetuned_as(&self.model.folder, &self.model.labels)?;
        if key(&self.model)? != self.seen.key {
            return Err(LmcError::Format {
                path: self.model.folder.clone(),
                line: None,
                problem: "its files changed after they were looked at".into(),
                remedy: "run the same call again when nothing writes there",
            });
        }
        Ok((classifier, weights))
    }
}

/// Returns the digest of a model's config and weights.
fn key(model: &ModelFolder) -> Result<String> {
    let mut hash = Sha256::new();
    for path in std::iter::once(config_file(&model.folder)?).chain(weight_files(&model.folder)?) {
        let mut part = Sha256::new();
        hash_file(&path, &mut part)?;
        hash.update(part.finalize());
    }
    Ok(format!("classifier-{}", &hexadecimal(&hash.finalize())[..DIGITS]))
}
