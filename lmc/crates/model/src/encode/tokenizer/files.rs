//! The files of a tokenizer's folder: their text, and the errors about a file that is wrong.

use std::path::Path;

use super::json::Json;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::StandIn;

const REMEDY: &str = "fetch the tokenizer's files again";
const REMEDY_KEY: &str = "correct it, or fetch the tokenizer's files again";

/// Returns the error for a damaged file.
pub(super) fn wrong(path: &Path, line: Option<usize>, problem: impl Into<String>) -> LmcError {
    LmcError::Format { path: path.to_owned(), line, problem: problem.into(), remedy: REMEDY }
}

/// Returns the error for a key whose value is not allowed.
pub(super) fn wrong_key(path: &Path, key: &str, got: impl ToString, expected: impl AsRef<str>) -> LmcError {
    let problem = format!("`{key}`: got {}, expected {}", got.to_string(), expected.as_ref());
    LmcError::Format { path: path.to_owned(), line: None, problem, remedy: REMEDY_KEY }
}

/// Reads the text of a file, which must be UTF-8 and not stand in for another file.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    if let Some(StandIn { problem, remedy }) = StandIn::of(&bytes) {
        return Err(LmcError::Format { path: path.to_owned(), line: None, problem: problem.into(), remedy });
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        wrong(path, Some(line), "not UTF-8")
    })
}

/// Returns the text of a JSON file, without a byte order mark before it.
pub(super) fn read_json_text(path: &Path) -> Result<String> {
    let text = read_text(path)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads the JSON object in a file.
pub(super) fn read_json(path: &Path) -> Result<Json> {
    let text = read_json_text(path)?;
    match Json::parse(&text).map_err(|error| not_json(path, &error))? {
        json @ Json::Map(_) => Ok(json),
        other => Err(wrong(path, Some(1), format!("got {other}, expected a JSON object"))),
    }
}

/// Returns the error for a file that is not JSON, or not of the form that it should have.
pub(super) fn not_json(path: &Path, error: &serde_json::Error) -> LmcError {
    let problem = match error.is_eof() {
        true => format!("cut short, it ends in the middle ({error})"),
        false => error.to_string(),
    };
    wrong(path, Some(error.line()), problem)
}
