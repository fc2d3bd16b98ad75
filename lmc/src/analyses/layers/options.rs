//! The options for averaging models in some layers alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{LmcError, Result};
use crate::model::Part;
use crate::options::{Options, resamples};
use crate::stats::check_confidence;

/// The parts that are averaged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moving {
    /// One part.
    Alone,
    /// A part and all below it, which are nearer to the texts.
    UpTo,
    /// A part and all above it, which are nearer to the logits.
    From,
}

impl Moving {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Alone, Self::UpTo, Self::From];

    /// Returns the parameters that are averaged for a part, by number, under its name.
    pub(super) fn of(self, parts: &[Part], part: usize) -> Part {
        let moving = match self {
            Self::Alone => &parts[part..=part],
            Self::UpTo => &parts[..=part],
            Self::From => &parts[part..],
        };
        let mut spans: Vec<_> = moving.iter().flat_map(|part| part.spans.clone()).collect();
        spans.sort_by_key(|span| span.start);
        Part { name: parts[part].name.clone(), spans }
    }
}

impl fmt::Display for Moving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alone => "alone",
            Self::UpTo => "up-to",
            Self::From => "from",
        })
    }
}

impl FromStr for Moving {
    type Err = LmcError;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|moving| moving.to_string() == name).ok_or_else(|| LmcError::UnknownName {
            kind: "choice of layers",
            name: name.to_owned(),
            known: Self::ALL.iter().map(Self::to_string).collect(),
        })
    }
}

/// The options for averaging models in some layers alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerOptions {
    /// The parts that are averaged together.
    pub moving: Moving,
    /// The pairs of models, by number; all if there is none.
    pub pairs: Vec<[usize; 2]>,
    /// Bootstrap resamples of the examples.
    pub n_resamples: usize,
    /// The share of resamples between the ends of an interval.
    pub confidence: f64,
    /// Draws resamples.
    pub seed: u64,
}

impl Default for LayerOptions {
    /// Returns options for each part alone, all pairs, 1000 resamples, 95 %.
    fn default() -> Self {
        Self { moving: Moving::Alone, pairs: Vec::new(), n_resamples: 1000, confidence: 0.95, seed: 0 }
    }
}

impl Options for LayerOptions {
    fn validate(&self) -> Result<()> {
        for (i, &[a, b]) in self.pairs.iter().enumerate() {
            let wrong = |got: String, expected| Err(LmcError::invalid("layers.pairs", got, expected));
            if a == b {
                return wrong(format!("[{a}, {b}]"), "two different models");
            }
            if self.pairs[..i].iter().any(|&other| other == [a, b] || other == [b, a]) {
                return wrong(format!("[{a}, {b}] twice"), "each pair once");
            }
        }
        resamples("layers.n_resamples", self.n_resamples)?;
        check_confidence("layers.confidence", self.confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_move_alone_or_with_their_neighbours() {
        let part = |name: &str, spans: &[[i64; 2]]| Part {
            name: name.into(),
            spans: spans.iter().map(|[start, end]| *start..*end).collect(),
        };
        let parts =
            [part("embeddings", &[[0, 4], [9, 10]]), part("layer 0", &[[4, 9]]), part("head", &[[10, 12]])];
        assert_eq!(Moving::Alone.of(&parts, 1), parts[1]);
        assert_eq!(Moving::UpTo.of(&parts, 1), part("layer 0", &[[0, 4], [4, 9], [9, 10]]));
        assert_eq!(Moving::From.of(&parts, 1), part("layer 0", &[[4, 9], [10, 12]]));
        assert_eq!(Moving::UpTo.of(&parts, 2).n_parameters(), 12);
    }

    #[test]
    fn choices_are_read_as_they_are_written() {
        for moving in Moving::ALL {
            assert_eq!(moving.to_string().parse::<Moving>().unwrap(), moving);
        }
        let message = "below".parse::<Moving>().unwrap_err().to_string();
        assert_eq!(message, "unknown choice of layers `below`; known: alone, up-to, from");
    }
}
