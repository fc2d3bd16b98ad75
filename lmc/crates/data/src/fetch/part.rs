//! Parts of files: the bytes that have come so far.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::download::Content;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{hash_file, hexadecimal, make_folder, write_atomic};

/// The beginning of a file beside the place that it is for, with its running digest.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    found: u64,
    /// The file that holds the server's name for the version of this part; none if the target's name says it.
    version: Option<PathBuf>,
    validator: Option<String>,
}

impl Part {
    /// Opens the part that an earlier try left, or an empty one.
    pub fn open(target: &Path, addressed: bool) -> Result<Part> {
        if let Some(folder) = target.parent() {
            make_folder(folder)?;
        }
        let with = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let (path, version) = (with(".part"), (!addressed).then(|| with(".part.version")));
        let validator = version.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = file.map_err(LmcError::io("write", &path))?;
        let mut hash = Sha256::new();
        let bytes = hash_file(&path, &mut hash)?;
        file.seek(SeekFrom::Start(bytes)).map_err(LmcError::io("read", &path))?;
        Ok(Part { path, file, hash, bytes, found: bytes, version, validator })
    }

    /// Returns the number of bytes that are there.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the number of bytes that an earlier run left.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Returns whether the version of the file that this is a part of is known.
    pub fn may_be_continued(&self) -> bool {
        self.version.is_none() || self.validator.is_some()
    }

    /// Returns the server's name for the version that this is a part of.
    pub fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    /// Throws away the bytes that are there.
    pub fn clear(&mut self) -> Result<()> {
        let cleared = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        cleared.map_err(LmcError::io("write", &self.path))?;
        (self.hash, self.bytes, self.found, self.validator) = (Sha256::new(), 0, 0, None);
        self.forget_version();
        Ok(())
    }

    /// Starts from the beginning of the file, under the names that the server gives this version.
    pub fn begin(&mut self, etag: Option<&str>, modified: Option<&str>) -> Result<()> {
        self.clear()?;
        if let Some(path) = &self.version {
            self.validator = etag.filter(|tag| !tag.starts_with("W/")).or(modified).map(str::to_owned);
            if let Some(validator) = &self.validator {
                write_atomic(path, validator.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(LmcError::io("write", &self.path))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Returns the size and digest of the bytes that are there.
    pub fn content(&self) -> Content {
        Content { bytes: self.bytes, sha256: hexadecimal(&self.hash.clone().finalize()) }
    }

    /// Moves the whole file to its place.
    pub fn finish(&mut self, target: &Path) -> Result<()> {
        let moved = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, target));
        moved.map_err(LmcError::io("write", target))?;
        self.forget_version();
        let folder = target.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(LmcError::io("write", folder))
    }

    /// Removes everything; an error is already on its way.
    pub fn remove(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        self.forget_version();
    }

    /// Removes the version; a version without its part does no harm.
    fn forget_version(&self) {
        if let Some(path) = &self.version {
            let _ = std::fs::remove_file(path);
        }
    }
}
