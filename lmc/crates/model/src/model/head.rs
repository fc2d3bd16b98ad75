//! The head of a sequence classifier: it turns the features of a sequence into logits.

use tch::{Device, Kind, Tensor};

use super::config::ModelConfig;
use super::dropout::Dropout;
use super::encoder::Affine;
use super::family::Dense;
use super::{is_norm, normal_tensor};
use crate::weights::{Entry, Layout, Parameters};

/// The operands of a head: a linear layer over the features, below which some families have another one.
#[derive(Debug)]
pub(super) struct Head {
    dense: Option<(Affine, Dense)>,
    /// The norm behind the first layer, with its epsilon.
    norm: Option<(Affine, f64)>,
    out: Affine,
}

impl Head {
    /// Returns the head of the config's family, its tensors appended to `layout`.
    pub fn push(config: &ModelConfig, n_labels: i64, layout: &mut Layout) -> Self {
        let (d, names) = (config.hidden_size, config.family().head);
        let biases = config.biases();
        let dense = names.dense.map(|dense| {
            let activation = config.head_activation().unwrap_or(dense.activation);
            (Affine::push_with(layout, dense.name, [d, d], biases.head), Dense { activation, ..dense })
        });
        let norm = names.dense.and_then(|dense| dense.norm);
        let norm = norm.map(|name| (Affine::push_norm(layout, name, d, biases.norms), config.layer_norm_eps));
        Self { dense, norm, out: Affine::push(layout, names.out, n_labels, d) }
    }

    /// Returns the number of places at which features are dropped.
    pub fn n_sites(&self) -> i64 {
        let drops_input = self.dense.as_ref().is_some_and(|(_, dense)| dense.drops_input);
        1 + i64::from(drops_input)
    }

    /// Returns the logits, `[stack, batch, n_labels]`, of features, `[stack, batch, width]`.
    pub fn logits(&self, p: &Parameters, features: Tensor, dropout: &Dropout) -> Tensor {
        let hidden = match &self.dense {
            None => features,
            Some((layer, dense)) => {
                let features = if dense.drops_input { dropout.apply(features) } else { features };
                let hidden = dense.activation.apply(&layer.linear(p, &features));
                match &self.norm {
                    Some((norm, eps)) => norm.norm(p, &hidden, *eps),
                    None => hidden,
                }
            }
        };
        self.out.linear(p, &dropout.apply(hidden))
    }
}

/// Returns the name of the tensor whose rows are the classes, `[n_labels, width]`.
pub(super) fn output_weight(config: &ModelConfig) -> String {
    format!("{}.weight", config.family().head.out)
}

/// Returns fresh tensors: weights normal with standard deviation `std`, those of norms one, biases zero, from
/// a named sub-seed.
pub(super) fn init<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    (seed, stream): (u64, &str),
    std: f64,
) -> Vec<(String, Tensor)> {
    let mut rng = lmc_base::seed::rng(seed, stream);
    let mut draw = |name: &str, shape: &[i64]| match shape.len() {
        1 if is_norm(name) && name.ends_with(".weight") => Tensor::ones(shape, (Kind::Float, Device::Cpu)),
        1 => Tensor::zeros(shape, (Kind::Float, Device::Cpu)),
        _ => normal_tensor(&mut rng, shape, std),
    };
    entries.into_iter().map(|entry| (entry.name.clone(), draw(&entry.name, &entry.shape))).collect()
}
