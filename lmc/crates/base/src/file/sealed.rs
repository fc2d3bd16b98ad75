//! Files that carry the digest of their content, so that content and digest appear in one step.

use std::io::ErrorKind;
use std::path::Path;

use super::{read_again, sha256, sha256_of, write_parts};
use crate::error::{LmcError, Result};

/// The length of a SHA-256 in hexadecimal.
const DIGEST: usize = 64;

/// Writes bytes, given in parts, behind their SHA-256 and a line break, whole or not at all.
///
/// # Errors
/// [`LmcError::Io`].
pub fn write_sealed(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let first = format!("{}\n", sha256_of(parts));
    write_parts(path, &[&[first.as_bytes()], parts].concat())
}

/// Returns the bytes that [`write_sealed`] wrote, or nothing if there is no file of that name.
///
/// # Errors
/// [`LmcError::Io`]; [`LmcError::Format`] if they are not the bytes that were written, with `remedy`.
pub fn read_sealed(path: &Path, remedy: &'static str) -> Result<Option<Vec<u8>>> {
    let mut bytes = match read_again(path, |kind| kind == ErrorKind::StaleNetworkFileHandle) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(LmcError::io("read", path)(e)),
    };
    let content = bytes.split_off((DIGEST + 1).min(bytes.len()));
    if bytes.strip_suffix(b"\n") == Some(sha256(&content).as_bytes()) {
        return Ok(Some(content));
    }
    Err(LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem: format!("{} bytes whose SHA-256 is not the one in its first line", content.len()),
        remedy,
    })
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`LmcError::Io`].
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(LmcError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert!(read_sealed(&path, "delete it").unwrap().is_none());
        for content in [&b""[..], b"\n", b"some bytes"] {
            write_sealed(&path, &content.chunks(3).collect::<Vec<_>>()).unwrap();
            assert_eq!(read_sealed(&path, "delete it").unwrap().unwrap(), content);
        }
        let bytes = std::fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        flipped[DIGEST + 3] ^= 1;
        for damaged in [&flipped[..], &bytes[..DIGEST], &bytes[..DIGEST + 4], b""] {
            std::fs::write(&path, damaged).unwrap();
            let error = read_sealed(&path, "delete it").unwrap_err();
            assert!(matches!(&error, LmcError::Format { path: p, .. } if *p == path), "{error}");
            assert!(error.to_string().ends_with("; delete it"), "{error}");
        }
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(!path.exists());
    }
}
