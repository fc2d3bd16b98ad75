//! Lock files: a record of what was fetched first, which every later fetch must find again.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::client::LOOK;
use super::download::Content;
use crate::manifest::{is_commit, is_hexadecimal, plain};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{Claim, write_atomic};
use lmc_base::interrupt;

const VERSION: u32 = 1;
const HEADER: &str = "\
# What lmc fetched first from each source: commits, sizes and digests. Every later fetch must find the same. Commit this file
# beside your project; take an entry out to accept what the source has now.
";

/// A lock file as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default, rename = "source")]
    sources: Vec<Locked>,
}

/// The locked facts about one source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Locked {
    /// The source with its revision, in words.
    key: String,
    /// The commit that its revision meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(default, rename = "file", skip_serializing_if = "Vec::is_empty")]
    files: Vec<LockedFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedFile {
    path: String,
    bytes: u64,
    sha256: String,
}

impl Locked {
    /// Returns the content that a file must have.
    pub fn file(&self, path: &Path) -> Option<Content> {
        let file = self.files.iter().find(|file| Path::new(&file.path) == path)?;
        Some(Content { bytes: file.bytes, sha256: file.sha256.clone() })
    }
}

/// A lock file, which is made when something is first recorded.
pub(super) struct LockFile<'a> {
    pub path: &'a Path,
    /// A file that processes lock in turn while they change it.
    pub guard: PathBuf,
}

impl LockFile<'_> {
    /// Returns the locked facts about a source; there may be none.
    pub fn of(&self, key: &str) -> Result<Locked> {
        let found = self.read()?.sources.into_iter().find(|source| source.key == key);
        Ok(found.unwrap_or_else(|| Locked { key: key.to_owned(), ..Locked::default() }))
    }

    /// Records a commit or the content of a file, unless the same is already there.
    pub fn record(&self, key: &str, commit: Option<&str>, file: Option<(&Path, &Content)>) -> Result<()> {
        let _guard = exclusive(&self.guard)?;
        let mut content = self.read()?;
        let before = content.clone();
        let position = content.sources.iter().position(|source| source.key == key);
        let position = position.unwrap_or_else(|| {
            content.sources.push(Locked { key: key.to_owned(), ..Locked::default() });
            content.sources.len() - 1
        });
        let source = &mut content.sources[position];
        if let Some(commit) = commit {
            source.commit = Some(commit.to_owned());
        }
        if let Some((path, Content { bytes, sha256 })) = file {
            let path = path.to_string_lossy().into_owned();
            source.files.retain(|file| file.path != path);
            source.files.push(LockedFile { path, bytes: *bytes, sha256: sha256.clone() });
            source.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        content.sources.sort_by(|a, b| a.key.cmp(&b.key));
        if content == before {
            return Ok(());
        }
        let text = toml::to_string(&content).map_err(|error| self.wrong(None, error.to_string()))?;
        write_atomic(self.path, format!("{HEADER}{text}").as_bytes())
    }

    fn read(&self) -> Result<Written> {
        let text = match std::fs::read_to_string(self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Written { version: VERSION, sources: Vec::new() });
            }
            Err(error) => return Err(LmcError::io("read", self.path)(error)),
        };
        let content: Written = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            self.wrong(line, error.message().to_owned())
        })?;
        if content.version != VERSION {
            let problem = format!("version {}, this program knows {VERSION}", content.version);
            return Err(self.wrong(None, problem));
        }
        for source in &content.sources {
            let commit = source.commit.as_deref().is_none_or(is_commit);
            let file =
                source.files.iter().find(|f| !is_hexadecimal(&f.sha256, 64) || plain(&f.path).is_err());
            if !commit || file.is_some() {
                let file = file.map(|file| format!(", `{}`", file.path)).unwrap_or_default();
                let problem = format!("no commit, path or digest in `{}`{file}", source.key);
                return Err(self.wrong(None, problem));
            }
        }
        Ok(content)
    }

    fn wrong(&self, line: Option<usize>, problem: String) -> LmcError {
        let remedy = "this must be a lock file of lmc; restore it, or delete it to record anew";
        LmcError::Format { path: self.path.to_owned(), line, problem, remedy }
    }
}

/// A file that only this process fetches or changes, until it is dropped.
pub(super) struct Exclusive {
    _claim: Claim,
    _lock: Option<File>,
}

/// Waits until no other process has that lock, and takes it until the result is dropped.
///
/// The claim keeps other processes of lmc out, also on other hosts. The lock of the file keeps out those of
/// `huggingface_hub`, which lock the same file. If the file system has no locks, these are not kept out.
pub(super) fn exclusive(path: &Path) -> Result<Exclusive> {
    exclusive_by(path, File::try_lock)
}

fn exclusive_by(
    path: &Path,
    lock: impl Fn(&File) -> std::result::Result<(), TryLockError>,
) -> Result<Exclusive> {
    // The path has a file name, so there is a claim.
    let _claim = loop {
        if let Some(claim) = Claim::of(path, true)? {
            break claim;
        }
    };
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(LmcError::io("write", path))?;
    loop {
        match lock(&file) {
            Ok(()) => return Ok(Exclusive { _claim, _lock: Some(file) }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return Ok(Exclusive { _claim, _lock: None }),
        }
        interrupt::check(|| format!("another process had {} locked", path.display()))?;
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(byte: char) -> Content {
        Content { bytes: 3, sha256: byte.to_string().repeat(64) }
    }

    #[test]
    fn what_is_recorded_is_found_again_in_a_text_that_can_be_compared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lmc.lock");
        let lock = LockFile { path: &path, guard: folder.path().join("guard") };
        assert_eq!(lock.of("b").unwrap().commit, None);
        let commit = "0123456789abcdef0123456789abcdef01234567";
        lock.record("b", Some(commit), None).unwrap();
        lock.record("b", None, Some((Path::new("z/y"), &content('b')))).unwrap();
        lock.record("b", None, Some((Path::new("a"), &content('a')))).unwrap();
        lock.record("a", None, Some((Path::new("x"), &content('c')))).unwrap();
        let locked = lock.of("b").unwrap();
        assert_eq!(locked.commit.as_deref(), Some(commit));
        assert_eq!(locked.file(Path::new("z/y")), Some(content('b')));
        assert_eq!(locked.file(Path::new("y")), None);
        let text = std::fs::read_to_string(&path).unwrap();
        let order = ["key = \"a\"", "path = \"x\"", "key = \"b\"", "path = \"a\"", "path = \"z/y\""];
        let positions = order.map(|part| text.find(part).unwrap());
        assert!(positions.is_sorted() && text.starts_with("# What lmc fetched first"), "{text}");
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        lock.record("a", None, Some((Path::new("x"), &content('c')))).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), written);
    }

    #[test]
    fn other_files_and_paths_that_lead_away_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lmc.lock");
        let lock = LockFile { path: &path, guard: folder.path().join("guard") };
        let digest = "a".repeat(64);
        let file =
            |path: &str| format!("[[source.file]]\npath = \"{path}\"\nbytes = 1\nsha256 = \"{digest}\"\n");
        let source = "version = 1\n[[source]]\nkey = \"k\"\n";
        let cases = [
            ("version = 2\n".to_owned(), "version 2, this program knows 1"),
            ("version = 1\nfoo = 3\n".to_owned(), "lmc.lock:2: unknown field `foo`"),
            (format!("{source}commit = \"../../x\"\n"), "no commit, path or digest in `k`"),
            (format!("{source}{}", file("../x")), "no commit, path or digest in `k`, `../x`"),
        ];
        for (text, expected) in cases {
            std::fs::write(&path, text).unwrap();
            let error = lock.of("k").unwrap_err();
            assert!(matches!(error, LmcError::Format { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_system_without_locks_still_has_one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob.lock");
        let refuses = |_: &File| Err(TryLockError::Error(ErrorKind::Unsupported.into()));
        let held = exclusive_by(&path, refuses).unwrap();
        assert!(held._lock.is_none() && Claim::of(&path, false).unwrap().is_none());
        drop(held);
        let held = exclusive(&path).unwrap();
        assert!(held._lock.is_some() && Claim::of(&path, false).unwrap().is_none());
        let other = File::options().write(true).open(&path).unwrap();
        assert!(other.try_lock().is_err(), "huggingface_hub would not see that it is fetched");
    }
}
