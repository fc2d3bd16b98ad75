//! A task made ready: encoded training and evaluation sets, and the pretrained encoder with a classifier over it.

use std::fmt;
use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use super::StudySpec;
use crate::data::grammar::tokenizer;
use crate::data::mini_nli::MiniNli;
use crate::data::{Dataset, cola};
use crate::encode::{Encoded, digest, encode};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::file::{sha256, sha256_of};
use crate::model::load::{pretrained_from_bytes, weight_files};
use crate::model::{Classifier, ModelConfig, Pretrained, load_folder};
use crate::spec::{ModelSpec, TaskSpec};

/// Sentences of CoLA's in-domain development set that pairs are compared on.
const COLA_SAMPLE: usize = 256;

/// The longest sequence of the paper's recipes, in tokens.
const MAX_LENGTH: usize = 128;

/// A task with its data, encoder and classifier.
pub struct Task {
    /// What it was made from.
    pub spec: TaskSpec,
    /// The encoder's name and digest.
    pub model: ModelSpec,
    /// The training set.
    pub train: Vec<Encoded>,
    /// The digest of the training set.
    pub train_sha256: String,
    /// The evaluation sets, the in-domain one first.
    pub sets: Vec<EvaluationSet>,
    /// The encoder that every run starts from.
    pub pretrained: Pretrained,
    /// The classifier over it.
    pub classifier: Classifier,
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
    /// [`LmcError::InvalidParameter`] when the study names no folder for data or encoder that come from outside;
    /// [`LmcError::Io`] and [`LmcError::Format`] naming a file that is missing or damaged.
    pub fn load(study: &StudySpec) -> Result<Self> {
        match study.task {
            TaskSpec::MiniNli { data_seed, n_train, counterexample_share } => {
                let data = MiniNli { n_train, counterexample_share, ..MiniNli::new(data_seed) };
                let (pretrained, sha256) = match &study.encoder {
                    None => embedded_encoder()?,
                    Some(folder) => folder_encoder(folder)?,
                };
                let model = ModelSpec { name: "mini-bert".into(), sha256 };
                Self::new(study, model, pretrained, &tokenizer()?, &data.train()?, data.evaluation_sets()?)
            }
            TaskSpec::Cola { n_train, data_seed } => {
                let data = given("data", &study.data)?;
                let encoder = given("encoder", &study.encoder)?;
                cola::manifest()?.verify(data)?;
                let (pretrained, sha256) = folder_encoder(encoder)?;
                let path = encoder.join("tokenizer.json");
                let tokenizer = Tokenizer::from_file(&path)
                    .map_err(|e| LmcError::Tokenizer(format!("{}: {e}", path.display())))?;
                let train = sample(&cola::read_split(data, "train")?, "train", n_train, data_seed)?;
                let id = cola::read_split(data, "id")?;
                let few = sample(&id, "id-sample", COLA_SAMPLE, data_seed)?;
                let sets = vec![id, cola::read_split(data, "ood")?, few];
                let name = encoder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Self::new(study, ModelSpec { name, sha256 }, pretrained, &tokenizer, &train, sets)
            }
        }
    }

    fn new(
        study: &StudySpec,
        model: ModelSpec,
        pretrained: Pretrained,
        tokenizer: &Tokenizer,
        train: &Dataset,
        sets: Vec<Dataset>,
    ) -> Result<Self> {
        if train.is_empty() {
            return Err(LmcError::invalid("n_train", 0, "at least one training example"));
        }
        let max_len = (pretrained.config.max_position_embeddings as usize).min(MAX_LENGTH);
        let classifier = Classifier::new(&pretrained.config, train.labels.len());
        let sets = sets
            .into_iter()
            .map(|set| EvaluationSet::new(set, tokenizer, max_len))
            .collect::<Result<Vec<_>>>()?;
        let train = encode(train, tokenizer, max_len)?;
        for encoded in std::iter::once(&train).chain(sets.iter().map(|set| &set.encoded)) {
            check_tokens(encoded, &pretrained.config)?;
        }
        let train_sha256 = digest(&train);
        Ok(Self { spec: study.task.clone(), model, train, train_sha256, sets, pretrained, classifier })
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
fn check_tokens(encoded: &[Encoded], config: &ModelConfig) -> Result<()> {
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

fn given<'a>(field: &'static str, folder: &'a Option<PathBuf>) -> Result<&'a Path> {
    folder
        .as_deref()
        .ok_or_else(|| LmcError::invalid(field, "none", "a folder, this task's files are not embedded"))
}

/// A fixed random sample of a set under a new name, in the set's order.
fn sample(set: &Dataset, name: &str, n: usize, seed: u64) -> Result<Dataset> {
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

/// The encoder that comes with the crate, made by `lmc pretrain`.
fn embedded_encoder() -> Result<(Pretrained, String)> {
    let config = include_str!("../../assets/mini-bert/config.json");
    let weights = include_bytes!("../../assets/mini-bert/model.safetensors");
    Ok((pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-bert"))?, sha256(weights)))
}

/// An encoder in a Hugging Face folder, with the digest of its weights.
fn folder_encoder(folder: &Path) -> Result<(Pretrained, String)> {
    let files = weight_files(folder)?
        .iter()
        .map(|path| std::fs::read(path).map_err(LmcError::io("read", path)))
        .collect::<Result<Vec<_>>>()?;
    let parts: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    Ok((load_folder(folder)?, sha256_of(&parts)))
}
