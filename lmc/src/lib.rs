//! Linear mode connectivity of finetuned text classifiers: do finetuned copies of one pretrained model lie in
//! the same linearly connected basin of the loss surface, and what does that say about how they generalise?

pub mod error;

pub use error::{LmcError, Result};
// For notebooks, which depend on `lmc` alone.
pub use {ndarray, plotly, polars, tch};
