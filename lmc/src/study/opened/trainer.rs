//! The state that transformers' Trainer leaves in the folder of a checkpoint.

use std::io::ErrorKind;
use std::path::Path;

use lmc_base::json::plain_numbers;
use serde_json::Value;

use crate::{LmcError, Result};

/// Returns the content of `trainer_state.json` in a folder, if it is there.
///
/// # Errors
/// [`LmcError::Io`] for a file that cannot be read, [`LmcError::Format`] for one that is no JSON.
pub(crate) fn trainer_state(folder: &Path) -> Result<Option<Value>> {
    let path = folder.join("trainer_state.json");
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(LmcError::io("read", &path))?,
    };
    serde_json::from_str(&plain_numbers(&text)).map(Some).map_err(|error| LmcError::Format {
        path: path.clone(),
        line: Some(error.line()),
        problem: error.to_string(),
        remedy: "repair the file or move it away",
    })
}
