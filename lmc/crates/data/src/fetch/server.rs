//! Files below an address of some web server, in a folder of `lmc`'s own.

use std::path::PathBuf;

use super::Fetcher;
use super::address::escaped;
use super::download::{Content, Download};
use super::lock::exclusive;
use super::unchanged;
use crate::manifest::{FileEntry, Manifest};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::sha256;

/// Returns the folder with every file of the manifest; another address has another folder.
pub(super) fn fetch(fetcher: &Fetcher, manifest: &Manifest, address: &str) -> Result<PathBuf> {
    let name = format!("{}-{:.8}", manifest.name, sha256(address.as_bytes()));
    let (folder, locks) = (fetcher.downloads.join(&name), fetcher.downloads.join(".locks").join(&name));
    let key = format!("url {address}");
    let locked = fetcher.lock().of(&key)?;
    let have = |entry: &FileEntry, sha256: Option<&str>| -> Result<Content> {
        let (target, path) = (folder.join(&entry.path), entry.path.to_string_lossy());
        if target.exists() {
            return unchanged(&target, entry.bytes, sha256);
        }
        let label = format!("{path} of {}", manifest.name);
        if fetcher.offline {
            return Err(LmcError::Offline { file: label, folder: folder.clone(), flat: None });
        }
        let _lock = exclusive(&locks.join(format!("{path}.lock")))?;
        if target.exists() {
            return unchanged(&target, entry.bytes, sha256);
        }
        let url = format!("{address}/{}", escaped(&path));
        let (bytes, addressed) = (entry.bytes, false);
        Download { url: &url, target: &target, label: &label, bytes, sha256, addressed }
            .run(&fetcher.client, &fetcher.retries)
    };
    for choice in manifest.choices() {
        fetcher.first_of((&key, &locked), &choice, &folder, have)?;
    }
    Ok(folder)
}
