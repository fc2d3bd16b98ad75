//! Weight matching: the permutations under which two models are most similar.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use super::apply::{check, permuted};
use super::permutation::Permutation;
use super::spec::{Axis, Symmetry, Units, symmetries};
use crate::model::ModelConfig;
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::hexadecimal;
use lmc_base::interrupt;

/// A gain of similarity below this share of the sum is rounding; in that case nothing moves.
const ROUNDING: f64 = 1e-12;

/// One symmetry with the permutation that was found for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The symmetry: the units that may be permuted.
    pub symmetry: Symmetry,
    /// The permutation of B's units.
    pub permutation: Permutation,
    /// The inner product of the two models' weights that carry the symmetry, as they are; with
    /// [`activation_matching`](super::activation_matching), the sum of the correlations of units in the same
    /// places.
    pub similarity_identity: f64,
    /// The same after the permutation. It is never less; with
    /// [`weight_matching_with_stream`](super::weight_matching_with_stream), that holds of the sum over all
    /// symmetries.
    pub similarity_matched: f64,
}

/// The permutations that bring the units of model B into model A's order.
#[derive(Clone, PartialEq)]
pub struct Alignment {
    /// Every symmetry of the architecture with its permutation.
    pub matches: Vec<Matched>,
}

impl fmt::Debug for Alignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (moved, all) = (self.moved(), self.n_units());
        write!(f, "Alignment(moved: {} of {} neurons, ", moved.neurons, all.neurons)?;
        write!(
            f,
            "{} of {} heads, {} of {} units in heads, ",
            moved.heads, all.heads, moved.head_units, all.head_units
        )?;
        write!(f, "{} of {} pooler units", moved.pooler_units, all.pooler_units)?;
        if all.stream_units > 0 {
            write!(f, ", {} of {} units of the residual stream", moved.stream_units, all.stream_units)?;
        }
        f.write_str(")")
    }
}

/// Numbers of units by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitCounts {
    /// Feed-forward neurons of all layers.
    pub neurons: usize,
    /// Attention heads of all layers.
    pub heads: usize,
    /// Units within heads, those of query and key and those of value and output: twice the width of a layer,
    /// or once where those of query and key stay.
    pub head_units: usize,
    /// Units of the tanh layer under the classifier.
    pub pooler_units: usize,
    /// Units of the residual stream, narrower embeddings and tables of distances included; 0 where it stays as
    /// it is.
    pub stream_units: usize,
}

impl Alignment {
    /// Returns the inner product of the two models' weights that some permutation acts on, as they are, or the
    /// sum of correlations ([`Matched`]).
    pub fn similarity_identity(&self) -> f64 {
        self.matches.iter().map(|matched| matched.similarity_identity).sum()
    }

    /// Returns the same after the permutations; never less.
    pub fn similarity_matched(&self) -> f64 {
        self.matches.iter().map(|matched| matched.similarity_matched).sum()
    }

    /// Returns the number of units that move. A unit within a head counts as moved if its place in its head
    /// changes.
    pub fn moved(&self) -> UnitCounts {
        self.counts(|matched| [matched.permutation.moved_blocks(), matched.permutation.moved_units()])
    }

    /// Returns the number of units.
    pub fn n_units(&self) -> UnitCounts {
        self.counts(|Matched { symmetry, .. }| {
            let n_sets = symmetry.sets.len() - symmetry.n_fixed;
            [symmetry.n_blocks, symmetry.n_blocks * symmetry.width * n_sets]
        })
    }

    fn counts(&self, of: impl Fn(&Matched) -> [usize; 2]) -> UnitCounts {
        let mut counts = UnitCounts::default();
        for matched in &self.matches {
            let [blocks, units] = of(matched);
            match matched.symmetry.units {
                Units::FeedForward => counts.neurons += units,
                Units::Attention => {
                    counts.heads += blocks;
                    counts.head_units += units;
                }
                Units::Pooler => counts.pooler_units += units,
                Units::Stream => counts.stream_units += units,
            }
        }
        counts
    }

    /// Returns whether no unit moves.
    pub fn is_identity(&self) -> bool {
        self.moved() == UnitCounts::default()
    }

    /// Returns a digest of the permutations, for names of files.
    #[doc(hidden)]
    pub fn digest(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for Matched { symmetry, permutation, .. } in &self.matches {
            for set in 0..symmetry.sets.len() {
                permutation.index(set).iter().for_each(|&unit| hash.update((unit as u64).to_le_bytes()));
            }
        }
        hexadecimal(&hash.finalize()[..5])
    }

    /// Returns model B with its units in A's order: the same function, up to the rounding of sums in another
    /// order.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for weights of another architecture; [`LmcError::Torch`].
    pub fn apply(&self, b: &Weights) -> Result<Weights> {
        permuted(b, self.matches.iter().map(|matched| (&matched.symmetry, &matched.permutation)))
    }
}

/// Returns the permutations of B's units after which the two models' weights have the greatest inner product,
/// which are those after which their distance is least.
///
/// With the residual stream fixed the symmetries do not touch each other's axes, so that the optimum is found
/// exactly: one linear assignment for each feed-forward layer, and for attention one over heads whose values
/// are those of the best assignments within each two heads. If the best is better than the identity only by
/// rounding, nothing moves.
///
/// DIFFERENCE: Ainsworth et al. (2022) permute the residual stream as well and have to go round the layers
/// until nothing changes, which finds a local optimum; here models share a pretrained encoder. For encoders that
/// were pretrained separately, [`weight_matching_with_stream`](super::weight_matching_with_stream) does that.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for two models of different layouts, of another architecture than that of
/// `config`, or with weights that are not finite; [`LmcError::Interrupted`]; [`LmcError::Torch`].
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::weight_matching;
/// use lmc::model::{Classifier, ModelConfig, Weights};
/// use tch::{Device, Kind, Tensor};
/// let config = ModelConfig::mini(64);
/// let layout = Classifier::new(&config, 2).layout().clone();
/// let theta = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu));
/// let weights = Weights::new(layout, theta)?;
/// assert!(weight_matching(&config, &weights, &weights)?.is_identity());
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Ainsworth et al. 2022, section 3.2.
pub fn weight_matching(config: &ModelConfig, a: &Weights, b: &Weights) -> Result<Alignment> {
    Weights::same_layout(a, b)?;
    let _no_grad = tch::no_grad_guard();
    let all = symmetries(config);
    let n = all.len();
    let mut matches = Vec::new();
    for symmetry in all {
        interrupt::check(|| format!("{} of {n} kinds of units were matched; none is kept", matches.len()))?;
        matches.push(matched_by_weights(symmetry, a, b)?);
    }
    Ok(Alignment { matches })
}

/// Returns the best permutation of B's units for one symmetry, all others as they are.
pub(super) fn matched_by_weights(symmetry: Symmetry, a: &Weights, b: &Weights) -> Result<Matched> {
    let [a, b] = [a, b].map(|weights| weights.named().into_iter().collect::<BTreeMap<_, _>>());
    check(&symmetry, &a)?;
    let similarities =
        symmetry.sets.iter().map(|axes| similarity(axes, &a, &b)).collect::<Result<Vec<_>>>()?;
    matched(symmetry, &similarities)
}

/// Returns the permutation of the greatest sum of similarities, or none if it is greater only by rounding.
pub(super) fn matched(symmetry: Symmetry, similarities: &[Array2<f64>]) -> Result<Matched> {
    let identity = Permutation::identity(&symmetry);
    let best = Permutation::best(&symmetry, similarities)?;
    let similarity_identity = identity.similarity(similarities);
    let similarity_best = best.similarity(similarities);
    let size: f64 = identity.terms(similarities).chain(best.terms(similarities)).map(f64::abs).sum();
    let gains = similarity_best - similarity_identity > ROUNDING * size;
    let (permutation, similarity_matched) =
        if gains { (best, similarity_best) } else { (identity, similarity_identity) };
    Ok(Matched { symmetry, permutation, similarity_identity, similarity_matched })
}

/// Returns the inner product of every unit of A (row) with every unit of B (column) over all that carries
/// them.
fn similarity(
    axes: &[Axis],
    a: &BTreeMap<String, Tensor>,
    b: &BTreeMap<String, Tensor>,
) -> Result<Array2<f64>> {
    let unfolded = |named: &BTreeMap<String, Tensor>| {
        let parts = axes.iter().map(|Axis { tensor, axis, part }| {
            let of_set = named[tensor].f_chunk(part[1], *axis)?.swap_remove(part[0] as usize);
            let units = of_set.f_movedim_int(*axis, 0)?;
            Ok(units.f_reshape([units.size()[0], -1])?.f_to_kind(Kind::Double)?)
        });
        Ok::<_, LmcError>(Tensor::f_cat(&parts.collect::<Result<Vec<_>>>()?, 1)?)
    };
    let product = unfolded(a)?.f_mm(&unfolded(b)?.f_transpose(0, 1)?)?.to_device(Device::Cpu);
    let n = product.size()[0] as usize;
    let values = Vec::<f64>::try_from(product.f_reshape([-1])?)?;
    if let Some(i) = values.iter().position(|value| !value.is_finite()) {
        let got = format!("{} in unit {} of {}", values[i], i / n, axes[0].tensor);
        return Err(LmcError::invalid("weights", got, "finite numbers"));
    }
    Array2::from_shape_vec((n, n), values)
        .map_err(|error| LmcError::invalid("weights", error, "as many units in both models"))
}
