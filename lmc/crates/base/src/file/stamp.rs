//! The digest of a file's bytes within the file itself: both appear in one step, even when several processes
//! write it.

use super::sha256;

/// The name of the digest in the metadata of a format.
pub const KEY: &str = "lmc.sha256";
/// The text in the place of the digest while the bytes are hashed.
pub const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Writes the digest of the bytes at that place, where they hold [`BLANK`].
pub fn stamp(bytes: &mut [u8], place: usize) {
    let digest = sha256(bytes);
    bytes[place..place + BLANK.len()].copy_from_slice(digest.as_bytes());
}

/// Returns whether the bytes are those that were stamped at that place.
pub fn is_intact(bytes: &[u8], place: usize) -> bool {
    let (mut blank, end) = (bytes.to_vec(), place + BLANK.len());
    blank[place..end].copy_from_slice(BLANK.as_bytes());
    sha256(&blank).as_bytes() == &bytes[place..end]
}

/// Returns where a part begins.
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
