//! The pretrained encoder of a task: an embedded one, or one in a Hugging Face folder.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::data::grammar;
use crate::encode::load_stored_tokenizer;
use crate::error::{LmcError, Result};
use crate::file::{hash_file, hexadecimal, sha256};
use crate::model::load::{pretrained_from_bytes, weight_files};
use crate::model::{Pretrained, load_folder};
use crate::spec::ModelSpec;
use crate::study::StudySpec;

/// An encoder of the embedded task with its tokenizer.
pub(super) struct Mini {
    pub model: ModelSpec,
    pub pretrained: Pretrained,
    pub tokenizer: Tokenizer,
}

impl Mini {
    /// The encoder of that name or in that folder; without one the embedded BERT.
    pub fn find(encoder: Option<&Path>) -> Result<Self> {
        match encoder {
            None => Self::bert(),
            Some(name) if name == Path::new(StudySpec::MINI_ROBERTA) => Self::roberta(),
            Some(folder) => {
                let (pretrained, sha256) = in_folder(folder)?;
                let (name, tokenizer) = match pretrained.config.model_type.as_str() {
                    "roberta" => (StudySpec::MINI_ROBERTA, load_stored_tokenizer(folder)?),
                    _ => (StudySpec::MINI_BERT, grammar::tokenizer()?),
                };
                Ok(Self { model: ModelSpec { name: name.into(), sha256 }, pretrained, tokenizer })
            }
        }
    }

    /// What `lmc pretrain lmc/assets/mini-bert` makes.
    fn bert() -> Result<Self> {
        let config = include_str!("../../../assets/mini-bert/config.json");
        let weights = include_bytes!("../../../assets/mini-bert/model.safetensors");
        let pretrained = pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-bert"))?;
        let model = ModelSpec { name: StudySpec::MINI_BERT.into(), sha256: sha256(weights) };
        Ok(Self { model, pretrained, tokenizer: grammar::tokenizer()? })
    }

    /// What `lmc pretrain lmc/assets/mini-roberta --family roberta` makes.
    fn roberta() -> Result<Self> {
        let config = include_str!("../../../assets/mini-roberta/config.json");
        let weights = include_bytes!("../../../assets/mini-roberta/model.safetensors");
        let tokenizer = include_str!("../../../assets/mini-roberta/tokenizer.json");
        let pretrained = pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-roberta"))?;
        let model = ModelSpec { name: StudySpec::MINI_ROBERTA.into(), sha256: sha256(weights) };
        let tokenizer =
            tokenizer.parse().map_err(|e: tokenizers::Error| LmcError::Tokenizer(e.to_string()))?;
        Ok(Self { model, pretrained, tokenizer })
    }
}

/// An encoder in a Hugging Face folder, with the digest of its weights.
pub(super) fn in_folder(folder: &Path) -> Result<(Pretrained, String)> {
    let pretrained = load_folder(folder)?;
    let mut hash = Sha256::new();
    for path in weight_files(folder)? {
        hash_file(&path, &mut hash)?;
    }
    Ok((pretrained, hexadecimal(&hash.finalize())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::byte_pairs::{N_TOKENS, byte_pair_tokenizer};
    use crate::data::mini_nli::MiniNli;
    use crate::encode::encode;
    use crate::study::pretraining::contiguous_documents;

    #[test]
    fn the_embedded_tokenizer_is_the_one_that_its_documents_give() {
        let learnt = byte_pair_tokenizer(&contiguous_documents(0), N_TOKENS).unwrap();
        let Mini { tokenizer, pretrained, .. } = Mini::roberta().unwrap();
        assert_eq!(learnt.to_string(true).unwrap(), tokenizer.to_string(true).unwrap());
        assert_eq!(pretrained.config.vocab_size as usize, N_TOKENS);
    }

    #[test]
    fn no_sequence_of_the_task_is_cut() {
        let Mini { tokenizer, pretrained, .. } = Mini::roberta().unwrap();
        let data = MiniNli::new(3);
        let sets = data.evaluation_sets().unwrap().into_iter().chain([data.train().unwrap()]);
        let longest = sets.flat_map(|set| encode(&set, &tokenizer, 128).unwrap()).map(|e| e.ids.len()).max();
        assert!(
            longest > Some(grammar::MAX_TOKENS) && longest <= Some(pretrained.config.max_len()),
            "{longest:?}"
        );
    }
}
