//! Evaluation of models on datasets: per-example losses and predictions, from which every metric follows.

mod file;
mod logits;
mod set;
#[cfg(test)]
mod tests;
mod tile;

#[doc(hidden)]
pub use file::{damaged_unit, outcome_columns, read_outcomes};
pub use file::{read_outcome, write_outcome};
pub use logits::{Logits, evaluate_logits, read_logits, write_logits};
pub use set::EvaluationSet;
#[doc(hidden)]
pub use tile::{Tile, say_once};

use std::fmt;

use tch::{Device, Kind, Tensor};

use crate::compute::within_memory;
use crate::encode::Batch;
use crate::model::{Classifier, Dropout};
use crate::weights::Parameters;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;
use lmc_data::labels::{LabelMap, Merge};

/// Per-example results of one model on one dataset, in the dataset's order.
#[derive(Clone, PartialEq)]
pub struct Outcome {
    /// Cross-entropy in nats.
    pub losses: Vec<f32>,
    /// The class with the largest logit.
    pub predictions: Vec<i64>,
    /// The probability of that class, in [0, 1].
    pub confidences: Vec<f32>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({} examples, mean loss {:.4})", self.losses.len(), self.mean_loss())
    }
}

impl Outcome {
    /// Returns the mean loss in nats per example.
    pub fn mean_loss(&self) -> f64 {
        self.losses.iter().map(|&l| f64::from(l)).sum::<f64>() / self.losses.len() as f64
    }
}

/// Returns the losses and predictions of the model theta, `[n_parameters]`, on `n` examples dealt out in
/// `batches`, in the classes of the classifier.
///
/// # Errors
/// Before anything is computed, [`LmcError::OutsideTable`] if the model has no row for a token,
/// [`LmcError::InvalidParameter`] for a label that is not one of the classes, [`LmcError::ShapeMismatch`] for
/// a theta of another model; [`LmcError::Torch`]; [`LmcError::OutOfMemory`]; [`LmcError::NonFiniteLoss`]
/// naming the example; [`LmcError::Interrupted`] between two batches.
pub fn evaluate(classifier: &Classifier, theta: &Tensor, batches: &[Batch], n: usize) -> Result<Outcome> {
    evaluate_mapped(classifier, theta, batches, n, None)
}

/// Returns the losses, predictions and confidences of the model theta, `[n_parameters]`, on `n` examples
/// dealt out in `batches`, in the labels that `map` makes of the classifier's classes; `None` if they are the
/// same in the same order.
///
/// # Errors
/// The errors of [`evaluate`]; [`LmcError::ShapeMismatch`] for a map from another number of classes, the
/// identity included.
pub fn evaluate_mapped(
    classifier: &Classifier,
    theta: &Tensor,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
) -> Result<Outcome> {
    evaluate_counted(classifier, theta, batches, n, map, &|_| ())
}

/// Does the same as [`evaluate_mapped`], and reports after each batch how many examples it had.
#[doc(hidden)]
pub fn evaluate_counted(
    classifier: &Classifier,
    theta: &Tensor,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
    count: &dyn Fn(usize),
) -> Result<Outcome> {
    let parameters = Parameters::views(&theta.unsqueeze(0), classifier.layout())?;
    let outcomes = within_memory(|| evaluate_all(classifier, &parameters, batches, n, map, count));
    Ok(outcomes?.swap_remove(0))
}

/// Returns the outcome of every model of a stack, as [`evaluate_mapped`] gives it for each; operands and
/// batches are on one device.
///
/// Results stay on the device until all batches are done, and leave it in one transfer.
///
/// # Errors
/// The errors of [`evaluate_mapped`].
pub fn evaluate_stack(
    classifier: &Classifier,
    parameters: &Parameters,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
) -> Result<Vec<Outcome>> {
    within_memory(|| evaluate_all(classifier, parameters, batches, n, map, &|_| ()))
}

/// Checks that evaluation may go on with the next batch.
fn check_interrupt(done: usize, n_batches: usize) -> Result<()> {
    interrupt::check(|| {
        format!("{done} of {n_batches} batches were evaluated, which are not kept; run the same call again")
    })
}

fn evaluate_all(
    classifier: &Classifier,
    parameters: &Parameters,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
    count: &dyn Fn(usize),
) -> Result<Vec<Outcome>> {
    check(classifier, batches, map)?;
    let _no_grad = tch::no_grad_guard();
    let mut parts = Vec::with_capacity(batches.len());
    for (done, batch) in batches.iter().enumerate() {
        check_interrupt(done, batches.len())?;
        let logits = label_logits(classifier, parameters, batch, map)?;
        let log_probabilities = logits.log_softmax(-1, Kind::Float);
        let labels = batch.labels.view([1, -1, 1]).expand([parameters.stack(), -1, -1], false);
        let losses = -log_probabilities.f_gather(-1, &labels, false)?.squeeze_dim(-1);
        let (confidences, predictions) = log_probabilities.max_dim(-1, false);
        // float32 has every class index exactly.
        parts.push(Tensor::f_stack(&[losses, confidences.exp(), predictions.to_kind(Kind::Float)], 1)?);
        count(batch.indices.len());
    }
    // They leave the device at once, `[stack, 3, n]`.
    let results = Tensor::f_cat(&parts, 2)?.to_device(Device::Cpu);
    let order = || batches.iter().flat_map(|batch| batch.indices.iter().copied());
    (0..parameters.stack())
        .map(|model| {
            let results = results.get(model);
            let row = |i| Ok::<_, LmcError>(Vec::<f32>::try_from(results.get(i))?);
            let losses = in_order(order(), row(0)?, n);
            if let Some(i) = losses.iter().position(|loss| !loss.is_finite()) {
                let (what, value) = (named(parameters.kind()).into(), f64::from(losses[i]));
                return Err(LmcError::NonFiniteLoss { what, value, position: format!("example {i}") });
            }
            Ok(Outcome {
                losses,
                confidences: in_order(order(), row(1)?, n),
                predictions: in_order(order(), row(2)?.into_iter().map(|class| class as i64).collect(), n),
            })
        })
        .collect()
}

/// Checks that the model has a row for every token and, by `map`, a logit for every label.
fn check(classifier: &Classifier, batches: &[Batch], map: Option<&LabelMap>) -> Result<()> {
    if let Some(map) = map {
        map.check(usize::try_from(classifier.n_labels()).unwrap_or_default())?;
    }
    batches.iter().map(|batch| batch.tokens.extent()).try_for_each(|extent| {
        classifier.check_extent(&extent)?;
        classifier.check_labels(&extent, map.map(|map| map.classes().len()))
    })
}

/// Returns the logits of a batch in the labels of `map`, `[stack, batch, n_labels]`.
fn label_logits(
    classifier: &Classifier,
    parameters: &Parameters,
    batch: &Batch,
    map: Option<&LabelMap>,
) -> Result<Tensor> {
    let logits = classifier.packed_logits(parameters, &batch.tokens, &Dropout::NONE)?;
    match map.filter(|map| !map.is_identity()) {
        None => Ok(logits),
        Some(map) => map_logits(&logits, map),
    }
}

/// Returns the values of examples that were dealt out in `order`, in the dataset's order.
fn in_order<T: Copy + Default>(order: impl Iterator<Item = usize>, values: Vec<T>, n: usize) -> Vec<T> {
    let mut sorted = vec![T::default(); n];
    order.zip(values).for_each(|(example, value)| sorted[example] = value);
    sorted
}

/// Returns the logits of labels, `[batch, n_labels]` f32, from those of classes, `[batch, n_classes]`, on the
/// same device.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for a map from another number of classes.
pub fn map_logits(logits: &Tensor, map: &LabelMap) -> Result<Tensor> {
    map.check(logits.size().last().map_or(0, |&n| usize::try_from(n).unwrap_or(0)))?;
    let logits = logits.to_kind(Kind::Float);
    let merged = |classes: &Vec<usize>| {
        let columns = classes.iter().map(|&class| logits.select(-1, class as i64));
        columns.reduce(|a, b| match map.merge() {
            Merge::Max => a.maximum(&b),
            Merge::Sum => a + b,
        })
    };
    let labels: Vec<Tensor> = map.classes().iter().filter_map(merged).collect();
    Ok(Tensor::f_stack(&labels, -1)?)
}

/// Returns what an evaluation in those numbers is called in an error about a loss that is none.
fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Half => "evaluation in fp16, whose numbers end at 65504 (those of bf16 and float32 do not)",
        _ => "evaluation",
    }
}
