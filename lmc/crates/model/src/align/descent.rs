//! Weight matching with the residual stream, whose permutation is found by going round the symmetries.

use std::collections::BTreeSet;

use tch::Kind;

use super::apply::permuted;
use super::matching::{Alignment, Matched, matched_by_weights};
use super::permutation::Permutation;
use super::spec::{Symmetry, symmetries};
use super::stream::stream_symmetries;
use crate::model::ModelConfig;
use crate::weights::Weights;
use lmc_base::error::Result;
use lmc_base::interrupt;

/// The most times that all symmetries are gone round.
const MOST_ROUNDS: usize = 100;

/// Returns permutations of B's units, those of the residual stream among them, after which no permutation of
/// one kind of units alone gives the two models' weights a greater inner product.
///
/// The stream is matched first, by its embeddings above all, which no other permutation touches. Then every
/// kind of units is matched in turn with the others as they are, until nothing changes. The inner product
/// never falls on the way. It ends at a local optimum (or after 100 rounds), since the best permutations of all
/// kinds together are not found by any quick way. Similarities count each tensor once, with the first symmetry
/// that it carries.
///
/// DIFFERENCE: Ainsworth et al. (2022) go round in random order; here the order is fixed.
///
/// # Errors
/// The errors of [`weight_matching`](super::weight_matching).
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::{shuffled, weight_matching_with_stream};
/// use lmc::model::{Classifier, ModelConfig, Weights};
/// use tch::{Device, Kind, Tensor};
/// let config = ModelConfig::mini(64);
/// let layout = Classifier::new(&config, 2).layout().clone();
/// let theta = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu));
/// let weights = Weights::new(layout, theta)?;
/// let other = shuffled(&config, &weights, 1)?;
/// let alignment = weight_matching_with_stream(&config, &weights, &other)?;
/// assert_eq!(alignment.apply(&other)?.theta(), weights.theta());
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Ainsworth et al. 2022, algorithm 1.
pub fn weight_matching_with_stream(config: &ModelConfig, a: &Weights, b: &Weights) -> Result<Alignment> {
    Weights::same_layout(a, b)?;
    let _no_grad = tch::no_grad_guard();
    let all: Vec<Symmetry> = stream_symmetries(config).into_iter().chain(symmetries(config)).collect();
    let mut permutations: Vec<Permutation> = all.iter().map(Permutation::identity).collect();
    let mut moved = b.clone();
    for round in 0..MOST_ROUNDS {
        let mut changes = false;
        for (symmetry, permutation) in all.iter().zip(&mut permutations) {
            interrupt::check(|| format!("units were matched in {round} rounds; nothing is kept"))?;
            let next = matched_by_weights(symmetry.clone(), a, &moved)?.permutation;
            if next != Permutation::identity(symmetry) {
                let other = permuted(&moved, std::iter::once((symmetry, &next)))?;
                let theta = other.theta().f_to_device(a.theta().device())?;
                moved = Weights::new(b.layout().clone(), theta)?;
                *permutation = permutation.then(&next);
                changes = true;
            }
        }
        if !changes {
            break;
        }
    }
    let mut counted = BTreeSet::new();
    let matches = all.into_iter().zip(permutations).map(|(symmetry, permutation)| {
        let axes = symmetry.sets.iter().flatten();
        let own: BTreeSet<String> =
            axes.map(|axis| axis.tensor.clone()).filter(|name| counted.insert(name.clone())).collect();
        let similarity_identity = inner_product(&own, a, b)?;
        let similarity_matched = inner_product(&own, a, &moved)?;
        Ok(Matched { symmetry, permutation, similarity_identity, similarity_matched })
    });
    Ok(Alignment { matches: matches.collect::<Result<_>>()? })
}

/// Returns the inner product of the tensors of those names.
fn inner_product(names: &BTreeSet<String>, a: &Weights, b: &Weights) -> Result<f64> {
    let mut sum = 0.0;
    for ((name, a), (_, b)) in a.named().into_iter().zip(b.named()) {
        if names.contains(&name) {
            let [a, b] = [a, b].map(|tensor| tensor.f_to_kind(Kind::Double)?.f_reshape([-1]));
            sum += a?.f_dot(&b?)?.f_double_value(&[])?;
        }
    }
    Ok(sum)
}
