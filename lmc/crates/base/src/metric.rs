//! The metrics by which models are judged.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::error::{LmcError, Result};

/// A metric of a model on an evaluation set, and a column of the table of evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Metric {
    /// Mean cross-entropy, nats per example.
    Loss,
    /// Share of right predictions, in [0, 1].
    Accuracy,
    /// F1 of the second of two labels, or the mean over more of them, in [0, 1].
    F1,
    /// Matthews correlation, in [-1, 1].
    Mcc,
    /// Expected calibration error, in [0, 1].
    Ece,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Metric; 5] = [Metric::Loss, Metric::Accuracy, Metric::F1, Metric::Mcc, Metric::Ece];

    /// Returns the name of its column.
    pub fn column(self) -> &'static str {
        match self {
            Metric::Loss => "loss",
            Metric::Accuracy => "accuracy",
            Metric::F1 => "f1",
            Metric::Mcc => "mcc",
            Metric::Ece => "ece",
        }
    }

    /// Returns its unit or range, for axis titles.
    pub fn unit(self) -> &'static str {
        match self {
            Metric::Loss => "nats per example",
            Metric::Accuracy => "share of examples",
            Metric::F1 | Metric::Ece => "0 to 1",
            Metric::Mcc => "−1 to 1",
        }
    }

    /// Returns `true` if a larger value means a better model.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_base::{LmcError, metric as study}; }
    /// use lmc::study::Metric;
    /// assert!("mcc".parse::<Metric>()?.larger_is_better() && !Metric::Loss.larger_is_better());
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn larger_is_better(self) -> bool {
        !matches!(self, Metric::Loss | Metric::Ece)
    }
}

impl FromStr for Metric {
    type Err = LmcError;

    /// Returns the metric of a column.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`].
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|metric| metric.column() == name).ok_or_else(|| LmcError::UnknownName {
            kind: "metric",
            name: name.to_owned(),
            known: Self::ALL.map(|metric| metric.column().to_owned()).to_vec(),
        })
    }
}

impl TryFrom<String> for Metric {
    type Error = LmcError;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

/// The name as it stands in titles: "loss", "accuracy", "F1", "MCC", "ECE".
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Metric::Loss => "loss",
            Metric::Accuracy => "accuracy",
            Metric::F1 => "F1",
            Metric::Mcc => "MCC",
            Metric::Ece => "ECE",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_known_by_the_names_of_their_columns() {
        for metric in Metric::ALL {
            assert_eq!(metric.column().parse::<Metric>().unwrap(), metric);
            assert!(!metric.unit().is_empty());
        }
        assert!(Metric::Mcc.larger_is_better() && !Metric::Loss.larger_is_better());
        assert_eq!(format!("{} {}", Metric::F1, Metric::Mcc), "F1 MCC");
    }
}
