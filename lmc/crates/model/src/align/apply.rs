//! Permutations at work on named tensors.

use std::collections::BTreeMap;

use tch::Tensor;

use super::permutation::Permutation;
use super::spec::{Axis, Symmetry, symmetries};
use crate::model::ModelConfig;
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};

/// Returns the same function with all its units in random order: heads, units within heads, neurons and
/// pooler units.
///
/// This is what [`weight_matching`](super::weight_matching) has to undo. The order follows from the seed.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for weights of another architecture than that of `config`;
/// [`LmcError::Torch`].
pub fn shuffled(config: &ModelConfig, weights: &Weights, seed: u64) -> Result<Weights> {
    let mut rng = lmc_base::seed::rng(seed, "shuffled units");
    let all = symmetries(config);
    let permutations: Vec<Permutation> =
        all.iter().map(|symmetry| Permutation::random(symmetry, &mut rng)).collect();
    permuted(weights, all.iter().zip(&permutations))
}

/// Returns the weights after a permutation of each symmetry.
pub(super) fn permuted<'a>(
    weights: &Weights,
    permutations: impl Iterator<Item = (&'a Symmetry, &'a Permutation)>,
) -> Result<Weights> {
    let _no_grad = tch::no_grad_guard();
    let mut named: BTreeMap<String, Tensor> = weights.named().into_iter().collect();
    for (symmetry, permutation) in permutations {
        check(symmetry, &named)?;
        for (set, axes) in symmetry.sets.iter().enumerate() {
            let index: Vec<i64> = permutation.index(set).into_iter().map(|unit| unit as i64).collect();
            let index = Tensor::from_slice(&index).to_device(weights.theta().device());
            for Axis { tensor, axis, part } in axes {
                let mut parts = named[tensor].f_chunk(part[1], *axis)?;
                let of_set = &mut parts[part[0] as usize];
                *of_set = of_set.f_index_select(*axis, &index)?;
                named.insert(tensor.clone(), Tensor::f_cat(&parts, *axis)?);
            }
        }
    }
    Weights::from_named(weights.layout().clone(), named)
}

/// Checks that the tensors have the axes that a symmetry acts on.
pub(super) fn check(symmetry: &Symmetry, named: &BTreeMap<String, Tensor>) -> Result<()> {
    let units = (symmetry.n_blocks * symmetry.width) as i64;
    let has_units = |axis: &&Axis| {
        let expected = units * axis.part[1];
        named.get(&axis.tensor).is_some_and(|t| t.size().get(axis.axis as usize) == Some(&expected))
    };
    match symmetry.sets.iter().flatten().find(|axis| !has_units(axis)) {
        None => Ok(()),
        Some(Axis { tensor, axis, part }) => {
            let got =
                named.get(tensor).map_or("none".into(), |found| format!("one of shape {:?}", found.size()));
            let expected =
                format!("{} units along axis {axis}: give the config of the weights", units * part[1]);
            Err(LmcError::invalid("weights", format!("for {tensor} {got}"), expected))
        }
    }
}
