//! Copies of a folder of compiled crates that take no time and no space.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies a folder. Modification times are kept, because cargo relies on them. Compiled crates, which the
/// compiler replaces but never changes in place, become hard links if the file system has these.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("create folder {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target)?;
        } else if entry.file_type()?.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
        } else if !is_shareable(&source) || fs::hard_link(&source, &target).is_err() {
            copy_file(&source, &target)
                .with_context(|| format!("copy {} to {}", source.display(), target.display()))?;
        }
    }
    Ok(())
}

/// Returns the space that the files of a folder take, in bytes, without those that are shared with another
/// folder.
pub fn own_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            bytes += own_bytes(&entry.path())?;
        } else if metadata.nlink() == 1 {
            bytes += metadata.blocks() * 512;
        }
    }
    Ok(bytes)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
}

/// Returns whether a file is a compiled crate.
fn is_shareable(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "rlib" | "rmeta" | "so" | "a")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn copies_keep_times_and_share_compiled_crates() {
        let temp = tempfile::tempdir().unwrap();
        let (from, to) = (temp.path().join("from"), temp.path().join("to"));
        fs::create_dir_all(from.join("deps")).unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for name in ["deps/libserde-1.rlib", "deps/serde-1.d"] {
            fs::write(from.join(name), name).unwrap();
            File::options().write(true).open(from.join(name)).unwrap().set_modified(long_ago).unwrap();
        }
        std::os::unix::fs::symlink("deps", from.join("link")).unwrap();
        copy(&from, &to).unwrap();
        let inode = |folder: &Path, name: &str| fs::metadata(folder.join(name)).unwrap().ino();
        let shared = |name: &str| inode(&from, name) == inode(&to, name);
        assert!(shared("deps/libserde-1.rlib"));
        assert!(!shared("deps/serde-1.d"));
        assert_eq!(fs::metadata(to.join("deps/serde-1.d")).unwrap().modified().unwrap(), long_ago);
        assert_eq!(fs::read_to_string(to.join("link/serde-1.d")).unwrap(), "deps/serde-1.d");
    }
}
