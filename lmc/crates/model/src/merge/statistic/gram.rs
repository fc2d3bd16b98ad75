//! The products of the inputs of linear layers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tch::{Kind, Tensor};

use crate::encode::Encoded;
use crate::model::{Classifier, Dropout, Tokens};
use crate::weights::{BlockId, LinearLayer, Parameters, Watch};
use lmc_base::error::Result;

/// The most texts that are read at once.
const BATCH: usize = 32;

/// The inputs that linear layers have had, by the block of their weights: the sum of `x^T x`, `[in, in]` f64,
/// and the number of rows.
#[derive(Debug, Default)]
struct Inputs(Mutex<BTreeMap<BlockId, (Tensor, i64)>>);

impl Inputs {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<BlockId, (Tensor, i64)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Watch for Inputs {
    fn look(&self, _: &Parameters, layer: LinearLayer, x: &Tensor) {
        let rows = x.reshape([-1, x.size().last().copied().unwrap_or(1)]).to_kind(Kind::Double);
        let (product, n) = (rows.transpose(0, 1).matmul(&rows), rows.size()[0]);
        let mut inputs = self.all();
        let sum = match inputs.remove(&layer.weight) {
            None => (product, n),
            Some((sum, rows)) => (sum + product, rows + n),
        };
        inputs.insert(layer.weight, sum);
    }
}

/// Returns the products by the name of the layer's weight; `tick` gets the texts of each step and those done.
pub(super) fn products(
    classifier: &Classifier,
    theta: &Tensor,
    texts: &[Encoded],
    tick: impl Fn(usize, usize) -> Result<()>,
) -> Result<BTreeMap<String, Tensor>> {
    let (inputs, layout) = (Arc::new(Inputs::default()), classifier.layout());
    let parameters = Parameters::views(&theta.f_unsqueeze(0)?, layout)?.watched_by(inputs.clone());
    let mut done = 0;
    // Padding would be among the inputs.
    for tokens in Tokens::of_one_length(texts, BATCH, 1, theta.device())? {
        // The logits are not needed, their inputs were watched.
        drop(tch::no_grad(|| classifier.logits(&parameters, &tokens, &Dropout::NONE))?);
        let n = tokens.ids.size()[1] as usize;
        done += n;
        tick(n, done)?;
    }
    let mut products = BTreeMap::new();
    for (&block, (product, rows)) in inputs.all().iter() {
        let mean = (product / *rows as f64).f_to_kind(Kind::Float)?.f_to_device(tch::Device::Cpu)?;
        products.extend(layout.names_in(block).into_iter().map(|name| (name, mean.shallow_clone())));
    }
    Ok(products)
}
