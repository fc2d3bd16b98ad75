//! A length of training: [`Step`], written `3ep` or `500it`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{LmcError, Result};

/// A length of training in epochs (`3ep`) or iterations (`500it`).
///
/// ```
/// # mod lmc { pub use lmc_base::*; pub mod study { pub use lmc_base::step::*; } }
/// use lmc::study::Step;
/// let step: Step = "3ep".parse()?;
/// assert_eq!(step.iterations(4), 12); // 4 updates an epoch
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Step {
    /// Passes over the training set.
    Epochs(u32),
    /// Optimiser updates.
    Iterations(u32),
}

impl Step {
    /// Returns the number of optimiser updates; `per_epoch` of them make an epoch.
    pub fn iterations(self, per_epoch: u32) -> u32 {
        match self {
            Self::Epochs(n) => n.saturating_mul(per_epoch),
            Self::Iterations(n) => n,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs(n) => write!(f, "{n}ep"),
            Self::Iterations(n) => write!(f, "{n}it"),
        }
    }
}

impl FromStr for Step {
    type Err = LmcError;

    fn from_str(s: &str) -> Result<Self> {
        let wrong = || LmcError::invalid("step", s, "a whole number with `ep` or `it`, such as 3ep or 500it");
        let parse = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let too_large = || LmcError::invalid("step", s, format!("at most {}", u32::MAX));
            digits.parse().map_err(|_| if is_number { too_large() } else { wrong() })
        };
        match (s.strip_suffix("ep"), s.strip_suffix("it")) {
            (Some(n), _) => Ok(Self::Epochs(parse(n)?)),
            (_, Some(n)) => Ok(Self::Iterations(parse(n)?)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Step {
    type Error = LmcError;

    fn try_from(s: String) -> Result<Self> {
        s.parse()
    }
}

impl From<Step> for String {
    fn from(step: Step) -> Self {
        step.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["3ep", "500it", "0it"] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), text);
        }
        for text in ["4294967296ep", "99999999999999999999999it"] {
            let message = text.parse::<Step>().unwrap_err().to_string();
            assert_eq!(message, format!("`step`: got {text}, expected at most 4294967295"));
        }
        for text in ["", "ep", "3", "3 ep", "-1it", "1.5ep"] {
            let message = text.parse::<Step>().unwrap_err().to_string();
            assert!(message.contains("3ep or 500it"), "{message}");
        }
    }

    #[test]
    fn epochs_are_counted_in_updates() {
        assert_eq!(Step::Epochs(2).iterations(3), 6);
        assert_eq!(Step::Iterations(7).iterations(3), 7);
        assert_eq!(Step::Epochs(u32::MAX).iterations(3), u32::MAX);
    }
}
