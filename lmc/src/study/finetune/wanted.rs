//! What a training leaves in the store.

use crate::error::Result;
use crate::spec::RunSpec;
use crate::store::Store;

/// What a training is to leave in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The weights at every checkpoint, and the updates up to it.
    Checkpoints,
    /// The updates alone. An earlier lmc kept the weights without them.
    Updates,
}

impl Wanted {
    /// Returns whether the store has it for every run of a stack, at each of those checkpoints.
    pub fn is_kept(self, store: &Store, runs: &[RunSpec], checkpoints: &[u32]) -> Result<bool> {
        for run in runs {
            for &step in checkpoints {
                let is_there = match self {
                    Self::Checkpoints => store.checkpoint_info(run, step)?.is_some(),
                    Self::Updates => store.updates_path(run, step)?.exists(),
                };
                if !is_there {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
