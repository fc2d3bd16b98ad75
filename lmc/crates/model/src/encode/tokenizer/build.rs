//! Tokenizers from vocabularies, settings and added tokens.

use std::path::Path;

use serde_json::{Value, json};
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::{self, BPE};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{PostProcessor, Tokenizer};

use super::added::{Added, stored};
use super::class::Class;
use super::files::{not_json, wrong, wrong_key};
use super::settings::Settings;
use super::vocabulary::{Vocabulary, Whole};
use lmc_base::error::Result;
use lmc_base::progress;

/// The special tokens of `BertTokenizer`.
pub(super) const BERT_TOKENS: [(&str, &str); 5] = [
    ("unk_token", "[UNK]"),
    ("sep_token", "[SEP]"),
    ("pad_token", "[PAD]"),
    ("cls_token", "[CLS]"),
    ("mask_token", "[MASK]"),
];

/// The special tokens of `RobertaTokenizer`.
pub(super) const ROBERTA_TOKENS: [(&str, &str); 7] = [
    ("bos_token", "<s>"),
    ("eos_token", "</s>"),
    ("unk_token", "<unk>"),
    ("sep_token", "</s>"),
    ("pad_token", "<pad>"),
    ("cls_token", "<s>"),
    ("mask_token", "<mask>"),
];

/// The special tokens of `MPNetTokenizer`.
pub(super) const MPNET_TOKENS: [(&str, &str); 7] = [
    ("bos_token", "<s>"),
    ("eos_token", "</s>"),
    ("unk_token", "[UNK]"),
    ("sep_token", "</s>"),
    ("pad_token", "<pad>"),
    ("cls_token", "<s>"),
    ("mask_token", "<mask>"),
];

/// Builds a `BertTokenizer` or, with two separators between texts, an `MPNetTokenizer`: word pieces.
pub(super) fn word_piece(
    vocabulary: Vocabulary,
    settings: &Settings,
    added: &Added,
    class: Class,
) -> Result<Tokenizer> {
    let lower = settings.flag("do_lower_case", true)?;
    let chinese = settings.flag("tokenize_chinese_chars", true)?;
    let normalizer = BertNormalizer::new(true, chinese, settings.flag_or_null("strip_accents")?, lower);
    let unknown = special(&vocabulary, settings, added, "unk_token", false)?;
    let (cls, sep) = ends(&vocabulary, settings, added)?;
    let path = vocabulary.path;
    let model = WordPiece::builder()
        .vocab(vocabulary.ids.into_iter().collect::<bpe::Vocab>())
        .unk_token(unknown)
        .build()
        .map_err(|error| wrong(&path, None, error.to_string()))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(normalizer));
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    added.add_to(&mut tokenizer, Vec::new())?;
    let (cls, sep) = (numbered(&tokenizer, cls, &path)?, numbered(&tokenizer, sep, &path)?);
    let processor: PostProcessorWrapper = match class {
        Class::Mpnet => RobertaProcessing::new(sep, cls).trim_offsets(true).add_prefix_space(false).into(),
        _ => BertProcessing::new(sep, cls).into(),
    };
    tokenizer.with_post_processor(Some(processor));
    Ok(tokenizer)
}

/// Builds a `RobertaTokenizer`: byte-level pairs.
pub(super) fn byte_level(vocabulary: Vocabulary, settings: &Settings, added: &Added) -> Result<Tokenizer> {
    let prefix = settings.flag("add_prefix_space", false)?;
    let trim = settings.flag("trim_offsets", true)?;
    let (cls, sep) = ends(&vocabulary, settings, added)?;
    let path = vocabulary.path;
    let model = BPE::builder()
        .vocab_and_merges(vocabulary.ids.into_iter().collect::<bpe::Vocab>(), vocabulary.merges)
        .build()
        .map_err(|error| wrong(&path, None, error.to_string()))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(prefix)));
    added.add_to(&mut tokenizer, Vec::new())?;
    let (cls, sep) = (numbered(&tokenizer, cls, &path)?, numbered(&tokenizer, sep, &path)?);
    let processor = RobertaProcessing::new(sep, cls).trim_offsets(trim).add_prefix_space(prefix);
    tokenizer.with_post_processor(Some(processor));
    Ok(tokenizer)
}

/// Builds a `PreTrainedTokenizerFast`, as `tokenizer.json` describes it.
pub(super) fn whole(whole: &Whole, added: &Added) -> Result<Tokenizer> {
    let path = &whole.path;
    let read: Tokenizer = serde_json::from_str(&whole.text).map_err(|error| not_json(path, &error))?;
    let mut tokenizer = Tokenizer::new(without_dropout(read.get_model().clone(), path));
    tokenizer.with_normalizer(read.get_normalizer().cloned());
    tokenizer.with_pre_tokenizer(read.get_pre_tokenizer().cloned());
    tokenizer.with_post_processor(read.get_post_processor().cloned());
    tokenizer.with_decoder(read.get_decoder().cloned());
    let tokens = stored(path, &whole.json)?;
    added.add_to(&mut tokenizer, tokens.into_iter().map(|(_, token)| token).collect())?;
    if tokenizer.get_vocab_size(true) == 0 {
        return Err(wrong(path, None, "there are no tokens"));
    }
    if tokenizer.get_post_processor().is_none_or(|processor| processor.added_tokens(false) == 0) {
        return Err(wrong(path, None, "it puts no special tokens around a text"));
    }
    Ok(tokenizer)
}

/// Returns a model that reads a text the same way each time. Its dropout is meant for training; a message
/// says that it is left out.
fn without_dropout(mut model: ModelWrapper, path: &Path) -> ModelWrapper {
    if let ModelWrapper::BPE(pairs) = &mut model
        && let Some(share) = pairs.dropout.take().filter(|share| *share > 0.0)
    {
        let path = path.display();
        progress::note(&format!("{path}: its dropout of {share} is for training, texts are read without it"));
    }
    model
}

/// Returns the tokens for the start and the end of a text.
fn ends(vocabulary: &Vocabulary, settings: &Settings, added: &Added) -> Result<(String, String)> {
    Ok((
        special(vocabulary, settings, added, "cls_token", true)?,
        special(vocabulary, settings, added, "sep_token", true)?,
    ))
}

/// Returns the spelling of a special token that every text or unknown word needs: a file must number it.
fn special(
    vocabulary: &Vocabulary,
    settings: &Settings,
    added: &Added,
    name: &str,
    may_be_added: bool,
) -> Result<String> {
    if vocabulary.ids.is_empty() {
        return Err(wrong(&vocabulary.path, None, "there are no tokens"));
    }
    let Some(token) = added.named(name) else {
        let path = settings.get(name).map_or(&vocabulary.path, |setting| &setting.path);
        return Err(wrong_key(path, name, "null", "a token"));
    };
    let content = &token.content;
    if vocabulary.ids.contains_key(content) || may_be_added && added.numbers(content) {
        Ok(content.clone())
    } else {
        Err(wrong(&vocabulary.path, None, format!("the special token `{content}` is missing")))
    }
}

fn numbered(tokenizer: &Tokenizer, token: String, path: &Path) -> Result<(String, u32)> {
    match tokenizer.token_to_id(&token) {
        Some(id) => Ok((token, id)),
        None => Err(wrong(path, None, format!("the special token `{token}` is missing"))),
    }
}

/// Lets a tokenizer put both texts of a pair into segment 0: its model is not told to which of two texts a
/// token belongs. Returns whether it put them into two segments before.
pub(super) fn without_segments(tokenizer: &mut Tokenizer, path: &Path) -> Result<bool> {
    let Some(processor) = tokenizer.get_post_processor() else { return Ok(false) };
    let unusable = |error: serde_json::Error| wrong(path, None, error.to_string());
    let mut value = serde_json::to_value(processor).map_err(unusable)?;
    let had_segments = in_one_segment(&mut value);
    let processor: PostProcessorWrapper = serde_json::from_value(value).map_err(unusable)?;
    tokenizer.with_post_processor(Some(processor));
    Ok(had_segments)
}

/// Sets every segment in a processor to 0; returns whether one was another.
fn in_one_segment(processor: &mut Value) -> bool {
    if processor["type"] == "BertProcessing" {
        let special = |end: &Value| json!({ "SpecialToken": { "id": end[0], "type_id": 0 } });
        let tokens = |end: &Value| json!({ "id": end[0], "ids": [end[1]], "tokens": [end[0]] });
        let text = |name: &str| json!({ "Sequence": { "id": name, "type_id": 0 } });
        let (cls, sep) = (&processor["cls"], &processor["sep"]);
        let mut known = serde_json::Map::new();
        for end in [cls, sep] {
            known.insert(end[0].as_str().unwrap_or_default().to_owned(), tokens(end));
        }
        let single = [special(cls), text("A"), special(sep)];
        let pair = [special(cls), text("A"), special(sep), text("B"), special(sep)];
        *processor =
            json!({ "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known });
        return true;
    }
    match processor {
        Value::Object(entries) => entries.iter_mut().fold(false, |had, (key, value)| match key.as_str() {
            "type_id" => std::mem::replace(value, json!(0)) != 0 || had,
            _ => in_one_segment(value) || had,
        }),
        // Each of them is changed, also after the first that had another segment.
        Value::Array(values) => {
            values.iter_mut().filter_map(|value| in_one_segment(value).then_some(())).count() > 0
        }
        _ => false,
    }
}
