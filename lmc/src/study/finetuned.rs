//! Evaluation of classifiers that were finetuned elsewhere.

use std::sync::Arc;

use super::Evaluation;
use super::task::{MAX_LENGTH, check_length};
use crate::data::Dataset;
use crate::data::fetch::ModelFolder;
use crate::data::labels::{LabelMap, Merge};
use crate::encode::load_tokenizer;
use crate::error::Result;
use crate::eval::{EvaluationSet, Tile, evaluate_mapped};
use crate::model::{Finetuned, load_finetuned_as};

/// Losses and predictions of a finetuned classifier on a set, in the set's labels.
///
/// The names of the classifier's outputs are those of its manifest, or else of its config; where these say nothing, put them
/// into [`ModelFolder::labels`]. `merge` says how neutral and contradiction become non-entailment.
///
/// # Errors
/// Those of [`load_finetuned_as`], [`load_tokenizer`] and [`LabelMap::new`]; [`LmcError::OutsideTable`] with the model's folder, before
/// anything is computed, where it has no row for a token or segment of the tokenizer; [`LmcError::NonFiniteLoss`],
/// [`LmcError::Interrupted`].
///
/// [`LmcError::OutsideTable`]: crate::LmcError::OutsideTable
/// [`LmcError::NonFiniteLoss`]: crate::LmcError::NonFiniteLoss
/// [`LmcError::Interrupted`]: crate::LmcError::Interrupted
pub fn evaluate_finetuned(model: &ModelFolder, set: Dataset, merge: Merge) -> Result<Evaluation> {
    let Finetuned { classifier, weights, labels } = load_finetuned_as(&model.folder, &model.labels)?;
    let map = LabelMap::new(&labels, &set.labels, merge)?;
    let tokenizer = load_tokenizer(&model.tokenizer)?;
    check_length(classifier.config(), &tokenizer, &model.folder)?;
    let max_len = classifier.config().max_len().min(MAX_LENGTH);
    let set = EvaluationSet::new(set, &tokenizer, max_len)?.with_label_map(map);
    let (n, map) = (set.encoded.len(), set.label_map.as_ref());
    let outcome = Tile::new(&set, weights.theta().device())?
        .fitting(|batches| evaluate_mapped(&classifier, weights.theta(), batches, n, map))
        .map_err(|error| error.of(format!("{} on {}", model.name, set.dataset.name)))?;
    let (dataset, labels) = (set.dataset.name.clone(), Arc::new(set.labels()));
    Ok(Evaluation { model: model.name.clone(), dataset, outcome, labels })
}
