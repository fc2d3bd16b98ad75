//! Repositories of the Hugging Face hub, in the cache folder that transformers and `huggingface_hub` use too:
//!
//! ```text
//! <cache>/models--<owner>--<name>/refs/<revision>              the commit that a branch or tag is
//! <cache>/models--<owner>--<name>/blobs/<etag>                 the files, called by their content
//! <cache>/models--<owner>--<name>/snapshots/<commit>/<path>    links to them
//! <cache>/.locks/models--<owner>--<name>/<etag>.lock           held while a file is fetched
//! ```
//!
//! A repository may already lie there under its former name, or in another cache.

use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo};
use serde::Deserialize;

use super::address::{escaped, shown};
use super::client::{Follow, Method, network};
use super::download::{Content, Download};
use super::lock::{Locked, exclusive};
use super::retry::{Failure, refusal};
use super::{Fetcher, former, in_question, steps, unchanged};
use crate::manifest::{FileEntry, HubSource, Manifest, RepoType, Revision, is_commit, is_hexadecimal};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{make_folder, write_atomic};

/// A repository in the cache and on the hub.
pub(super) struct Repository<'a> {
    fetcher: &'a Fetcher,
    source: &'a HubSource,
    /// The places where it may lie; fetched files go to the first.
    places: Vec<Place>,
    repo: Repo,
    key: String,
}

/// A folder in which a repository may lie.
struct Place {
    folder: PathBuf,
    cache: CacheRepo,
}

impl Place {
    /// Returns the folder of a commit.
    fn snapshot(&self, commit: &str) -> PathBuf {
        self.cache.pointer_path(commit)
    }
}

/// The hub's information about a file before it is fetched.
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
        let named = |name: String| Repo::with_revision(name, repo_type, revision.clone());
        let repo = named(source.repository.clone());
        let caches = std::iter::once(&fetcher.hub_cache).chain(&fetcher.other_caches);
        let places = caches.flat_map(|cache| {
            former::names(&source.repository, source.repo_type).into_iter().map(|name| {
                let repo = named(name);
                let folder = cache.join(repo.folder_name());
                Place { folder, cache: Cache::new(cache.clone()).repo(repo) }
            })
        });
        let places = places.collect();
        Self { fetcher, source, places, repo, key }
    }

    /// Returns the folder of the commit in the cache, with every file of the manifest in it.
    pub fn fetch(&self, manifest: &Manifest) -> Result<PathBuf> {
        let locked = self.fetcher.lock().of(&self.key)?;
        let commit = self.commit(&locked)?;
        let place = self.place(manifest, &commit, &locked);
        let snapshot = place.snapshot(&commit);
        let choices = manifest.choices();
        let is_there =
            |choice: &Vec<&FileEntry>| choice.iter().any(|entry| snapshot.join(&entry.path).exists());
        let is_optional = |choice: &Vec<&FileEntry>| choice.iter().all(|entry| entry.is_optional);
        let is_complete = choices.iter().filter(|choice| !is_optional(choice)).all(is_there);
        for choice in choices {
            if is_complete && is_optional(&choice) && !is_there(&choice) {
                continue;
            }
            let have = |entry: &FileEntry, sha256: Option<&str>| self.file(place, entry, &commit, sha256);
            match self.fetcher.first_of((&self.key, &locked), &choice, &snapshot, have) {
                Err(LmcError::Network { status: Some(404), .. } | LmcError::Offline { .. })
                    if is_optional(&choice) => {}
                found => found?,
            }
        }
        Ok(snapshot)
    }

    /// Returns the place that has every file of the manifest, otherwise the first; without a server, the
    /// place that has most of them.
    fn place(&self, manifest: &Manifest, commit: &str, locked: &Locked) -> &Place {
        let choices = manifest.choices();
        let n_found = |place: &Place| {
            let there = |entry: &&FileEntry| place.snapshot(commit).join(&entry.path).exists();
            choices.iter().filter(|choice| in_question(locked, choice).iter().any(there)).count()
        };
        let first = &self.places[0];
        let mut best = (first, n_found(first));
        for place in &self.places[1..] {
            let n = n_found(place);
            if n > best.1 && (n == choices.len() || self.fetcher.offline) {
                best = (place, n);
            }
        }
        best.0
    }

    /// Returns the address at which the hub answers questions about the repository.
    pub fn api(&self) -> String {
        let kind = if matches!(self.source.repo_type, RepoType::Model) { "models" } else { "datasets" };
        format!("{}/api/{kind}/{}", self.fetcher.endpoint, self.source.repository)
    }

    /// Returns the commit that is fetched.
    pub fn fetched_commit(&self) -> Result<String> {
        self.commit(&self.fetcher.lock().of(&self.key)?)
    }

    /// Returns the commit that the revision means: itself, the locked one, or what the hub says now.
    fn commit(&self, locked: &Locked) -> Result<String> {
        if let Some(commit) = self.source.revision.commit().or(locked.commit.as_deref()) {
            return Ok(commit.to_owned());
        }
        let api = self.api();
        let here = || self.places[0].folder.clone();
        let commit = match &self.source.revision {
            Revision::Named(name) => {
                if self.fetcher.offline {
                    let known = |place: &Place| {
                        let text = std::fs::read_to_string(place.folder.join("refs").join(name)).ok();
                        text.map(|text| text.trim().to_owned()).filter(|text| is_commit(text))
                    };
                    let commit = self.places.iter().find_map(known);
                    commit.ok_or_else(|| self.offline(format!("revision {name}"), here()))?
                } else {
                    let reference = self.places[0].folder.join("refs").join(name);
                    let commit =
                        self.named_commit(&format!("{api}/revision/{}", self.repo.url_revision()))?;
                    write_atomic(&reference, commit.as_bytes())?;
                    commit
                }
            }
            Revision::Step(step) if self.fetcher.offline => {
                return Err(self.offline(format!("the commit of step {step}"), here()));
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

    /// Makes sure that a file is in the cache and has the content that the manifest, the lock file and its
    /// own name say.
    fn file(&self, place: &Place, entry: &FileEntry, commit: &str, sha256: Option<&str>) -> Result<Content> {
        let pointer = place.snapshot(commit).join(&entry.path);
        if pointer.exists() {
            let blob = std::fs::canonicalize(&pointer).map_err(LmcError::io("read", &pointer))?;
            let name = blob.file_name().and_then(|name| name.to_str()).filter(|n| is_hexadecimal(n, 64));
            return unchanged(&pointer, entry.bytes, sha256.or(name));
        }
        if self.fetcher.offline {
            let file = entry.path.display().to_string();
            return Err(self.offline(file, place.snapshot(commit)));
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
        let blob = place.cache.blob_path(&metadata.etag);
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

    /// Returns the hub's information about a file. A name of its content that is not a digest is refused,
    /// because it becomes a path.
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

    fn offline(&self, file: String, folder: PathBuf) -> LmcError {
        let file = format!("{file} of {}", self.source.repository);
        let default = self.fetcher.hub_cache.with_file_name("transformers");
        let mut caches = self.fetcher.other_caches.iter().chain([&self.fetcher.hub_cache, &default]);
        let flat = caches.find(|cache| is_flat(cache)).cloned();
        LmcError::Offline { file, folder, flat }
    }
}

/// Returns whether a folder has files with names as transformers before 4.22 gave them: the digest of an
/// address, a point, the digest of an etag.
fn is_flat(folder: &Path) -> bool {
    let is_old = |name: &str| {
        name.split_once('.').is_some_and(|(url, etag)| is_hexadecimal(url, 64) && is_hexadecimal(etag, 64))
    };
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_str().is_some_and(is_old))
}

/// Makes a snapshot's link to a blob; a link that leads nowhere is replaced.
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
