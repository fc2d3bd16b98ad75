//! The fidelity of a file to the published one: the same, the same except for the ends of lines, a part, or
//! another.

use std::borrow::Cow;
use std::path::Path;

use crate::manifest::FileEntry;
use crate::parquet::n_rows;
use crate::text::{plain, published_forms};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::{sha256, sha256_of_file};

/// The result of a comparison of a file's content with the published one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fidelity {
    /// It is the published file, or nothing is known of the published file.
    Same,
    /// It is the published text with other ends of lines.
    Ends,
    /// It is not the published file.
    Other {
        /// The file that it was compared with.
        name: String,
        /// The size and digest of the present file and of the published one.
        got: String,
        expected: String,
        /// The beginnings of both digests.
        short: String,
    },
}

impl Fidelity {
    /// Compares a file with the published one.
    pub fn of_file(entry: Option<&FileEntry>, path: &Path) -> Result<Self> {
        let Some(entry) = entry.filter(|entry| entry.is_known()) else { return Ok(Self::Same) };
        let (bytes, digest) = sha256_of_file(path)?;
        Ok(Self::between(entry, bytes, &digest))
    }

    /// Returns the size and digest of the published file if this is another.
    pub fn expected(&self) -> Option<&str> {
        match self {
            Self::Other { expected, .. } => Some(expected),
            Self::Same | Self::Ends => None,
        }
    }

    /// Compares a text with the published one, and returns the text to read: the published text if it can be
    /// recovered.
    pub fn of_text<'a>(entry: Option<&FileEntry>, bytes: &'a [u8]) -> (Cow<'a, [u8]>, Self) {
        let Some(entry) = entry.filter(|entry| entry.is_known()) else { return (bytes.into(), Self::Same) };
        let compare = |bytes: &[u8]| Self::between(entry, bytes.len() as u64, &sha256(bytes));
        let fidelity = compare(bytes);
        if fidelity == Self::Same {
            return (bytes.into(), fidelity);
        }
        match published_forms(&plain(bytes)).find(|form| compare(form) == Self::Same) {
            Some(published) => (published.into(), Self::Ends),
            None => (bytes.into(), fidelity),
        }
    }

    fn between(entry: &FileEntry, bytes: u64, digest: &str) -> Self {
        entry.deviation(bytes, digest).map_or(Self::Same, |expected| Self::Other {
            name: entry.path.display().to_string(),
            got: format!("{bytes} bytes with SHA-256 {digest}"),
            expected,
            short: match &entry.sha256 {
                Some(known) => format!("SHA-256 {digest:.8}… instead of {known:.8}…"),
                None => format!("{bytes} bytes"),
            },
        })
    }

    /// Checks, before a Parquet file is read, that it can be a part of the published one.
    pub fn check_rows(&self, path: &Path, published: usize, unverified: bool) -> Result<()> {
        match self {
            Self::Other { .. } if !unverified => {
                let n = n_rows(path)?;
                if n >= published { Err(self.refusal(path, n, published)) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Returns a note about a file with that many examples if there is something to say, or refuses the file.
    pub fn check_examples(
        &self,
        path: &Path,
        n: usize,
        published: usize,
        unverified: bool,
    ) -> Result<Option<String>> {
        let file = path.display();
        if n < published {
            return Ok(Some(format!(
                "{file}: {n} examples, a part of the published {published}{}",
                self.digests()
            )));
        }
        match self {
            Self::Same if n == published => Ok(None),
            Self::Ends if n == published => {
                Ok(Some(format!("{file}: read as the published file, whose lines end otherwise")))
            }
            _ if unverified => {
                Ok(Some(format!("{file}: {n} examples, not those of the published file{}", self.digests())))
            }
            _ => Err(self.refusal(path, n, published)),
        }
    }

    /// Returns the difference of the digests in words, if it is known.
    fn digests(&self) -> String {
        match self {
            Self::Other { short, .. } => format!(" ({short})"),
            Self::Same | Self::Ends => String::new(),
        }
    }

    fn refusal(&self, path: &Path, n: usize, published: usize) -> LmcError {
        let path = path.to_owned();
        let (got, expected) = (format!("{n} examples"), format!("{published} examples"));
        match self {
            Self::Other { name, got: digest, expected: known, .. } => LmcError::Unpublished {
                path,
                got: format!("{got} in {digest}"),
                name: name.clone(),
                expected: format!("{expected} in {known}"),
            },
            Self::Same | Self::Ends => LmcError::Unpublished { path, got, name: "file".into(), expected },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::FileEntry;

    const TEXT: &[u8] = b"1\ta\n0\tb\n";

    fn entry() -> FileEntry {
        let (bytes, sha256) = (Some(TEXT.len() as u64), Some(sha256(TEXT)));
        FileEntry { path: "dev.tsv".into(), bytes, sha256, one_of: None, is_optional: false }
    }

    #[test]
    fn other_line_ends_are_read_as_the_published_text() {
        for text in
            [&b"\xef\xbb\xbf1\ta\r\n0\tb\r\n"[..], b"1\ta\n0\tb", b"1\ta \r0\tb\t\r\r", b"1\ta\n0\tb\n\n \n"]
        {
            let (read, fidelity) = Fidelity::of_text(Some(&entry()), text);
            assert_eq!((read.as_ref(), &fidelity), (TEXT, &Fidelity::Ends));
            let note = fidelity.check_examples(Path::new("x.tsv"), 2, 2, false).unwrap().unwrap();
            assert_eq!(note, "x.tsv: read as the published file, whose lines end otherwise");
        }
        let (read, fidelity) = Fidelity::of_text(Some(&entry()), TEXT);
        assert_eq!((read.as_ref(), &fidelity), (TEXT, &Fidelity::Same));
        assert_eq!(fidelity.check_examples(Path::new("x.tsv"), 2, 2, false).unwrap(), None);
    }

    #[test]
    fn a_part_is_noted_and_another_file_is_refused() {
        let path = Path::new("x.tsv");
        let (read, fidelity) = Fidelity::of_text(Some(&entry()), b"1\ta\n");
        assert_eq!(read.as_ref(), b"1\ta\n");
        let note = fidelity.check_examples(path, 1, 2, false).unwrap().unwrap();
        assert!(
            note.starts_with("x.tsv: 1 examples, a part of the published 2 (SHA-256 ")
                && note.ends_with("…)"),
            "{note}"
        );
        let (_, fidelity) = Fidelity::of_text(Some(&entry()), b"1\ta\n1\tb\n");
        let error = fidelity.check_examples(path, 2, 2, false).unwrap_err().to_string();
        assert!(error.starts_with("x.tsv: 2 examples in 8 bytes with SHA-256 "), "{error}");
        let known =
            format!("; the published dev.tsv has 2 examples in 8 bytes with SHA-256 {}", sha256(TEXT));
        assert!(error.contains(&known) && error.contains("--unverified"), "{error}");
        let note = fidelity.check_examples(path, 2, 2, true).unwrap().unwrap();
        assert!(note.starts_with("x.tsv: 2 examples, not those of the published file (SHA-256 "), "{note}");
        // A file with more examples than published is another file, even if no digest is known.
        let error = Fidelity::Same.check_examples(path, 3, 2, false).unwrap_err().to_string();
        assert!(error.starts_with("x.tsv: 3 examples; the published file has 2 examples; "), "{error}");
        let note = Fidelity::Same.check_examples(path, 3, 2, true).unwrap().unwrap();
        assert_eq!(note, "x.tsv: 3 examples, not those of the published file");
    }
}
