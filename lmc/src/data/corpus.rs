//! The corpora of the paper, by name.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::hans::{Heuristic, Subset};
use super::manifest::Manifest;
use super::reader::{Reading, read_split};
use super::{Dataset, by_name};
use crate::error::{LmcError, Result};

/// A corpus that this crate reads in the forms in which it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Corpus {
    /// The Corpus of Linguistic Acceptability: [`cola`](super::cola).
    Cola,
    /// Multi-Genre Natural Language Inference (Williams et al. 2018): GLUE's files, the hub's, and the original ones.
    ///
    /// GLUE's development sets leave out the pairs without a gold label; the original files have them, with the label `-`:
    /// 185 matched and 168 mismatched ones are skipped, and 9,815 and 9,832 remain in either form. The kind of an example
    /// is its genre, where the form has it.
    Mnli,
    /// Heuristic Analysis for NLI Systems: [`hans`](super::hans). The kind of an example is its subcase, its group the
    /// heuristic.
    Hans,
    /// Quora Question Pairs (Iyer et al. 2017) in GLUE's tab-separated files and the hub's Parquet.
    ///
    /// Rows of the tab-separated files with too few columns, and rows without a label, are skipped and counted, as the readers
    /// of Hugging Face's `datasets` and `transformers` do: 363,846 and 40,430 pairs remain.
    Qqp,
    /// PAWS-QQP (Zhang et al. 2019): question pairs with the same words in another order, as text made from QQP.
    ///
    /// The texts are tokenised, quotation marks are written as two backquotes or two apostrophes, and `train.tsv` ends its lines
    /// in CRLF. The makers write the files without quoting. DIFFERENCE: the paper's code reads them with quoting, which is the
    /// same since there is no `"` in them.
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
    /// As [`Manifest::builtin`], which does not happen for these names.
    pub fn manifest(self) -> Result<Manifest> {
        Manifest::builtin(self.name())
    }

    /// Returns what was read of a split of the manifest, with the number of rows that were skipped.
    ///
    /// # Errors
    /// As [`read_split`]; [`LmcError::UnknownName`] for a group of HANS that is no heuristic.
    pub fn read(self, folder: &Path, split: &str) -> Result<Reading> {
        let reading = read_split(&self.manifest()?, folder, split)?;
        if self == Corpus::Hans {
            reading.groups.iter().flatten().try_for_each(|group| group.parse::<Heuristic>().map(|_| ()))?;
        }
        Ok(reading)
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
        by_name("corpus", &Self::ALL, name)
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
