//! Linear mode connectivity of finetuned text classifiers: do finetuned copies of one pretrained model lie in
//! the same linearly connected basin of the loss surface, and what does that say about how they generalise?

pub mod basin;
pub mod data;
pub mod encode;
pub mod error;
pub mod eval;
pub mod figure;
pub mod gap;
pub mod interrupt;
pub mod kernel;
pub mod model;
pub mod notebook;
pub mod parallel;
pub mod prelude;
pub mod progress;
pub mod seed;
pub mod spec;
pub mod stats;
pub mod step;
pub mod store;
pub mod study;
pub mod sweep;
pub mod table;
pub mod train;
pub mod weights;

pub use error::{LmcError, Result};
// For notebooks, which depend on `lmc` alone.
pub use {ndarray, plotly, polars, tch};
