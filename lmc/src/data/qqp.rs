//! Quora Question Pairs (Iyer et al. 2017) in GLUE's tab-separated files and the hub's Parquet.
//!
//! Rows of the tab-separated files with too few columns, and rows without a label, are skipped and counted, as the readers
//! of Hugging Face's `datasets` and `transformers` do: 363,846 and 40,430 pairs remain.

use std::path::Path;

use super::manifest::Manifest;
use super::reader::{self, Reading};
use crate::error::Result;

/// Returns the manifest of the corpus: label names, forms with their columns, splits, licence.
///
/// # Errors
/// As [`Manifest::parse`], which does not happen for the manifest that is built in.
pub fn manifest() -> Result<Manifest> {
    let text = include_str!("../../../data-manifests/qqp.toml");
    Manifest::parse(text, Path::new("data-manifests/qqp.toml"))
}

/// Returns a split, `train` or `validation`, from a folder with one of its forms.
///
/// # Errors
/// As [`reader::read_split`].
pub fn read_split(folder: &Path, split: &str) -> Result<Reading> {
    reader::read_split(&manifest()?, folder, split)
}
