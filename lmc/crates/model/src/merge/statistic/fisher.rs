//! The diagonal of the Fisher information.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use crate::encode::{Encoded, packed_batches};
use crate::model::{Classifier, Dropout};
use crate::weights::{Parameters, Weights};
use lmc_base::error::Result;

/// Returns the diagonal by tensor; `tick` gets the texts of each step and those done.
pub(super) fn diagonal(
    classifier: &Classifier,
    theta: &Tensor,
    texts: &[Encoded],
    tick: impl Fn(usize, usize) -> Result<()>,
) -> Result<BTreeMap<String, Tensor>> {
    let (theta, mut sum) = (theta.f_unsqueeze(0)?, theta.f_zeros_like()?);
    for (i, text) in texts.iter().enumerate() {
        // The squares of the gradients of single texts are wanted, so each is a batch of its own.
        let batch = packed_batches(std::slice::from_ref(text), usize::MAX).swap_remove(0);
        let tokens = batch.tokens.to_device(theta.device());
        for label in 0..classifier.n_labels() {
            let leaves = Parameters::leaves(&theta, classifier.layout())?;
            let logits = classifier.packed_logits(&leaves, &tokens, &Dropout::NONE)?;
            let log_probability =
                logits.f_log_softmax(-1, Kind::Float)?.f_select(-1, label)?.f_sum(Kind::Float)?;
            let gradient = leaves.gradient(&log_probability)?.f_squeeze_dim(0)?;
            // In place, since each of these vectors is as large as the model.
            tch::no_grad(|| -> Result<()> {
                let mut square = gradient.f_mul(&log_probability.f_detach()?.f_exp()?)?;
                let _ = square.f_mul_(&gradient)?;
                let _ = sum.f_add_(&square)?;
                Ok(())
            })?;
        }
        tick(1, i + 1)?;
    }
    let mean = (sum / texts.len() as f64).f_to_device(Device::Cpu)?;
    Ok(Weights::new(classifier.layout().clone(), mean)?.named().into_iter().collect())
}
