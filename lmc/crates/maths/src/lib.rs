//! Convexity gaps, basins and statistics of lmc, which take numbers and return numbers. Use it through the
//! crate `lmc`.
//!
//! Nothing here knows models, tables or figures, and nothing needs libtorch: `cargo test -p lmc-maths` runs
//! on any machine in a minute.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod basin;
pub mod gap;
pub mod stats;

pub use lmc_base::{LmcError, Result};
