//! Verbs that compute on a study.

use lmc::Result;
use lmc::study::StudySpec;

use crate::compute::ComputeArgs;

/// A verb that computes on a study: what decides how libtorch has to be started for it.
pub trait Computing {
    /// Returns the options for devices and precision.
    fn compute(&self) -> &ComputeArgs;

    /// Returns the description of the study.
    fn spec(&self) -> Result<StudySpec>;
}
