//! Repositories of the Hugging Face hub, in the cache folder that transformers and `huggingface_hub` use too:
//!
//! ```text
//! <cache>/models--<owner>--<name>/refs/<revision>              the commit that a branch or tag is
//! <cache>/models--<owner>--<name>/blobs/<etag>                 the files, called by their content
//! <cache>/models--<owner>--<name>/snapshots/<commit>/<path>    links to them
//! <cache>/.locks/models--<owner>--<name>/<etag>.lock           held while a file is fetched
//! ```

use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo};
use serde::Deserialize;

use super::address::{escaped, shown};
use super::client::{Follow, Method, network};
use super::download::{Content, Download};
use super::lock::{Locked, exclusive};
use super::retry::{Failure, refusal};
use super::{Fetcher, steps, unchanged};
use crate::data::manifest::{FileEntry, HubSource, Manifest, RepoType, Revision, is_commit, is_hexadecimal};
use crate::error::{LmcError, Result};
use crate::file::{make_folder, write_atomic};

/// A repository in the cache and on the hub.
pub(super) struct Repository<'a> {
    fetcher: &'a Fetcher,
    source: &'a HubSource,
    cache: CacheRepo,
    repo: Repo,
    key: String,
}

/// What the hub says of a file before it is fetched.
struct Metadata {
    etag: String,
    bytes: Option<u64>,
}

#[derive(Deserialize)]
struct RevisionInfo {
    sha: String,
}

impl<'a> Repository<'a> {
    pub fn new(fetcher: &'a Fetcher, source: &'a HubSource) -> Self {
        let (repo_type, kind) = match source.repo_type {
            RepoType::Model => (hf_hub::RepoType::Model, "model"),
            RepoType::Dataset => (hf_hub::RepoType::Dataset, "dataset"),
        };
        let revision = match &source.revision {
            Revision::Named(name) => name.clone(),
            Revision::Step(step) => format!("step {step}"),
            Revision::Steps(steps) => format!("steps {steps:?}"),
        };
        let key = format!("hub {kind} {} {revision}", source.repository);
        let repo = Repo::with_revision(source.repository.clone(), repo_type, revision);
        let cache = Cache::new(fetcher.hub_cache.clone()).repo(repo.clone());
        Self { fetcher, source, cache, repo, key }
    }

    /// The folder of the commit in the cache, with every file of the manifest in it.
    pub fn fetch(&self, manifest: &Manifest) -> Result<PathBuf> {
        let locked = self.fetcher.lock().of(&self.key)?;
        let commit = self.commit(&locked)?;
        let snapshot = self.cache.pointer_path(&commit);
        for choice in manifest.choices() {
            let have = |entry: &FileEntry, sha256: Option<&str>| self.file(entry, &commit, sha256);
            self.fetcher.first_of((&self.key, &locked), &choice, &snapshot, have)?;
        }
        Ok(snapshot)
    }

    fn folder(&self) -> PathBuf {
        self.fetcher.hub_cache.join(self.repo.folder_name())
    }

    /// The commit that the revision means: itself, as locked, or as the hub says now.
    fn commit(&self, locked: &Locked) -> Result<String> {
        if let Some(commit) = self.source.revision.commit().or(locked.commit.as_deref()) {
            return Ok(commit.to_owned());
        }
        let kind = if matches!(self.source.repo_type, RepoType::Model) { "models" } else { "datasets" };
        let api = format!("{}/api/{kind}/{}", self.fetcher.endpoint, self.source.repository);
        let commit = match &self.source.revision {
            Revision::Named(name) => {
                let reference = self.folder().join("refs").join(name);
                if self.fetcher.offline {
                    let text = std::fs::read_to_string(&reference).ok();
                    let commit = text.map(|text| text.trim().to_owned()).filter(|text| is_commit(text));
                    commit.ok_or_else(|| self.offline(&format!("revision {name}")))?
                } else {
                    let commit =
                        self.named_commit(&format!("{api}/revision/{}", self.repo.url_revision()))?;
                    write_atomic(&reference, commit.as_bytes())?;
                    commit
                }
            }
            Revision::Step(step) if self.fetcher.offline => {
                return Err(self.offline(&format!("the commit of step {step}")));
            }
            Revision::Step(step) => steps::commit(self.fetcher, &api, &self.source.repository, *step)?,
            Revision::Steps(_) => {
                let expected = "one step; fetch a member of the collection";
                return Err(LmcError::invalid("source.steps", &self.key, expected));
            }
        };
        self.fetcher.lock().record(&self.key, Some(&commit), None)?;
        Ok(commit)
    }

    fn named_commit(&self, url: &str) -> Result<String> {
        self.fetcher.retries.run(|| {
            let (text, _) = self.fetcher.client.text(url)?;
            let wrong = |problem: String| Failure::last(network(url, Some(200), problem));
            let info: RevisionInfo = serde_json::from_slice(&text)
                .map_err(|error| wrong(format!("nothing about a revision: {error}")))?;
            if is_commit(&info.sha) {
                return Ok(info.sha);
            }
            Err(wrong(format!("`{:.80}` is no commit", info.sha.escape_debug().to_string())))
        })
    }

    /// Sees to it that a file is in the cache and has the content that manifest, lock file and its own name say.
    fn file(&self, entry: &FileEntry, commit: &str, sha256: Option<&str>) -> Result<Content> {
        let pointer = self.cache.pointer_path(commit).join(&entry.path);
        if pointer.exists() {
            let blob = std::fs::canonicalize(&pointer).map_err(LmcError::io("read", &pointer))?;
            let name = blob.file_name().and_then(|name| name.to_str()).filter(|n| is_hexadecimal(n, 64));
            return unchanged(&pointer, entry.bytes, sha256.or(name));
        }
        if self.fetcher.offline {
            return Err(self.offline(&entry.path.to_string_lossy()));
        }
        let path = entry.path.to_string_lossy();
        let base = format!("{}/{}/resolve/{commit}", self.fetcher.endpoint, self.repo.url());
        let url = format!("{base}/{}", escaped(&path));
        let metadata = self.fetcher.retries.run(|| self.metadata(&url, commit))?;
        let lfs = Some(metadata.etag.as_str()).filter(|etag| is_hexadecimal(etag, 64));
        let differs =
            |got: String, expected: String| Err(LmcError::Checksum { url: shown(&url), got, expected });
        if let (Some(expected), Some(bytes)) = (entry.bytes, metadata.bytes)
            && bytes != expected
        {
            return differs(format!("{bytes} bytes"), format!("{expected} bytes"));
        }
        if let (Some(expected), Some(lfs)) = (sha256, lfs)
            && lfs != expected
        {
            return differs(format!("SHA-256 {lfs}"), format!("SHA-256 {expected}"));
        }
        let blob = self.cache.blob_path(&metadata.etag);
        let locks = self.fetcher.hub_cache.join(".locks").join(self.repo.folder_name());
        let _lock = exclusive(&locks.join(format!("{}.lock", metadata.etag)))?;
        let (bytes, sha256) = (entry.bytes.or(metadata.bytes), sha256.or(lfs));
        let content = if blob.exists() {
            unchanged(&blob, bytes, sha256)?
        } else {
            let label = format!("{path} of {}", self.source.repository);
            let download =
                Download { url: &url, target: &blob, label: &label, bytes, sha256, addressed: true };
            download.run(&self.fetcher.client, &self.fetcher.retries)?
        };
        link(&pointer, &entry.path, &metadata.etag)?;
        Ok(content)
    }

    /// What the hub says of a file; a name of its content that is no digest is refused, for it becomes a path.
    fn metadata(&self, url: &str, commit: &str) -> Result<Metadata, Failure> {
        let reply = self.fetcher.client.send(Method::Head, url, &[], Follow::Hub)?;
        if !matches!(reply.status, 200 | 301 | 302 | 303 | 307 | 308) {
            return Err(refusal(&reply));
        }
        let wrong = |problem: String| Failure::last(network(url, Some(reply.status), problem));
        if let Some(other) = reply.header("x-repo-commit").filter(|other| *other != commit) {
            return Err(wrong(format!("the file is of commit `{other:.80}`, not of {commit}")));
        }
        let etag = reply.header("x-linked-etag").or(reply.header("etag")).unwrap_or_default();
        let etag = etag.trim_start_matches("W/").trim_matches('"');
        if !is_hexadecimal(etag, 64) && !is_hexadecimal(etag, 40) {
            return Err(wrong(format!("the etag `{:.80}` is no digest", etag.escape_debug().to_string())));
        }
        let length = reply.header("content-length").filter(|_| reply.status == 200);
        let bytes = reply.header("x-linked-size").or(length).and_then(|size| size.parse().ok());
        Ok(Metadata { etag: etag.to_owned(), bytes })
    }

    fn offline(&self, file: &str) -> LmcError {
        let file = format!("{file} of {}", self.source.repository);
        LmcError::Offline { file, folder: self.folder() }
    }
}

/// Makes a snapshot's link to a blob; one that leads nowhere is replaced.
fn link(pointer: &Path, path: &Path, etag: &str) -> Result<()> {
    let folder = pointer.parent().unwrap_or(pointer);
    make_folder(folder)?;
    // From snapshots/<commit>/ two folders up, and one more for each folder in the path.
    let up = path.components().count() + 1;
    let target: PathBuf = std::iter::repeat_n("..", up).chain(["blobs", etag]).collect();
    let linked = std::os::unix::fs::symlink(&target, pointer).or_else(|error| {
        if error.kind() != std::io::ErrorKind::AlreadyExists || pointer.exists() {
            return if pointer.exists() { Ok(()) } else { Err(error) };
        }
        std::fs::remove_file(pointer).and_then(|()| std::os::unix::fs::symlink(&target, pointer))
    });
    linked.map_err(LmcError::io("link", pointer))
}
