//! The head of a sequence classifier: it turns the features of a sequence into logits.

use tch::{Device, Kind, Tensor};

use super::config::ModelConfig;
use super::dropout::Dropout;
use super::encoder::Affine;
use super::normal_tensor;
use crate::weights::{Entry, Layout, Parameters};

/// The operands of a head.
#[derive(Debug)]
pub(super) enum Head {
    /// BERT: one linear layer over the pooled output.
    Linear { out: Affine },
    /// RoBERTa: a tanh layer and a linear one over the first token.
    Dense { dense: Affine, out: Affine },
}

impl Head {
    /// Returns the head of the config's family, its tensors appended to `layout`.
    pub fn push(config: &ModelConfig, n_labels: i64, layout: &mut Layout) -> Self {
        let d = config.hidden_size;
        if config.is_roberta() {
            Self::Dense {
                dense: Affine::push(layout, "classifier.dense", d, d),
                out: Affine::push(layout, "classifier.out_proj", n_labels, d),
            }
        } else {
            Self::Linear { out: Affine::push(layout, "classifier", n_labels, d) }
        }
    }

    /// Returns the number of places at which features are dropped.
    pub fn n_sites(&self) -> i64 {
        match self {
            Self::Linear { .. } => 1,
            Self::Dense { .. } => 2,
        }
    }

    /// Returns the logits, `[stack, batch, n_labels]`, of features, `[stack, batch, width]`.
    pub fn logits(&self, p: &Parameters, features: Tensor, dropout: &Dropout) -> Tensor {
        match self {
            Self::Linear { out } => out.linear(p, &dropout.apply(features)),
            Self::Dense { dense, out } => {
                let hidden = dense.linear(p, &dropout.apply(features)).tanh();
                out.linear(p, &dropout.apply(hidden))
            }
        }
    }
}

/// The prefix of the tensor names of BERT's pooler.
pub(super) const POOLER: &str = "bert.pooler.dense.";

/// Returns the name of the tensor whose rows are the classes, `[n_labels, width]`.
pub(super) fn output_weight(config: &ModelConfig) -> &'static str {
    if config.is_roberta() { "classifier.out_proj.weight" } else { "classifier.weight" }
}

/// Returns fresh tensors: weights normal with standard deviation `std`, biases zero, from a named sub-seed.
pub(super) fn init<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    (seed, stream): (u64, &str),
    std: f64,
) -> Vec<(String, Tensor)> {
    let mut rng = lmc_base::seed::rng(seed, stream);
    let mut draw = |shape: &[i64]| match shape.len() {
        1 => Tensor::zeros(shape, (Kind::Float, Device::Cpu)),
        _ => normal_tensor(&mut rng, shape, std),
    };
    entries.into_iter().map(|entry| (entry.name.clone(), draw(&entry.shape))).collect()
}
