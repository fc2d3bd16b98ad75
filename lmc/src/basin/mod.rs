//! Basins: from the matrix of gaps between models to the clusters that they form, how firmly each model belongs to
//! its own, and how that changes over finetuning.
//!
//! gaps -> [`affinity`] -> [`spectral_embedding`] -> k-means -> [`Basins`]; [`cluster`] does all of it. [`cluster_landmarks`]
//! does it where only the gaps to some models, the landmarks, are known.

mod affinity;
mod cluster;
mod drift;
mod early;
mod embedding;
mod kmeans;
mod landmarks;
mod subsets;

pub use affinity::{Affinity, Delta, affinity};
pub(crate) use cluster::cluster_by;
pub use cluster::{Basins, ClusterOptions, cluster};
pub(crate) use drift::matched;
pub use drift::{Drift, DriftStage, drift};
pub use early::{EarlyOptions, EarlyPrediction, Predictor, predict_early, predict_from_landmarks};
pub use embedding::spectral_embedding;
pub use landmarks::{choose_landmarks, cluster_landmarks, farthest_model, landmarks_of_each};
pub use subsets::{Membership, draw_subsets};
