//! Tokenizers from the files of a Hugging Face folder: WordPiece (Wu et al. 2016) as BERT uses it, byte-level byte-pair
//! encoding (Radford et al. 2019) as RoBERTa uses it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::models::bpe::{self, BPE};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, PostProcessor, Tokenizer};

use super::segments;
use crate::error::{LmcError, Result};

const REMEDY: &str = "fetch the tokenizer's files again";

/// What a `tokenizer_config.json` says about a tokenizer that is built from its vocabulary.
#[derive(Default, Deserialize)]
struct Options {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
    add_prefix_space: Option<bool>,
    cls_token: Option<Token>,
    sep_token: Option<Token>,
    pad_token: Option<Token>,
    unk_token: Option<Token>,
    mask_token: Option<Token>,
}

/// A special token, spelt alone or with its properties.
#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Spelt(String),
    Described { content: String },
}

/// The spellings of the special tokens.
struct Specials {
    cls: String,
    sep: String,
    pad: String,
    unk: String,
    mask: String,
}

/// Returns the tokenizer of a folder, with the special tokens of its family around texts and pairs: `[CLS] A [SEP] B [SEP]`,
/// segments 0 and 1, for WordPiece; `<s> A </s></s> B </s>`, segments 0, for byte-level pairs.
///
/// It comes from `tokenizer.json` where there is one, taken as it is; otherwise from `vocab.txt` (WordPiece) or from `vocab.json`
/// and `merges.txt` (byte-level pairs). Then `tokenizer_config.json`, if any, says how to normalise: `do_lower_case` (true where not
/// said), `strip_accents` (as lower case), `tokenize_chinese_chars` (true) and `add_prefix_space` (false), and how the special tokens
/// are spelt. Where the tokenizer's class gives no segments to a model (see `model_input_names` in transformers), all are 0. Ids are those of transformers 5.24.
///
/// # Errors
/// [`LmcError::Io`] for a file that cannot be read; [`LmcError::Format`], with the line where there is one, if the folder has none of
/// those files, or one is not of its format, or has no tokens, or lacks a special token, or a merge names a token that the vocabulary
/// lacks.
pub fn load_tokenizer(folder: &Path) -> Result<Tokenizer> {
    segments::as_fed(from_files(folder)?, folder)
}

fn from_files(folder: &Path) -> Result<Tokenizer> {
    let file = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    if let Some(path) = file("tokenizer.json") {
        let tokenizer: Tokenizer = read_json(&path)?;
        if tokenizer.get_vocab_size(true) == 0 {
            return Err(wrong(&path, None, "there are no tokens"));
        }
        if tokenizer.get_post_processor().is_none_or(|processor| processor.added_tokens(false) == 0) {
            return Err(wrong(&path, None, "it puts no special tokens around a text"));
        }
        return Ok(tokenizer);
    }
    let options = file("tokenizer_config.json").map_or(Ok(Options::default()), |path| read_json(&path))?;
    if let Some(path) = file("vocab.txt") {
        word_piece(&path, options)
    } else if let Some(path) = file("vocab.json") {
        byte_level(&path, &folder.join("merges.txt"), options)
    } else {
        let problem = "there is no tokenizer.json, no vocab.txt and no vocab.json with merges.txt";
        Err(wrong(folder, None, problem))
    }
}

fn wrong(path: &Path, line: Option<usize>, problem: impl Into<String>) -> LmcError {
    LmcError::Format { path: path.to_owned(), line, problem: problem.into(), remedy: REMEDY }
}

/// The text of a file, which must be UTF-8.
fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        wrong(path, Some(line), "not UTF-8")
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| wrong(path, Some(error.line()), error.to_string()))
}

/// A BERT tokenizer; the id of a token is the number of its line, from 0.
fn word_piece(path: &Path, options: Options) -> Result<Tokenizer> {
    let text = read_text(path)?;
    let ids = text.lines().zip(0u32..).map(|(token, id)| (token.to_owned(), id));
    let vocabulary: BTreeMap<String, u32> = ids.collect();
    let lower = options.do_lower_case.unwrap_or(true);
    let chinese = options.tokenize_chinese_chars.unwrap_or(true);
    let normalizer = BertNormalizer::new(true, chinese, options.strip_accents, lower);
    let specials = options.specials(["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"]);
    let [cls, sep] = specials.check(&vocabulary, path)?;
    let model = WordPiece::builder()
        .vocab(vocabulary.iter().map(|(token, &id)| (token.clone(), id)).collect::<bpe::Vocab>())
        .unk_token(specials.unk.clone())
        .build()
        .map_err(|error| wrong(path, None, error.to_string()))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(normalizer));
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(BertProcessing::new(sep, cls)));
    tokenizer.add_special_tokens(&specials.tokens(&vocabulary));
    Ok(tokenizer)
}

/// A RoBERTa tokenizer.
fn byte_level(path: &Path, merges: &Path, options: Options) -> Result<Tokenizer> {
    let vocabulary: BTreeMap<String, u32> = read_json(path)?;
    let prefix = options.add_prefix_space.unwrap_or(false);
    let specials = options.specials(["<s>", "</s>", "<pad>", "<unk>", "<mask>"]);
    let [cls, sep] = specials.check(&vocabulary, path)?;
    let merges = read_merges(merges, &vocabulary)?;
    let model = BPE::builder()
        .vocab_and_merges(
            vocabulary.iter().map(|(token, &id)| (token.clone(), id)).collect::<bpe::Vocab>(),
            merges,
        )
        .build()
        .map_err(|error| wrong(path, None, error.to_string()))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(prefix)));
    tokenizer.with_post_processor(Some(RobertaProcessing::new(sep, cls).add_prefix_space(prefix)));
    tokenizer.add_special_tokens(&specials.tokens(&vocabulary));
    Ok(tokenizer)
}

/// The merges in their order: two tokens in a line, after a first line `#version`.
fn read_merges(path: &Path, vocabulary: &BTreeMap<String, u32>) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    let mut merges = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with("#version") {
            continue;
        }
        let Some((first, second)) = line.split_once(' ').filter(|(_, second)| !second.contains(' ')) else {
            return Err(wrong(
                path,
                Some(number),
                format!("`{line}` is not two tokens with a space between"),
            ));
        };
        let merged = format!("{first}{second}");
        if let Some(token) = [first, second, &merged].into_iter().find(|&t| !vocabulary.contains_key(t)) {
            let problem = format!("the merge `{line}` needs the token `{token}`, which vocab.json lacks");
            return Err(wrong(path, Some(number), problem));
        }
        merges.push((first.to_owned(), second.to_owned()));
    }
    Ok(merges)
}

impl Options {
    /// The special tokens, each as spelt here or as the family spells it.
    fn specials(self, family: [&str; 5]) -> Specials {
        let [cls, sep, pad, unk, mask] = family;
        let spelt = |token: Option<Token>, family: &str| match token {
            Some(Token::Spelt(content) | Token::Described { content }) => content,
            None => family.to_owned(),
        };
        Specials {
            cls: spelt(self.cls_token, cls),
            sep: spelt(self.sep_token, sep),
            pad: spelt(self.pad_token, pad),
            unk: spelt(self.unk_token, unk),
            mask: spelt(self.mask_token, mask),
        }
    }
}

impl Specials {
    /// The tokens for the start and the end of a text, when the vocabulary has those that a classifier needs.
    fn check(&self, vocabulary: &BTreeMap<String, u32>, path: &Path) -> Result<[(String, u32); 2]> {
        if vocabulary.is_empty() {
            return Err(wrong(path, None, "there are no tokens"));
        }
        let find = |token: &String| match vocabulary.get(token) {
            Some(&id) => Ok((token.clone(), id)),
            None => Err(wrong(path, None, format!("the special token `{token}` is missing"))),
        };
        find(&self.pad)?;
        find(&self.unk)?;
        Ok([find(&self.cls)?, find(&self.sep)?])
    }

    /// The tokens that stand for themselves where a text spells them.
    fn tokens(&self, vocabulary: &BTreeMap<String, u32>) -> Vec<AddedToken> {
        let token = |content: &String| AddedToken::from(content.clone(), true);
        let mut tokens: Vec<AddedToken> = [&self.cls, &self.sep, &self.pad, &self.unk].map(token).into();
        if vocabulary.contains_key(&self.mask) {
            tokens.push(token(&self.mask));
        }
        tokens
    }
}

#[cfg(test)]
mod tests;
