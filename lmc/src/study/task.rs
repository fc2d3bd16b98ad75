//! A task made ready: encoded training and evaluation sets, and the pretrained encoder with a classifier over it.

use std::path::Path;

use crate::data::grammar::tokenizer;
use crate::data::mini_nli::MiniNli;
use crate::encode::{Encoded, encode};
use crate::eval::EvaluationSet;
use crate::error::{LmcError, Result};
use crate::model::{Classifier, Pretrained, load::pretrained_from_bytes, load_folder};
use crate::spec::{ModelSpec, TaskSpec};
use crate::store::sha256;

/// A task with its data, encoder and classifier.
#[derive(Debug)]
pub struct Task {
    /// What it was made from.
    pub spec: TaskSpec,
    /// The encoder's name and digest.
    pub model: ModelSpec,
    /// The training set.
    pub train: Vec<Encoded>,
    /// The evaluation sets, the in-domain one first.
    pub sets: Vec<EvaluationSet>,
    /// The encoder that every run starts from.
    pub pretrained: Pretrained,
    /// The classifier over it.
    pub classifier: Classifier,
}

impl Task {
    /// The embedded task with the embedded encoder.
    ///
    /// # Errors
    /// Those of the data set's parameters.
    pub fn mini_nli(spec: &TaskSpec, encoder: Option<&Path>) -> Result<Self> {
        let TaskSpec::MiniNli { data_seed, n_train, counterexample_share } = *spec else {
            return Err(unknown(spec.name()));
        };
        let data = MiniNli { n_train, counterexample_share, ..MiniNli::new(data_seed) };
        let tokenizer = tokenizer()?;
        let (pretrained, digest) = match encoder {
            None => embedded_encoder()?,
            Some(folder) => folder_encoder(folder)?,
        };
        let max_len = pretrained.config.max_position_embeddings as usize;
        let sets = data
            .evaluation_sets()?
            .into_iter()
            .map(|set| EvaluationSet::new(set, &tokenizer, max_len))
            .collect::<Result<_>>()?;
        let train = encode(&data.train()?, &tokenizer, max_len)?;
        let classifier = Classifier::new(&pretrained.config, 2);
        let model = ModelSpec { name: "mini-bert".into(), sha256: digest };
        Ok(Self { spec: spec.clone(), model, train, sets, pretrained, classifier })
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

fn unknown(name: &str) -> LmcError {
    LmcError::UnknownName { kind: "task", name: name.to_owned(), known: vec!["mini-nli".into(), "cola".into()] }
}

/// The encoder that comes with the crate, made by `lmc pretrain`.
fn embedded_encoder() -> Result<(Pretrained, String)> {
    let config = include_str!("../../assets/mini-bert/config.json");
    let weights = include_bytes!("../../assets/mini-bert/model.safetensors");
    Ok((pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-bert"))?, sha256(weights)))
}

/// An encoder in a Hugging Face folder, with the digest of its weights.
pub(super) fn folder_encoder(folder: &Path) -> Result<(Pretrained, String)> {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).map_err(LmcError::io("read", &path))?;
    Ok((load_folder(folder)?, sha256(&bytes)))
}
