//! The places at which activations of units are taken.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::align::spec::{Axis, Symmetry};
use crate::weights::{BlockId, Layout};
use lmc_base::error::{LmcError, Result};

/// A place at which activations are taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    /// The weights of a linear layer.
    pub weight: BlockId,
    /// The first and the last row, not counted, of the outputs that are taken; none for the inputs.
    pub outputs: Option<[i64; 2]>,
}

/// Returns the places for each set of a symmetry, each once: the inputs of the layers that read its units, or
/// where there are none, the outputs of the layers whose rows they are.
pub(super) fn sites(symmetry: &Symmetry, layout: &Layout) -> Result<Vec<Vec<Site>>> {
    let of_set = |axes: &Vec<Axis>| {
        let reads = axes.iter().any(|axis| axis.axis == 1);
        let taken = axes.iter().filter(|axis| axis.tensor.ends_with(".weight") && (axis.axis == 1) == reads);
        let sites = taken.map(|Axis { tensor, axis, part }| {
            let (weight, Range { start, end }) = layout.place_of(tensor).ok_or_else(|| {
                LmcError::invalid("symmetries", tensor, "tensors of the classifier: take those of its config")
            })?;
            let width = (end - start) / part[1];
            let first = start + part[0] * width;
            Ok(Site { weight, outputs: (*axis == 0).then_some([first, first + width]) })
        });
        Ok(sites.collect::<Result<BTreeSet<_>>>()?.into_iter().collect())
    };
    symmetry.sets.iter().map(of_set).collect()
}
