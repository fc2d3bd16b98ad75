//! Evaluation of models on datasets: per-example losses and predictions, from which every metric follows.

mod set;
#[cfg(test)]
mod tests;

pub use set::EvaluationSet;

use std::fmt;

use tch::{Kind, Tensor};

use crate::data::labels::{LabelMap, Merge};
use crate::encode::Batch;
use crate::error::{LmcError, Result};
use crate::interrupt;
use crate::model::{Classifier, Dropout, Tokens};
use crate::weights::Parameters;

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
    /// The mean loss in nats per example.
    pub fn mean_loss(&self) -> f64 {
        self.losses.iter().map(|&l| f64::from(l)).sum::<f64>() / self.losses.len() as f64
    }
}

/// Losses and predictions of the model theta, `[n_parameters]`, on `n` examples dealt out in `batches`, in the classes of
/// the classifier.
///
/// # Errors
/// [`LmcError::Torch`]; [`LmcError::NonFiniteLoss`] naming the example; [`LmcError::Interrupted`] between two batches.
pub fn evaluate(classifier: &Classifier, theta: &Tensor, batches: &[Batch], n: usize) -> Result<Outcome> {
    evaluate_mapped(classifier, theta, batches, n, None)
}

/// Losses, predictions and confidences of the model theta, `[n_parameters]`, on `n` examples dealt out in `batches`, in the
/// labels that `map` makes of the classifier's classes; none where they are the same in the same order.
///
/// # Errors
/// As [`evaluate`]; [`LmcError::ShapeMismatch`] for a map from another number of classes.
pub fn evaluate_mapped(
    classifier: &Classifier,
    theta: &Tensor,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
) -> Result<Outcome> {
    let _no_grad = tch::no_grad_guard();
    let parameters = Parameters::views(&theta.unsqueeze(0), classifier.layout());
    let mut outcome = Outcome { losses: vec![0.0; n], predictions: vec![0; n], confidences: vec![0.0; n] };
    for (done, batch) in batches.iter().enumerate() {
        interrupt::check(|| format!("{done} of {} batches were evaluated; none is kept", batches.len()))?;
        let tokens = Tokens::shared(&batch.ids, &batch.segments, 1);
        let logits = classifier.logits(&parameters, &tokens, &Dropout::NONE).squeeze_dim(0);
        let logits = match map.filter(|map| !map.is_identity()) {
            None => logits,
            Some(map) => map_logits(&logits, map)?,
        };
        let log_probabilities = logits.log_softmax(-1, Kind::Float);
        let losses = -log_probabilities.f_gather(-1, &batch.labels.unsqueeze(-1), false)?.squeeze_dim(-1);
        let losses = Vec::<f32>::try_from(&losses)?;
        let (confidences, predictions) = log_probabilities.max_dim(-1, false);
        let predictions = Vec::<i64>::try_from(&predictions)?;
        let confidences = Vec::<f32>::try_from(&confidences.exp())?;
        for (row, &i) in batch.indices.iter().enumerate() {
            outcome.losses[i] = losses[row];
            outcome.predictions[i] = predictions[row];
            outcome.confidences[i] = confidences[row];
        }
    }
    match outcome.losses.iter().position(|l| !l.is_finite()) {
        None => Ok(outcome),
        Some(i) => Err(LmcError::NonFiniteLoss {
            what: "evaluation".into(),
            value: f64::from(outcome.losses[i]),
            position: format!("example {i}"),
        }),
    }
}

/// Logits of labels, `[batch, n_labels]` f32, from those of classes, `[batch, n_classes]`, on the same device.
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
