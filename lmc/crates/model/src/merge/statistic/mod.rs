//! Statistics of a model from texts: the Fisher information of its parameters, and the products of the inputs
//! of its linear layers.

mod fisher;
mod gram;

use std::collections::BTreeMap;

use tch::Tensor;

use crate::encode::Encoded;
use crate::guard::guarded;
use crate::model::Classifier;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// A statistic of a model that a method needs beside its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The diagonal of the Fisher information: the mean over texts of the expected square of the gradient of
    /// the log probability, where the label is drawn from the model itself (Matena and Raffel 2022, Eq. 3).
    /// No label of the data is read.
    Fisher,
    /// `X^T X` of the inputs X of each linear layer, one row for each token, or for each text in the head,
    /// divided by the number of rows (Jin et al. 2023). Of DeBERTa the projection of the embeddings is left
    /// out, and layers for distances that are shared with those of tokens are told by the tokens alone.
    Gram,
}

impl Statistic {
    /// Returns the name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fisher => "fisher",
            Self::Gram => "gram",
        }
    }

    /// Returns the statistic of the model theta, `[n_parameters]`, by tensor, f32 on the CPU: of Fisher one
    /// of the shape of each tensor, of Gram `[in, in]` for the weight of each linear layer. It is computed on
    /// theta's device in float32; `tick` gets the number of texts that were read.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if there is no text; the errors of [`Classifier::logits`];
    /// [`LmcError::NonFiniteLoss`] for a model that diverged; [`LmcError::Interrupted`].
    pub fn gather(
        self,
        classifier: &Classifier,
        theta: &Tensor,
        texts: &[Encoded],
        tick: impl Fn(usize),
    ) -> Result<BTreeMap<String, Tensor>> {
        if texts.is_empty() {
            return Err(LmcError::invalid("merge.n_texts", 0, "at least one text"));
        }
        let tick = |n: usize, done: usize| {
            tick(n);
            interrupt::check(|| format!("{done} of {} texts were read", texts.len()))
        };
        let gathered = guarded(|| match self {
            Self::Fisher => fisher::diagonal(classifier, theta, texts, tick),
            Self::Gram => gram::products(classifier, theta, texts, tick),
        })?;
        for (name, tensor) in &gathered {
            if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                let what = format!("statistic of {name}");
                return Err(LmcError::NonFiniteLoss {
                    what,
                    value: f64::NAN,
                    position: "one of the texts".into(),
                });
            }
        }
        Ok(gathered)
    }
}
