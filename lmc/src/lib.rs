//! Linear mode connectivity of finetuned text classifiers: do finetuned copies of one pretrained model lie in
//! the same linearly connected basin of the loss surface, and what does that say about how they generalise?

pub mod error;
pub mod figure;
pub mod gap;
pub mod notebook;
pub mod stats;
pub mod table;

pub use error::{LmcError, Result};
