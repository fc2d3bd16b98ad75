//! Corpora: the manifests of files of labelled examples, and how these are read.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::manifest::{Manifest, ManifestKind, TaskTable};
use super::reader::Reading;
use super::{Dataset, search};
use lmc_base::error::{LmcError, Result};
use lmc_base::progress;

/// A corpus as its manifest describes it: files of labelled examples in the forms in which they are
/// published.
///
/// These corpora come with the crate:
///
/// | name | corpus |
/// |---|---|
/// | `anli` | Adversarial NLI (Nie et al. 2020), its three rounds |
/// | `cola` | the Corpus of Linguistic Acceptability (Warstadt et al. 2018): the raw files of its release and GLUE's |
/// | `hans` | Heuristic Analysis for NLI Systems: [`hans`](super::hans). The kind of an example is its subcase, its group the heuristic |
/// | `mnli` | Multi-Genre Natural Language Inference (Williams et al. 2018); the kind of an example is its genre, if the form has it |
/// | `mrpc`, `qnli`, `rte`, `sst2`, `wnli` | the other classifications of GLUE (Wang et al. 2019) |
/// | `paws-qqp` | PAWS-QQP (Zhang et al. 2019): question pairs with the same words in another order, as text made from QQP |
/// | `qqp` | Quora Question Pairs (Iyer et al. 2017) |
/// | `snli` | Stanford Natural Language Inference (Bowman et al. 2015) |
///
/// Rows without a gold label are skipped and counted: 185 matched and 168 mismatched pairs of MNLI's original
/// files, so that 9,815 and 9,832 remain as in GLUE's. So are rows of QQP's tab-separated files with too few
/// columns, as the readers of Hugging Face's `datasets` and `transformers` do: 363,846 and 40,430 pairs
/// remain.
///
/// The texts of PAWS-QQP are tokenised, quotation marks are written as two backquotes or two apostrophes, and
/// `train.tsv` ends its lines in CRLF. DIFFERENCE: the paper's code reads these files with quoting, which is
/// the same since there is no `"` in them.
#[derive(Clone, PartialEq)]
pub struct Corpus(Arc<Manifest>);

impl fmt::Debug for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Corpus({})", self.name())
    }
}

impl Corpus {
    /// Returns the names of the corpora that come with the crate.
    pub fn names() -> Vec<&'static str> {
        Manifest::builtin_with(|manifest| manifest.kind == ManifestKind::Corpus)
    }

    /// Returns the corpus of that name that comes with the crate.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing [`Corpus::names`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::Corpus;
    /// assert_eq!(Corpus::named("mnli")?.in_domain(), Some("validation_matched"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        let known = Self::names();
        if !known.contains(&name) {
            let known = known.into_iter().map(str::to_owned).collect();
            return Err(LmcError::UnknownName { kind: "corpus", name: name.to_owned(), known });
        }
        Self::new(Manifest::builtin(name)?)
    }

    /// Returns the corpus that a manifest describes.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for the manifest of something else.
    pub fn new(manifest: Manifest) -> Result<Self> {
        if manifest.kind != ManifestKind::Corpus {
            let expected = "the manifest of a corpus, kind = \"corpus\"";
            return Err(LmcError::invalid("corpus", &manifest.name, expected));
        }
        Ok(Self(Arc::new(manifest)))
    }

    /// Returns the name, which is that of the manifest, for example `paws-qqp`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.0
    }

    /// Returns the reading of a split of the manifest, with the number of rows that were skipped. The folder
    /// is that of the corpus, or one that contains such a folder, under the name of the corpus or another
    /// that the manifest gives (`CoLA`, `MNLI`, `multinli_1.0`), in any case.
    ///
    /// A file with fewer examples than published is read with a note ([`Reading::notes`]). `unverified` is
    /// for a file that is not the published one although it has as many examples, or more.
    ///
    /// # Errors
    /// [`LmcError::Io`] with the files and folders that were looked for if there is none; the errors of
    /// [`read_split`](super::reader::read_split); [`LmcError::UnknownName`] for a group that is not that of a
    /// subset, if there are subsets by groups.
    pub fn read(&self, folder: &Path, split: &str, unverified: bool) -> Result<Reading> {
        let reading = search::read(&self.0, folder, self.stored(split), unverified, None)?;
        self.0.check_groups(&reading)?;
        Ok(reading)
    }

    /// Returns the reading of a split of which only the examples with these numbers, ascending from 0, are
    /// kept. A comma-separated file is read row by row, and the rest of it is never in memory; of another
    /// format, and of a file that has not as many examples as the manifest says, all are in the reading.
    ///
    /// # Errors
    /// The errors of [`Corpus::read`].
    #[doc(hidden)]
    pub fn read_some(&self, folder: &Path, split: &str, unverified: bool, kept: &[usize]) -> Result<Reading> {
        let reading = search::read(&self.0, folder, self.stored(split), unverified, Some(kept))?;
        self.0.check_groups(&reading)?;
        Ok(reading)
    }

    /// Returns the split that studies call `id`: the in-domain set that a model is evaluated on. A corpus
    /// without a task has none.
    pub fn in_domain(&self) -> Option<&str> {
        let own = self
            .0
            .task
            .iter()
            .flat_map(|task| &task.sets)
            .find(|set| set.corpus.as_ref().is_none_or(|corpus| corpus == self.name()));
        own.filter(|set| set.name == TaskTable::IN_DOMAIN).map(|set| set.split())
    }

    /// Returns the split or subset of the manifest that a name stands for.
    fn stored<'a>(&'a self, name: &'a str) -> &'a str {
        self.in_domain().filter(|_| name == TaskTable::IN_DOMAIN).unwrap_or(name)
    }

    /// Returns the splits that [`read_corpora`] knows: those of the manifest and its subsets.
    fn splits(&self) -> Vec<String> {
        let id =
            self.in_domain().filter(|split| *split != TaskTable::IN_DOMAIN).map(|_| TaskTable::IN_DOMAIN);
        id.into_iter().chain(self.0.parts()).map(str::to_owned).collect()
    }
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Corpus {
    type Err = LmcError;

    /// Returns the corpus of a name, or of a manifest whose path ends in `.toml`.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with the names that exist; the errors of [`Manifest::read`].
    fn from_str(name: &str) -> Result<Self> {
        if name.ends_with(".toml") {
            return Self::new(Manifest::read(Path::new(name))?);
        }
        Self::named(name)
    }
}

/// Returns a split of a corpus from a folder that has it in one of the forms in which it is published, or
/// from a folder below it ([`Corpus::read`]). The name of a [`Subset`](super::manifest::Subset) is a split
/// too, taken from the split that has it. Differences from the published file are reported on the standard
/// error.
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
/// let error = read_corpus(&corpus, ".".as_ref(), "dev_and_test").unwrap_err();
/// assert!(error.to_string().starts_with("read .: it has none of dev_and_test.tsv"));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn read_corpus(corpus: &Corpus, folder: &Path, split: &str) -> Result<Dataset> {
    let mut sets = read_corpora(corpus, folder, &[split], false)?;
    sets.pop().ok_or_else(|| LmcError::invalid("splits", "none", "one"))
}

/// Returns several splits of a corpus, like [`read_corpus`]. Each file is read once, and `id` is
/// [`Corpus::in_domain`]. With `unverified`, files that are not the published ones are read too.
///
/// # Errors
/// The errors of [`read_corpus`], without [`LmcError::Unpublished`] if `unverified` is set;
/// [`LmcError::InvalidParameter`] for a subset of which the file has no pair.
pub fn read_corpora(
    corpus: &Corpus,
    folder: &Path,
    splits: &[impl AsRef<str>],
    unverified: bool,
) -> Result<Vec<Dataset>> {
    let known = corpus.splits();
    if let Some(name) = splits.iter().map(AsRef::as_ref).find(|name| !known.iter().any(|split| split == name))
    {
        return Err(LmcError::UnknownName { kind: "split", name: name.to_owned(), known });
    }
    let mut readings: BTreeMap<&str, Reading> = BTreeMap::new();
    let mut sets = Vec::new();
    for split in splits.iter().map(AsRef::as_ref) {
        let part = corpus.manifest().part(corpus.stored(split))?;
        let stored = part.split();
        if !readings.contains_key(stored) {
            readings.insert(stored, corpus.read(folder, stored, unverified)?);
        }
        let reading = &readings[stored];
        let set = Dataset { name: split.to_owned(), ..part.of(reading)? };
        if set.is_empty() {
            return Err(empty_subset(corpus.manifest(), split, reading)?);
        }
        sets.push(set);
    }
    readings.values().flat_map(|reading| &reading.notes).for_each(|note| progress::note(note));
    Ok(sets)
}

/// Returns the error for a subset of which a file has no example, with the subsets that it has.
fn empty_subset(manifest: &Manifest, name: &str, reading: &Reading) -> Result<LmcError> {
    let mut there = Vec::new();
    for subset in &manifest.subsets {
        let n = subset.of(reading)?.len();
        there.extend((n > 0).then(|| format!("{} ({n})", subset.name)));
    }
    let got = format!("{name}, of which the {} examples of the file have none", reading.dataset.len());
    Ok(LmcError::invalid("split", got, format!("one of {}", there.join(", "))))
}

#[cfg(test)]
mod tests;
