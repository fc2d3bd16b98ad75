//! Activation matching: the permutations under which the activations of two models are most similar.

mod correlations;
mod sites;

use std::sync::Arc;

use tch::Tensor;

use self::correlations::Correlations;
use self::sites::sites;
use super::matching::{Alignment, matched};
use super::spec::Symmetry;
use crate::encode::Encoded;
use crate::model::{Classifier, Dropout, Tokens};
use crate::weights::{Parameters, Weights};
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The most texts that are read at once.
const BATCH: usize = 32;

/// Returns the permutations of B's units after which their activations on the texts have the greatest sum of
/// correlations with those of A's units.
///
/// Correlations are taken over all tokens of all texts, or over texts in the head. Units that a linear layer
/// reads have the inputs of that layer as their activations: neurons behind the activation function, values
/// behind attention, units of the residual stream at every linear layer that reads them. Units of queries and
/// keys, which no layer reads, have the outputs of their own layers. Where units have several activations,
/// their correlations are added; a unit that never changes has the correlation 0. Each assignment is found
/// exactly, and no permutation depends on another. Units stay where no linear layer is watched: those of
/// narrow embeddings of DeBERTa, whose projection is a weight alone.
///
/// Both models read the texts side by side on the device of A's weights, in float32; moments are summed in
/// float64. `symmetries` are [`symmetries`](super::symmetries) and, for models that were pretrained separately,
/// [`stream_symmetries`](super::stream_symmetries) too.
///
/// DIFFERENCE: Ainsworth et al. (2022) take inner products of activations; correlations, as in Li et al. (2015),
/// do not depend on the scale of a unit.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for two models of different layouts, no text, or activations that are not
/// finite; the errors of [`Classifier::logits`]; [`LmcError::Interrupted`]; [`LmcError::Torch`].
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::{activation_matching, shuffled, symmetries};
/// use lmc::model::{Classifier, Encoded, ModelConfig, Weights};
/// use tch::{Device, Kind, Tensor};
/// let config = ModelConfig::mini(64);
/// let classifier = Classifier::new(&config, 2);
/// let layout = classifier.layout().clone();
/// let theta = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.2;
/// let a = Weights::new(layout, theta)?;
/// let b = shuffled(&config, &a, 1)?;
/// let text = |k: i64| Encoded { ids: (1..9).map(|i| 1 + (i * k) % 63).collect(), segments: vec![0; 8], label: 0 };
/// let texts: Vec<Encoded> = (1..60).map(text).collect();
/// let alignment = activation_matching(&classifier, symmetries(&config), &a, &b, &texts)?;
/// assert_eq!(alignment.apply(&b)?.theta(), a.theta());
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Ainsworth et al. 2022, section 3.1; Li et al. 2015.
pub fn activation_matching(
    classifier: &Classifier,
    symmetries: Vec<Symmetry>,
    a: &Weights,
    b: &Weights,
    texts: &[Encoded],
) -> Result<Alignment> {
    Weights::same_layout(a, b)?;
    if texts.is_empty() {
        return Err(LmcError::invalid("align.n_texts", 0, "at least one text"));
    }
    let _no_grad = tch::no_grad_guard();
    let layout = classifier.layout();
    let sites = symmetries.iter().map(|symmetry| sites(symmetry, layout)).collect::<Result<Vec<_>>>()?;
    let seen = Arc::new(Correlations::of(sites.iter().flatten().flatten().cloned()));
    let theta = Tensor::f_stack(&[a.theta(), &b.theta().f_to_device(a.theta().device())?], 0)?;
    let models = Parameters::views(&theta, layout)?.watched_by(seen.clone());
    let mut done = 0;
    for tokens in Tokens::of_one_length(texts, BATCH, 2, theta.device())? {
        interrupt::check(|| format!("{done} of {} texts were read; no unit was matched", texts.len()))?;
        // The logits are not needed, activations were watched.
        drop(classifier.logits(&models, &tokens, &Dropout::NONE)?);
        done += tokens.ids.size()[1] as usize;
    }
    let mut matches = Vec::new();
    for (symmetry, sites) in symmetries.into_iter().zip(sites) {
        let n = symmetry.n_blocks * symmetry.width;
        let similarities = sites.iter().map(|sites| seen.sum(sites, n)).collect::<Result<Vec<_>>>()?;
        matches.push(matched(symmetry, &similarities)?);
    }
    Ok(Alignment { matches })
}
