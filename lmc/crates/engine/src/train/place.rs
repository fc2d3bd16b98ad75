//! The device on which a stack is trained, and the numbers in which it is.

use tch::{Device, Kind};

use lmc_model::compute::{Attention, Precision};

/// Updates whose losses stay on a device before they are read.
const READ_EVERY: u32 = 16;

/// The most groups of neighbouring lengths in which attention works in training.
const GROUPS: usize = 8;

/// The device on which a stack is trained, and the precision.
///
/// On the CPU in float32 every stack is trained by itself. Everywhere else it takes the way of a device:
/// - Weights, moments and gradients are float32; in bf16 and fp16 the models compute with a copy of the
///   weights that is made once an update. Losses, and sums within softmax and norms, are float32. In fp16
///   the loss of each model is scaled, and an update that overflows is skipped.
/// - Masks of dropout are counted: a hash of the model's seed, the update, the site and the place. They are the
///   same on every device, and for a model in any company.
/// - Losses are read every 16 updates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The device.
    pub device: Device,
    /// The numbers in which the models compute.
    pub precision: Precision,
    /// How attention is computed on a device: in training always in padded groups, of which there are eight
    /// unless this says another number.
    pub attention: Attention,
    /// The most copies that compute side by side; `None` for the whole stack. If memory is short, half as many
    /// do.
    pub side_by_side: Option<usize>,
    is_counted: bool,
    pub(super) read_every: u32,
    pub(super) too_many: Option<usize>,
}

impl Place {
    /// The CPU in float32.
    pub const CPU: Self = Self {
        device: Device::Cpu,
        precision: Precision::Float32,
        attention: Attention::Auto,
        side_by_side: None,
        is_counted: false,
        read_every: READ_EVERY,
        too_many: None,
    };

    /// Returns a device with a precision, for whole stacks.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use {lmc_engine::*, lmc_model::compute}; }
    /// use lmc::compute::Precision;
    /// use lmc::train::Place;
    /// use tch::Device;
    /// assert!(Place::new(Device::Cpu, Precision::Float32).is_exact());
    /// assert!(!Place::new(Device::Cpu, Precision::BFloat16).is_exact());
    /// ```
    pub fn new(device: Device, precision: Precision) -> Self {
        Self { device, precision, ..Self::CPU }
    }

    /// Returns the same place with attention computed in another way.
    pub fn with_attention(self, attention: Attention) -> Self {
        Self { attention, ..self }
    }

    /// Returns the same place, on which at most that many copies of a stack compute side by side; the others
    /// of the stack follow in every update.
    pub fn with_side_by_side(self, copies: usize) -> Self {
        Self { side_by_side: Some(copies.max(1)), ..self }
    }

    /// Returns whether a stack has the same bits here in every company: on the CPU in float32.
    pub fn is_exact(&self) -> bool {
        self.device == Device::Cpu && self.precision == Precision::Float32 && !self.is_counted
    }

    /// Returns the same place, on which the CPU takes the way of a device too.
    #[doc(hidden)]
    pub fn counted(self) -> Self {
        Self { is_counted: true, ..self }
    }

    /// Returns the same place, on which losses are read after that many updates.
    #[doc(hidden)]
    pub fn reading_every(self, updates: u32) -> Self {
        Self { read_every: updates.max(1), ..self }
    }

    /// Returns the same place, on which memory is too short for that many copies side by side.
    #[doc(hidden)]
    pub fn too_small_for(self, copies: usize) -> Self {
        Self { too_many: Some(copies), ..self }
    }

    pub(super) fn kind(&self) -> Kind {
        self.precision.kind()
    }

    /// Returns the most groups in which attention works.
    pub(super) fn n_groups(&self) -> usize {
        match self.attention {
            Attention::Padded { groups } => groups,
            Attention::Auto | Attention::Equal | Attention::Flash => GROUPS,
        }
    }
}
