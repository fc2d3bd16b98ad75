//! Neuron alignment: which units of one model are those of another, under permutations that change no model's
//! function.
//!
//! [`symmetries`] says, as data, which axes of which tensors carry which permutation. [`weight_matching`]
//! finds the permutations under which two models are most similar, and [`Alignment::apply`] puts the units of
//! one into the order of the other, so that a line between the two is not bent by a mere exchange of units.
//!
//! # Reference
//! Ainsworth et al. 2022, "Git Re-Basin: Merging models modulo permutation symmetries", section 3.2; Juneja
//! et al. 2023, footnote 7.

mod apply;
mod assignment;
mod matching;
mod permutation;
mod spec;
#[cfg(test)]
mod tests;

pub use apply::shuffled;
pub use assignment::assignment;
pub use matching::{Alignment, Matched, UnitCounts, weight_matching};
pub use permutation::Permutation;
pub use spec::{Axis, Symmetry, Units, symmetries};
