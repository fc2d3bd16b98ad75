//! The share of a task of a Slurm array, of whatever analysis.

use std::path::Path;

use super::{layers, merging, surfaces};
use crate::error::{LmcError, Result};
use crate::study::{self, AnalysisShare};

/// Does the share of a task of an analysis.
type Work = fn(&AnalysisShare) -> Result<()>;

/// The analyses that tasks know, by their verbs in plans.
const ANALYSES: [(&str, Work); 3] =
    [(layers::VERB, layers::work), (merging::VERB, merging::work), (surfaces::VERB, surfaces::work)];

/// Does the share of a task of the plan in a file, which a call on Slurm such as
/// [`Models::sweep_on`](crate::study::Models::sweep_on) wrote, and returns in words what the store then holds.
/// Results that are there already are not computed again.
///
/// # Errors
/// The errors of reading the plan; [`LmcError::InvalidParameter`] for a task that it does not have;
/// [`LmcError::SpecMismatch`] if data or encoder are others here, or for a device that is not there; those of
/// the work.
pub fn work(path: &Path, task: usize) -> Result<String> {
    study::work(path, task, |share| {
        let (_, work) = ANALYSES.iter().find(|(verb, _)| *verb == share.verb).ok_or_else(|| {
            let known = ANALYSES.iter().map(|(verb, _)| (*verb).to_owned()).collect();
            LmcError::UnknownName { kind: "analysis", name: share.verb.clone(), known }
        })?;
        work(share)?;
        Ok(format!("{} units of {} on {}", share.n_units(), share.verb, share.dataset))
    })
}
