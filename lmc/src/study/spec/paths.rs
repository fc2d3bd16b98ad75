//! Paths in the file of a study.

use std::path::{Path, PathBuf};

use super::StudySpec;
use super::document::Document;
use crate::data::manifest::Manifest;
use crate::error::Result;

/// Returns a folder that a study names, relative to the folder of its file: `~` is the home folder.
///
/// # Errors
/// [`LmcError::Format`](crate::LmcError::Format) with the line for an empty path, and for one that begins
/// with a variable.
pub(super) fn folder(document: &Document<'_>, key: &str, given: &Path) -> Result<PathBuf> {
    if given.as_os_str().is_empty() {
        return Err(document.wrong(key, format!("`{key}`: got an empty text, expected a path")));
    }
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let path = match (given.strip_prefix("~"), home) {
        (Ok(below), Some(home)) => PathBuf::from(home).join(below),
        _ => document.path().parent().unwrap_or(Path::new("")).join(given),
    };
    if given.to_string_lossy().starts_with('$') && !path.exists() {
        let given = given.display();
        let problem =
            format!("`{key}`: got {given}, expected a path: no variable but `~` is replaced in a file");
        return Err(document.wrong(key, problem));
    }
    Ok(path)
}

/// Returns an encoder that a study names: a folder as [`folder`] finds it, or a known name if that folder
/// does not exist.
pub(super) fn encoder(document: &Document<'_>, key: &str, given: &Path) -> Result<PathBuf> {
    let path = folder(document, key, given)?;
    let named = [StudySpec::MINI_BERT, StudySpec::MINI_ROBERTA].map(Path::new).contains(&given)
        || given.to_str().is_some_and(|name| Manifest::builtin(name).is_ok());
    Ok(if named && !path.is_dir() { given.to_owned() } else { path })
}
