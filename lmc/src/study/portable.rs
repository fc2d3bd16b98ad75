//! Studies whose copies are the same on every processor.

use super::Study;
use crate::compute::{Compute, Precision, is_portable};
use crate::spec::RunSpec;

/// The most parameters of a model that is finetuned in minutes without a GPU.
pub(super) const SMALL: i64 = 2_000_000;

impl Study {
    /// Returns whether copies are trained in portable arithmetic: small models on the embedded task, in
    /// float32, by a program that was started for it.
    fn is_portable(&self) -> bool {
        is_portable()
            && self.compute.training == Precision::Float32
            && self.spec.is_embedded()
            && self.task.classifier.layout().n_parameters() <= SMALL
    }

    /// Returns the numbers in which copies are trained, as the names of runs tell them.
    pub(super) fn training_precision(&self) -> String {
        if self.is_portable() { RunSpec::PORTABLE.to_owned() } else { self.compute.training.to_string() }
    }

    /// Returns the devices on which copies and curves between them are trained: the CPU in portable
    /// arithmetic, and otherwise those of the study.
    pub(crate) fn training_compute(&self) -> Compute {
        if self.is_portable() { Compute::cpu() } else { self.compute.clone() }
    }
}
