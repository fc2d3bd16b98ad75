//! Evaluation of classifiers that were finetuned elsewhere.

use std::sync::Arc;

use super::Evaluation;
use crate::data::Dataset;
use crate::data::fetch::ModelFolder;
use crate::data::labels::{LabelMap, Merge};
use crate::encode::{load_tokenizer, longest_example};
use crate::error::Result;
use crate::eval::{EvaluationSet, Tile, evaluate_mapped};
use crate::model::{Finetuned, load_finetuned};

/// Losses and predictions of a finetuned classifier on a set, in the set's labels.
///
/// The names of the classifier's outputs are those of its manifest, or else of its config; where these say nothing, put them
/// into [`ModelFolder::labels`]. `merge` says how neutral and contradiction become non-entailment. Examples are cut to `max_length`
/// tokens, or where none is given to what the model takes: [`longest_example`] says how many these are, and a note which sets have
/// longer ones.
///
/// # Errors
/// Those of [`load_finetuned`], [`load_tokenizer`], [`longest_example`] and [`LabelMap::new`]; [`LmcError::NonFiniteLoss`],
/// [`LmcError::Interrupted`].
///
/// [`LmcError::NonFiniteLoss`]: crate::LmcError::NonFiniteLoss
/// [`LmcError::Interrupted`]: crate::LmcError::Interrupted
pub fn evaluate_finetuned(
    model: &ModelFolder,
    set: Dataset,
    merge: Merge,
    max_length: Option<usize>,
) -> Result<Evaluation> {
    let Finetuned { classifier, weights, labels } = load_finetuned(&model.folder)?;
    let labels = if model.labels.is_empty() { &labels } else { &model.labels };
    let map = LabelMap::new(labels, &set.labels, merge)?;
    let tokenizer = load_tokenizer(&model.tokenizer)?;
    let max_len = longest_example("max_length", max_length, classifier.config().max_len(), &tokenizer)?;
    let set = EvaluationSet::new(set, &tokenizer, max_len)?.with_label_map(map);
    let (n, map) = (set.encoded.len(), set.label_map.as_ref());
    let outcome = Tile::new(&set, weights.theta().device())?
        .fitting(|batches| evaluate_mapped(&classifier, weights.theta(), batches, n, map))
        .map_err(|error| error.of(format!("{} on {}", model.name, set.dataset.name)))?;
    let (dataset, labels) = (set.dataset.name.clone(), Arc::new(set.labels()));
    Ok(Evaluation { model: model.name.clone(), dataset, outcome, labels })
}
