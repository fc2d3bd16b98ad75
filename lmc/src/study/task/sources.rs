//! The sources of a task's parts: folders that must stay as they are, and the tokenizer's files for models
//! that are saved.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokenizers::Tokenizer;

use crate::data::fetch::TOKENIZER_FILES;
use crate::error::{LmcError, Result};
use crate::model::ModelConfig;

/// The folders that a task was read from; parts that come with the crate have none.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Sources {
    pub encoder: Option<PathBuf>,
    /// The tokenizer's folder.
    pub tokenizer: Option<PathBuf>,
    /// The folders of the corpora.
    pub data: Vec<PathBuf>,
    /// The folders of models from elsewhere.
    pub models: Vec<PathBuf>,
}

impl Sources {
    /// Returns every folder with a word for its content.
    pub fn folders(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let encoder = self.encoder.as_deref().map(|folder| ("encoder", folder));
        let tokenizer = self.tokenizer.as_deref().map(|folder| ("tokenizer", folder));
        let data = self.data.iter().map(|folder| ("data", folder.as_path()));
        let models = self.models.iter().map(|folder| ("models", folder.as_path()));
        encoder.into_iter().chain(models).chain(tokenizer).chain(data)
    }
}

/// Returns the files of the tokenizer in a folder, as they are.
pub(in super::super) fn files_in(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let there =
        TOKENIZER_FILES.iter().map(|name| (name, folder.join(name))).filter(|(_, path)| path.exists());
    there
        .map(|(name, path)| {
            Ok(((*name).to_owned(), std::fs::read(&path).map_err(LmcError::io("read", &path))?))
        })
        .collect()
}

/// Returns the files of a tokenizer that comes with the crate. Its `tokenizer_config.json` says that
/// `tokenizer.json` is to be taken as it is.
pub(in super::super) fn files_of(
    tokenizer: &Tokenizer,
    config: &ModelConfig,
) -> Result<Vec<(String, Vec<u8>)>> {
    let text = tokenizer.to_string(true).map_err(|e| LmcError::Tokenizer(e.to_string()))?;
    let [cls, sep, pad, unk, mask] = match config.is_roberta() {
        true => ["<s>", "</s>", "<pad>", "<unk>", "<mask>"],
        false => ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"],
    };
    let inputs: &[&str] = match config.is_roberta() || !config.has_segments() {
        true => &["input_ids", "attention_mask"],
        // Without their name transformers leaves segments out, and takes all for the first.
        false => &["input_ids", "token_type_ids", "attention_mask"],
    };
    let options = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config.max_len(),
        "model_input_names": inputs,
        "cls_token": cls,
        "sep_token": sep,
        "pad_token": pad,
        "unk_token": unk,
        "mask_token": mask,
    });
    Ok(vec![
        ("tokenizer.json".to_owned(), text.into_bytes()),
        ("tokenizer_config.json".to_owned(), format!("{options:#}\n").into_bytes()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::grammar;
    use crate::encode::load_tokenizer;

    #[test]
    fn the_files_of_a_tokenizer_are_all_that_it_is_read_from() {
        let folder = tempfile::tempdir().unwrap();
        let tokenizer = grammar::tokenizer().unwrap();
        for (name, bytes) in files_of(&tokenizer, &ModelConfig::mini(76)).unwrap() {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let read = load_tokenizer(folder.path()).unwrap();
        let ids = |tokenizer: &Tokenizer| {
            tokenizer.encode(("the doctor slept", "who knows"), true).unwrap().get_ids().to_vec()
        };
        assert_eq!(ids(&read), ids(&tokenizer));
        std::fs::write(folder.path().join("added_tokens.json"), b"{}").unwrap();
        std::fs::write(folder.path().join("config.json"), b"{}").unwrap();
        let names: Vec<String> = files_in(folder.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["tokenizer.json", "tokenizer_config.json", "added_tokens.json"]);
    }

    #[test]
    fn folders_are_told_with_what_they_hold() {
        let sources =
            Sources { encoder: Some("bert".into()), data: vec!["cola".into()], ..Sources::default() };
        let folders: Vec<(&str, &Path)> = sources.folders().collect();
        assert_eq!(folders, [("encoder", Path::new("bert")), ("data", Path::new("cola"))]);
    }
}
