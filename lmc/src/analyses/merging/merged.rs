//! A model that was made of several.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::MergeOptions;
use crate::error::Result;
use crate::options::Valid;
use crate::study::{Evaluation, Models};
use crate::weights::Weights;

/// A merged model with its ingredients.
pub struct Merged {
    pub(super) models: Models,
    /// The numbers of the models that it was made of.
    pub ingredients: Vec<usize>,
    /// The method and its options.
    pub options: Valid<MergeOptions>,
    /// The name of the base, if the method starts from one.
    pub base: Option<String>,
    /// Its weights.
    pub weights: Weights,
    pub(super) key: String,
}

impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Merged({} of {} models)", self.options.method, self.ingredients.len())
    }
}

impl Merged {
    /// Returns the name in the store: a digest of everything that decided the weights.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns its results on the evaluation set of that name; a finished evaluation is read from the store.
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`].
    pub fn evaluate(&self, dataset: &str) -> Result<Evaluation> {
        let study = self.models.study();
        let set = study.task().set(dataset)?;
        let weights = Mutex::new(self.weights.clone());
        let load = |_| Ok(weights.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone());
        let outcome = study.outcomes(dataset, std::slice::from_ref(&self.key), &load)?.swap_remove(0);
        Ok(Evaluation {
            model: self.key.clone(),
            dataset: dataset.to_owned(),
            outcome,
            labels: Arc::new(set.labels()),
            n_labels: set.dataset.labels.len(),
        })
    }
}
