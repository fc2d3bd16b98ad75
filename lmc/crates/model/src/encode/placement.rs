//! What batches are made for, and what they keep for the kind of attention.

use tch::Device;

use super::borders::Borders;
use super::padded::PaddedGroups;
use crate::compute::{Attention, Compute, Precision};

/// The device, the numbers and the attention that a batch is made for.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::encode::*; } }
/// use lmc::compute::{Attention, Precision};
/// use lmc::model::{Encoded, PackedTokens, Placement};
/// use tch::Device;
/// let text = Encoded { ids: vec![1, 5, 2], segments: vec![0; 3], label: 0 };
/// let placement = Placement::new(Device::Cpu, Precision::Float32, Attention::Padded { groups: 4 });
/// let tokens = PackedTokens::new([&text]).to_device(placement);
/// assert_eq!(tokens.attention(), Attention::Padded { groups: 4 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The device.
    pub device: Device,
    /// The numbers.
    pub precision: Precision,
    /// The attention, never [`Attention::Auto`].
    pub attention: Attention,
}

impl Placement {
    /// Makes a placement; [`Attention::Auto`] becomes what suits the device.
    pub fn new(device: Device, precision: Precision, attention: Attention) -> Self {
        Self { device, precision, attention: attention.on(device, precision) }
    }

    /// Returns the placement of evaluations with those settings on one of their devices.
    pub fn of(compute: &Compute, device: Device) -> Self {
        Self::new(device, compute.precision, compute.attention)
    }
}

impl From<Device> for Placement {
    /// Makes a placement for float32 and the attention that suits the device.
    fn from(device: Device) -> Self {
        Self::new(device, Precision::Float32, Attention::Auto)
    }
}

/// What a kind of attention needs beside the tokens, on their device.
#[derive(Debug)]
pub(crate) enum Arrangement {
    /// Groups of equal length need nothing.
    Equal,
    /// The given number of padded groups.
    Padded(usize, PaddedGroups),
    /// The borders for the flash kernel.
    Flash(Borders),
}

impl Arrangement {
    /// Makes it for sequences of those lengths.
    pub fn new(lengths: &[i64], placement: Placement) -> Self {
        let Placement { device, precision, attention } = placement;
        match attention.on(device, precision) {
            Attention::Auto | Attention::Equal => Self::Equal,
            Attention::Padded { groups } => {
                Self::Padded(groups, PaddedGroups::new(lengths, groups, device, precision.kind()))
            }
            Attention::Flash => Self::Flash(Borders::new(lengths, device)),
        }
    }

    /// Returns the kind of attention.
    pub fn attention(&self) -> Attention {
        match self {
            Self::Equal => Attention::Equal,
            Self::Padded(groups, _) => Attention::Padded { groups: *groups },
            Self::Flash(_) => Attention::Flash,
        }
    }
}
