//! The corpora that a task is trained and evaluated on, their folders, and the fixed samples of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::data::Dataset;
use crate::data::corpus::Corpus;
use crate::data::fetch::Fetcher;
use crate::data::hans::Subset;
use crate::data::reader::Reading;
use crate::error::{LmcError, Result};

/// Examples in the sample of an evaluation set on which models are compared (Juneja et al. 2023, F.2).
pub(super) const SAMPLE: usize = 512;

/// The folders of the corpora of a task.
pub(super) type Folders = BTreeMap<Corpus, PathBuf>;

/// The splits of a task from outside.
pub(super) struct Corpora {
    pub train: (Corpus, &'static str),
    /// The evaluation sets by name, the in-domain one first.
    pub sets: &'static [(&'static str, Corpus, &'static str)],
    /// True if it is also evaluated on the six subsets of HANS.
    pub hans: bool,
}

impl Corpora {
    pub const COLA: Self = Self {
        train: (Corpus::Cola, "train"),
        sets: &[("id", Corpus::Cola, "id"), ("ood", Corpus::Cola, "ood")],
        hans: false,
    };
    pub const MNLI: Self =
        Self { train: (Corpus::Mnli, "train"), sets: &[("id", Corpus::Mnli, "id")], hans: true };
    pub const QQP: Self = Self {
        train: (Corpus::Qqp, "train"),
        sets: &[("id", Corpus::Qqp, "id"), ("paws-qqp", Corpus::PawsQqp, "id")],
        hans: false,
    };
    pub const PAWS_QQP: Self =
        Self { train: (Corpus::PawsQqp, "train"), sets: &[("id", Corpus::PawsQqp, "id")], hans: false };

    /// Returns the folder of every corpus: the data folder or, without one, the fetched files.
    pub fn folders(&self, data: Option<&Path>) -> Result<Folders> {
        let mut corpora: BTreeSet<Corpus> = self.sets.iter().map(|&(_, corpus, _)| corpus).collect();
        corpora.insert(self.train.0);
        corpora.extend(self.hans.then_some(Corpus::Hans));
        let folder = |corpus: Corpus| match data {
            Some(data) => Ok(data.to_owned()),
            None => Fetcher::from_env()?.fetch(&corpus.manifest()?),
        };
        corpora.into_iter().map(|corpus| Ok((corpus, folder(corpus)?))).collect()
    }

    /// Returns the training set, `n_train` examples drawn by `seed`: all examples of a file that has fewer,
    /// if all of the published file are wanted.
    pub fn train(&self, source: &Source<'_>, n_train: usize, seed: u64) -> Result<Dataset> {
        let (corpus, split) = self.train;
        let set = source.read(corpus, split)?.dataset;
        let all = corpus.manifest()?.split(split)?.n_examples;
        let n_train = if n_train == all { n_train.min(set.len()) } else { n_train };
        sample(&set, "train", n_train, seed)
    }

    /// Returns the evaluation sets, each followed by its sample. Subsets of HANS without a pair in the file
    /// are left out; the first, by which generalisation is judged, must have some.
    pub fn evaluation_sets(&self, source: &Source<'_>, seed: u64) -> Result<Vec<Dataset>> {
        let mut sets = Vec::new();
        for &(name, corpus, split) in self.sets {
            let set = source.read(corpus, split)?.dataset;
            sets.push(Dataset { name: name.to_owned(), ..set });
        }
        if self.hans {
            let reading = source.read(Corpus::Hans, "evaluation")?;
            for subset in Subset::ALL {
                let set = subset.of(&reading)?;
                if !set.is_empty() {
                    sets.push(set);
                } else if subset == Subset::ALL[0] {
                    let got = format!("{subset} without a pair among {}", reading.dataset.len());
                    return Err(LmcError::invalid(
                        "data",
                        got,
                        "a file that has some, scores are on this set",
                    ));
                } else {
                    source.note(format!("{subset} is left out, the file has no pair of it"));
                }
            }
        }
        let with_sample = |set: Dataset| {
            let few = sample(&set, &format!("{}-sample", set.name), SAMPLE.min(set.len()), seed)?;
            Ok([set, few])
        };
        Ok(sets.into_iter().map(with_sample).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

/// The folders of corpora, and whether files are read that are not the published ones.
pub(super) struct Source<'a> {
    pub folders: &'a Folders,
    pub unverified: bool,
    /// Notes on differences from the published files.
    pub notes: RefCell<Vec<String>>,
}

impl Source<'_> {
    /// Reads a split.
    fn read(&self, corpus: Corpus, split: &str) -> Result<Reading> {
        let reading = corpus.read(&self.folders[&corpus], split, self.unverified)?;
        reading.notes.iter().for_each(|note| self.note(note.clone()));
        Ok(reading)
    }

    fn note(&self, note: String) {
        self.notes.borrow_mut().push(note);
    }
}

/// Returns a fixed random sample of a set under a new name, in the set's order.
pub(super) fn sample(set: &Dataset, name: &str, n: usize, seed: u64) -> Result<Dataset> {
    if n == 0 || n > set.len() {
        return Err(LmcError::invalid("n_train", n, format!("1 to {}", set.len())));
    }
    let mut rng = crate::seed::rng(seed, "sample");
    let mut chosen = rand::seq::index::sample(&mut rng, set.len(), n).into_vec();
    chosen.sort_unstable();
    let labels: Vec<&str> = set.labels.iter().map(String::as_str).collect();
    let kinds = set.kinds.as_ref().map(|kinds| chosen.iter().map(|&i| kinds[i].clone()).collect());
    Dataset::new(name, &labels, chosen.iter().map(|&i| set.examples[i].clone()).collect(), kinds)
}
