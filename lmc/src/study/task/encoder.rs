//! The pretrained encoder of a task: the embedded one, or one in a Hugging Face folder.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::file::{hash_file, hexadecimal, sha256};
use crate::model::load::{pretrained_from_bytes, weight_files};
use crate::model::{Pretrained, load_folder};

/// The encoder that comes with the crate, made by `lmc pretrain`.
pub(super) fn embedded() -> Result<(Pretrained, String)> {
    let config = include_str!("../../../assets/mini-bert/config.json");
    let weights = include_bytes!("../../../assets/mini-bert/model.safetensors");
    Ok((pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-bert"))?, sha256(weights)))
}

/// An encoder in a Hugging Face folder, with the digest of its weights.
pub(super) fn in_folder(folder: &Path) -> Result<(Pretrained, String)> {
    let pretrained = load_folder(folder)?;
    let mut hash = Sha256::new();
    for path in weight_files(folder)? {
        hash_file(&path, &mut hash)?;
    }
    Ok((pretrained, hexadecimal(&hash.finalize())))
}
