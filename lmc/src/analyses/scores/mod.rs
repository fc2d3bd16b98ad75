//! The scores of models on evaluation sets.

mod constant;
pub(crate) mod figure;

pub use constant::{ConstantScore, constant_scores};
pub use figure::{histogram, histograms};
