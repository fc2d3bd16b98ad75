//! Finding the weights of a Hugging Face folder and reading them, whole or in shards.

mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tch::Tensor;

use super::adapter::Adapter;
use super::index::ShardIndex;
use super::{CheckpointFormat, File};
use lmc_base::error::{LmcError, Result};

/// The files that may hold the weights, the one that is preferred first.
const FILES: [(&str, CheckpointFormat); 5] = [
    ("model.safetensors", CheckpointFormat::Safetensors),
    ("model.safetensors.index.json", CheckpointFormat::Safetensors),
    ("pytorch_model.bin", CheckpointFormat::Torch),
    ("pytorch_model.bin.index.json", CheckpointFormat::Torch),
    ("flax_model.msgpack", CheckpointFormat::Flax),
];

/// The weights of a folder: one file, or an index and its shards.
struct Found {
    format: CheckpointFormat,
    path: PathBuf,
    index: Option<ShardIndex>,
}

impl Found {
    fn look(folder: &Path) -> Result<Self> {
        let candidates = FILES.map(|(name, format)| (folder.join(name), format));
        // A link to a missing file counts as existing, so that the error names it.
        let found = candidates.into_iter().find(|(path, _)| path.symlink_metadata().is_ok());
        let found = match found {
            None => others::checkpoint(folder)?.map(|path| (path, CheckpointFormat::Torch)),
            found => found,
        };
        let Some((path, format)) = found else {
            if let Some(error) = others::tensorflow(folder) {
                return Err(error);
            }
            let looked_for = format!("{}, *.ckpt", FILES.map(|(name, _)| name).join(", "));
            let remedy = "give a Hugging Face model folder with one of these files";
            return Err(File { path: folder, remedy }.damaged(format!("no weights; looked for {looked_for}")));
        };
        let mut index = None;
        if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&path).map_err(LmcError::io("read", &path))?;
            index = Some(ShardIndex::parse(&bytes, &path)?);
        }
        Ok(Self { format, path, index })
    }

    fn read_shard(&self, path: &Path, names: &BTreeSet<String>) -> Result<BTreeMap<String, Tensor>> {
        let tensors = self.format.read(path)?;
        let missing: Vec<String> = names.iter().filter(|n| !tensors.contains_key(*n)).cloned().collect();
        let unexpected: Vec<String> = tensors.keys().filter(|n| !names.contains(*n)).cloned().collect();
        if missing.is_empty() && unexpected.is_empty() {
            return Ok(tensors);
        }
        Err(LmcError::Tensors {
            origin: Some(path.to_owned()),
            missing,
            unexpected,
            misshapen: Vec::new(),
            remedy: "a shard must hold the tensors that the index says, fetch both again at one revision",
        })
    }
}

/// Returns the file of the config that belongs to a folder: `config.json` there, or that of the base model of an
/// adapter.
///
/// # Errors
/// [`LmcError::Format`] if the folder holds an adapter whose base model is not found.
#[doc(hidden)]
pub fn config_file(folder: &Path) -> Result<PathBuf> {
    Ok(Adapter::find(folder)?.map_or_else(|| folder.join("config.json"), |adapter| adapter.config()))
}

/// Returns the files that hold the weights of a Hugging Face folder: those that [`read_folder`] reads,
/// without an index. Those of an adapter are its description, its weights and the files of its base model.
///
/// # Errors
/// [`LmcError::Format`] if there are none, or the index is damaged; [`LmcError::Io`].
pub fn weight_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if let Some(adapter) = Adapter::find(folder)? {
        return adapter.files();
    }
    let Found { path, index, .. } = Found::look(folder)?;
    Ok(match index {
        None => vec![path],
        Some(index) => index.shards().map(|(shard, _)| folder.join(shard)).collect(),
    })
}

/// Returns all tensors of a Hugging Face folder as f32 on the CPU, under the names they have there
/// ([`super::select`] brings them to those of a model).
///
/// It looks, in this order, for `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin`,
/// `pytorch_model.bin.index.json`, `flax_model.msgpack` and a file that ends in `.ckpt`, a checkpoint of
/// Lightning or another program for training, and reads the first that exists. Without any of these, a
/// folder may hold a LoRA adapter of PEFT, `adapter_config.json` and `adapter_model.safetensors` or
/// `adapter_model.bin`: it is merged into the weights of its base model, a folder seen from the adapter or from
/// the working folder, or a name that [`ModelFolder::find`] knows, and the names are those of [`super::select`].
///
/// # Errors
/// [`LmcError::Format`] if none exists, if there are several `.ckpt`, for a checkpoint of TensorFlow, and those of [`CheckpointFormat::read`] and [`ShardIndex::parse`];
/// [`LmcError::Tensors`] if a shard does not hold the tensors that the index says, or an adapter does not fit
/// its base model.
///
/// [`ModelFolder::find`]: lmc_data::fetch::ModelFolder::find
pub fn read_folder(folder: &Path) -> Result<BTreeMap<String, Tensor>> {
    match Adapter::find(folder)? {
        Some(adapter) => adapter.merged(),
        None => weights_of(folder),
    }
}

/// Returns the tensors of a whole model in a folder.
pub(super) fn weights_of(folder: &Path) -> Result<BTreeMap<String, Tensor>> {
    let found = Found::look(folder)?;
    let Some(index) = &found.index else { return found.format.read(&found.path) };
    let mut tensors = BTreeMap::new();
    for (shard, names) in index.shards() {
        tensors.extend(found.read_shard(&folder.join(shard), names)?);
    }
    Ok(tensors)
}
