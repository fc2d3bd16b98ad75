//! Which corpora a task is trained and evaluated on, where they lie, and the fixed samples of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::data::Dataset;
use crate::data::corpus::Corpus;
use crate::data::fetch::Fetcher;
use crate::data::hans::Subset;
use crate::error::{LmcError, Result};

/// Examples in the sample of an evaluation set on which models are compared (Juneja et al. 2023, F.2).
pub(super) const SAMPLE: usize = 512;

/// Where the corpora of a task lie.
pub(super) type Folders = BTreeMap<Corpus, PathBuf>;

/// The splits of a task from outside.
pub(super) struct Corpora {
    pub train: (Corpus, &'static str),
    /// The evaluation sets by name, the in-domain one first.
    pub sets: &'static [(&'static str, Corpus, &'static str)],
    /// Whether it is evaluated on the six subsets of HANS too.
    pub hans: bool,
}

impl Corpora {
    pub const COLA: Self = Self {
        train: (Corpus::Cola, "train"),
        sets: &[("id", Corpus::Cola, "id"), ("ood", Corpus::Cola, "ood")],
        hans: false,
    };
    pub const MNLI: Self = Self {
        train: (Corpus::Mnli, "train"),
        sets: &[("id", Corpus::Mnli, "validation_matched")],
        hans: true,
    };
    pub const QQP: Self = Self {
        train: (Corpus::Qqp, "train"),
        sets: &[("id", Corpus::Qqp, "validation"), ("paws-qqp", Corpus::PawsQqp, "dev_and_test")],
        hans: false,
    };
    pub const PAWS_QQP: Self = Self {
        train: (Corpus::PawsQqp, "train"),
        sets: &[("id", Corpus::PawsQqp, "dev_and_test")],
        hans: false,
    };

    /// The folder of every corpus, in or below that of the data; without one they are fetched.
    pub fn folders(&self, data: Option<&Path>) -> Result<Folders> {
        let mut corpora: BTreeSet<Corpus> = self.sets.iter().map(|&(_, corpus, _)| corpus).collect();
        corpora.insert(self.train.0);
        corpora.extend(self.hans.then_some(Corpus::Hans));
        corpora.into_iter().map(|corpus| Ok((corpus, folder(data, corpus)?))).collect()
    }

    /// The training set, `n_train` examples drawn by `seed`.
    pub fn train(&self, folders: &Folders, n_train: usize, seed: u64) -> Result<Dataset> {
        let (corpus, split) = self.train;
        sample(&corpus.read(&folders[&corpus], split)?.dataset, "train", n_train, seed)
    }

    /// The evaluation sets, each followed by its sample.
    pub fn evaluation_sets(&self, folders: &Folders, seed: u64) -> Result<Vec<Dataset>> {
        let mut sets = Vec::new();
        for &(name, corpus, split) in self.sets {
            let set = corpus.read(&folders[&corpus], split)?.dataset;
            sets.push(Dataset { name: name.to_owned(), ..set });
        }
        if self.hans {
            let reading = Corpus::Hans.read(&folders[&Corpus::Hans], "evaluation")?;
            sets.extend(Subset::ALL.into_iter().map(|s| s.of(&reading)).collect::<Result<Vec<_>>>()?);
        }
        let with_sample = |set: Dataset| {
            let few = sample(&set, &format!("{}-sample", set.name), SAMPLE.min(set.len()), seed)?;
            Ok([set, few])
        };
        Ok(sets.into_iter().map(with_sample).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

/// The folder of a corpus: the subfolder of its name in the folder of the data, where there is none that folder itself, and
/// without a folder what is fetched. What its manifest knows of the files is checked.
fn folder(data: Option<&Path>, corpus: Corpus) -> Result<PathBuf> {
    let manifest = corpus.manifest()?;
    let Some(data) = data else { return Fetcher::from_env()?.fetch(&manifest) };
    let own = data.join(corpus.name());
    let folder = if own.is_dir() { own } else { data.to_owned() };
    manifest.verify_present(&folder)?;
    Ok(folder)
}

/// A fixed random sample of a set under a new name, in the set's order.
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
