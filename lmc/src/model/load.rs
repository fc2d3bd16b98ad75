//! Reading a Hugging Face model folder: `config.json` and `model.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use super::classifier::Classifier;
use super::config::ModelConfig;
use crate::error::{LmcError, Result};
use crate::weights::Weights;

/// A pretrained encoder: its architecture and tensors under the names of a classifier (`bert.` in front).
#[derive(Debug)]
pub struct Pretrained {
    /// The architecture.
    pub config: ModelConfig,
    /// The tensors of the encoder and the pooler, f32 on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Pretrained {
    fn new(config: ModelConfig, tensors: BTreeMap<String, Tensor>) -> Self {
        let tensors =
            tensors.into_iter().filter_map(|(name, t)| encoder_name(&name).map(|n| (n, t))).collect();
        Self { config, tensors }
    }

    /// The weights of a classifier: this encoder with a fresh head from `seed`, normal with deviation `head_std`.
    ///
    /// # Errors
    /// Those of [`Weights::from_named`] when the folder misses a tensor or one has another shape.
    pub fn with_head(&self, classifier: &Classifier, seed: u64, head_std: f64) -> Result<Weights> {
        let mut named: BTreeMap<String, Tensor> =
            self.tensors.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
        named.extend(classifier.init_head(seed, head_std));
        Weights::from_named(classifier.layout().clone(), named)
    }
}

/// The pretrained encoder in a Hugging Face folder (`config.json`, `model.safetensors`).
///
/// Names may have the prefix `bert.` or none; heads of other tasks and index buffers are left out.
///
/// # Errors
/// [`LmcError::Io`] for a missing file, [`LmcError::Format`] for a damaged one.
pub fn load_folder(folder: &Path) -> Result<Pretrained> {
    let config = ModelConfig::read(&folder.join("config.json"))?;
    Ok(Pretrained::new(config, read_folder(folder)?))
}

/// All tensors of a Hugging Face folder as f32 on the CPU, under the names they have there.
///
/// # Errors
/// Those of [`read_safetensors`].
pub fn read_folder(folder: &Path) -> Result<BTreeMap<String, Tensor>> {
    read_safetensors(&folder.join("model.safetensors"))
}

/// The pretrained encoder in the bytes of `config.json` and `model.safetensors`; `origin` is named in errors.
pub(crate) fn pretrained_from_bytes(config: &str, weights: &[u8], origin: &Path) -> Result<Pretrained> {
    let config = ModelConfig::parse(config, &origin.join("config.json"))?;
    let tensors = tensors_from_bytes(weights, &origin.join("model.safetensors"))?;
    Ok(Pretrained::new(config, tensors))
}

/// All tensors of a safetensors file as f32 on the CPU, by name.
///
/// # Errors
/// [`LmcError::Io`] when it cannot be read, [`LmcError::Format`] when it is damaged or has another dtype.
pub fn read_safetensors(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    tensors_from_bytes(&bytes, path)
}

/// The tensors in the bytes of a safetensors file; `path` is named in errors.
pub(crate) fn tensors_from_bytes(bytes: &[u8], path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let damaged = |problem: String| LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the file and make or fetch it again",
    };
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| damaged(format!("not a complete safetensors file ({e})")))?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| {
            let kind = match view.dtype() {
                Dtype::F32 => Kind::Float,
                Dtype::F16 => Kind::Half,
                Dtype::BF16 => Kind::BFloat16,
                Dtype::I64 => Kind::Int64,
                other => return Err(damaged(format!("tensor {name} has dtype {other:?}, expected a float"))),
            };
            let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
            let tensor = Tensor::f_from_data_size(view.data(), &shape, kind)?;
            Ok((name, tensor.to_kind(Kind::Float)))
        })
        .collect()
}

fn encoder_name(name: &str) -> Option<String> {
    let bare = name.strip_prefix("bert.").unwrap_or(name);
    let kept =
        (bare.starts_with("embeddings.") || bare.starts_with("encoder.") || bare.starts_with("pooler."))
            && !bare.ends_with("position_ids");
    kept.then(|| format!("bert.{bare}"))
}
