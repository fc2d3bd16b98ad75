//! Tests across the crates of this workspace, and the helpers that they share.

pub mod browser;
pub mod certificates;
pub mod fetching;
pub mod files;
pub mod hosts;
pub mod notebook;
pub mod page;
pub mod processes;
pub mod reference;
pub mod script;
pub mod server;
pub mod skip;
pub mod slurm;
pub mod small;
pub mod tls;
