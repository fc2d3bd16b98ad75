//! Helpers that tests of fetching share: a server with a repository, a user's folders, manifests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lmc::data::fetch::Fetcher;
use lmc::data::manifest::Manifest;
use lmc::{LmcError, Result};
use tempfile::TempDir;

use crate::server::Server;

/// A commit of the repository.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// A later commit of it.
pub const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";
/// The repository that the server has.
pub const REPOSITORY: &str = "owner/name";

/// A server and the folders of a user.
pub struct Setting {
    /// The server.
    pub server: Server,
    /// The folders of the user: `hub` for the cache of the hub, `lmc` for lmc's own files.
    pub folder: TempDir,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting::new()
    }
}

impl Setting {
    /// Returns a server that has nothing yet, and empty folders.
    pub fn new() -> Setting {
        Setting { server: Server::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// Returns a fetcher that asks this server and is not patient.
    pub fn fetcher(&self) -> Fetcher {
        Fetcher::new(self.folder.path().join("hub"), self.folder.path().join("lmc"))
            .with_endpoint(&self.server.url)
            .unwrap()
            .with_timeouts(Duration::from_secs(5), Duration::from_secs(5))
            .with_retries(2, Duration::from_millis(5))
    }

    /// Returns the repository's folder in the cache.
    pub fn repository(&self) -> PathBuf {
        self.folder.path().join("hub/models--owner--name")
    }

    /// Returns the names of the contents in the cache of the repository.
    pub fn blobs(&self) -> Vec<String> {
        names(&self.repository().join("blobs"))
    }

    /// Returns the name of the one file that was fetched without a hub.
    pub fn downloads(&self) -> Vec<String> {
        let downloads = self.folder.path().join("lmc/downloads");
        names(&downloads).iter().filter(|n| *n != ".locks").flat_map(|n| names(&downloads.join(n))).collect()
    }

    /// Serves the repository with a configuration and large weights at one commit, and returns the path of
    /// the weights.
    pub fn with_model(&self, weights: &[u8]) -> String {
        self.server.hub_file(REPOSITORY, COMMIT, "config.json", b"{}", false);
        self.server.hub_file(REPOSITORY, COMMIT, "sub/weights.bin", weights, true)
    }
}

/// Returns the names in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns a megabyte and a half of bytes that are not all the same.
pub fn weights() -> Vec<u8> {
    (0..1_500_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Returns a manifest of a model with that source and those files.
pub fn model(source: &str, files: &str) -> Manifest {
    let text = format!(
        "name = \"x\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"MIT\"\ncitation = \"x\"\n[source]\n{source}\n{files}"
    );
    Manifest::parse(&text, Path::new("x.toml")).unwrap()
}

/// Returns a file of a manifest with further keys.
pub fn file(path: &str, more: &str) -> String {
    format!("[[files]]\npath = \"{path}\"\n{more}\n")
}

/// Returns a manifest of the repository at a revision.
pub fn hub_model(revision: &str) -> Manifest {
    let source = format!("hub = \"{REPOSITORY}\"\n{revision}");
    model(&source, &(file("config.json", "") + &file("sub/weights.bin", "")))
}

/// Returns a manifest of the repository at its commit.
pub fn at_commit() -> Manifest {
    hub_model(&format!("revision = \"{COMMIT}\""))
}

/// Returns a manifest of one file of the server itself, without a hub.
pub fn url_model(setting: &Setting, more: &str) -> Manifest {
    model(&format!("url = \"{}/data\"", setting.server.url), &file("a b.txt", more))
}

/// Returns the status and text of an error of the network.
pub fn network<T>(result: Result<T>) -> (Option<u16>, String) {
    match result.err().expect("the server gave a reason to fail") {
        error @ LmcError::Network { status, .. } => (status, error.to_string()),
        other => panic!("{other}"),
    }
}

/// Returns the text of an error of a checksum.
pub fn checksum<T>(result: Result<T>) -> String {
    match result.err().expect("the content is wrong") {
        error @ LmcError::Checksum { .. } => error.to_string(),
        other => panic!("{other}"),
    }
}
