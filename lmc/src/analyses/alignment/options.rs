//! The options for aligning the units of models.

use std::fmt;
use std::str::FromStr;

use crate::align::check_repair;
use crate::error::{LmcError, Result};
use crate::model::ModelConfig;
use crate::options::{Options, in_range};

/// The most texts of which activations are taken.
const MOST_TEXTS: usize = 100_000;

/// The ways to match the units of two models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlignBy {
    /// Nothing: units stay where they are, for [`AlignOptions::repair`] alone.
    Nothing,
    /// Their weights: [`weight_matching`](super::weight_matching).
    Weights,
    /// Their activations on texts of the training set: [`activation_matching`](super::activation_matching).
    Activations,
}

impl AlignBy {
    /// The names of all ways.
    pub const NAMES: [&'static str; 3] = ["nothing", "weights", "activations"];
}

impl fmt::Display for AlignBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Weights => "weights",
            Self::Activations => "activations",
        })
    }
}

impl FromStr for AlignBy {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "nothing" => Ok(Self::Nothing),
            "weights" => Ok(Self::Weights),
            "activations" => Ok(Self::Activations),
            other => Err(LmcError::UnknownName {
                kind: "way to match units",
                name: other.to_owned(),
                known: Self::NAMES.map(str::to_owned).to_vec(),
            }),
        }
    }
}

/// The options for aligning the units of models.
///
/// # Examples
/// ```
/// use lmc::analyses::alignment::{AlignBy, AlignOptions};
/// // For copies of encoders that were pretrained separately.
/// let options =
///     AlignOptions { by: AlignBy::Activations, stream: true, repair: true, ..AlignOptions::default() };
/// assert_eq!(AlignOptions::default().by, AlignBy::Weights);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AlignOptions {
    /// The way in which units are matched.
    pub by: AlignBy,
    /// Whether the residual stream is permuted too, as between models of encoders that were pretrained
    /// separately.
    pub stream: bool,
    /// Whether lines are swept once more with points that [`repair`](super::repair) changed.
    pub repair: bool,
    /// The texts of the training set that are read where activations are needed.
    pub n_texts: usize,
    /// Draws the texts.
    pub seed: u64,
}

impl Default for AlignOptions {
    /// Returns options for weights, the residual stream as it is, no repair; 256 texts where they are needed.
    fn default() -> Self {
        Self { by: AlignBy::Weights, stream: false, repair: false, n_texts: 256, seed: 0 }
    }
}

impl AlignOptions {
    /// Returns whether texts are read.
    pub(super) fn reads_texts(&self) -> bool {
        self.repair || self.by == AlignBy::Activations
    }

    /// Checks that models of that architecture can be aligned like that.
    ///
    /// # Errors
    /// The errors of [`check_repair`](super::check_repair).
    pub fn check_for(&self, config: &ModelConfig) -> Result<()> {
        if self.repair { check_repair(config) } else { Ok(()) }
    }
}

impl Options for AlignOptions {
    fn validate(&self) -> Result<()> {
        in_range("align.n_texts", self.n_texts, MOST_TEXTS)?;
        if self.by == AlignBy::Nothing && self.stream {
            return Err(LmcError::invalid("align.stream", "true by nothing", "weights or activations"));
        }
        if self.by == AlignBy::Nothing && !self.repair {
            return Err(LmcError::invalid("align.by", "nothing", "weights, activations, or a repair"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_bad_options_refused() {
        for name in AlignBy::NAMES {
            assert_eq!(name.parse::<AlignBy>().unwrap().to_string(), name);
        }
        let error = "weight".parse::<AlignBy>().unwrap_err().to_string();
        assert!(error.contains("known: nothing, weights, activations"), "{error}");
        let usual = AlignOptions::default();
        assert!(usual.validate().is_ok() && !usual.reads_texts());
        let nothing = AlignOptions { by: AlignBy::Nothing, ..usual.clone() };
        assert!(nothing.validate().unwrap_err().to_string().starts_with("`align.by`"));
        let repaired = AlignOptions { repair: true, ..nothing };
        assert!(repaired.validate().is_ok() && repaired.reads_texts());
        let stream = AlignOptions { stream: true, ..repaired };
        assert!(stream.validate().unwrap_err().to_string().starts_with("`align.stream`"));
        let none = AlignOptions { n_texts: 0, ..usual };
        assert!(none.validate().unwrap_err().to_string().starts_with("`align.n_texts`"));
    }
}
