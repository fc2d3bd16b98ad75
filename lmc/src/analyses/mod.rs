//! The analyses: one folder each, with the verb and its options in `mod.rs`, the table of its results and its
//! figure beside it.

pub(crate) mod alignment;
pub(crate) mod basins;
pub(crate) mod comparison;
pub(crate) mod confidence;
pub(crate) mod connections;
pub(crate) mod convexity;
pub(crate) mod correlations;
pub(crate) mod early;
pub(crate) mod evaluations;
pub(crate) mod gaps;
pub(crate) mod planes;
pub(crate) mod profiles;
pub mod published;
pub mod replay;
pub(crate) mod report;
pub(crate) mod sharpness;
pub(crate) mod soups;
pub(crate) mod trajectories;
