//! Making the embedded encoder.

use std::path::Path;

use crate::data::grammar::tokenizer;
use crate::data::pretraining::pretraining_documents;
use crate::data::{Dataset, Example};
use crate::encode::encode;
use crate::error::{LmcError, Result};
use crate::model::{ModelConfig, save_folder};
use crate::progress::{Progress, Unit};
use crate::train::{MaskVocabulary, PretrainRecipe, pretrain};
use crate::weights::Weights;

/// Documents that the embedded encoder is pretrained on.
pub const N_DOCUMENTS: usize = 60_000;

/// Pretrains the encoder of the embedded task from a seed and writes it as a Hugging Face folder.
///
/// # Errors
/// [`LmcError::Io`] when the folder cannot be written; [`LmcError::NonFiniteLoss`] when training diverges;
/// [`LmcError::Interrupted`], and then nothing is kept.
pub fn pretrain_mini(folder: &Path, seed: u64, recipe: &PretrainRecipe) -> Result<Weights> {
    std::fs::create_dir_all(folder).map_err(LmcError::io("create folder", folder))?;
    let tokenizer = tokenizer()?;
    let examples = pretraining_documents(seed, N_DOCUMENTS)
        .into_iter()
        .map(|d| Example { first: d.first, second: Some(d.second), label: i64::from(!d.is_next) })
        .collect();
    let documents = Dataset::new("pretraining", &["next", "random"], examples, None)?;
    let config = ModelConfig::mini(tokenizer.get_vocab_size(true) as i64);
    let encoded = encode(&documents, &tokenizer, config.max_len())?;
    let id = |token: &str| {
        tokenizer.token_to_id(token).map(i64::from).ok_or_else(|| LmcError::Tokenizer(format!("no {token}")))
    };
    let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let n_special =
        specials.iter().map(|t| id(t)).collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or(0) + 1;
    let vocabulary = MaskVocabulary { mask: id("[MASK]")?, n_special, size: config.vocab_size };
    let progress = Progress::new("pretraining", Unit::Updates, u64::from(recipe.n_steps));
    let weights = pretrain(&config, &encoded, vocabulary, recipe, seed, |_, loss| {
        progress.tick(|| format!("loss {loss:.3}"));
        Ok(())
    })?;
    save_folder(folder, &config, &weights)?;
    let path = folder.join("tokenizer.json");
    tokenizer.save(&path, true).map_err(|e| LmcError::Tokenizer(format!("{}: {e}", path.display())))?;
    Ok(weights)
}
