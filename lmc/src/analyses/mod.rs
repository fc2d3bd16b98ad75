//! The analyses: one folder each, with the verb and its options in `mod.rs`, the tables of its results in
//! `table.rs` and its figures in `figure.rs` or `figure/`.

pub mod alignment;
pub mod basins;
pub mod comparison;
pub mod confidence;
pub mod connections;
pub mod convexity;
pub mod correlations;
pub mod early;
pub(crate) mod excess;
pub mod gaps;
pub(crate) mod grid;
pub mod layers;
pub mod merging;
pub mod page;
pub mod planes;
pub mod profiles;
pub mod published;
pub mod replay;
pub mod report;
pub mod scores;
pub mod sharpness;
pub mod soups;
pub mod surfaces;
mod tasks;
pub mod training;
pub mod trajectories;

pub use tasks::work;
