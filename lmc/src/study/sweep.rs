//! The profiles of all pairs and the matrices that follow from them.

use crate::sweep::Profile;

/// The lines between all pairs of copies on one evaluation set.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The label of every example.
    pub labels: Vec<i64>,
    /// One profile for each unordered pair.
    pub profiles: Vec<Profile>,
}
