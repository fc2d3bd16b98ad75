//! The objective that is maximised: a mean over examples, as a function of a flat vector.

use std::cell::RefCell;

use tch::{Device, Tensor};

use crate::train::loss_gradient;
use lmc_base::error::{LmcError, Result};
use lmc_model::compute::{batch_tokens, within_memory};
use lmc_model::encode::{Batch, Encoded, packed_batches};
use lmc_model::eval::{evaluate, say_once};
use lmc_model::model::Classifier;

/// A function of a flat vector that is a mean over examples.
pub trait Objective {
    /// Returns the number of examples.
    fn n_examples(&self) -> usize;

    /// Returns the mean over all examples at `x`, `[n]` f32.
    ///
    /// # Errors
    /// The errors of the function.
    fn value(&self, x: &Tensor) -> Result<f64>;

    /// Returns the gradient, `[n]`, at `x` of the mean over the examples of those numbers.
    ///
    /// # Errors
    /// The errors of the function.
    fn gradient(&self, x: &Tensor, batch: &[usize]) -> Result<Tensor>;
}

/// The mean cross-entropy of a classifier on examples, in nats, as a function of all its parameters. If a
/// device has too little memory for a batch, the batch is halved.
#[derive(Debug)]
pub struct ClassifierLoss<'a> {
    classifier: &'a Classifier,
    examples: Vec<Encoded>,
    device: Device,
    batches: RefCell<Batches>,
}

#[derive(Debug)]
struct Batches {
    max_tokens: usize,
    all: Vec<Batch>,
}

impl Batches {
    fn new(examples: &[Encoded], max_tokens: usize, device: Device) -> Self {
        let all = packed_batches(examples, max_tokens);
        Self { max_tokens, all: all.iter().map(|batch| batch.to_device(device)).collect() }
    }
}

impl<'a> ClassifierLoss<'a> {
    /// Makes the objective that is the loss on those examples, whose labels are the classes of the
    /// classifier, of parameters on that device.
    ///
    /// # Errors
    /// [`LmcError::OutOfMemory`] if the device has no room for the tokens.
    pub fn new(classifier: &'a Classifier, examples: Vec<Encoded>, device: Device) -> Result<Self> {
        let batches = within_memory(|| Ok(Batches::new(&examples, batch_tokens(device), device)))?;
        Ok(Self { classifier, examples, device, batches: RefCell::new(batches) })
    }

    /// Makes the batches half as large, or returns the error if each has one example.
    fn halve(&self, error: LmcError) -> Result<()> {
        let mut batches = self.batches.borrow_mut();
        if batches.all.iter().all(|batch| batch.indices.len() < 2) {
            return Err(error);
        }
        say_once(&error);
        batches.all.clear();
        let max_tokens = (batches.max_tokens / 2).max(1);
        *batches = within_memory(|| Ok(Batches::new(&self.examples, max_tokens, self.device)))?;
        Ok(())
    }
}

impl Objective for ClassifierLoss<'_> {
    fn n_examples(&self) -> usize {
        self.examples.len()
    }

    fn value(&self, x: &Tensor) -> Result<f64> {
        loop {
            let value = evaluate(self.classifier, x, &self.batches.borrow().all, self.examples.len());
            match value {
                Err(error @ LmcError::OutOfMemory { .. }) => self.halve(error)?,
                other => return Ok(other?.mean_loss()),
            }
        }
    }

    fn gradient(&self, x: &Tensor, batch: &[usize]) -> Result<Tensor> {
        halved(batch, &|part| Ok(loss_gradient(self.classifier, x, &self.examples, part)?.1))
    }
}

/// Returns the mean gradient over a batch, of its halves one after the other if there is too little memory for
/// the whole.
fn halved(batch: &[usize], gradient: &dyn Fn(&[usize]) -> Result<Tensor>) -> Result<Tensor> {
    match gradient(batch) {
        Err(error @ LmcError::OutOfMemory { .. }) if batch.len() > 1 => {
            say_once(&error);
            let (first, second) = batch.split_at(batch.len() / 2);
            let share = |part: &[usize]| part.len() as f64 / batch.len() as f64;
            let sum = halved(first, gradient)?.f_mul_scalar(share(first))?;
            Ok(sum.f_add(&halved(second, gradient)?.f_mul_scalar(share(second))?)?)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    /// Batches of more than two really ask libtorch for too much.
    #[test]
    fn a_gradient_is_the_same_in_halves() {
        let values = [1.0, 5.0, 2.0, 8.0, 4.0];
        let mean = |part: &[usize]| {
            within_memory(|| {
                if part.len() > 2 {
                    let _ = Tensor::zeros([1 << 55], (Kind::Uint8, Device::Cpu));
                }
                let sum: f64 = part.iter().map(|&i| values[i]).sum();
                Ok(Tensor::from_slice(&[sum / part.len() as f64]))
            })
        };
        let found = halved(&[0, 1, 2, 3, 4], &mean).unwrap().double_value(&[0]);
        assert!((found - 4.0).abs() < 1e-12, "{found}");
        let never = |_: &[usize]| within_memory(|| Ok(Tensor::zeros([1 << 55], (Kind::Uint8, Device::Cpu))));
        assert!(matches!(halved(&[0, 1], &never), Err(LmcError::OutOfMemory { .. })));
    }
}
