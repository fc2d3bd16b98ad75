//! Reading checkpoints of a Hugging Face folder: safetensors, PyTorch's zip of a pickle and the format before
//! it, checkpoints of Lightning, Flax's msgpack; whole or in shards.

mod adapter;
mod elements;
mod flax;
mod folder;
mod index;
mod names;
mod pickle;
mod storage;
mod torch_legacy;
mod torch_zip;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use super::classifier::Classifier;
use super::config::{ConfigFile, ModelConfig};
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::StandIn;

#[doc(hidden)]
pub use folder::config_file;
pub use folder::{read_folder, weight_files};
pub use index::ShardIndex;
pub(super) use names::note_others;
use names::strange;
pub use names::{Part, Selected, select};

/// A pretrained encoder: its architecture and tensors under the names of a classifier (the family's prefix in
/// front).
#[derive(Debug)]
pub struct Pretrained {
    /// The architecture.
    pub config: ModelConfig,
    /// The tensors of the encoder and the pooler, f32 on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
    /// The names of tensors for which the model has no place, such as heads of other tasks.
    pub others: Vec<String>,
    /// The file or folder that they come from; named in errors.
    pub origin: PathBuf,
}

impl Pretrained {
    fn new(config: ModelConfig, tensors: BTreeMap<String, Tensor>, origin: &Path) -> Result<Self> {
        let Selected { tensors, others } = select(tensors, &config, Part::Encoder, origin)?;
        Ok(Self { config, tensors, others, origin: origin.to_owned() })
    }

    /// Returns the same encoder; the tensors are shared.
    pub fn shallow_clone(&self) -> Self {
        let Self { config, tensors, others, origin } = self;
        let tensors = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        Self { config: config.clone(), tensors, others: others.clone(), origin: origin.clone() }
    }

    /// Returns whether the encoder has no pooler, the tanh layer between encoder and head of BERT and ALBERT,
    /// though its family has one. Encoders that were saved as masked language models, or for questions or for tokens, have none. A classifier over
    /// such an encoder draws one.
    pub fn lacks_pooler(&self) -> bool {
        self.config.pooler().is_some() && !self.tensors.keys().any(|name| self.config.is_pooler(name))
    }

    /// Returns the weights of a classifier: this encoder with a fresh head from `seed`, normal with deviation
    /// `head_std`.
    ///
    /// If the encoder [lacks its pooler](Pretrained::lacks_pooler), the pooler is drawn in the same way, from
    /// a stream of its own with the same seed, just as transformers draws it again in every run. Copies then
    /// share the encoder, and each has its own pooler and head, as the copies of a RoBERTa have their own two
    /// layers.
    ///
    /// # Errors
    /// The errors of [`Pretrained::check`].
    pub fn with_head(&self, classifier: &Classifier, seed: u64, head_std: f64) -> Result<Weights> {
        let mut named = self.shallow_clone().tensors;
        if self.lacks_pooler() {
            named.extend(classifier.init_pooler(seed, head_std));
        }
        named.extend(classifier.init_head(seed, head_std));
        Weights::from_named(classifier.layout().clone(), named)
            .map_err(|error| error.found_in(&self.origin).beside(&strange(&self.others, Part::Encoder)))
    }

    /// Checks that the folder has what a classifier over this encoder needs.
    ///
    /// # Errors
    /// [`LmcError::Tensors`] with those that are missing, unexpected or of another shape.
    pub fn check(&self, classifier: &Classifier) -> Result<()> {
        let is_drawn =
            |name: &str| Classifier::is_head(name) || self.lacks_pooler() && self.config.is_pooler(name);
        let drawn = classifier.layout().entries().iter().filter(|entry| is_drawn(&entry.name));
        let shapes = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.size()));
        let shapes = shapes.chain(drawn.map(|entry| (entry.name.as_str(), entry.shape.clone()))).collect();
        classifier
            .layout()
            .check(&shapes)
            .map_err(|error| error.found_in(&self.origin).beside(&strange(&self.others, Part::Encoder)))
    }
}

/// Loads the pretrained encoder in a Hugging Face folder (`config.json` and weights in one of the formats of
/// [`read_folder`]).
///
/// Names may be any of those of [`select`]; heads of other tasks and index buffers are left out, and a note
/// names other tensors for which the model has no place. The labels of its config do not matter.
///
/// # Errors
/// [`LmcError::Io`] for a missing file, [`LmcError::Format`] for a damaged one; those of
/// [`Pretrained::check`].
pub fn load_folder(folder: &Path) -> Result<Pretrained> {
    let file = ConfigFile::read(&config_file(folder)?)?;
    let pretrained = Pretrained::new(file.config, read_folder(folder)?, folder)?;
    pretrained.check(&Classifier::new(&pretrained.config, 1))?;
    note_others(&pretrained.others, Part::Encoder, folder);
    Ok(pretrained)
}

/// Returns the pretrained encoder in the bytes of `config.json` and `model.safetensors`; `origin` is named in
/// errors.
#[doc(hidden)]
pub fn pretrained_from_bytes(config: &str, weights: &[u8], origin: &Path) -> Result<Pretrained> {
    let file = ConfigFile::parse(config, &origin.join("config.json"))?;
    let tensors = tensors_from_bytes(weights, &origin.join("model.safetensors"))?;
    Pretrained::new(file.config, tensors, origin)
}

/// Reads all tensors of a safetensors file as f32 on the CPU, by name.
///
/// # Errors
/// [`LmcError::Io`] if it cannot be read, [`LmcError::Format`] if it is damaged or has another dtype.
pub fn read_safetensors(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    CheckpointFormat::Safetensors.read(path)
}

/// Returns the tensors in the bytes of a safetensors file; `path` is named in errors.
#[doc(hidden)]
pub fn tensors_from_bytes(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
    CheckpointFormat::Safetensors.tensors(bytes, path)
}

/// A format in which checkpoints are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointFormat {
    /// Safetensors: a JSON header and the elements.
    Safetensors,
    /// The zip archive that `torch.save` writes since PyTorch 1.6, a pickle of a state dict and one entry for
    /// each storage, or the pickles followed by storages that it wrote before. The state dict may be a part of
    /// a larger dict, such as a checkpoint of Lightning, under `state_dict`, `model_state_dict`, `model` or
    /// `module`. Pickles are interpreted, never executed: an object that is not part of a state dict is
    /// skipped beside one, and refused by name elsewhere.
    Torch,
    /// The msgpack that `flax.serialization.to_bytes` writes of a tree of parameters.
    Flax,
}

impl CheckpointFormat {
    /// Reads all tensors of a file as f32 on the CPU, by the names there; Flax's names and axes are turned
    /// into PyTorch's.
    ///
    /// # Errors
    /// [`LmcError::Io`] if it cannot be read, and those of [`CheckpointFormat::tensors`].
    pub fn read(self, path: &Path) -> Result<BTreeMap<String, Tensor>> {
        self.tensors(&std::fs::read(path).map_err(LmcError::io("read", path))?, path)
    }

    /// Does the same as [`CheckpointFormat::read`] for the bytes of a file; `path` is named in errors.
    ///
    /// # Errors
    /// [`LmcError::Format`] if they are damaged, hold something other than tensors, or a tensor has a dtype
    /// that is not numeric; [`LmcError::Torch`].
    pub fn tensors(self, bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
        let file = File { path, remedy: "delete the file and make or fetch it again" };
        if let Some(StandIn { problem, remedy }) = StandIn::of(bytes) {
            return Err(File { path, remedy }.damaged(problem));
        }
        match self {
            Self::Safetensors => safetensors(bytes, &file),
            Self::Torch => match torch_legacy::after_magic(bytes) {
                Some(at) => torch_legacy::tensors(bytes, at, &file),
                None => torch_zip::tensors(bytes, &file),
            },
            Self::Flax => flax::tensors(bytes, &file),
        }
    }
}

/// A file that is read, with the name for its errors and the advice for most of them.
#[derive(Clone, Copy)]
struct File<'a> {
    path: &'a Path,
    remedy: &'static str,
}

impl File<'_> {
    fn damaged(&self, problem: impl Into<String>) -> LmcError {
        let (path, problem) = (self.path.to_owned(), problem.into());
        LmcError::Format { path, line: None, problem, remedy: self.remedy }
    }
}

fn safetensors(bytes: &[u8], file: &File) -> Result<BTreeMap<String, Tensor>> {
    let contents = SafeTensors::deserialize(bytes)
        .map_err(|e| file.damaged(format!("not a complete safetensors file ({e})")))?;
    contents
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let kind = match view.dtype() {
                Dtype::F64 => Kind::Double,
                Dtype::F32 => Kind::Float,
                Dtype::F16 => Kind::Half,
                Dtype::BF16 => Kind::BFloat16,
                Dtype::I64 => Kind::Int64,
                Dtype::I32 => Kind::Int,
                Dtype::U8 | Dtype::BOOL => Kind::Uint8,
                other => {
                    return Err(file.damaged(format!("tensor {name} has dtype {other:?}, expected a float")));
                }
            };
            let shape: Vec<i64> = view.shape().iter().map(|&n| i64::try_from(n).unwrap_or(-1)).collect();
            let tensor = elements::dense(file, &name, view.data(), &shape, kind)?;
            Ok((name, tensor))
        })
        .collect()
}

#[cfg(test)]
mod tests;
