//! Writing weights as safetensors, alone or in a Hugging Face model folder.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::config::ModelConfig;
use crate::error::{LmcError, Result};
use crate::file::write_atomic;
use crate::weights::Weights;

/// Writes `config.json` and `model.safetensors` into a folder, as transformers reads them.
///
/// # Errors
/// [`LmcError::Io`] when the folder cannot be written.
pub fn save_folder(folder: &Path, config: &ModelConfig, weights: &Weights) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(LmcError::io("create folder", folder))?;
    let json = serde_json::to_string_pretty(config)
        .map_err(|e| LmcError::invalid("config", e, "a serialisable config"))?;
    write_atomic(&folder.join("config.json"), json.as_bytes())?;
    write_atomic(&folder.join("model.safetensors"), &to_bytes(weights)?)
}

/// The weights as the bytes of a safetensors file, f32, in Hugging Face's names.
pub(crate) fn to_bytes(weights: &Weights) -> Result<Vec<u8>> {
    let numel = weights.theta().numel();
    let mut data = vec![0u8; numel * 4];
    weights.theta().f_copy_data_u8(&mut data, numel)?;
    let views = weights
        .layout()
        .entries()
        .iter()
        .map(|e| {
            let shape: Vec<usize> = e.shape.iter().map(|&n| n as usize).collect();
            let start = e.offset as usize * 4;
            let size = shape.iter().product::<usize>() * 4;
            let view = TensorView::new(Dtype::F32, shape, &data[start..start + size])
                .map_err(|err| LmcError::invalid("weights", err, "tensors that fill theta"))?;
            Ok((e.name.clone(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    serialize(views, None).map_err(|e| LmcError::invalid("weights", e, "serialisable tensors"))
}
