//! Making the embedded encoders.

use std::path::Path;

use serde_json::{Value, json};
use tch::Device;
use tokenizers::Tokenizer;

use super::task::files_of;
use crate::compute::Compute;
use crate::data::byte_pairs::{self, byte_pair_tokenizer};
use crate::data::grammar::{self, tokenizer};
use crate::data::pretraining::{Document, pretraining_documents};
use crate::data::{Dataset, Example};
use crate::encode::encode;
use crate::error::Result;
use crate::model::{ModelConfig, Replace, Saved, check_place};
use crate::options::Options;
use crate::progress::{Progress, Unit};
use crate::train::{MaskVocabulary, PretrainRecipe, pretrain};
use crate::weights::Weights;

/// Documents that an embedded encoder is pretrained on.
pub const N_DOCUMENTS: usize = 60_000;

/// Pretrains the BERT of the embedded task from a seed on a device, on masked words and next sentences, and
/// writes it as a Hugging Face folder.
///
/// # Errors
/// [`crate::LmcError::Occupied`] if the folder holds anything but the files that the same call wrote before,
/// or with [`Replace::Models`] a model; [`crate::LmcError::Io`] if it cannot be written; both before
/// training. [`crate::LmcError::InvalidParameter`] for a recipe that is not allowed or a device that is not
/// there;
/// [`crate::LmcError::NonFiniteLoss`] if training diverges; [`crate::LmcError::Interrupted`], and then
/// nothing is kept.
///
/// # Examples
/// ```no_run
/// use lmc::model::Replace;
/// use lmc::tch::Device;
/// use lmc::study::{PretrainRecipe, pretrain_mini};
/// let recipe = PretrainRecipe { n_steps: 1_000, ..PretrainRecipe::mini() };
/// let weights = pretrain_mini("encoder".as_ref(), 0, &recipe, Device::Cpu, Replace::Same)?;
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn pretrain_mini(
    folder: &Path,
    seed: u64,
    recipe: &PretrainRecipe,
    device: Device,
    replace: Replace,
) -> Result<Weights> {
    let place = place(folder, "bert", seed, recipe, device, replace)?;
    let tokenizer = tokenizer()?;
    let config = ModelConfig::mini(size(&tokenizer));
    let vocabulary =
        MaskVocabulary { mask: grammar::MASK, n_special: grammar::UNK + 1, size: config.vocab_size };
    Maker { tokenizer, config, vocabulary, recipe, seed, place }
        .make(pretraining_documents(seed, N_DOCUMENTS))
}

/// Pretrains the RoBERTa of the embedded task from a seed, on masked tokens alone, and writes it as a Hugging
/// Face folder.
///
/// It reads those documents of [`pretrain_mini`] whose second segment is really the next one: without
/// next-sentence prediction text is read as it stands (Liu et al. 2019, section 4.2). Its tokens are those
/// that [`byte_pair_tokenizer`] learns from them.
///
/// # Errors
/// The errors of [`pretrain_mini`].
///
/// # Examples
/// ```no_run
/// use lmc::model::Replace;
/// use lmc::tch::Device;
/// use lmc::study::{PretrainRecipe, pretrain_mini_roberta};
/// let recipe = PretrainRecipe::mini_roberta();
/// let weights = pretrain_mini_roberta("encoder".as_ref(), 0, &recipe, Device::Cpu, Replace::Same)?;
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn pretrain_mini_roberta(
    folder: &Path,
    seed: u64,
    recipe: &PretrainRecipe,
    device: Device,
    replace: Replace,
) -> Result<Weights> {
    let place = place(folder, "roberta", seed, recipe, device, replace)?;
    let documents = contiguous_documents(seed);
    let tokenizer = byte_pair_tokenizer(&documents, byte_pairs::N_TOKENS)?;
    let config = ModelConfig::mini_roberta(size(&tokenizer));
    let vocabulary =
        MaskVocabulary { mask: byte_pairs::MASK, n_special: byte_pairs::MASK + 1, size: config.vocab_size };
    Maker { tokenizer, config, vocabulary, recipe, seed, place }.make(documents)
}

/// Returns the documents of the RoBERTa, about 48,000.
pub(super) fn contiguous_documents(seed: u64) -> Vec<Document> {
    pretraining_documents(seed, N_DOCUMENTS).into_iter().filter(|document| document.is_next).collect()
}

fn size(tokenizer: &Tokenizer) -> i64 {
    tokenizer.get_vocab_size(true) as i64
}

/// The parts that make an encoder from documents.
struct Maker<'a> {
    tokenizer: Tokenizer,
    config: ModelConfig,
    vocabulary: MaskVocabulary,
    recipe: &'a PretrainRecipe,
    seed: u64,
    place: Place<'a>,
}

/// The place where the encoder is made and where it goes.
struct Place<'a> {
    device: Device,
    folder: &'a Path,
    /// The record of what makes the encoder.
    origin: Value,
    replace: Replace,
}

/// Returns the place of an encoder, after checks of it and of the recipe.
fn place<'a>(
    folder: &'a Path,
    family: &str,
    seed: u64,
    recipe: &PretrainRecipe,
    device: Device,
    replace: Replace,
) -> Result<Place<'a>> {
    recipe.validate()?;
    Compute { devices: vec![device], ..Compute::cpu() }.validate()?;
    let mut origin = json!({ "pretrained": family, "seed": seed, "recipe": format!("{recipe:?}") });
    if device != Device::Cpu {
        origin["device"] = json!(format!("{device:?}"));
    }
    check_place(folder, &origin, replace)?;
    Ok(Place { device, folder, origin, replace })
}

impl Maker<'_> {
    fn make(self, documents: Vec<Document>) -> Result<Weights> {
        let examples = documents
            .into_iter()
            .map(|d| Example { first: d.first, second: Some(d.second), label: i64::from(!d.is_next) })
            .collect();
        let documents = Dataset::new("pretraining", &["next", "random"], examples, None)?;
        let encoded = encode(&documents, &self.tokenizer, self.config.max_len())?;
        let progress = Progress::new("pretraining", Unit::Updates, u64::from(self.recipe.n_steps));
        let Self { config, vocabulary, recipe, seed, tokenizer, place } = self;
        let weights = pretrain(&config, &encoded, vocabulary, recipe, seed, place.device, |_, loss| {
            progress.tick(|| format!("loss {loss:.3}"));
            Ok(())
        })?;
        let files = files_of(&tokenizer, &config)?;
        Saved { config: &config, weights: &weights, files, card: None }.write(
            place.folder,
            &place.origin,
            place.replace,
        )?;
        Ok(weights)
    }
}
