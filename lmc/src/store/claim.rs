//! Claims: which process works on what, so that no two do the same.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs2::FileExt;

use crate::error::{LmcError, Result};
use crate::interrupt;

/// How often a claim that is waited for is tried.
const INTERVAL: Duration = Duration::from_millis(100);

/// The right to make one file, held by one process until it is dropped; the system takes it back from a process that dies.
///
/// It only saves work: results are renamed into place whole, so that two processes that make the same file do no harm. Where the
/// file system knows no locks, everybody gets every claim.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    _file: File,
}

impl Claim {
    /// The claim to a file, or none when another process holds it; `waits` until that one gives it back.
    ///
    /// # Errors
    /// [`LmcError::Io`] when its folder cannot be written; [`LmcError::Interrupted`] while it waits.
    pub fn of(file: &Path, waits: bool) -> Result<Option<Self>> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.claim"));
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(LmcError::io("create folder", folder))?;
        }
        let open = || OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        loop {
            let handle = open().map_err(LmcError::io("write", &path))?;
            let held = handle
                .try_lock_exclusive()
                .is_err_and(|error| error.raw_os_error() == fs2::lock_contended_error().raw_os_error());
            if !held {
                return Ok(Some(Self { path, _file: handle }));
            }
            if !waits {
                return Ok(None);
            }
            interrupt::check(|| format!("another process works on {}", file.display()))?;
            std::thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Whoever opened the file before it goes finds the result beside it.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_held_by_one_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sub/a--b.parquet");
        let claim = Claim::of(&file, false).unwrap().unwrap();
        assert!(Claim::of(&file, false).unwrap().is_none());
        assert!(Claim::of(&file.with_file_name("a--c.parquet"), false).unwrap().is_some());
        assert!(folder.path().join("sub/.a--b.claim").exists());
        let waiting = {
            let file = file.clone();
            std::thread::spawn(move || Claim::of(&file, true).unwrap().is_some())
        };
        std::thread::sleep(INTERVAL / 2);
        drop(claim);
        assert!(waiting.join().unwrap());
        assert!(Claim::of(&file, false).unwrap().is_some());
        assert_eq!(std::fs::read_dir(folder.path().join("sub")).unwrap().count(), 0);
    }
}
