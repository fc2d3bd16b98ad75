//! The training and evaluation sets of a task as its manifest names them, their folders, and the fixed
//! samples of them.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use crate::data::corpus::Corpus;
use crate::data::fetch::Fetcher;
use crate::data::labels::LabelMap;
use crate::data::manifest::{Generator, Source as Place, TaskSet};
use crate::data::mini_nli::MiniNli;
use crate::data::reader::{self, Reading};
use crate::data::{Dataset, Example};
use crate::error::{LmcError, Result};
use crate::spec::TaskSpec;
use crate::study::StudySpec;
use lmc_base::show::counted;

/// Examples in the sample of an evaluation set on which models are compared (Juneja et al. 2023, F.2).
pub(super) const SAMPLE: usize = 512;

/// The sets of a task.
pub(super) struct Sets {
    pub train: Dataset,
    /// The evaluation sets with the map from the labels of the task to theirs.
    pub evaluation: Vec<(Dataset, LabelMap)>,
    /// The folders that they were read from.
    pub folders: Vec<PathBuf>,
    /// Notes on differences from the published files.
    pub notes: Vec<String>,
}

impl Sets {
    /// Draws or reads the sets of a study's task.
    pub fn load(study: &StudySpec) -> Result<Self> {
        match study.task.generator() {
            Some(Generator::MiniNli) => Self::drawn(&study.task),
            None => Source::new(study)?.sets(&study.task),
        }
    }

    /// Draws the sets of the embedded task.
    fn drawn(task: &TaskSpec) -> Result<Self> {
        let defaults = MiniNli::new(task.data_seed());
        let share = task.draw().counterexample_share.unwrap_or(defaults.counterexample_share);
        let data = MiniNli { n_train: task.n_train(), counterexample_share: share, ..defaults };
        let draw = |set: &TaskSet| {
            let n = task.manifest().split(set.split())?.n_examples;
            let data = MiniNli { n_id: n, n_id_large: n, n_ood: n, ..data.clone() };
            let drawn = Dataset { name: set.name.clone(), ..data.draw(set.split().parse()?)? };
            let map = set.label_map(&task.manifest().labels, &drawn.labels)?;
            Ok((drawn, map))
        };
        Ok(Self {
            train: data.draw(task.train().parse()?)?,
            evaluation: task.sets().iter().map(draw).collect::<Result<_>>()?,
            folders: Vec::new(),
            notes: Vec::new(),
        })
    }
}

/// The corpora of a task and their folders.
struct Source {
    corpora: BTreeMap<String, (Corpus, PathBuf)>,
    unverified: bool,
    notes: RefCell<Vec<String>>,
}

impl Source {
    /// Finds the folder of every corpus: the data folder or, without one, the fetched files.
    fn new(study: &StudySpec) -> Result<Self> {
        let own = study.task.manifest();
        let others = study.task.sets().iter().map(|set| own.corpus_of(set)).collect::<Result<Vec<_>>>()?;
        let mut corpora = BTreeMap::new();
        for manifest in std::iter::once(own.clone()).chain(others) {
            if corpora.contains_key(&manifest.name) {
                continue;
            }
            let folder = match &study.data {
                Some(data) => data.clone(),
                None => Fetcher::from_env()?.fetch(&manifest)?,
            };
            corpora.insert(manifest.name.clone(), (Corpus::new(manifest)?, folder));
        }
        Ok(Self { corpora, unverified: study.unverified, notes: RefCell::default() })
    }

    fn sets(self, task: &TaskSpec) -> Result<Sets> {
        let train = self.train(task)?;
        let evaluation = self.evaluation_sets(task)?;
        if matches!(task.manifest().source, Place::Folder(_)) {
            note_shared(&train, &evaluation).into_iter().for_each(|note| self.note(note));
        }
        let folders = self.corpora.into_values().map(|(_, folder)| folder).collect();
        Ok(Sets { train, evaluation, folders, notes: self.notes.take() })
    }

    /// Returns the training set, drawn from its split: all examples of a file that has fewer, if all of the
    /// published file are wanted.
    fn train(&self, task: &TaskSpec) -> Result<Dataset> {
        let all = task.manifest().split(task.train())?.n_examples;
        if task.n_train() < all {
            // Of a file that is read row by row, only the sample comes into memory.
            let kept = reader::sample(all, task.n_train(), task.data_seed())?;
            let (corpus, folder) = &self.corpora[task.name()];
            let reading = corpus.read_some(folder, task.train(), self.unverified, &kept)?;
            if reading.n_examples == all && reading.dataset.len() == kept.len() {
                reading.notes.iter().for_each(|note| self.note(note.clone()));
                return Ok(Dataset { name: "train".to_owned(), ..reading.dataset });
            }
        }
        let set = self.read(task.name(), task.train())?.dataset;
        let n_train = if task.n_train() == all { all.min(set.len()) } else { task.n_train() };
        sample(&set, "train", n_train, task.data_seed())
    }

    /// Returns the evaluation sets, each followed by its sample. Subsets without an example in the file are
    /// left out; the set by which generalisation is judged must have some.
    fn evaluation_sets(&self, task: &TaskSpec) -> Result<Vec<(Dataset, LabelMap)>> {
        let mut sets = Vec::new();
        let mut readings: BTreeMap<(&str, &str), Reading> = BTreeMap::new();
        for set in task.sets() {
            let corpus = set.corpus.as_deref().unwrap_or(task.name());
            let part = self.corpora[corpus].0.manifest().part(set.split())?;
            let reading = match readings.entry((corpus, part.split())) {
                Entry::Occupied(read) => read.into_mut(),
                Entry::Vacant(place) => place.insert(self.read(corpus, part.split())?),
            };
            let whole = Dataset { name: set.name.clone(), ..part.of(reading)? };
            let noun = if reading.dataset.has_pairs() { "pair" } else { "example" };
            if whole.is_empty() && set.name == task.scored().0 {
                let got = format!("{} without any {noun} among {}", set.name, reading.dataset.len());
                return Err(LmcError::invalid("data", got, "a file that has some, scores are on this set"));
            }
            if whole.is_empty() {
                self.note(format!("{} is left out, the file has no {noun} of it", set.name));
                continue;
            }
            let map = set.label_map(&task.manifest().labels, &whole.labels)?;
            let few =
                sample(&whole, &format!("{}-sample", set.name), SAMPLE.min(whole.len()), task.data_seed())?;
            sets.extend([(whole, map.clone()), (few, map)]);
        }
        Ok(sets)
    }

    /// Reads a split.
    fn read(&self, corpus: &str, split: &str) -> Result<Reading> {
        let (corpus, folder) = &self.corpora[corpus];
        let reading = corpus.read(folder, split, self.unverified)?;
        reading.notes.iter().for_each(|note| self.note(note.clone()));
        Ok(reading)
    }

    fn note(&self, note: String) {
        self.notes.borrow_mut().push(note);
    }
}

/// Returns notes on the evaluation sets with examples whose texts are in the training set too.
fn note_shared(train: &Dataset, evaluation: &[(Dataset, LabelMap)]) -> Vec<String> {
    fn texts(example: &Example) -> (&str, Option<&str>) {
        (&example.first, example.second.as_deref())
    }
    let trained: HashSet<_> = train.examples.iter().map(texts).collect();
    let note = |(set, _): &(Dataset, LabelMap)| {
        let n = set.examples.iter().filter(|example| trained.contains(&texts(example))).count();
        let (is, all) = (if n == 1 { "is" } else { "are" }, counted(set.len(), "example"));
        (n > 0).then(|| format!("{n} of the {all} of `{}` {is} in the training set too", set.name))
    };
    // Every set is followed by its sample.
    evaluation.iter().step_by(2).filter_map(note).collect()
}

/// Returns a fixed random sample of a set under a new name, in the set's order.
pub(super) fn sample(set: &Dataset, name: &str, n: usize, seed: u64) -> Result<Dataset> {
    let chosen = reader::sample(set.len(), n, seed)?;
    set.subset(name, &chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::manifest::Manifest;
    use crate::spec::{Embedded, Recipe};

    #[test]
    fn a_manifest_of_ones_own_for_generated_examples_is_heeded() {
        let mut manifest = Manifest::builtin("mini-nli").unwrap();
        manifest.name = "mine".into();
        for split in &mut manifest.splits {
            split.n_examples = if split.name == "train" { 60 } else { 20 };
        }
        let table = manifest.task.as_mut().unwrap();
        (table.recipe, table.encoder) = (Recipe::mini_lp_ft(), "mini-roberta".into());
        let study = StudySpec::of(TaskSpec::new(manifest).unwrap());
        assert_eq!((&study.recipe, &study.encoder), (&Recipe::mini_lp_ft(), &Embedded::Roberta.into()));
        let sets = Sets::load(&study).unwrap();
        assert_eq!(sets.train.len(), 60);
        assert!(sets.evaluation.len() == 6 && sets.evaluation.iter().all(|(set, _)| set.len() == 20));
    }
}
