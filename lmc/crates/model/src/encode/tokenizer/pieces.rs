//! Tokenizers of pieces (Kudo 2018) from `tokenizer.json`, as the classes of XLM-RoBERTa, CamemBERT, ALBERT
//! and DeBERTa in transformers build them: the vocabulary and, but for DeBERTa, the map of characters are the
//! file's, all else the class's.

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

/// The special tokens of `DebertaV2Tokenizer`.
pub(super) const DEBERTA_TOKENS: [(&str, &str); 7] = [
    ("bos_token", "[CLS]"),
    ("eos_token", "[SEP]"),
    ("unk_token", "[UNK]"),
    ("sep_token", "[SEP]"),
    ("pad_token", "[PAD]"),
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
        Pieces::Deberta => {
            let unknown = (name("unk_token")?, 0.0);
            let stated = settings
                .given("unk_id")
                .map(|setting| setting.value.id().ok_or_else(|| setting.wrong("the id of a piece")));
            let stated = stated.transpose()?.map_or(1, |id| id as usize);
            vocabulary.iter().position(|piece| *piece == unknown).unwrap_or(stated)
        }
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
    let words = serde_json::from_value::<PreTokenizerWrapper>(words(class, settings)?).map_err(unusable)?;
    tokenizer.with_pre_tokenizer(Some(words));
    added.add_to(&mut tokenizer, Vec::new())?;
    let own = file.get("post_processor").filter(|own| class == Pieces::Albert && !own.is_null());
    let processor = match own {
        Some(own) => own.clone(),
        None => {
            let ends = match class {
                Pieces::Albert | Pieces::Deberta => [name("cls_token")?, name("sep_token")?],
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
    match class {
        Pieces::Albert => {}
        Pieces::Deberta => return of_deberta(settings).map(Some),
        Pieces::XlmRoberta | Pieces::Camembert => return Ok(map),
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

/// Returns the normalizer of `DebertaV2Tokenizer`, as JSON.
fn of_deberta(settings: &Settings) -> Result<Value> {
    let lower = settings.flag("do_lower_case", false)?.then(|| json!({ "type": "Lowercase" }));
    let spaces = json!({ "type": "Replace", "pattern": { "Regex": "\\s{2,}|[\\n\\r\\t]" }, "content": " " });
    let strip = json!({ "type": "Strip", "strip_left": false, "strip_right": true });
    let all: Vec<Value> = lower.into_iter().chain([spaces, json!({ "type": "NFC" }), strip]).collect();
    Ok(json!({ "type": "Sequence", "normalizers": all }))
}

/// Returns the division of texts into words of the class, as JSON.
fn words(class: Pieces, settings: &Settings) -> Result<Value> {
    let has_prefix = settings.flag("add_prefix_space", true)?;
    let (first, scheme) = match class {
        Pieces::Deberta => {
            let splits = settings.flag("split_by_punct", false)?;
            let split = splits.then(|| json!({ "type": "Punctuation", "behavior": "Isolated" }));
            (split, if has_prefix { "always" } else { "first" })
        }
        _ => (Some(json!({ "type": "WhitespaceSplit" })), if has_prefix { "always" } else { "never" }),
    };
    let spaces =
        json!({ "type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": scheme, "split": true });
    let all: Vec<Value> = first.into_iter().chain([spaces]).collect();
    Ok(json!({ "type": "Sequence", "pretokenizers": all }))
}

/// Returns the template of the special tokens at both ends, as JSON, or the one of them that has no id.
fn template(class: Pieces, tokenizer: &Tokenizer, ends: [String; 2]) -> std::result::Result<Value, String> {
    let mut known = serde_json::Map::new();
    for end in &ends {
        let id = tokenizer.token_to_id(end).ok_or_else(|| end.clone())?;
        known.insert(end.clone(), json!({ "id": end, "ids": [id], "tokens": [end] }));
    }
    let special = |end: &str, segment: u8| json!({ "SpecialToken": { "id": end, "type_id": segment } });
    let text = |name: &str, segment: u8| json!({ "Sequence": { "id": name, "type_id": segment } });
    let [start, end] = &ends;
    let single = vec![special(start, 0), text("A", 0), special(end, 0)];
    let (between, segment) = match class {
        Pieces::Albert => (vec![], 0),
        Pieces::Deberta => (vec![], 1),
        Pieces::XlmRoberta | Pieces::Camembert => (vec![special(end, 0)], 0),
    };
    let pair = [single.clone(), between, vec![text("B", segment), special(end, segment)]].concat();
    Ok(json!({ "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known }))
}
