//! The corpora of the paper, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::hans::{Heuristic, Subset};
use super::manifest::Manifest;
use super::reader::Reading;
use super::{Dataset, by_name, search};
use lmc_base::error::{LmcError, Result};
use lmc_base::progress;

/// A corpus that this crate reads in the forms in which it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Corpus {
    /// The Corpus of Linguistic Acceptability: [`cola`](super::cola).
    Cola,
    /// Multi-Genre Natural Language Inference (Williams et al. 2018): GLUE's files, the hub's, and the
    /// original ones.
    ///
    /// GLUE's development sets leave out the pairs without a gold label; the original files have them, with
    /// the label `-`: 185 matched and 168 mismatched ones are skipped, and 9,815 and 9,832 remain in either
    /// form. The kind of an example is its genre, if the form has it.
    Mnli,
    /// Heuristic Analysis for NLI Systems: [`hans`](super::hans). The kind of an example is its subcase, and
    /// its group is the heuristic.
    Hans,
    /// Quora Question Pairs (Iyer et al. 2017) in GLUE's tab-separated files and the hub's Parquet.
    ///
    /// Rows of the tab-separated files with too few columns, and rows without a label, are skipped and
    /// counted, as the readers of Hugging Face's `datasets` and `transformers` do: 363,846 and 40,430 pairs
    /// remain.
    Qqp,
    /// PAWS-QQP (Zhang et al. 2019): question pairs with the same words in another order, as text made from
    /// QQP.
    ///
    /// The texts are tokenised, quotation marks are written as two backquotes or two apostrophes, and
    /// `train.tsv` ends its lines in CRLF. The makers write the files without quoting. DIFFERENCE: the
    /// paper's code reads them with quoting, which is the same since there is no `"` in them.
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
    /// The errors of [`Manifest::builtin`], which do not happen for these names.
    pub fn manifest(self) -> Result<Manifest> {
        Manifest::builtin(self.name())
    }

    /// Returns the reading of a split of the manifest, with the number of rows that were skipped. The folder
    /// is that of the corpus, or one that contains such a folder, under the name of the corpus or GLUE's
    /// (`CoLA`, `MNLI`, `QQP`) in any case.
    ///
    /// A file with fewer examples than published is read with a note ([`Reading::notes`]). `unverified` is
    /// for a file that is not the published one although it has as many examples, or more.
    ///
    /// # Errors
    /// [`LmcError::Io`] with the files and folders that were looked for if there is none; the errors of
    /// [`read_split`](super::reader::read_split); [`LmcError::UnknownName`] for a group of HANS that is not a
    /// heuristic.
    pub fn read(self, folder: &Path, split: &str, unverified: bool) -> Result<Reading> {
        let reading = search::read(self, &self.manifest()?, folder, self.stored(split), unverified)?;
        if self == Corpus::Hans {
            reading.groups.iter().flatten().try_for_each(|group| group.parse::<Heuristic>().map(|_| ()))?;
        }
        Ok(reading)
    }

    /// Returns the split that studies call `id`: the in-domain set that a model is evaluated on. HANS has
    /// none.
    pub fn in_domain(self) -> Option<&'static str> {
        match self {
            Corpus::Cola => Some("id"),
            Corpus::Mnli => Some("validation_matched"),
            Corpus::Qqp => Some("validation"),
            Corpus::PawsQqp => Some("dev_and_test"),
            Corpus::Hans => None,
        }
    }

    /// Returns the split of the manifest that a name stands for.
    fn stored(self, name: &str) -> &str {
        self.in_domain().filter(|_| name == ID).unwrap_or(name)
    }

    /// Returns the splits that [`read_corpora`] knows: those of the manifest, and the subsets for HANS.
    fn splits(self) -> Result<Vec<String>> {
        let subsets = if self == Corpus::Hans { &Subset::ALL[..] } else { &[] };
        let own: Vec<String> = self.manifest()?.splits.into_iter().map(|split| split.name).collect();
        let id = self.in_domain().filter(|split| *split != ID).map(|_| ID.to_owned());
        Ok(id.into_iter().chain(own).chain(subsets.iter().map(Subset::to_string)).collect())
    }
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Corpus {
    type Err = LmcError;

    /// Returns the corpus of a name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with the names that exist.
    fn from_str(name: &str) -> Result<Self> {
        by_name("corpus", &Self::ALL, name)
    }
}

/// Returns a split of a corpus from a folder that has it in one of the forms in which it is published, or
/// from a folder below it ([`Corpus::read`]). For HANS, the name of a [`Subset`] is a split too, taken from
/// the evaluation set. Differences from the published file are reported on the standard error.
///
/// # Errors
/// [`LmcError::UnknownName`] for another split, [`LmcError::Io`] if the folder has none of the split's files
/// or one cannot be read, [`LmcError::Format`] with the line for a file that is not as its manifest says,
/// [`LmcError::Unpublished`].
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// use lmc::data::corpus::{Corpus, read_corpus};
/// let corpus: Corpus = "paws-qqp".parse()?;
/// let error = read_corpus(corpus, ".".as_ref(), "dev_and_test").unwrap_err();
/// assert!(error.to_string().starts_with("read .: it has none of dev_and_test.tsv"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn read_corpus(corpus: Corpus, folder: &Path, split: &str) -> Result<Dataset> {
    let mut sets = read_corpora(corpus, folder, &[split], false)?;
    sets.pop().ok_or_else(|| LmcError::invalid("splits", "none", "one"))
}

/// The name by which studies call the in-domain set, whatever the name of its split is.
const ID: &str = "id";

/// Returns several splits of a corpus, like [`read_corpus`]. Each file is read once, and `id` is
/// [`Corpus::in_domain`]. With `unverified`, files that are not the published ones are read too.
///
/// # Errors
/// The errors of [`read_corpus`], without [`LmcError::Unpublished`] if `unverified` is set;
/// [`LmcError::InvalidParameter`] for a subset of which the file has no pair.
pub fn read_corpora(
    corpus: Corpus,
    folder: &Path,
    splits: &[impl AsRef<str>],
    unverified: bool,
) -> Result<Vec<Dataset>> {
    let known = corpus.splits()?;
    if let Some(name) = splits.iter().map(AsRef::as_ref).find(|name| !known.iter().any(|split| split == name))
    {
        return Err(LmcError::UnknownName { kind: "split", name: name.to_owned(), known });
    }
    let mut readings: BTreeMap<&str, Reading> = BTreeMap::new();
    let mut sets = Vec::new();
    for split in splits.iter().map(AsRef::as_ref) {
        let subset = split.parse::<Subset>().ok().filter(|_| corpus == Corpus::Hans);
        let stored = if subset.is_some() { "evaluation" } else { corpus.stored(split) };
        if !readings.contains_key(stored) {
            readings.insert(stored, corpus.read(folder, stored, unverified)?);
        }
        let reading = &readings[stored];
        let whole = || Ok(Dataset { name: split.to_owned(), ..reading.dataset.clone() });
        sets.push(subset.map_or_else(whole, |subset| subset.of(reading))?);
        if sets.last().is_some_and(Dataset::is_empty) {
            let there = Subset::ALL.map(|subset| Ok((subset, subset.of(reading)?.len())));
            let there = there.into_iter().collect::<Result<Vec<_>>>()?;
            let there = there.iter().filter(|(_, n)| *n > 0).map(|(subset, n)| format!("{subset} ({n})"));
            let got = format!("{split}, of which the {} pairs of the file have none", reading.dataset.len());
            let expected = format!("one of {}", there.collect::<Vec<_>>().join(", "));
            return Err(LmcError::invalid("split", got, expected));
        }
    }
    readings.values().flat_map(|reading| &reading.notes).for_each(|note| progress::note(note));
    Ok(sets)
}

#[cfg(test)]
mod tests;
