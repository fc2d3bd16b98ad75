//! The pretrained encoder of a study.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::manifest::Manifest;
use lmc_base::error::{LmcError, Result};

/// The pretrained encoder of a study: one that comes with the crate, one that a manifest describes, or a
/// folder.
///
/// A text becomes an encoder in the same way on the command line, in a study's file and in a notebook: the
/// names of [`Embedded`] come first, then a folder that is there, then a name of a manifest. Anything else is
/// a folder that is missing, which is reported when the encoder is loaded.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// use lmc::spec::{Embedded, Encoder};
/// assert_eq!(Encoder::from("mini-roberta"), Encoder::Embedded(Embedded::Roberta));
/// assert_eq!(Encoder::from("roberta-base"), Encoder::Named("roberta-base".into()));
/// assert_eq!(Encoder::from("my/encoder"), Encoder::Folder("my/encoder".into()));
/// assert_eq!(Encoder::from("my/encoder").to_string(), "my/encoder");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// An encoder of the embedded task.
    Embedded(Embedded),
    /// The name of a manifest, or of a repository that one describes; its files are fetched.
    Named(String),
    /// A folder as Hugging Face lays it out.
    Folder(PathBuf),
}

/// The encoders that come with the crate, for the embedded task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedded {
    /// A tiny BERT: words are its tokens.
    Bert,
    /// A tiny RoBERTa of the same size, pretrained on the same documents, with tokens of its own.
    Roberta,
}

impl Embedded {
    /// All of them.
    pub const ALL: [Embedded; 2] = [Embedded::Bert, Embedded::Roberta];

    /// Returns the name: `mini-bert` or `mini-roberta`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "mini-bert",
            Self::Roberta => "mini-roberta",
        }
    }
}

impl fmt::Display for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Encoder {
    /// Returns the encoder that a name stands for without regard to folders: an embedded one, or that of a
    /// manifest.
    pub fn known(name: &str) -> Option<Self> {
        let embedded = Embedded::ALL.into_iter().find(|embedded| embedded.name() == name).map(Self::Embedded);
        embedded.or_else(|| Manifest::builtin(name).ok().map(|_| Self::Named(name.to_owned())))
    }

    /// Returns the text form as a path; a name is a path too.
    pub fn as_path(&self) -> &Path {
        match self {
            Self::Embedded(embedded) => Path::new(embedded.name()),
            Self::Named(name) => Path::new(name),
            Self::Folder(folder) => folder,
        }
    }

    /// Checks that the text form is not empty. Loading shows whether a folder or a name is that of a model.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`].
    pub fn check(&self) -> Result<()> {
        if self.as_path().as_os_str().is_empty() {
            let expected = "a folder, or the name of an encoder that `lmc manifests` lists";
            return Err(LmcError::invalid("encoder", "an empty text", expected));
        }
        Ok(())
    }
}

impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_path().display())
    }
}

impl From<&Path> for Encoder {
    fn from(given: &Path) -> Self {
        let known = given.to_str().and_then(Self::known);
        match known {
            Some(embedded @ Self::Embedded(_)) => embedded,
            Some(named) if !given.is_dir() => named,
            _ => Self::Folder(given.to_owned()),
        }
    }
}

impl From<PathBuf> for Encoder {
    fn from(given: PathBuf) -> Self {
        given.as_path().into()
    }
}

impl From<&PathBuf> for Encoder {
    fn from(given: &PathBuf) -> Self {
        given.as_path().into()
    }
}

impl From<&str> for Encoder {
    fn from(given: &str) -> Self {
        Path::new(given).into()
    }
}

impl From<Embedded> for Encoder {
    fn from(embedded: Embedded) -> Self {
        Self::Embedded(embedded)
    }
}

impl FromStr for Encoder {
    type Err = LmcError;

    /// Returns the encoder of a text.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for an empty text.
    fn from_str(text: &str) -> Result<Self> {
        let encoder = Self::from(text);
        encoder.check()?;
        Ok(encoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back() {
        for (text, encoder) in [
            ("mini-bert", Encoder::Embedded(Embedded::Bert)),
            ("mini-roberta", Encoder::Embedded(Embedded::Roberta)),
            ("bert-base-uncased", Encoder::Named("bert-base-uncased".into())),
            ("google-bert/bert-base-uncased", Encoder::Named("google-bert/bert-base-uncased".into())),
            ("qqp-berts-12@15000", Encoder::Named("qqp-berts-12@15000".into())),
            ("./mini-bert", Encoder::Folder("./mini-bert".into())),
            ("nowhere", Encoder::Folder("nowhere".into())),
        ] {
            assert_eq!(text.parse::<Encoder>().unwrap(), encoder);
            assert_eq!(encoder.to_string(), text);
        }
        let message = "".parse::<Encoder>().unwrap_err().to_string();
        assert!(message.starts_with("`encoder`: got an empty text, expected a folder, or"), "{message}");
    }

    #[test]
    fn a_folder_that_is_there_comes_before_a_manifest() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Encoder::from(folder.path()), Encoder::Folder(folder.path().into()));
        assert_eq!(Encoder::known("bert-tiny"), Some(Encoder::Named("bert-tiny".into())));
        assert_eq!(Encoder::known(folder.path().to_str().unwrap()), None);
    }
}
