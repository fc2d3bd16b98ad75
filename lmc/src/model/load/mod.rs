//! Reading checkpoints of a Hugging Face folder: safetensors, PyTorch's zip of a pickle, Flax's msgpack; whole or in shards.

mod elements;
mod flax;
mod folder;
mod index;
mod names;
mod pickle;
mod torch_zip;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use super::classifier::Classifier;
use super::config::ModelConfig;
use crate::error::{LmcError, Result};
use crate::file::StandIn;
use crate::weights::Weights;

pub use folder::{read_folder, weight_files};
pub use index::ShardIndex;
pub use names::{Part, select};

/// A pretrained encoder: its architecture and tensors under the names of a classifier (the family's prefix in front).
#[derive(Debug)]
pub struct Pretrained {
    /// The architecture.
    pub config: ModelConfig,
    /// The tensors of the encoder and the pooler, f32 on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
    /// Where they come from; named in errors.
    pub origin: PathBuf,
}

impl Pretrained {
    fn new(config: ModelConfig, tensors: BTreeMap<String, Tensor>, origin: &Path) -> Result<Self> {
        let tensors = select(tensors, config.prefix(), Part::Encoder, origin)?;
        Ok(Self { config, tensors, origin: origin.to_owned() })
    }

    /// The weights of a classifier: this encoder with a fresh head from `seed`, normal with deviation `head_std`.
    ///
    /// # Errors
    /// Those of [`Weights::from_named`] when the folder misses a tensor or one has another shape.
    pub fn with_head(&self, classifier: &Classifier, seed: u64, head_std: f64) -> Result<Weights> {
        let mut named: BTreeMap<String, Tensor> =
            self.tensors.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
        named.retain(|name, _| !Classifier::is_unused(&self.config, name));
        named.extend(classifier.init_head(seed, head_std));
        Weights::from_named(classifier.layout().clone(), named).map_err(|e| e.found_in(&self.origin))
    }
}

/// The pretrained encoder in a Hugging Face folder (`config.json` and weights in one of the formats of [`read_folder`]).
///
/// Names may be any of those of [`select`]; heads of other tasks and index buffers are left out.
///
/// # Errors
/// [`LmcError::Io`] for a missing file, [`LmcError::Format`] for a damaged one.
pub fn load_folder(folder: &Path) -> Result<Pretrained> {
    let config = ModelConfig::read(&folder.join("config.json"))?;
    Pretrained::new(config, read_folder(folder)?, folder)
}

/// The pretrained encoder in the bytes of `config.json` and `model.safetensors`; `origin` is named in errors.
pub(crate) fn pretrained_from_bytes(config: &str, weights: &[u8], origin: &Path) -> Result<Pretrained> {
    let config = ModelConfig::parse(config, &origin.join("config.json"))?;
    let tensors = tensors_from_bytes(weights, &origin.join("model.safetensors"))?;
    Pretrained::new(config, tensors, origin)
}

/// All tensors of a safetensors file as f32 on the CPU, by name.
///
/// # Errors
/// [`LmcError::Io`] when it cannot be read, [`LmcError::Format`] when it is damaged or has another dtype.
pub fn read_safetensors(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    CheckpointFormat::Safetensors.read(path)
}

/// The tensors in the bytes of a safetensors file; `path` is named in errors.
pub(crate) fn tensors_from_bytes(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
    CheckpointFormat::Safetensors.tensors(bytes, path)
}

/// A format in which checkpoints are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointFormat {
    /// Safetensors: a JSON header and the elements.
    Safetensors,
    /// The zip archive that `torch.save` writes since PyTorch 1.6: a pickle of a state dict and one entry for each storage.
    /// The pickle is interpreted, never executed: whatever is no part of a state dict is refused by name.
    Torch,
    /// The msgpack that `flax.serialization.to_bytes` writes of a tree of parameters.
    Flax,
}

impl CheckpointFormat {
    /// All tensors of a file as f32 on the CPU, by the names there; Flax's names and axes are turned into PyTorch's.
    ///
    /// # Errors
    /// [`LmcError::Io`] when it cannot be read, and those of [`CheckpointFormat::tensors`].
    pub fn read(self, path: &Path) -> Result<BTreeMap<String, Tensor>> {
        self.tensors(&std::fs::read(path).map_err(LmcError::io("read", path))?, path)
    }

    /// [`CheckpointFormat::read`] of the bytes of a file; `path` is named in errors.
    ///
    /// # Errors
    /// [`LmcError::Format`] when they are damaged, hold something else than tensors, or a tensor has a dtype that is no
    /// number; [`LmcError::Torch`].
    pub fn tensors(self, bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
        let file = File { path, remedy: "delete the file and make or fetch it again" };
        if let Some(StandIn { problem, remedy }) = StandIn::of(bytes) {
            return Err(File { path, remedy }.damaged(problem));
        }
        match self {
            Self::Safetensors => safetensors(bytes, &file),
            Self::Torch => torch_zip::tensors(bytes, &file),
            Self::Flax => flax::tensors(bytes, &file),
        }
    }
}

/// A file that is read: what its errors name, and what to do about most of them.
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
