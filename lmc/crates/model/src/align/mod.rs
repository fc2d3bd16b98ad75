//! Neuron alignment: which units of one model are those of another, under permutations that change no model's
//! function.
//!
//! [`symmetries`] says, as data, which axes of which tensors carry which permutation, and [`stream_symmetries`]
//! those of the residual stream. [`weight_matching`] finds the permutations under which the weights of two
//! models are most similar, [`activation_matching`] those under which their activations on texts are. With
//! [`Alignment::apply`] the units of one model come into the order of the other, so that a line between the two
//! is not bent by a mere exchange of units. [`repair`] gives a point inside of that line the activations'
//! means and deviations that lie between those of its ends.
//!
//! # Reference
//! Ainsworth et al. 2022, "Git Re-Basin: Merging models modulo permutation symmetries", section 3; Li et al.
//! 2015, "Convergent learning"; Jordan et al. 2022, "REPAIR: REnormalizing Permuted Activations for
//! Interpolation Repair"; Juneja et al. 2023, footnote 7.

mod activations;
mod apply;
mod assignment;
mod descent;
mod matching;
mod permutation;
mod repair;
mod spec;
mod stream;
#[cfg(test)]
mod tests;

pub use activations::activation_matching;
pub use apply::shuffled;
pub use assignment::assignment;
pub use descent::weight_matching_with_stream;
pub use matching::{Alignment, Matched, UnitCounts, weight_matching};
pub use permutation::Permutation;
pub use repair::{check_repair, repair};
pub use spec::{Axis, Symmetry, Units, symmetries};
pub use stream::stream_symmetries;
