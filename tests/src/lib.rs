//! Tests across the crates of this workspace, and what they share.

pub mod notebook;
