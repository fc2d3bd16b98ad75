//! The objective that is maximised: a mean over examples, as a function of a flat vector.

use tch::Tensor;

use crate::train::loss_gradient;
use lmc_base::error::Result;
use lmc_model::encode::{Batch, Encoded, packed_batches};
use lmc_model::eval::evaluate;
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

/// The mean cross-entropy of a classifier on examples, in nats, as a function of all its parameters.
#[derive(Debug)]
pub struct ClassifierLoss<'a> {
    classifier: &'a Classifier,
    examples: Vec<Encoded>,
    batches: Vec<Batch>,
}

impl<'a> ClassifierLoss<'a> {
    /// Makes the objective that is the loss on those examples, whose labels are the classes of the
    /// classifier.
    pub fn new(classifier: &'a Classifier, examples: Vec<Encoded>, max_tokens: usize) -> Self {
        let batches = packed_batches(&examples, max_tokens);
        Self { classifier, examples, batches }
    }
}

impl Objective for ClassifierLoss<'_> {
    fn n_examples(&self) -> usize {
        self.examples.len()
    }

    fn value(&self, x: &Tensor) -> Result<f64> {
        Ok(evaluate(self.classifier, x, &self.batches, self.examples.len())?.mean_loss())
    }

    fn gradient(&self, x: &Tensor, batch: &[usize]) -> Result<Tensor> {
        Ok(loss_gradient(self.classifier, x, &self.examples, batch)?.1)
    }
}
