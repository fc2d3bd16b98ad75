//! Errors, files, progress, interrupts and seeds: the foundation of every part of lmc. Use it through the
//! crate `lmc`.
//!
//! | feature | effect |
//! |---|---|
//! | `tables` | adds `frame` and `table`, and makes errors of polars errors of lmc |
//! | `torch` | makes errors of libtorch errors of lmc |

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod error;
pub mod file;
#[cfg(feature = "tables")]
pub mod frame;
pub mod interrupt;
pub mod json;
pub mod kernel;
pub mod metric;
pub mod natural;
pub mod options;
pub mod progress;
pub mod seed;
pub mod show;
pub mod step;
#[cfg(feature = "tables")]
pub mod table;
pub mod terminal;

pub use error::{LmcError, Result};
