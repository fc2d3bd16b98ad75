//! Multi-Genre Natural Language Inference (Williams et al. 2018): GLUE's files, the hub's, and the original ones.
//!
//! GLUE's development sets leave out the pairs without a gold label; the original files have them, with the label `-`:
//! 185 matched and 168 mismatched ones are skipped, and 9,815 and 9,832 remain in either form.

use std::path::Path;

use super::manifest::Manifest;
use super::reader::{self, Reading};
use crate::error::Result;

/// Returns the manifest of the corpus: label names, forms with their columns, splits, licence.
///
/// # Errors
/// As [`Manifest::parse`], which does not happen for the manifest that is built in.
pub fn manifest() -> Result<Manifest> {
    let text = include_str!("../../../data-manifests/mnli.toml");
    Manifest::parse(text, Path::new("data-manifests/mnli.toml"))
}

/// Returns a split, `train`, `validation_matched` or `validation_mismatched`, from a folder with one of its forms; the
/// kind of an example is its genre, where the form has it.
///
/// # Errors
/// As [`reader::read_split`].
pub fn read_split(folder: &Path, split: &str) -> Result<Reading> {
    reader::read_split(&manifest()?, folder, split)
}
