//! The pretrained encoder of a task: an embedded one, or one in a Hugging Face folder.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::Sources;
use crate::data::fetch::ModelFolder;
use crate::data::grammar;
use crate::encode::{load_stored_tokenizer, load_tokenizer};
use crate::error::{LmcError, Result};
use crate::file::{hash_file, hexadecimal, sha256};
use crate::model::load::{pretrained_from_bytes, weight_files};
use crate::model::{ModelConfig, Pretrained, load_folder};
use crate::spec::{Embedded, Encoder, ModelSpec};
use crate::store::Store;
use crate::study::opened::{Opened, look};
use crate::study::{GivenModels, OpenedModel};

/// The encoder of a study with its tokenizer.
pub(super) struct Loaded {
    pub model: ModelSpec,
    pub config: ModelConfig,
    /// The path that errors name.
    pub origin: PathBuf,
    /// The weights that runs start from.
    pub pretrained: Option<Pretrained>,
    /// The models from elsewhere.
    pub opened: Vec<OpenedModel>,
    pub tokenizer: Tokenizer,
    pub sources: Sources,
}

impl Loaded {
    fn new(model: ModelSpec, pretrained: Pretrained, tokenizer: Tokenizer, sources: Sources) -> Self {
        Self {
            model,
            config: pretrained.config.clone(),
            origin: pretrained.origin.clone(),
            pretrained: Some(pretrained),
            opened: Vec::new(),
            tokenizer,
            sources,
        }
    }

    /// Returns the architecture and the tokenizer of models from elsewhere, whose outputs are put in the
    /// order of the labels of a task.
    pub fn of_models(given: &GivenModels, labels: &[String], store: &Store) -> Result<Self> {
        let Opened { models, config, tokenizer, tokens } = look(given, labels, Some(store))?;
        let keys: Vec<&str> = models.iter().map(OpenedModel::key).collect();
        let name = format!("{} {}", models.len(), if models.len() == 1 { "model" } else { "models" });
        let model = ModelSpec { name, sha256: sha256(keys.join("\n").as_bytes()), fresh_pooler: false };
        let folders = models.iter().map(|model| model.folder().to_owned()).collect();
        let sources = Sources { models: folders, tokenizer: Some(tokens), ..Sources::default() };
        let origin = models[0].folder().to_owned();
        Ok(Self { model, config, origin, pretrained: None, opened: models, tokenizer, sources })
    }

    /// Returns an encoder for the embedded task, whose tokens it knows.
    pub fn of_grammar(encoder: &Encoder) -> Result<Self> {
        match encoder {
            Encoder::Embedded(Embedded::Bert) => Self::bert(),
            Encoder::Embedded(Embedded::Roberta) => Self::roberta(),
            Encoder::Named(_) | Encoder::Folder(_) => {
                let found = ModelFolder::find(encoder.as_path())?;
                let (pretrained, sha256) =
                    in_folder(&found.folder).map_err(|error| error.in_model(&found.folder))?;
                let folder = found.folder.clone();
                let (name, tokenizer, its_folder) = match pretrained.config.model_type.as_str() {
                    "roberta" => {
                        let tokenizer = load_stored_tokenizer(&found.tokenizer)?;
                        (Embedded::Roberta.to_string(), tokenizer, Some(found.tokenizer))
                    }
                    _ => bert_tokens(found, &pretrained.config)?,
                };
                let sources = Sources { encoder: Some(folder), tokenizer: its_folder, ..Sources::default() };
                let model = spec(name, sha256, &pretrained);
                Ok(Self::new(model, pretrained, tokenizer, sources))
            }
        }
    }

    /// Returns an encoder for a task of corpora, with the tokenizer that comes with it.
    pub fn of_corpora(encoder: &Encoder) -> Result<Self> {
        let found = ModelFolder::find(encoder.as_path())?;
        let (pretrained, sha256) = in_folder(&found.folder).map_err(|error| error.in_model(&found.folder))?;
        let tokenizer = load_tokenizer(&found.tokenizer)?;
        let model = spec(found.name, sha256, &pretrained);
        let (folder, tokens) = (Some(found.folder), Some(found.tokenizer));
        let sources = Sources { encoder: folder, tokenizer: tokens, ..Sources::default() };
        Ok(Self::new(model, pretrained, tokenizer, sources))
    }

    /// Returns the encoder that `lmc pretrain lmc/assets/mini-bert` makes.
    fn bert() -> Result<Self> {
        let config = include_str!("../../../assets/mini-bert/config.json");
        let weights = include_bytes!("../../../assets/mini-bert/model.safetensors");
        let pretrained = pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-bert"))?;
        let model = spec(Embedded::Bert.to_string(), sha256(weights), &pretrained);
        Ok(Self::new(model, pretrained, grammar::tokenizer()?, Sources::default()))
    }

    /// Returns the encoder that `lmc pretrain lmc/assets/mini-roberta --family roberta` makes.
    fn roberta() -> Result<Self> {
        let config = include_str!("../../../assets/mini-roberta/config.json");
        let weights = include_bytes!("../../../assets/mini-roberta/model.safetensors");
        let tokenizer = include_str!("../../../assets/mini-roberta/tokenizer.json");
        let pretrained = pretrained_from_bytes(config, weights, Path::new("lmc/assets/mini-roberta"))?;
        let model = spec(Embedded::Roberta.to_string(), sha256(weights), &pretrained);
        let tokenizer =
            tokenizer.parse().map_err(|e: tokenizers::Error| LmcError::Tokenizer(e.to_string()))?;
        Ok(Self::new(model, pretrained, tokenizer, Sources::default()))
    }
}

/// Returns the name of a BERT from elsewhere, its tokenizer, and the folder of that tokenizer unless it is
/// the one of the grammar.
fn bert_tokens(found: ModelFolder, config: &ModelConfig) -> Result<(String, Tokenizer, Option<PathBuf>)> {
    let of_grammar = grammar::tokenizer()?;
    let n_words = of_grammar.get_vocab_size(true);
    if found.has_tokenizer() {
        let own = load_stored_tokenizer(&found.tokenizer)?;
        if own.get_vocab(true) != of_grammar.get_vocab(true) {
            return Ok((found.name, own, Some(found.tokenizer)));
        }
    } else if config.vocab_size != n_words as i64 {
        let got = format!("{} without a tokenizer, with {} words", found.folder.display(), config.vocab_size);
        let expected =
            format!("an encoder with its tokenizer's files, or one of the {n_words} words of mini-nli");
        return Err(LmcError::invalid("encoder", got, expected));
    }
    Ok((Embedded::Bert.to_string(), of_grammar, None))
}

/// Returns the description of an encoder that goes into the specs of runs.
fn spec(name: String, sha256: String, pretrained: &Pretrained) -> ModelSpec {
    ModelSpec { name, sha256, fresh_pooler: pretrained.lacks_pooler() }
}

/// Returns an encoder in a Hugging Face folder, with the digest of its weights.
fn in_folder(folder: &Path) -> Result<(Pretrained, String)> {
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
        let Loaded { tokenizer, config, .. } = Loaded::roberta().unwrap();
        assert_eq!(learnt.to_string(true).unwrap(), tokenizer.to_string(true).unwrap());
        assert_eq!(config.vocab_size as usize, N_TOKENS);
    }

    #[test]
    fn a_bert_from_elsewhere_reads_by_its_own_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let found = || ModelFolder::find(folder.path()).unwrap();
        let config = |n| ModelConfig::mini(n);
        let of_grammar = grammar::tokenizer().unwrap();
        let n = of_grammar.get_vocab_size(true) as i64;
        // Folders that come without a tokenizer, and those that `lmc pretrain` makes, keep the name that runs
        // have.
        let (name, tokenizer, its_folder) = bert_tokens(found(), &config(n)).unwrap();
        assert_eq!(its_folder, None);
        assert_eq!(
            (name.as_str(), tokenizer.get_vocab(true)),
            (Embedded::Bert.name(), of_grammar.get_vocab(true))
        );
        let message = bert_tokens(found(), &config(n + 1)).unwrap_err().to_string();
        assert!(message.starts_with("`encoder`: got ") && message.contains("77 words"), "{message}");
        of_grammar.save(folder.path().join("tokenizer.json"), true).unwrap();
        assert_eq!(bert_tokens(found(), &config(n)).unwrap().0, Embedded::Bert.name());
        std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        std::fs::write(folder.path().join("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\ndoctors\n").unwrap();
        let (name, tokenizer, its_folder) = bert_tokens(found(), &config(n)).unwrap();
        assert_eq!(its_folder.as_deref(), Some(folder.path()));
        assert_eq!(name, folder.path().file_name().unwrap().to_string_lossy());
        // Without the mask, which is added at the end.
        assert_eq!(tokenizer.get_vocab_size(false), 5);
    }

    #[test]
    fn no_sequence_of_the_task_is_cut() {
        let Loaded { tokenizer, config, .. } = Loaded::roberta().unwrap();
        let data = MiniNli::new(3);
        let sets = data.evaluation_sets().unwrap().into_iter().chain([data.train().unwrap()]);
        let longest = sets.flat_map(|set| encode(&set, &tokenizer, 128).unwrap()).map(|e| e.ids.len()).max();
        assert!(longest > Some(grammar::MAX_TOKENS) && longest <= Some(config.max_len()), "{longest:?}");
    }
}
