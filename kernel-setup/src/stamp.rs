//! Hashes of inputs, to tell whether something made from them is still up to date.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A hash over named texts and the files of folders; order matters.
#[derive(Default)]
pub struct Stamp(Sha256);

impl Stamp {
    /// Adds a text.
    pub fn text(mut self, name: &str, text: &str) -> Stamp {
        self.add(name.as_bytes());
        self.add(text.as_bytes());
        self
    }

    /// Adds a file, or a folder with every file in it (relative names and contents).
    pub fn path(mut self, base: &Path, path: &Path) -> Result<Stamp> {
        if path.is_dir() {
            let mut entries = std::fs::read_dir(path)?
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()?;
            entries.sort();
            return entries.iter().try_fold(self, |stamp, entry| stamp.path(base, entry));
        }
        let name = path.strip_prefix(base).unwrap_or(path);
        self.add(name.as_os_str().as_encoded_bytes());
        self.add(&std::fs::read(path).with_context(|| format!("read {}", path.display()))?);
        Ok(self)
    }

    /// Returns the hash, in hexadecimal.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_names_contents_and_borders() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("src");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("a.rs"), "one").unwrap();
        let stamp = || Stamp::default().path(temp.path(), &folder).unwrap().finish();
        let first = stamp();
        assert_eq!(first.len(), 32);
        assert_eq!(stamp(), first);
        std::fs::write(folder.join("a.rs"), "two").unwrap();
        let changed = stamp();
        assert_ne!(changed, first);
        std::fs::rename(folder.join("a.rs"), folder.join("b.rs")).unwrap();
        assert_ne!(stamp(), changed);
        let split = |a: &str, b: &str| Stamp::default().text("x", a).text("y", b).finish();
        assert_ne!(split("ab", "c"), split("a", "bc"));
        let missing = Stamp::default().path(temp.path(), &temp.path().join("none"));
        assert!(missing.err().unwrap().to_string().contains("none"));
    }
}
