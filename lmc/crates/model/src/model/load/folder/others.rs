//! Weights under other names than those of transformers: checkpoints of programs for training, and those of
//! TensorFlow, which are not read.

use std::path::{Path, PathBuf};

use crate::model::config::TENSORFLOW;
use crate::model::load::File;
use lmc_base::error::{LmcError, Result};

/// Returns the names of the files in a folder, sorted; none if it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Returns the one `.ckpt` of a folder, if there is one.
///
/// # Errors
/// [`LmcError::Format`] with the names if there are several.
pub(super) fn checkpoint(folder: &Path) -> Result<Option<PathBuf>> {
    let mut found = names(folder);
    found.retain(|name| name.ends_with(".ckpt"));
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(folder.join(one))),
        several => {
            let remedy =
                "keep the one that you mean, or give each a folder of its own with config.json and tokenizer";
            let problem = format!("{} checkpoints: {}", several.len(), several.join(", "));
            Err(File { path: folder, remedy }.damaged(problem))
        }
    }
}

/// Returns the error for a folder with a checkpoint of TensorFlow, if it has one.
pub(super) fn tensorflow(folder: &Path) -> Option<LmcError> {
    let is_of_tensorflow = |name: &&String| {
        let name = name.as_str();
        let is_saved = name == "saved_model.pb" || name.ends_with(".h5");
        is_saved || name.ends_with(".ckpt.index") || name.contains(".ckpt-") || name.contains(".data-0000")
    };
    let names = names(folder);
    let found: Vec<&str> = names.iter().filter(is_of_tensorflow).map(String::as_str).collect();
    let problem = format!("weights of TensorFlow, which are not read: {}", found.join(", "));
    (!found.is_empty()).then(|| File { path: folder, remedy: TENSORFLOW }.damaged(problem))
}
