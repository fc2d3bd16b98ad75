//! Whole files and names for their content: atomic writes, sealed files, digests, and claims to make a file.
//!
//! All of it works in folders that several hosts share, also on NFS: there are no locks and no appending,
//! only new files with unique names, fsync, and rename.

mod claim;
mod folder;
mod holder;
mod sealed;
#[doc(hidden)]
pub mod stamp;
mod stand_in;
mod unique;

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::error::{LmcError, Result};
use crate::interrupt;

pub use claim::Claim;
#[doc(hidden)]
pub use claim::lease;
#[doc(hidden)]
pub use folder::{is_working_folder, names, one_by_one, resolved, write_folder};
pub use folder::{make_folder, writable_folder};
pub use sealed::{read_sealed, remove, write_sealed};
#[doc(hidden)]
pub use stand_in::StandIn;
#[doc(hidden)]
pub use unique::tidy;

/// The number of times a file is opened again when another host replaces it meanwhile, and the pause before
/// each.
const READS: (usize, Duration) = (4, Duration::from_millis(20));

/// Writes a file so that it is there whole or not at all: a temporary file beside it, fsync, rename, fsync of
/// the folder. A missing folder is made.
///
/// # Errors
/// [`LmcError::Io`]; the temporary file is removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    write_parts(path, &[bytes])
}

/// Writes parts that follow on each other like [`write_atomic`], without a copy.
fn write_parts(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder)?;
    let (mut file, temporary) = unique::create(folder).map_err(LmcError::io("write", path))?;
    let written = parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    drop(file);
    written.and_then(|()| std::fs::rename(&temporary, path)).map_err(|e| {
        // The first error says what went wrong; a temporary file that cannot be removed adds nothing to it.
        let _ = std::fs::remove_file(&temporary);
        LmcError::io("write", path)(e)
    })?;
    match std::fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems have no fsync for folders; their rename is as durable as it gets.
        Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other.map_err(LmcError::io("write", folder)),
    }
}

/// Returns the bytes of a file. If another host replaces the file during the read, it is read again.
///
/// # Errors
/// [`LmcError::Io`].
#[doc(hidden)]
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let replaced = |kind| matches!(kind, ErrorKind::StaleNetworkFileHandle | ErrorKind::NotFound);
    read_again(path, replaced).map_err(LmcError::io("read", path))
}

/// Returns the bytes of a file, which is opened again a few times after errors for which `passes` returns
/// true.
fn read_again(path: &Path, passes: impl Fn(ErrorKind) -> bool) -> io::Result<Vec<u8>> {
    for _ in 1..READS.0 {
        match std::fs::read(path) {
            Err(error) if passes(error.kind()) => std::thread::sleep(READS.1),
            other => return other,
        }
    }
    std::fs::read(path)
}

/// Returns the SHA-256 of bytes, in hexadecimal.
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// assert!(lmc::file::sha256(b"").starts_with("e3b0c44298fc1c14"));
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    sha256_of(&[bytes])
}

/// Returns the [`sha256`] of parts that follow on each other.
fn sha256_of(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hexadecimal(&hash.finalize())
}

/// Returns the size of a file in bytes and its SHA-256 in hexadecimal; ends at an interrupt.
#[doc(hidden)]
pub fn sha256_of_file(path: &Path) -> Result<(u64, String)> {
    let mut hash = Sha256::new();
    let bytes = hash_file(path, &mut hash)?;
    Ok((bytes, hexadecimal(&hash.finalize())))
}

/// Takes the content of a file into a hash and returns its size in bytes; ends at an interrupt.
#[doc(hidden)]
pub fn hash_file(path: &Path, hash: &mut Sha256) -> Result<u64> {
    let mut file = std::fs::File::open(path).map_err(LmcError::io("read", path))?;
    let (mut buffer, mut bytes) = (vec![0; 1 << 20], 0);
    loop {
        interrupt::check(|| format!("{} was being read; nothing is lost", path.display()))?;
        match file.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(n) => {
                hash.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(LmcError::io("read", path)(error)),
        }
    }
}

/// Returns the folder for everything that is kept between runs: `LMC_HOME`, or `lmc/store` under the user's
/// cache folder.
///
/// # Errors
/// [`LmcError::InvalidParameter`] when no home folder is known.
pub fn home() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    variable("LMC_HOME")
        .or_else(|| variable("XDG_CACHE_HOME").map(|c| c.join("lmc/store")))
        .or_else(|| variable("HOME").map(|h| h.join(".cache/lmc/store")))
        .ok_or_else(|| LmcError::invalid("LMC_HOME", "unset, as is HOME", "a folder"))
}

/// Returns bytes in hexadecimal, two lower-case digits each.
#[doc(hidden)]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atomic_writes_replace_and_leave_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file.bin");
        write_atomic(&path, b"first").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(names(path.parent().unwrap()).unwrap(), ["file.bin"]);
        let taken = folder.path().join("deep");
        let error = write_atomic(&taken, b"a folder is in the way").unwrap_err();
        assert!(matches!(&error, LmcError::Io { action: "write", path, .. } if *path == taken), "{error}");
        assert_eq!(names(folder.path()).unwrap(), ["deep"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
    }

    /// A read of a file that others are replacing always gives one whole version.
    #[test]
    fn a_file_that_is_replaced_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.bin");
        write_atomic(&path, &[0; 100_000]).unwrap();
        std::thread::scope(|scope| {
            for value in 1..4u8 {
                let path = &path;
                scope.spawn(move || (0..20).for_each(|_| write_atomic(path, &[value; 100_000]).unwrap()));
            }
            for _ in 0..200 {
                let bytes = read(&path).unwrap();
                assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == bytes[0]));
            }
        });
        assert_eq!(names(folder.path()).unwrap(), ["file.bin"]);
    }

    #[test]
    fn errors_that_may_pass_are_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("late");
        let arrives = |kind| {
            std::fs::write(&path, b"here").unwrap();
            kind == ErrorKind::NotFound
        };
        assert_eq!(read_again(&path, arrives).unwrap(), b"here");
        let missing = folder.path().join("never");
        let error = read(&missing).unwrap_err();
        assert!(matches!(&error, LmcError::Io { action: "read", path, .. } if *path == missing), "{error}");
        assert_eq!(read_again(&missing, |_| false).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn digests_are_those_of_sha256sum() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), abc);
        assert_eq!(sha256_of(&[b"a", b"", b"bc"]), abc);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(sha256_of_file(&path).unwrap(), (3, abc.to_owned()));
        let error = sha256_of_file(&folder.path().join("abd")).unwrap_err();
        assert!(matches!(error, LmcError::Io { action: "read", .. }), "{error}");
    }
}
