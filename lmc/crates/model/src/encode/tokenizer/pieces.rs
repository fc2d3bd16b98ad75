//! Tokenizers of pieces (Kudo 2018) from `tokenizer.json`, as the classes of XLM-RoBERTa, CamemBERT and ALBERT
//! in transformers build them: the vocabulary and the map of characters are the file's, all else the class's.

use serde_json::{Value, json};
use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{PostProcessor, Tokenizer};

use super::added::Added;
use super::class::Pieces;
use super::files::{not_json, wrong, wrong_key};
use super::settings::Settings;
use super::vocabulary::Whole;
use lmc_base::error::{LmcError, Result};

/// The special tokens of `AlbertTokenizer`.
pub(super) const ALBERT_TOKENS: [(&str, &str); 7] = [
    ("bos_token", "[CLS]"),
    ("eos_token", "[SEP]"),
    ("unk_token", "<unk>"),
    ("sep_token", "[SEP]"),
    ("pad_token", "<pad>"),
    ("cls_token", "[CLS]"),
    ("mask_token", "[MASK]"),
];

/// Files of SentencePiece, from which transformers makes a tokenizer by another library.
const MODELS: [&str; 3] = ["sentencepiece.bpe.model", "spiece.model", "spm.model"];

/// Returns the error for a folder with no other tokenizer than a file of SentencePiece, if it has one.
pub(super) fn only_sentencepiece(folder: &std::path::Path) -> Option<LmcError> {
    let name = MODELS.into_iter().find(|name| folder.join(name).exists())?;
    Some(LmcError::Format {
        path: folder.to_owned(),
        line: None,
        problem: format!("the tokenizer is {name}, which is not read, and there is no tokenizer.json"),
        remedy: "make tokenizer.json in Python, with the package sentencepiece: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
    })
}

/// Builds the tokenizer of a class of pieces.
pub(super) fn pieces(class: Pieces, whole: &Whole, settings: &Settings, added: &Added) -> Result<Tokenizer> {
    let path = &whole.path;
    if whole.kind() != "Unigram" {
        let kind = if whole.kind().is_empty() { "a model without a type" } else { whole.kind() };
        let expected = "Unigram (`tokenizer_class` PreTrainedTokenizerFast takes the file as it is)";
        return Err(wrong_key(path, "model.type", kind, expected));
    }
    let file: Value = serde_json::from_str(&whole.text).map_err(|error| not_json(path, &error))?;
    let unusable = |error: serde_json::Error| wrong(path, None, error.to_string());
    let vocabulary: Vec<(String, f64)> =
        serde_json::from_value(file["model"]["vocab"].clone()).map_err(unusable)?;
    let name = |key: &str| match added.named(key) {
        Some(token) => Ok(token.content.clone()),
        None => Err(wrong_key(path, key, "null", "a token")),
    };
    let unknown = match class {
        Pieces::XlmRoberta => 3,
        Pieces::Albert => 1,
        Pieces::Camembert => {
            let unknown = name("unk_token")?;
            vocabulary.iter().position(|(piece, _)| *piece == unknown).unwrap_or(0)
        }
    };
    let model = Unigram::from(vocabulary, Some(unknown), false)
        .map_err(|error| wrong_key(path, "model.vocab", error, "pieces, the unknown one among them"))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(
        normalizer(class, &file, settings)?
            .map(serde_json::from_value::<NormalizerWrapper>)
            .transpose()
            .map_err(unusable)?,
    );
    let scheme = if settings.flag("add_prefix_space", true)? { "always" } else { "never" };
    let words = json!({ "type": "Sequence", "pretokenizers": [
        { "type": "WhitespaceSplit" },
        { "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": scheme, "split": true },
    ]});
    tokenizer
        .with_pre_tokenizer(Some(serde_json::from_value::<PreTokenizerWrapper>(words).map_err(unusable)?));
    added.add_to(&mut tokenizer, Vec::new())?;
    let own = file.get("post_processor").filter(|own| class == Pieces::Albert && !own.is_null());
    let processor = match own {
        Some(own) => own.clone(),
        None => {
            let ends = match class {
                Pieces::Albert => [name("cls_token")?, name("sep_token")?],
                _ => [name("bos_token")?, name("eos_token")?],
            };
            template(class, &tokenizer, ends)
                .map_err(|token| wrong(path, None, format!("the special token `{token}` is missing")))?
        }
    };
    let processor: PostProcessorWrapper = serde_json::from_value(processor).map_err(unusable)?;
    if processor.added_tokens(false) == 0 {
        return Err(wrong(path, None, "it puts no special tokens around a text"));
    }
    tokenizer.with_post_processor(Some(processor));
    Ok(tokenizer)
}

/// Returns the normalizer of the class with the file's map of characters, as JSON.
fn normalizer(class: Pieces, file: &Value, settings: &Settings) -> Result<Option<Value>> {
    let stored = match &file["normalizer"] {
        all if all["type"] == "Sequence" => all["normalizers"].as_array().cloned().unwrap_or_default(),
        one => vec![one.clone()],
    };
    let map = stored.into_iter().find(|one| one["type"] == "Precompiled");
    if class != Pieces::Albert {
        return Ok(map);
    }
    let quotes = |from: &str| json!({ "type": "Replace", "pattern": { "String": from }, "content": "\"" });
    let mut all = vec![quotes("``"), quotes("''")];
    if !settings.flag("keep_accents", false)? {
        all.extend([json!({ "type": "NFKD" }), json!({ "type": "StripAccents" })]);
    }
    if settings.flag("do_lower_case", true)? {
        all.push(json!({ "type": "Lowercase" }));
    }
    all.extend(map);
    Ok(Some(json!({ "type": "Sequence", "normalizers": all })))
}

/// Returns the template of the special tokens at both ends, as JSON, or the one of them that has no id.
fn template(class: Pieces, tokenizer: &Tokenizer, ends: [String; 2]) -> std::result::Result<Value, String> {
    let mut known = serde_json::Map::new();
    for end in &ends {
        let id = tokenizer.token_to_id(end).ok_or_else(|| end.clone())?;
        known.insert(end.clone(), json!({ "id": end, "ids": [id], "tokens": [end] }));
    }
    let special = |end: &str| json!({ "SpecialToken": { "id": end, "type_id": 0 } });
    let text = |name: &str| json!({ "Sequence": { "id": name, "type_id": 0 } });
    let [start, end] = [&ends[0], &ends[1]].map(|end| special(end));
    let single = vec![start, text("A"), end.clone()];
    let between = if class == Pieces::Albert { vec![] } else { vec![end.clone()] };
    let pair = [single.clone(), between, vec![text("B"), end]].concat();
    Ok(json!({ "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known }))
}
