//! Classifiers of lmc: tokenizers, weights, paths between them, loading, saving and evaluation. Use it
//! through the crate `lmc`.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod align;
pub mod compute;
pub mod direction;
pub mod encode;
pub mod eval;
#[doc(hidden)]
pub mod guard;
pub mod merge;
pub mod model;
pub mod parallel;
pub mod path;
pub mod soup;
pub mod weights;

pub use lmc_base::{LmcError, Result};
