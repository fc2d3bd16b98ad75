//! The tokenizers of models from elsewhere.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::data::fetch::ModelFolder;
use crate::encode::load_tokenizer;
use crate::error::{LmcError, Result};
use crate::file::sha256;

/// Returns the tokenizer of a model with a digest that tells it from others.
///
/// # Errors
/// [`LmcError::Format`] for a model without a tokenizer; those of [`load_tokenizer`].
pub(super) fn tokens_of(model: &ModelFolder) -> Result<(Tokenizer, String)> {
    if !model.has_tokenizer() {
        return Err(no_tokenizer(model));
    }
    let tokenizer = load_tokenizer(&model.tokenizer)?;
    let wrong = |error: tokenizers::Error| LmcError::Tokenizer(error.to_string());
    // The longest text that a tokenizer takes does not change the tokens of others.
    let direction = tokenizer.get_truncation().map(|truncation| truncation.direction).unwrap_or_default();
    let mut plain = tokenizer.clone();
    plain.with_truncation(None).map_err(wrong)?;
    let text = plain.to_string(false).map_err(wrong)?;
    // A tokenizer's text does not say whether special tokens in texts are split.
    let split = tokenizer.get_encode_special_tokens();
    let digest = sha256(format!("{text} {split} {direction:?}").as_bytes());
    Ok((tokenizer, digest))
}

/// Returns whether a folder has the files of a tokenizer.
pub(super) fn has_tokenizer(folder: &Path) -> bool {
    let (folder, name) = (folder.to_owned(), String::new());
    ModelFolder { name, tokenizer: folder.clone(), folder, labels: Vec::new() }.has_tokenizer()
}

/// Returns the error for a model without a tokenizer.
pub(super) fn no_tokenizer(model: &ModelFolder) -> LmcError {
    LmcError::Format {
        path: model.tokenizer.clone(),
        line: None,
        problem: "there is no tokenizer (tokenizer.json, vocab.txt, or vocab.json with merges.txt)".into(),
        remedy: "give the folder or the name of a model with the same one by --tokenizer, or add its files",
    }
}
