//! The work of lmc and its kept results: the store, training, sweeps, sharpness, Slurm and provenance. Use it
//! through the crate `lmc`.

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod confidence;
pub mod environment;
#[doc(hidden)]
pub mod kept;
pub mod provenance;
pub mod sharpness;
pub mod slurm;
pub mod store;
pub mod sweep;
pub mod train;

pub use lmc_base::{LmcError, Result};
