//! A task made ready: encoded training and evaluation sets, and the pretrained encoder with a classifier over
//! it.

mod encoder;
mod sets;
mod sources;

use std::fmt;
use std::path::Path;

use rand::seq::SliceRandom;
use tokenizers::Tokenizer;

use self::encoder::Loaded;
use self::sets::{SAMPLE, Sets, sample};
pub(super) use self::sources::{Sources, files_in, files_of};
use super::{OpenedModel, StudySpec};
use crate::data::labels::LabelMap;
use crate::data::manifest::Generator;
use crate::encode::{Encoded, Extent, digest, encode_counted, longest_example, n_special, note_cut};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::model::{Classifier, ModelConfig, Pretrained};
use crate::progress;
use crate::spec::{Encoder, ModelSpec, Recipe, TaskSpec, Trained};
use crate::store::Store;

/// The longest sequence of the paper's recipes, in tokens.
const MAX_LENGTH: usize = 128;

/// A task with its data, encoder and classifier.
pub struct Task {
    /// The description it was made from, with the actual number of training examples.
    pub spec: TaskSpec,
    /// The encoder's name and digest.
    pub model: ModelSpec,
    /// The training set.
    pub train: Vec<Encoded>,
    /// The digest of the training set.
    pub train_sha256: String,
    /// The evaluation sets, the in-domain one first; the last one, `train-sample`, is a fixed sample of the
    /// training set.
    pub sets: Vec<EvaluationSet>,
    /// The labels of the training set, in the order of the classifier's outputs.
    pub labels: Vec<String>,
    /// The encoder that every run starts from; `None` for models from elsewhere.
    pub pretrained: Option<Pretrained>,
    /// The models from elsewhere, if the study has these.
    pub(super) opened: Vec<OpenedModel>,
    /// The classifier over it.
    pub classifier: Classifier,
    /// The folders that it was read from.
    pub(super) sources: Sources,
    /// The files of the tokenizer by name, for models that are saved.
    pub(crate) tokenizer_files: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({}, {} training examples", self.spec.name(), self.train.len())?;
        self.sets.iter().try_for_each(|set| write!(f, ", {} {}", set.encoded.len(), set.dataset.name))?;
        f.write_str(")")
    }
}

impl Task {
    /// Returns that many texts of the training set, all if there are fewer; `purpose` tells apart the draws of one
    /// seed.
    pub(crate) fn drawn_texts(&self, n_texts: usize, seed: u64, purpose: &str) -> Vec<Encoded> {
        let mut texts: Vec<&Encoded> = self.train.iter().collect();
        texts.shuffle(&mut crate::seed::rng(seed, purpose));
        texts.into_iter().take(n_texts).cloned().collect()
    }

    /// Loads the task of a study with its data and encoder. A store may know models from elsewhere already.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if the study names no encoder and none is embedded; those of
    /// [`Fetcher::fetch`](crate::data::fetch::Fetcher::fetch) for files that are fetched; [`LmcError::Io`]
    /// and [`LmcError::Format`] naming a file that is missing or damaged.
    pub(super) fn load(study: &StudySpec, store: &Store) -> Result<Self> {
        if let Some(given) = &study.models {
            let sets = Sets::load(study)?;
            return Self::new(study, Loaded::of_models(given, &sets.train.labels, store)?, sets);
        }
        match (study.task.generator(), &study.encoder) {
            (Some(Generator::MiniNli), encoder) => {
                Self::new(study, Loaded::of_grammar(encoder)?, Sets::load(study)?)
            }
            (None, Encoder::Embedded(embedded)) => {
                let expected = "a folder or the name of a manifest, this task has no embedded one";
                Err(LmcError::invalid("encoder", embedded, expected))
            }
            (None, Encoder::Named(_) | Encoder::Folder(_)) => {
                let sets = Sets::load(study)?;
                Self::new(study, Loaded::of_corpora(&study.encoder)?, sets)
            }
        }
    }

    fn new(study: &StudySpec, encoder: Loaded, sets: Sets) -> Result<Self> {
        let Sets { train, evaluation, folders, notes } = sets;
        let Loaded { model, config, origin, pretrained, opened, tokenizer, mut sources } = encoder;
        let (train, tokenizer) = (&train, &tokenizer);
        sources.data = folders;
        if train.is_empty() {
            return Err(LmcError::invalid("n_train", 0, "at least one training example"));
        }
        let is_pair = train.has_pairs();
        let positions = config.max_len();
        let max_len = match study.recipe.max_length {
            given @ Some(_) => longest_example("recipe.max_length", given, positions, tokenizer, is_pair)?,
            None => positions.min(MAX_LENGTH),
        };
        let classifier = Classifier::new(&config, train.labels.len()).found_in(&origin);
        if let Some(pretrained) = &pretrained {
            check_pooler(pretrained, &study.recipe)?;
        }
        check_length(&config, tokenizer, &origin)?;
        let labels = train.labels.clone();
        let n_sample = SAMPLE.min(train.len());
        let train_sample = sample(train, "train-sample", n_sample, study.task.data_seed())?;
        let own = LabelMap::identity(train.labels.len());
        let sets = evaluation
            .into_iter()
            .chain([(train_sample, own)])
            .map(|(set, map)| Ok(EvaluationSet::new(set, tokenizer, max_len)?.with_label_map(map)))
            .collect::<Result<Vec<_>>>()?;
        let (name, n_train) = (&train.name, train.len());
        let (train, n_cut) = encode_counted(train, tokenizer, max_len)?;
        note_cut(name, n_cut, n_train, max_len);
        for encoded in std::iter::once(&train).chain(sets.iter().map(|set| &set.encoded)) {
            classifier.check_extent(&Extent::of(encoded))?;
        }
        let train_sha256 = digest(&train);
        let tokenizer_files = match &sources.tokenizer {
            Some(folder) => files_in(folder)?,
            None => files_of(tokenizer, &config)?,
        };
        let spec = study.task.clone().with_n_train(train.len());
        notes.iter().for_each(|note| progress::note(note));
        Ok(Self {
            spec,
            model,
            train,
            train_sha256,
            sets,
            labels,
            pretrained,
            opened,
            classifier,
            sources,
            tokenizer_files,
        })
    }

    /// Returns the encoder that every run starts from.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for models from elsewhere, which start from none.
    pub fn encoder(&self) -> Result<&Pretrained> {
        let none = || LmcError::invalid("models", "models from elsewhere", "a study that finetunes");
        self.pretrained.as_ref().ok_or_else(none)
    }

    /// Returns the evaluation set of that name.
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

/// Checks that the encoder has the pooler that a recipe needs; says so if copies draw their own.
///
/// A probe of a frozen encoder would read a random layer that nothing trains.
fn check_pooler(pretrained: &Pretrained, recipe: &Recipe) -> Result<()> {
    if !pretrained.lacks_pooler() {
        return Ok(());
    }
    let origin = pretrained.origin.display();
    let recipes = std::iter::successors(Some(recipe), |recipe| recipe.after.as_deref());
    if recipes.into_iter().any(|recipe| recipe.trained == Trained::Head) {
        let expected =
            format!("all: the encoder {origin} has no pooler, a probe would read a random one that stays so");
        return Err(LmcError::invalid("recipe.trained", "head", expected));
    }
    progress::note(&format!(
        "{origin}: the encoder has no pooler; each copy draws one from its seed, as its head"
    ));
    Ok(())
}

/// Checks that an encoder has places for the special tokens of its tokenizer and one more; `origin` is named
/// in errors.
pub(crate) fn check_length(config: &ModelConfig, tokenizer: &Tokenizer, origin: &Path) -> Result<()> {
    let n_special = n_special(tokenizer, false);
    if config.max_len() > n_special {
        return Ok(());
    }
    let (n, field) = (config.max_len(), "max_position_embeddings");
    Err(LmcError::Format {
        path: origin.to_owned(),
        line: None,
        problem: format!(
            "the model has places for {n} tokens (`{field}`), the tokenizer puts {n_special} around a text"
        ),
        remedy: "give a model and a tokenizer that belong together",
    })
}
