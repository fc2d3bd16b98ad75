//! The files of checkpoints: safetensors with the digest of the file in the metadata of the header.

use std::path::Path;

use lmc_base::error::{LmcError, Result};
use lmc_base::file::stamp::{BLANK, KEY, find, is_intact, stamp};
use lmc_base::file::{read, sha256};

/// The metadata that the file already has.
const FORMAT: &[u8] = b"\"format\":\"pt\"";
/// Headers end at a multiple of that many bytes.
const ALIGNMENT: usize = 8;

/// Returns the bytes of a safetensors file with their digest, or unchanged if there is no metadata to put it
/// beside.
pub(super) fn stamped(bytes: Vec<u8>) -> Vec<u8> {
    let Some((header, data)) = parts(&bytes) else { return bytes };
    let Some(at) = find(header, FORMAT) else { return bytes };
    let mut longer =
        [&header[..at], format!("\"{KEY}\":\"{BLANK}\",").as_bytes(), header[at..].trim_ascii_end()].concat();
    longer.resize(longer.len().next_multiple_of(ALIGNMENT), b' ');
    let mut bytes = [&(longer.len() as u64).to_le_bytes(), longer.as_slice(), data].concat();
    if let Some(place) = place(&bytes) {
        stamp(&mut bytes, place);
    }
    bytes
}

/// Reads the bytes of a checkpoint, which are those that were written.
///
/// # Errors
/// [`LmcError::Io`]; [`LmcError::Format`] if they are others.
pub(super) fn read_checked(path: &Path) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    let problem = match place(&bytes) {
        Some(place) if is_intact(&bytes, place) => return Ok(bytes),
        Some(_) => format!("{} bytes whose SHA-256 is not the one recorded when it was written", bytes.len()),
        // Older checkpoints have their digest in a file beside them.
        None => match std::fs::read(path.with_extension("sha256")) {
            Ok(digest) if sha256(&bytes).as_bytes() == digest.trim_ascii() => return Ok(bytes),
            _ => format!("{} bytes without their SHA-256", bytes.len()),
        },
    };
    Err(LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the checkpoint's .json and run the same call again, only this stack is trained again",
    })
}

/// Returns the header and what follows it.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// Returns the position of the digest in the bytes of a file.
fn place(bytes: &[u8]) -> Option<usize> {
    let (header, _) = parts(bytes)?;
    let key = format!("\"{KEY}\":\"");
    let place = size_of::<u64>() + find(header, key.as_bytes())? + key.len();
    (place + BLANK.len() <= bytes.len()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_model::model::fixture::{classifier, weights};
    use lmc_model::model::load::tensors_from_bytes;
    use lmc_model::model::save::to_bytes;

    #[test]
    fn a_stamped_file_is_the_same_file_with_a_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        let plain = to_bytes(&weights(&classifier(), 1)).unwrap();
        let bytes = stamped(plain.clone());
        let text = String::from_utf8_lossy(&bytes[8..300]).into_owned();
        assert!(
            text.starts_with("{\"__metadata__\":{\"lmc.sha256\":\"") && text.contains("\"format\":\"pt\""),
            "{text}"
        );
        let (header, data) = parts(&bytes).unwrap();
        assert_eq!((header.len() % ALIGNMENT, data), (0, parts(&plain).unwrap().1));
        let (got, expected) = (tensors_from_bytes(&bytes, &path), tensors_from_bytes(&plain, &path));
        assert_eq!(got.unwrap(), expected.unwrap());
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read_checked(&path).unwrap(), bytes);
        assert_eq!(stamped(plain.clone()), bytes, "the same bytes each time");
        // A checkpoint whose digest lies beside it.
        std::fs::write(&path, &plain).unwrap();
        assert!(read_checked(&path).unwrap_err().to_string().contains("bytes without their SHA-256"));
        std::fs::write(path.with_extension("sha256"), sha256(&plain)).unwrap();
        assert_eq!(read_checked(&path).unwrap(), plain);
        for other in [&b""[..], b"no header", &[255; 40]] {
            assert_eq!(stamped(other.to_vec()), other);
        }
    }
}
