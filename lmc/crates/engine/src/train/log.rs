//! The log of a model's updates.

use serde::{Deserialize, Serialize};

/// The loss and the norm of the gradient in each update of one model since the last checkpoint.
///
/// Numbers are kept by their bits, so that a state that was put aside goes on with the same ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateLog {
    losses: Vec<u32>,
    gradient_norms: Vec<u32>,
}

impl UpdateLog {
    /// Adds an update.
    pub(super) fn push(&mut self, loss: f32, gradient_norm: f32) {
        self.losses.push(loss.to_bits());
        self.gradient_norms.push(gradient_norm.to_bits());
    }

    /// Forgets all updates.
    pub(super) fn clear(&mut self) {
        self.losses.clear();
        self.gradient_norms.clear();
    }

    /// Returns the number of updates.
    pub fn len(&self) -> usize {
        self.losses.len()
    }

    /// Returns whether there is no update.
    pub fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// Returns the mean loss of the batch of each update, in nats per example.
    pub fn losses(&self) -> impl Iterator<Item = f32> {
        self.losses.iter().copied().map(f32::from_bits)
    }

    /// Returns the Euclidean norm of the gradient of each update, before it is clipped; it is not finite where
    /// the gradient overflowed in fp16.
    pub fn gradient_norms(&self) -> impl Iterator<Item = f32> {
        self.gradient_norms.iter().copied().map(f32::from_bits)
    }
}
