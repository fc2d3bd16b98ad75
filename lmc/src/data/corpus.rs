//! The corpora of the paper, by name.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::hans::Subset;
use super::manifest::Manifest;
use super::reader::Reading;
use super::{Dataset, cola, hans, mnli, paws, qqp};
use crate::error::{LmcError, Result};

/// A corpus that this crate reads in the forms in which it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Corpus {
    /// The Corpus of Linguistic Acceptability: [`cola`].
    Cola,
    /// Multi-Genre Natural Language Inference: [`mnli`].
    Mnli,
    /// Heuristic Analysis for NLI Systems: [`hans`].
    Hans,
    /// Quora Question Pairs: [`qqp`].
    Qqp,
    /// Paraphrase Adversaries from Word Scrambling, made from QQP: [`paws`].
    PawsQqp,
}

impl Corpus {
    /// All corpora.
    pub const ALL: [Corpus; 5] = [Corpus::Cola, Corpus::Mnli, Corpus::Hans, Corpus::Qqp, Corpus::PawsQqp];

    /// Returns the name, which is that of the manifest, for example `paws-qqp`.
    pub fn name(self) -> &'static str {
        match self {
            Corpus::Cola => "cola",
            Corpus::Mnli => "mnli",
            Corpus::Hans => "hans",
            Corpus::Qqp => "qqp",
            Corpus::PawsQqp => "paws-qqp",
        }
    }

    /// Returns the manifest.
    ///
    /// # Errors
    /// As [`Manifest::parse`], which does not happen for the manifests that are built in.
    pub fn manifest(self) -> Result<Manifest> {
        match self {
            Corpus::Cola => cola::manifest(),
            Corpus::Mnli => mnli::manifest(),
            Corpus::Hans => hans::manifest(),
            Corpus::Qqp => qqp::manifest(),
            Corpus::PawsQqp => paws::manifest(),
        }
    }

    /// Returns what was read of a split of the manifest, with the number of rows that were skipped.
    ///
    /// # Errors
    /// As [`reader::read_split`](super::reader::read_split).
    pub fn read(self, folder: &Path, split: &str) -> Result<Reading> {
        match self {
            Corpus::Cola => super::reader::read_split(&cola::manifest()?, folder, split),
            Corpus::Mnli => mnli::read_split(folder, split),
            Corpus::Hans => hans::read_split(folder, split),
            Corpus::Qqp => qqp::read_split(folder, split),
            Corpus::PawsQqp => paws::read_split(folder, split),
        }
    }
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Corpus {
    type Err = LmcError;

    /// The corpus of a name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with the names that there are.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|corpus| corpus.name() == name).ok_or_else(|| LmcError::UnknownName {
            kind: "corpus",
            name: name.to_owned(),
            known: Self::ALL.iter().map(Corpus::to_string).collect(),
        })
    }
}

/// Returns a split of a corpus from a folder that has it in one of the forms in which it is published. For HANS the name
/// of a [`Subset`] is a split too, taken from the evaluation set.
///
/// # Errors
/// [`LmcError::UnknownName`] for another split, [`LmcError::Io`] if the folder has none of the split's files or one cannot
/// be read, [`LmcError::Format`] with the line for a file that is not as its manifest says.
///
/// # Examples
/// ```
/// use lmc::data::corpus::{Corpus, read_corpus};
/// let corpus: Corpus = "paws-qqp".parse()?;
/// let error = read_corpus(corpus, "nowhere".as_ref(), "dev_and_test").unwrap_err();
/// assert!(error.to_string().starts_with("read nowhere: it has none of dev_and_test.tsv"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn read_corpus(corpus: Corpus, folder: &Path, split: &str) -> Result<Dataset> {
    let manifest = corpus.manifest()?;
    match (corpus, split.parse::<Subset>()) {
        (Corpus::Hans, Ok(subset)) => subset.of(&corpus.read(folder, "evaluation")?),
        (Corpus::Hans, Err(_)) if manifest.split(split).is_err() => {
            let splits = manifest.splits.iter().map(|split| split.name.clone());
            let known = splits.chain(Subset::ALL.iter().map(Subset::to_string)).collect();
            Err(LmcError::UnknownName { kind: "split", name: split.to_owned(), known })
        }
        _ => Ok(corpus.read(folder, split)?.dataset),
    }
}

#[cfg(test)]
mod tests;
