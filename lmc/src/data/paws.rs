//! PAWS-QQP (Zhang et al. 2019): question pairs with the same words in another order, as text made from QQP.
//!
//! The texts are tokenised, quotation marks are written as two backquotes or two apostrophes, and `train.tsv` ends its lines
//! in CRLF. The makers write the files without quoting. DIFFERENCE: the paper's code reads them with quoting, which is the
//! same since there is no `"` in them.

use std::path::Path;

use super::manifest::Manifest;
use super::reader::{self, Reading};
use crate::error::Result;

/// Returns the manifest of the corpus: label names, columns, splits, licence.
///
/// # Errors
/// As [`Manifest::parse`], which does not happen for the manifest that is built in.
pub fn manifest() -> Result<Manifest> {
    let text = include_str!("../../../data-manifests/paws-qqp.toml");
    Manifest::parse(text, Path::new("data-manifests/paws-qqp.toml"))
}

/// Returns a split, `train` or `dev_and_test`, from the folder of the files.
///
/// # Errors
/// As [`reader::read_split`].
pub fn read_split(folder: &Path, split: &str) -> Result<Reading> {
    reader::read_split(&manifest()?, folder, split)
}
