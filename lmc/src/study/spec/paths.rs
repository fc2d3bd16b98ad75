//! Paths in the file of a study.

use std::path::{Path, PathBuf};

use super::document::Document;
use crate::error::Result;
use crate::spec::Encoder;

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
pub(super) fn encoder(document: &Document<'_>, key: &str, given: &Path) -> Result<Encoder> {
    let path = folder(document, key, given)?;
    let known = given.to_str().and_then(Encoder::known);
    Ok(known.filter(|_| !path.is_dir()).unwrap_or(Encoder::Folder(path)))
}
