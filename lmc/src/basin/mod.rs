//! Basins: from the matrix of gaps between models to the clusters that they form, how firmly each model belongs to
//! its own, and how that changes over finetuning.
//!
//! gaps -> [`affinity`] -> [`spectral_embedding`] -> k-means -> [`Basins`]; [`cluster`] does all of it.

mod affinity;
mod cluster;
mod drift;
mod embedding;
mod kmeans;

pub use affinity::{Affinity, Delta, affinity};
pub use cluster::{Basins, ClusterOptions, cluster};
pub use drift::{Drift, DriftStage, drift};
pub use embedding::spectral_embedding;
