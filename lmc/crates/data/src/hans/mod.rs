//! Heuristic Analysis for NLI Systems (McCoy et al. 2019), a test of whether a model answers by a heuristic
//! of word overlap.

use std::fmt;
use std::str::FromStr;

use super::by_name;
use lmc_base::error::{LmcError, Result};

/// A heuristic that makes a model predict entailment wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Heuristic {
    /// A premise entails every hypothesis made of words in it.
    LexicalOverlap,
    /// A premise entails every contiguous subsequence of it.
    Subsequence,
    /// A premise entails every complete subtree of its parse.
    Constituent,
}

/// One of the six diagnostic subsets, of 5,000 pairs each in the published evaluation set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subset {
    /// The heuristic that its pairs invite.
    pub heuristic: Heuristic,
    /// True if the premise entails the hypothesis, so that the heuristic is right.
    pub entailing: bool,
}

impl Heuristic {
    /// All heuristics.
    pub const ALL: [Heuristic; 3] =
        [Heuristic::LexicalOverlap, Heuristic::Subsequence, Heuristic::Constituent];

    /// Returns the name in the corpus, for example `lexical_overlap`.
    pub fn name(self) -> &'static str {
        match self {
            Heuristic::LexicalOverlap => "lexical_overlap",
            Heuristic::Subsequence => "subsequence",
            Heuristic::Constituent => "constituent",
        }
    }
}

impl fmt::Display for Heuristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Heuristic {
    type Err = LmcError;

    /// Returns the heuristic of a name in the corpus.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`].
    fn from_str(name: &str) -> Result<Self> {
        by_name("heuristic", &Self::ALL, name)
    }
}

impl Subset {
    /// All subsets: for each heuristic the one that it gets wrong, then the one that it gets right.
    pub const ALL: [Subset; 6] = [
        Subset { heuristic: Heuristic::LexicalOverlap, entailing: false },
        Subset { heuristic: Heuristic::LexicalOverlap, entailing: true },
        Subset { heuristic: Heuristic::Subsequence, entailing: false },
        Subset { heuristic: Heuristic::Subsequence, entailing: true },
        Subset { heuristic: Heuristic::Constituent, entailing: false },
        Subset { heuristic: Heuristic::Constituent, entailing: true },
    ];

    /// Returns the name in tables and files: `hans-lo`, `hans-subsequence` and `hans-constituent` for the
    /// non-entailing subsets, which the paper means unless it says more, and the same with `-entailed` at the
    /// end for the entailing ones.
    pub fn name(self) -> &'static str {
        match (self.heuristic, self.entailing) {
            (Heuristic::LexicalOverlap, false) => "hans-lo",
            (Heuristic::LexicalOverlap, true) => "hans-lo-entailed",
            (Heuristic::Subsequence, false) => "hans-subsequence",
            (Heuristic::Subsequence, true) => "hans-subsequence-entailed",
            (Heuristic::Constituent, false) => "hans-constituent",
            (Heuristic::Constituent, true) => "hans-constituent-entailed",
        }
    }
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Subset {
    type Err = LmcError;

    /// Returns the subset of a name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`].
    fn from_str(name: &str) -> Result<Self> {
        by_name("subset", &Self::ALL, name)
    }
}

#[cfg(test)]
mod tests;
