//! REPAIR: a point between two models whose activations have the means and deviations between theirs.

use std::collections::BTreeSet;
use std::sync::Arc;

use tch::{Kind, Tensor};

use crate::encode::Encoded;
use crate::model::family::Layers;
use crate::model::{Classifier, Dropout, ModelConfig, Tokens, linear};
use crate::path::Combination;
use crate::weights::{BlockId, LinearLayer, Parameters, Watch, Weights};
use lmc_base::error::{LmcError, Result};

/// A deviation below this share of the one that is wanted is rounding: such a unit keeps its scale.
const ROUNDING: f64 = 1e-6;

/// Checks that REPAIR can work on models of that architecture.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for ALBERT with several depths, which share layers: no scale of a shared layer
/// is right at all of them.
pub fn check_repair(config: &ModelConfig) -> Result<()> {
    let (family, n) = (config.family(), config.family().order(config).len());
    let n_layers = family.order(config).into_iter().collect::<BTreeSet<_>>().len();
    if matches!(family.layers, Layers::Shared(_)) && n_layers < n {
        let got = format!("{}, whose {n} depths share {n_layers} layers", config.model_type);
        return Err(LmcError::invalid("align.repair", got, "models with a layer for each depth"));
    }
    Ok(())
}

/// Returns the point `alpha * a + (1 - alpha) * b` with the scales and biases of its linear layers changed.
/// After that the outputs of each unit over all tokens of the texts have the mean and the standard deviation
/// that lie between those of the two models: `alpha` times A's and `1 - alpha` times B's. A constant unit keeps
/// its scale.
///
/// The order is that of the forward pass, each layer behind repaired ones. The layer that makes logits stays as
/// it is, and so do DeBERTa's layers for distances, which read no text. A layer without a bias, as in
/// ModernBERT, is only scaled.
///
/// The three models read all texts at once, on the device of A's weights: the memory grows with the number of
/// texts.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for two models of different layouts, no text, or an architecture that
/// [`check_repair`] refuses; the errors of [`Classifier::logits`]; [`LmcError::Torch`].
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::repair;
/// use lmc::model::{Classifier, Encoded, ModelConfig, Weights};
/// use tch::{Device, Kind, Tensor};
/// let classifier = Classifier::new(&ModelConfig::mini(64), 2);
/// let layout = classifier.layout().clone();
/// let model = || Weights::new(layout.clone(), Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)));
/// let texts = [Encoded { ids: vec![1, 5, 9], segments: vec![0; 3], label: 0 }];
/// let middle = repair(&classifier, &model()?, &model()?, 0.5, &texts)?;
/// assert_eq!(middle.layout().n_parameters(), layout.n_parameters());
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Jordan et al. 2022.
pub fn repair(
    classifier: &Classifier,
    a: &Weights,
    b: &Weights,
    alpha: f64,
    texts: &[Encoded],
) -> Result<Weights> {
    Weights::same_layout(a, b)?;
    let (config, layout, device) = (classifier.config(), classifier.layout(), a.theta().device());
    check_repair(config)?;
    if texts.is_empty() {
        return Err(LmcError::invalid("align.n_texts", 0, "at least one text"));
    }
    let _no_grad = tch::no_grad_guard();
    let ends = [a.theta().shallow_clone(), b.theta().f_to_device(device)?];
    let middle = Tensor::f_empty_like(a.theta())?;
    Combination::on_line(alpha).write(&middle, &ends)?;
    let theta = Tensor::f_stack(&[&ends[0], &ends[1], &middle], 0)?;
    let (tokens, real) = Tokens::of_all(texts, config.pad_id(), ends.len() as i64 + 1, device)?;
    let stay = |name: &str| {
        let is_by_distance =
            config.own_by_distance().into_iter().flatten().any(|own| name.contains(&format!(".{own}.")));
        is_by_distance || name == format!("{}.weight", config.family().head.out)
    };
    let names = layout.entries().iter().map(|entry| entry.name.as_str()).filter(|name| stay(name));
    let stays = names.filter_map(|name| Some(layout.place_of(name)?.0)).collect();
    let n_rows = tokens.ids.size()[1] * tokens.ids.size()[2];
    let watch = Arc::new(Repair { alpha, n_rows, real, stays });
    let models = Parameters::views(&theta, layout)?.watched_by(watch);
    // The logits are not needed, the operands of the third model were changed on the way.
    drop(classifier.logits(&models, &tokens, &Dropout::NONE)?);
    Weights::new(layout.clone(), theta.f_get(2)?.copy())
}

/// Changes each linear layer of the third of three models before it is computed.
#[derive(Debug)]
struct Repair {
    alpha: f64,
    /// The rows of layers that read tokens, padding included.
    n_rows: i64,
    /// The numbers of those rows that are not padding.
    real: Vec<i64>,
    /// The layers that are not changed.
    stays: BTreeSet<BlockId>,
}

impl Watch for Repair {
    fn look(&self, p: &Parameters, layer: LinearLayer, x: &Tensor) {
        if self.stays.contains(&layer.weight) {
            return;
        }
        let mut y = linear(x, p.get(layer.weight), layer.bias.map(|bias| p.get(bias)));
        if y.size()[1] == self.n_rows {
            y = y.index_select(1, &Tensor::from_slice(&self.real).to_device(y.device()));
        }
        let y = y.to_kind(Kind::Double);
        let between = |of_all: &Tensor| of_all.get(0) * self.alpha + of_all.get(1) * (1.0 - self.alpha);
        let mean = y.mean_dim([1i64].as_slice(), false, Kind::Double);
        let deviation = y.std_dim([1i64].as_slice(), false, false);
        let wanted = between(&deviation);
        let scale = &wanted / deviation.get(2);
        let scale = scale.where_self(&deviation.get(2).gt_tensor(&(wanted * ROUNDING)), &scale.ones_like());
        let kind = x.kind();
        let mut weight = p.get(layer.weight).get(2);
        weight.copy_(&(weight.to_kind(Kind::Double) * scale.unsqueeze(-1)).to_kind(kind));
        if let Some(bias) = layer.bias {
            let mut bias = p.get(bias).get(2);
            let shifted = (bias.to_kind(Kind::Double) - mean.get(2)) * scale + between(&mean);
            bias.copy_(&shifted.to_kind(kind));
        }
    }
}
