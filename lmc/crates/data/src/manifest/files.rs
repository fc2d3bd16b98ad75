//! The files of a manifest and their expected content.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::source::is_hexadecimal;
use super::{Manifest, ManifestKind, Source};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::sha256_of_file;

/// One file with the facts that are known of its content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The path inside the folder of the source: plain names with slashes between them.
    #[serde(deserialize_with = "path")]
    pub path: PathBuf,
    /// The size in bytes, if it is known.
    pub bytes: Option<u64>,
    /// The SHA-256 of the content, 64 lower-case hexadecimal digits, if it is known.
    #[serde(default, deserialize_with = "sha256")]
    pub sha256: Option<String>,
    /// The word of a choice: of the files with the same word, only the first that the source has is wanted.
    pub one_of: Option<String>,
    /// True if the source may lack the file.
    #[serde(skip)]
    pub is_optional: bool,
}

fn path<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<PathBuf, D::Error> {
    let path = String::deserialize(deserializer)?;
    plain(&path).map_err(serde::de::Error::custom)?;
    Ok(path.into())
}

fn sha256<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<String>, D::Error> {
    let digest = String::deserialize(deserializer)?;
    if is_hexadecimal(&digest, 64) {
        return Ok(Some(digest));
    }
    Err(serde::de::Error::custom("not the 64 lower-case hexadecimal digits of a SHA-256"))
}

/// Checks that a path stays below the folder that it is joined to, on every system.
pub(crate) fn plain(path: &str) -> std::result::Result<(), String> {
    let normal = |component| matches!(component, Component::Normal(_));
    let odd = |c: char| c == '\\' || c == ':' || c.is_control();
    let parts = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if parts && !path.contains(odd) && Path::new(path).components().all(normal) {
        return Ok(());
    }
    Err(format!("`{}` is no path of plain names below the folder of the source", path.escape_debug()))
}

impl FileEntry {
    /// Returns a file of which only the path is known.
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), bytes: None, sha256: None, one_of: None, is_optional: false }
    }

    /// Returns whether the size or the content is known.
    pub(crate) fn is_known(&self) -> bool {
        self.bytes.is_some() || self.sha256.is_some()
    }

    /// Returns nothing if a file with that many bytes and that SHA-256 fits the known facts, otherwise the
    /// known facts.
    pub(crate) fn deviation(&self, bytes: u64, sha256: &str) -> Option<String> {
        let differs = self.bytes.is_some_and(|expected| expected != bytes)
            || self.sha256.as_ref().is_some_and(|expected| expected != sha256);
        let size = self.bytes.map(|bytes| format!("{bytes} bytes"));
        let digest = self.sha256.as_ref().map(|sha256| format!("SHA-256 {sha256}"));
        let known: Vec<String> = size.into_iter().chain(digest).collect();
        differs.then(|| known.join(" with "))
    }
}

impl FileEntry {
    /// Checks that the file at that path has the size and content that are known.
    fn verify(&self, path: &Path) -> Result<()> {
        let (bytes, digest) = sha256_of_file(path)?;
        let Some(expected) = self.deviation(bytes, &digest) else { return Ok(()) };
        let problem = format!("{bytes} bytes with SHA-256 {digest}, the manifest has {expected}");
        Err(LmcError::Format { path: path.to_owned(), line: None, problem, remedy: "fetch the file again" })
    }
}

impl Manifest {
    /// Returns a manifest that says no more of files than where they come from.
    pub(crate) fn of_files(name: &str, kind: ManifestKind, source: Source, files: Vec<FileEntry>) -> Self {
        let unknown = "see the source";
        Self {
            name: name.to_owned(),
            kind,
            title: name.to_owned(),
            source,
            licence: unknown.to_owned(),
            citation: unknown.to_owned(),
            labels: Vec::new(),
            tokenizer: None,
            members: None,
            columns: None,
            forms: Vec::new(),
            files,
            splits: Vec::new(),
            subsets: Vec::new(),
            folders: Vec::new(),
            task: None,
        }
    }

    /// Returns the files that are wanted: one each, or several of which the first that is there is enough.
    pub(crate) fn choices(&self) -> Vec<Vec<&FileEntry>> {
        let mut choices: Vec<Vec<&FileEntry>> = Vec::new();
        for entry in &self.files {
            let same = |choice: &&mut Vec<&FileEntry>| {
                entry.one_of.is_some() && choice.first().is_some_and(|first| first.one_of == entry.one_of)
            };
            match choices.iter_mut().find(same) {
                Some(choice) => choice.push(entry),
                None => choices.push(vec![entry]),
            }
        }
        choices
    }

    /// Checks that `folder` has every file of the manifest with the size and content that the manifest knows.
    ///
    /// # Errors
    /// [`LmcError::Io`] for a file that is missing or cannot be read, [`LmcError::Format`] for one with
    /// another content, [`LmcError::Interrupted`].
    pub fn verify(&self, folder: &Path) -> Result<()> {
        for choice in self.choices() {
            let there = choice.iter().find(|entry| folder.join(&entry.path).exists());
            let Some(entry) = there.or(choice.first().filter(|_| choice.len() == 1)) else {
                let names: Vec<_> = choice.iter().map(|entry| entry.path.to_string_lossy()).collect();
                let problem = format!("none of {} is there", names.join(", "));
                let source = std::io::Error::new(std::io::ErrorKind::NotFound, problem);
                return Err(LmcError::io("read", folder)(source));
            };
            entry.verify(&folder.join(&entry.path))?;
        }
        Ok(())
    }

    /// Returns the inconsistency among the files: a text that the line at fault contains, and the problem.
    pub(super) fn file_inconsistency(&self) -> Option<(String, String)> {
        let culprit = |entry: &FileEntry| format!("path = \"{}\"", entry.path.display());
        let twice = self
            .files
            .iter()
            .enumerate()
            .find(|(index, entry)| self.files[..*index].iter().any(|other| other.path == entry.path));
        if let Some((_, entry)) = twice {
            return Some((culprit(entry), format!("file `{}` is there twice", entry.path.display())));
        }
        let member = |entry: &&FileEntry| {
            self.kind == ManifestKind::Collection && (entry.bytes.is_some() || entry.sha256.is_some())
        };
        self.files.iter().find(member).map(|entry| {
            let name = entry.path.display();
            (culprit(entry), format!("`{name}` of a collection has a size and content for each member"))
        })
    }
}
