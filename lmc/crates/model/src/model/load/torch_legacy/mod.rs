//! The format of `torch.save` before PyTorch 1.6, which `_use_new_zipfile_serialization=False` still writes.
//!
//! Five pickles lie one after another: a magic number, the version of the format, facts about the machine, the
//! object, and the list of the keys of its storages. The storages follow in the order of that list, each with
//! its number of elements in front, as 8 little-endian bytes.

use std::collections::BTreeMap;

use tch::Tensor;

use super::File;
use super::pickle::{Described, Pickles};
use super::storage::of_storage;
use lmc_base::error::Result;

/// The magic number, as pickle writes an integer of ten bytes.
const MAGIC: &[u8] = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// The number of bytes in which it begins and ends; newer protocols of pickle have a frame before it.
const START: usize = 32;
/// The version of the format.
const VERSION: i64 = 1001;

/// Returns the byte after the magic number, if a file begins with it.
pub(super) fn after_magic(bytes: &[u8]) -> Option<usize> {
    let start = &bytes[..bytes.len().min(START)];
    let at = start.windows(MAGIC.len()).position(|window| window == MAGIC)?;
    (start.first() == Some(&0x80)).then_some(at + MAGIC.len())
}

/// Returns all tensors in the bytes of a file of that format, f32 on the CPU; its magic number ends before
/// byte `at`.
pub(super) fn tensors(bytes: &[u8], at: usize, file: &File) -> Result<BTreeMap<String, Tensor>> {
    let mut pickles = Pickles::new(bytes, at, file);
    let version = pickles.integer()?;
    if version != VERSION {
        return Err(file.damaged(format!("version {version} of the format of torch.save, not {VERSION}")));
    }
    if !pickles.flag("little_endian")? {
        let remedy = "save it again on a little-endian machine";
        return Err(File { remedy, ..*file }.damaged("byte order `big`, expected `little`"));
    }
    let contents = pickles.contents()?;
    let keys = pickles.texts()?;
    let mut by_storage: BTreeMap<String, Vec<(String, Described)>> = BTreeMap::new();
    for (name, tensor) in contents.tensors {
        by_storage.entry(tensor.storage.clone()).or_default().push((name, tensor));
    }
    let mut tensors = BTreeMap::new();
    let mut rest = Rest { bytes, at: pickles.at };
    for key in keys {
        let (key, at) = (key.as_str(), rest.at);
        let wrong = |problem: String| {
            let key: String = key.chars().take(80).flat_map(char::escape_debug).collect();
            file.damaged(format!("storage `{key}` at byte {at}: {problem}"))
        };
        let Some((kind, n)) = contents.storages.get(key) else {
            return Err(wrong("no tensor has it, or its type of number is not known".to_owned()));
        };
        let found = rest.take(8).map_err(wrong)?;
        let found = found.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if found != *n as u64 {
            return Err(wrong(format!("{found} elements, and the pickle says {n}")));
        }
        let elements = rest.take(n.saturating_mul(kind.elt_size_in_bytes())).map_err(wrong)?;
        if let Some(described) = by_storage.remove(key) {
            tensors.extend(of_storage(file, elements, described)?);
        }
    }
    if let Some((name, tensor)) = by_storage.values().flatten().next() {
        let problem = format!("tensor {name}: the file has no storage `{}`", tensor.storage.escape_debug());
        return Err(file.damaged(problem));
    }
    match bytes.len() - rest.at {
        0 => Ok(tensors),
        n => Err(file.damaged(format!("{n} bytes after the last storage, which ends at byte {}", rest.at))),
    }
}

/// The bytes of a file from a place on.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..n).ok_or_else(|| format!("needs {n} more bytes, {} are left", rest.len()))?;
        self.at += n;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests;
