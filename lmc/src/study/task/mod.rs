//! A task made ready: encoded training and evaluation sets, and the pretrained encoder with a classifier over it.

mod corpora;
mod encoder;
mod sources;

use std::cell::RefCell;
use std::fmt;

use tokenizers::Tokenizer;

use self::corpora::{Corpora, SAMPLE, Source, sample};
use self::encoder::Mini;
pub(super) use self::sources::{Sources, files_of};
use super::StudySpec;
use crate::data::Dataset;
use crate::data::fetch::ModelFolder;
use crate::data::labels::{LabelMap, Merge};
use crate::data::mini_nli::MiniNli;
use crate::encode::{Encoded, digest, encode_counted, load_tokenizer, longest_example, note_cut};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::model::{Classifier, ModelConfig, Pretrained};
use crate::progress;
use crate::spec::{ModelSpec, TaskSpec};

/// The longest sequence of the paper's recipes, in tokens.
const MAX_LENGTH: usize = 128;

/// A task with its data, encoder and classifier.
pub struct Task {
    /// What it was made from, with the number of training examples that there were.
    pub spec: TaskSpec,
    /// The encoder's name and digest.
    pub model: ModelSpec,
    /// The training set.
    pub train: Vec<Encoded>,
    /// The digest of the training set.
    pub train_sha256: String,
    /// The evaluation sets, the in-domain one first; the last one, `train-sample`, is a fixed sample of the training set.
    pub sets: Vec<EvaluationSet>,
    /// The encoder that every run starts from.
    pub pretrained: Pretrained,
    /// The classifier over it.
    pub classifier: Classifier,
    /// The folders that it was read from.
    pub(super) sources: Sources,
    /// The files of the tokenizer by name, for models that are saved.
    pub(super) tokenizer_files: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({}, {} training examples", self.spec.name(), self.train.len())?;
        self.sets.iter().try_for_each(|set| write!(f, ", {} {}", set.encoded.len(), set.dataset.name))?;
        f.write_str(")")
    }
}

impl Task {
    /// The task of a study with its data and encoder.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] when the study names no encoder where none is embedded; those of
    /// [`Fetcher::fetch`](crate::data::fetch::Fetcher::fetch) for what is fetched; [`LmcError::Io`] and [`LmcError::Format`]
    /// naming a file that is missing or damaged.
    pub fn load(study: &StudySpec) -> Result<Self> {
        match study.task {
            TaskSpec::MiniNli { data_seed, n_train, counterexample_share } => {
                let data = MiniNli { n_train, counterexample_share, ..MiniNli::new(data_seed) };
                let Mini { model, pretrained, tokenizer, sources } = Mini::find(study.encoder.as_deref())?;
                let sets = data.evaluation_sets()?;
                Self::new(study, model, pretrained, &tokenizer, sources, &data.train()?, sets)
            }
            TaskSpec::Cola { n_train, data_seed } => Self::of(study, Corpora::COLA, n_train, data_seed),
            TaskSpec::Mnli { n_train, data_seed } => Self::of(study, Corpora::MNLI, n_train, data_seed),
            TaskSpec::Qqp { n_train, data_seed } => Self::of(study, Corpora::QQP, n_train, data_seed),
            TaskSpec::PawsQqp { n_train, data_seed } => {
                Self::of(study, Corpora::PAWS_QQP, n_train, data_seed)
            }
        }
    }

    /// A task of corpora and an encoder from outside.
    fn of(study: &StudySpec, corpora: Corpora, n_train: usize, data_seed: u64) -> Result<Self> {
        let given = study.encoder.as_deref().ok_or_else(|| {
            LmcError::invalid(
                "encoder",
                "none",
                "a folder or the name of a manifest, this task has no embedded one",
            )
        })?;
        let folders = corpora.folders(study.data.as_deref())?;
        let source = Source { folders: &folders, unverified: study.unverified, notes: RefCell::default() };
        let train = corpora.train(&source, n_train, data_seed)?;
        let sets = corpora.evaluation_sets(&source, data_seed)?;
        let encoder = ModelFolder::find(given)?;
        let (pretrained, sha256) =
            encoder::in_folder(&encoder.folder).map_err(|error| error.in_model(&encoder.folder))?;
        let tokenizer = load_tokenizer(&encoder.tokenizer)?;
        let sources = Sources {
            encoder: Some(encoder.folder),
            tokenizer: Some(encoder.tokenizer),
            data: folders.values().cloned().collect(),
        };
        let model = ModelSpec { name: encoder.name, sha256 };
        let task = Self::new(study, model, pretrained, &tokenizer, sources, &train, sets)?;
        source.notes.take().iter().for_each(|note| progress::note(note));
        Ok(task)
    }

    fn new(
        study: &StudySpec,
        model: ModelSpec,
        pretrained: Pretrained,
        tokenizer: &Tokenizer,
        sources: Sources,
        train: &Dataset,
        sets: Vec<Dataset>,
    ) -> Result<Self> {
        if train.is_empty() {
            return Err(LmcError::invalid("n_train", 0, "at least one training example"));
        }
        let positions = pretrained.config.max_len();
        let max_len = match study.recipe.max_length {
            given @ Some(_) => longest_example("recipe.max_length", given, positions, tokenizer)?,
            None => positions.min(MAX_LENGTH),
        };
        let classifier = Classifier::new(&pretrained.config, train.labels.len());
        let n_sample = SAMPLE.min(train.len());
        let train_sample = sample(train, "train-sample", n_sample, study.task.data_seed())?;
        let sets = sets
            .into_iter()
            .chain([train_sample])
            .map(|set| {
                let map = LabelMap::new(&train.labels, &set.labels, Merge::Max)?;
                Ok(EvaluationSet::new(set, tokenizer, max_len)?.with_label_map(map))
            })
            .collect::<Result<Vec<_>>>()?;
        let (name, n_train) = (&train.name, train.len());
        let (train, n_cut) = encode_counted(train, tokenizer, max_len)?;
        note_cut(name, n_cut, n_train, max_len);
        for encoded in std::iter::once(&train).chain(sets.iter().map(|set| &set.encoded)) {
            check_tokens(encoded, &pretrained.config)?;
        }
        let train_sha256 = digest(&train);
        let tokenizer_files = match &sources.tokenizer {
            Some(folder) => sources::files_in(folder)?,
            None => files_of(tokenizer, &pretrained.config)?,
        };
        let spec = study.task.clone().with_n_train(train.len());
        Ok(Self { spec, model, train, train_sha256, sets, pretrained, classifier, sources, tokenizer_files })
    }

    /// The evaluation set of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] listing those there are.
    pub fn set(&self, name: &str) -> Result<&EvaluationSet> {
        self.sets.iter().find(|s| s.dataset.name == name).ok_or_else(|| LmcError::UnknownName {
            kind: "evaluation set",
            name: name.to_owned(),
            known: self.sets.iter().map(|s| s.dataset.name.clone()).collect(),
        })
    }
}

/// Nothing, when the encoder has an embedding for every token and segment.
pub(super) fn check_tokens(encoded: &[Encoded], config: &ModelConfig) -> Result<()> {
    for (field, size, largest) in [
        ("vocab_size", config.vocab_size, encoded.iter().flat_map(|e| &e.ids).max()),
        ("type_vocab_size", config.type_vocab_size, encoded.iter().flat_map(|e| &e.segments).max()),
    ] {
        if let Some(largest) = largest.filter(|&&id| id >= size) {
            let expected = format!("more than {largest}, the encoder must be one for this task's tokenizer");
            return Err(LmcError::invalid(field, size, expected));
        }
    }
    Ok(())
}
