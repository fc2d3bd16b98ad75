//! Basins: the clusters that models form by the matrix of gaps between them, how firmly each model belongs to
//! its own, and how that changes over finetuning.
//!
//! gaps -> [`affinity`] -> [`spectral_embedding`] -> k-means -> [`Basins`]; [`cluster`] does all of it.
//! [`cluster_landmarks`] does it if only the gaps to some models, the landmarks, are known.
//!
//! [`ClusterOptions::basins`] says how many: two as in the paper, another number, or as many as the gaps show
//! ([`BasinCount::Auto`]), with models that are far from all others in none.
//!
//! Clusters are reported if the gaps determine them. Otherwise all models stay in one, and a [`Note`] says
//! why; everything that follows from several clusters is then empty in tables, and membership scores are 0.

mod affinity;
mod cluster;
mod components;
mod count;
mod division;
mod drift;
mod early;
mod eigen;
mod embedding;
mod kmeans;
mod landmarks;
mod note;
mod several;
mod shown;
mod subsets;

pub use affinity::{Affinity, Delta, affinity};
pub use cluster::{Basins, ClusterOptions, cluster};
pub use count::BasinCount;
pub use drift::{Drift, DriftStage, drift};
#[doc(hidden)]
pub use drift::{Matched, matched};
pub use early::{EarlyOptions, EarlyPrediction, Predictor, predict_early, predict_from_landmarks};
pub use eigen::{Eigenpairs, smallest_eigenpairs};
pub use embedding::spectral_embedding;
pub use landmarks::{choose_landmarks, cluster_landmarks, farthest_model, landmarks_of_each};
pub use note::Note;
pub use subsets::{Membership, draw_subsets, subsets_of_basins};
