//! Observers of linear layers, called while these are computed.

use std::fmt;

use tch::Tensor;

use super::{BlockId, Parameters};

/// The operands of a linear layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinearLayer {
    pub weight: BlockId,
    /// None if the layer has no bias.
    pub bias: Option<BlockId>,
}

/// An observer that is called while linear layers are computed.
pub(crate) trait Watch: fmt::Debug + Send + Sync {
    /// Is called before each linear layer with the operands and the input of the layer, `[stack, rows, in]`.
    /// It may change the operands of that layer in place.
    fn look(&self, p: &Parameters, layer: LinearLayer, x: &Tensor);
}
