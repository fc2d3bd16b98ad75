//! The ways to compute attention over sequences of different lengths.

use std::fmt;
use std::str::FromStr;

use tch::Device;

use super::Precision;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::in_range;

/// Groups of neighbouring lengths, if no number is given.
const GROUPS: usize = 8;
/// The most groups: the longest sequence that a model takes has a length of its own.
const MOST_GROUPS: usize = 512;

/// How attention is computed over the sequences of a batch, whose lengths differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Attention {
    /// Suits the device: [`Attention::Equal`] on the CPU, [`Attention::Padded`] in 8 groups on CUDA.
    #[default]
    Auto,
    /// One call for the sequences of each length, without padding.
    Equal,
    /// One call for each group of sequences of neighbouring lengths, padded to the longest, with a mask.
    Padded {
        /// The number of groups.
        groups: usize,
    },
    /// One call for all sequences, by the flash kernel for variable lengths; CUDA in fp16 or bf16 only.
    Flash,
}

impl Attention {
    /// Returns the way that is taken on a device in a precision: the same one, or the one that suits the
    /// device if it is [`Attention::Auto`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; }
    /// use lmc::compute::{Attention, Precision};
    /// use tch::Device;
    /// assert_eq!(Attention::Auto.on(Device::Cpu, Precision::Float32), Attention::Equal);
    /// assert_eq!(Attention::Auto.on(Device::Cuda(0), Precision::BFloat16), Attention::Padded { groups: 8 });
    /// ```
    pub fn on(self, device: Device, _precision: Precision) -> Self {
        match self {
            Self::Auto if device.is_cuda() => Self::Padded { groups: GROUPS },
            Self::Auto => Self::Equal,
            other => other,
        }
    }

    /// Checks that a device can compute attention in this way, in that precision.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no or too many groups, and for the flash kernel on the CPU or in
    /// another precision than fp16 and bf16.
    pub fn validate(self, device: Device, precision: Precision) -> Result<()> {
        let refused =
            |got: String| Err(LmcError::invalid("compute.attention", got, "auto, equal or padded there"));
        match self {
            Self::Auto | Self::Equal => Ok(()),
            Self::Padded { groups } => in_range("compute.attention", groups, MOST_GROUPS),
            Self::Flash if !device.is_cuda() => refused("flash on the CPU".into()),
            Self::Flash if !matches!(precision, Precision::Float16 | Precision::BFloat16) => {
                refused(format!("flash in {precision}"))
            }
            Self::Flash => Ok(()),
        }
    }
}

impl fmt::Display for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Equal => f.write_str("equal"),
            Self::Padded { groups } => write!(f, "padded:{groups}"),
            Self::Flash => f.write_str("flash"),
        }
    }
}

impl FromStr for Attention {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        match (name, name.strip_prefix("padded:")) {
            ("auto", _) => Ok(Self::Auto),
            ("equal", _) => Ok(Self::Equal),
            ("padded", _) => Ok(Self::Padded { groups: GROUPS }),
            ("flash", _) => Ok(Self::Flash),
            (_, Some(number)) => {
                let groups = number.parse().ok().filter(|groups| (1..=MOST_GROUPS).contains(groups));
                let groups = groups.ok_or_else(|| {
                    let expected = format!("padded: with a number of groups, 1 to {MOST_GROUPS}");
                    LmcError::invalid("attention", name, expected)
                })?;
                Ok(Self::Padded { groups })
            }
            _ => Err(LmcError::UnknownName {
                kind: "attention",
                name: name.to_owned(),
                known: ["auto", "equal", "padded", "padded:4", "flash"].map(String::from).to_vec(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_known_by_its_name() {
        let padded = |groups| Attention::Padded { groups };
        for way in [Attention::Auto, Attention::Equal, padded(4), padded(512), Attention::Flash] {
            assert_eq!(way.to_string().parse::<Attention>().unwrap(), way);
        }
        assert_eq!("padded".parse::<Attention>().unwrap(), padded(8));
        for wrong in ["padded:0", "padded:", "padded:513", "padded:-1"] {
            let message = wrong.parse::<Attention>().unwrap_err().to_string();
            let expected = "expected padded: with a number of groups, 1 to 512";
            assert_eq!(message, format!("`attention`: got {wrong}, {expected}"));
        }
        let message = "eager".parse::<Attention>().unwrap_err().to_string();
        assert!(message.contains("`eager`; known: auto, equal, padded, padded:4, flash"), "{message}");
    }

    #[test]
    fn the_flash_kernel_is_refused_where_there_is_none() {
        let (cpu, cuda) = (Device::Cpu, Device::Cuda(0));
        Attention::Flash.validate(cuda, Precision::Float16).unwrap();
        Attention::Padded { groups: 8 }.validate(cpu, Precision::Float32).unwrap();
        let message =
            |device, precision| Attention::Flash.validate(device, precision).unwrap_err().to_string();
        let expected = "expected auto, equal or padded there";
        assert_eq!(
            message(cpu, Precision::BFloat16),
            format!("`compute.attention`: got flash on the CPU, {expected}")
        );
        assert!(message(cuda, Precision::TensorFloat32).contains("got flash in tf32"));
        assert!(Attention::Padded { groups: 0 }.validate(cpu, Precision::Float32).is_err());
    }
}
