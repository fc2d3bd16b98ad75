//! The zip archive of `torch.save`: `*/data.pkl` describes the tensors, `*/data/KEY` are their storages.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use tch::Tensor;
use zip::ZipArchive;

use super::File;
use super::pickle::{Described, MAX_BYTES, state_dict};
use super::storage::of_storage;
use lmc_base::error::Result;

/// Returns all tensors in the bytes of a file that `torch.save` wrote, f32 on the CPU.
pub(super) fn tensors(bytes: &[u8], file: &File) -> Result<BTreeMap<String, Tensor>> {
    let mut archive = Archive::open(bytes, file)?;
    let pickle = archive.read("data.pkl", MAX_BYTES as u64)?;
    let pickle = pickle.ok_or_else(|| file.damaged("the archive has no data.pkl"))?;
    if let Some(order) = archive.read("byteorder", 16)?
        && order != b"little"
    {
        let remedy = "save it again on a little-endian machine";
        let order = String::from_utf8_lossy(&order).escape_debug().to_string();
        return Err(File { remedy, ..*file }.damaged(format!("byte order `{order}`, expected `little`")));
    }
    let mut by_storage: BTreeMap<String, Vec<(String, Described)>> = BTreeMap::new();
    for (name, tensor) in state_dict(&pickle, file)? {
        by_storage.entry(tensor.storage.clone()).or_default().push((name, tensor));
    }
    let mut tensors = BTreeMap::new();
    for (key, described) in by_storage {
        let storage = archive.read(&format!("data/{key}"), bytes.len() as u64)?;
        let storage = storage.ok_or_else(|| {
            file.damaged(format!("tensor {}: the archive has no data/{key}", described[0].0))
        })?;
        tensors.extend(of_storage(file, &storage, described)?);
    }
    Ok(tensors)
}

/// The entries of a zip archive below the folder in which `data.pkl` is.
struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    folder: String,
    file: &'a File<'a>,
}

impl<'a> Archive<'a> {
    /// Opens an archive whose entries together are no larger than the archive itself.
    fn open(bytes: &'a [u8], file: &'a File<'a>) -> Result<Self> {
        let damaged = |problem: String| file.damaged(problem);
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|e| damaged(format!("not a complete zip archive of torch.save ({e})")))?;
        let (mut folders, mut total) = (Vec::new(), 0u64);
        for i in 0..zip.len() {
            let entry = zip.by_index_data(i).map_err(|e| damaged(format!("zip entry {i}: {e}")))?;
            total = total.saturating_add(entry.size());
            let name = entry.name().map_err(|e| damaged(format!("zip entry {i}: {e}")))?;
            folders.extend(name.strip_suffix("data.pkl").map(str::to_owned));
        }
        if total > bytes.len() as u64 {
            let problem = format!("the zip entries have {total} bytes, the archive {}", bytes.len());
            return Err(damaged(problem));
        }
        let [folder] = <[String; 1]>::try_from(folders).map_err(|folders| {
            damaged(format!("the archive has {} data.pkl instead of one", folders.len()))
        })?;
        Ok(Self { zip, folder, file })
    }

    /// Returns the content of an entry of at most `limit` bytes, if the entry exists.
    fn read(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let name = format!("{}{name}", self.folder);
        let Some(index) = self.zip.index_for_name(&name) else { return Ok(None) };
        let damaged = |problem: String| self.file.damaged(format!("zip entry {name}: {problem}"));
        let entry = self.zip.by_index(index).map_err(|e| damaged(e.to_string()))?;
        let size = entry.size();
        if size > limit {
            return Err(damaged(format!("has {size} bytes, at most {limit} are read")));
        }
        let mut content = Vec::with_capacity(size as usize);
        entry.take(limit + 1).read_to_end(&mut content).map_err(|e| damaged(e.to_string()))?;
        if content.len() as u64 != size {
            return Err(damaged(format!("has {} bytes instead of {size}", content.len())));
        }
        Ok(Some(content))
    }
}

#[cfg(test)]
mod tests;
