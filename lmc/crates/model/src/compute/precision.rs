//! The precision of the numbers with which models are trained and evaluated.

use std::fmt;
use std::str::FromStr;

use tch::Kind;

use lmc_base::error::{LmcError, Result};

/// The numbers with which a model is evaluated or trained; points on a path are always computed in float32
/// first, and weights in training are kept in float32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// 24 bits of mantissa.
    #[default]
    Float32,
    /// float32 whose matrix products read 11 bits of mantissa; CUDA only.
    TensorFloat32,
    /// 11 bits of mantissa, numbers up to 65,504; sums, norms and losses are still taken in float32. CPUs
    /// compute it slowly.
    Float16,
    /// 8 bits of mantissa; sums, norms and losses are still taken in float32.
    BFloat16,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 4] = [Self::Float32, Self::TensorFloat32, Self::Float16, Self::BFloat16];

    /// Returns the end of the names under which results in this precision are kept: nothing for float32.
    #[doc(hidden)]
    pub fn suffix(self) -> String {
        match self {
            Self::Float32 => String::new(),
            other => format!("-{other}"),
        }
    }

    /// Returns the kind of weights and activations.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::TensorFloat32 => Kind::Float,
            Self::Float16 => Kind::Half,
            Self::BFloat16 => Kind::BFloat16,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::TensorFloat32 => "tf32",
            Self::Float16 => "fp16",
            Self::BFloat16 => "bf16",
        })
    }
}

impl FromStr for Precision {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|precision| precision.to_string() == name).ok_or_else(|| {
            LmcError::UnknownName {
                kind: "precision",
                name: name.to_owned(),
                known: Self::ALL.iter().map(Precision::to_string).collect(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_known_by_its_name() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        let message = "fp8".parse::<Precision>().unwrap_err().to_string();
        assert!(message.contains("`fp8`; known: float32, tf32, fp16, bf16"), "{message}");
    }
}
