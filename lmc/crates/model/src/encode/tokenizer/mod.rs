//! Tokenizers from the files of a Hugging Face folder, as `AutoTokenizer` of transformers 5 makes them:
//! WordPiece (Wu et al. 2016) as BERT uses it, byte-level byte-pair encoding (Radford et al. 2019) as RoBERTa
//! uses it, and pieces of a unigram model (Kudo 2018) as XLM-RoBERTa uses them.

mod added;
mod build;
mod class;
mod files;
mod json;
mod pieces;
mod settings;
mod token;
mod told;
mod vocabulary;

use std::path::Path;

use tokenizers::{Tokenizer, TruncationDirection, TruncationParams};

use self::added::Added;
use self::build::{
    BERT_TOKENS, MPNET_TOKENS, ROBERTA_TOKENS, byte_level, whole, without_segments, word_piece,
};
use self::class::{Choice, Class, Pieces};
use self::files::wrong_key;
use self::json::Json;
use self::pieces::{ALBERT_TOKENS, DEBERTA_TOKENS, only_sentencepiece, pieces};
use self::settings::Settings;
use self::told::{tell_equal_tokens, tell_no_segments, tell_unheard};
use self::vocabulary::{Vocabulary, Whole};
use lmc_base::error::{LmcError, Result};

/// The advice for a folder without a tokenizer.
const ELSEWHERE: &str =
    "fetch the tokenizer's files again, or name a folder that has them (`lmc evaluate --tokenizer FOLDER`)";

/// Returns the tokenizer of a folder, with the special tokens of its family around texts and pairs:
/// `[CLS] A [SEP] B [SEP]`, segments 0 and 1, for WordPiece; `<s> A </s></s> B </s>`, segments 0, for
/// byte-level pairs. Ids and segments are those of `AutoTokenizer` of transformers 5.17 and 5.24.
///
/// `tokenizer_class` in `tokenizer_config.json`, or else in `config.json`, or else the `model_type` there
/// says how the files are read:
///
/// - `BertTokenizer` takes the vocabulary of `tokenizer.json`, or of `vocab.txt` if there is none, and
///   nothing else of it. Only `tokenizer_config.json` says how texts are normalised: `do_lower_case` (true by
///   default), `strip_accents` (as lower case), `tokenize_chinese_chars` (true).
/// - `RobertaTokenizer` takes vocabulary and merges of `tokenizer.json`, or of `vocab.json` and `merges.txt`,
///   and `add_prefix_space` (false) of `tokenizer_config.json`.
/// - `MPNetTokenizer` is `BertTokenizer` with RoBERTa's special tokens and no segments.
/// - `XLMRobertaTokenizer`, `CamembertTokenizer` and `AlbertTokenizer` take the pieces of `tokenizer.json` and
///   its map of characters; `add_prefix_space` (true), for ALBERT also `do_lower_case` (true) and `keep_accents`
///   (false), are those of `tokenizer_config.json`. `sentencepiece.bpe.model` and `spiece.model` are not read.
///   DIFFERENCE: CamemBERT's `<s>NOTUSED` and its like are not special unless a file says so.
/// - `DebertaV2Tokenizer` takes the pieces of `tokenizer.json` and nothing else of it; `add_prefix_space`
///   (true), `do_lower_case` (false) and `split_by_punct` (false) are those of `tokenizer_config.json`. Pairs
///   have segments 0 and 1, and `spm.model` is not read.
/// - `PreTrainedTokenizerFast` takes `tokenizer.json` as it is. Its models are not told to which text of a
///   pair a token belongs, unless `model_input_names` lists `token_type_ids`.
///
/// If no file says anything, `tokenizer.json` is taken as it is, and the other files as their family's class
/// does.
///
/// Added and special tokens are those of `added_tokens_decoder` in `tokenizer_config.json`; or, only if that
/// is missing, those of `special_tokens_map.json`, `added_tokens.json` and `tokenizer.json`.
/// `tokenizer_config.json` also says how they are spelt.
///
/// The tokenizer truncates to `model_max_length` on `truncation_side`, and does not truncate if neither is
/// given. Padding and truncation that are stored in `tokenizer.json` are put aside, except for the side if
/// `tokenizer_config.json` has none.
///
/// # Errors
/// [`LmcError::Io`] for a file that cannot be read; [`LmcError::Format`], with the line or the key if there
/// is one, if the folder has no tokenizer, or a file is not of its format, stands in for another (a pointer
/// of Git LFS, a web page), has no tokens or lacks a special token, if a merge names a token that the
/// vocabulary lacks, if a token has another id than a file says, and for a setting of a wrong kind or a class
/// of tokenizers that is not known here.
pub fn load_tokenizer(folder: &Path) -> Result<Tokenizer> {
    load(folder, None)
}

/// Returns the tokenizer in the `tokenizer.json` of a folder as it is, if no `tokenizer_config.json` says how
/// it is read; otherwise it does the same as [`load_tokenizer`]. The folders that `lmc pretrain` of version
/// 0.1 wrote are read in this way.
///
/// # Errors
/// The errors of [`load_tokenizer`].
#[doc(hidden)]
pub fn load_stored_tokenizer(folder: &Path) -> Result<Tokenizer> {
    let is_there = |name: &str| folder.join(name).exists();
    let is_alone = is_there("tokenizer.json") && !is_there("tokenizer_config.json");
    load(folder, is_alone.then_some(Choice { class: Class::Whole, name: None, segments: true }))
}

fn load(folder: &Path, chosen: Option<Choice>) -> Result<Tokenizer> {
    let file = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let mut settings = Settings::read(file("tokenizer_config.json").as_deref())?;
    let complete = file("tokenizer.json").map(Whole::read).transpose()?;
    let choice = chosen.map_or_else(|| choice(folder, &settings, complete.as_ref()), Ok)?;
    if let (Some(_), Some(setting)) = (&complete, settings.given("fast_tokenizer_files"))
        && setting.value != Json::List(vec![Json::Text("tokenizer.json".into())])
    {
        return Err(setting.wrong("tokenizer.json alone, files for single versions are not read"));
    }
    let padding = complete.as_ref().and_then(|whole| whole.text("padding", "pad_token"));
    let pad = padding.map(|token| ("pad_token", token));
    let defaults = match choice.class {
        Class::Bert => &BERT_TOKENS[..],
        Class::Mpnet => &MPNET_TOKENS[..],
        Class::Pieces(Pieces::Albert) => &ALBERT_TOKENS[..],
        Class::Pieces(Pieces::Deberta) => &DEBERTA_TOKENS[..],
        Class::Roberta | Class::Pieces(_) => &ROBERTA_TOKENS[..],
        Class::Whole => pad.as_slice(),
    };
    let added_by = complete.as_ref().map(|whole| (whole.path.as_path(), &whole.json));
    let added = Added::gather(folder, &mut settings, added_by, defaults)?;
    let mut tokenizer = match (choice.class, &complete) {
        (Class::Whole, Some(complete)) => whole(complete, &added)?,
        (Class::Pieces(class), Some(complete)) => pieces(class, complete, &settings, &added)?,
        (class @ (Class::Bert | Class::Mpnet), complete) => {
            let vocabulary = match complete {
                Some(complete) => complete.vocabulary()?,
                None => Vocabulary::lines(folder.join("vocab.txt"))?,
            };
            word_piece(vocabulary, &settings, &added, class)?
        }
        (Class::Roberta, Some(complete)) => byte_level(complete.vocabulary()?, &settings, &added)?,
        (Class::Roberta | Class::Whole | Class::Pieces(_), None) => {
            let vocabulary = Vocabulary::pairs(folder.join("vocab.json"), &folder.join("merges.txt"))?;
            byte_level(vocabulary, &settings, &added)?
        }
    };
    if let Some(complete) = &complete {
        tell_unheard(complete, &choice, &settings)?;
    }
    tell_equal_tokens(&tokenizer, folder);
    if !settings.lists("model_input_names", "token_type_ids")?.unwrap_or(choice.segments) {
        let had_segments = without_segments(&mut tokenizer, folder)?;
        if had_segments && !matches!(choice.class, Class::Roberta | Class::Mpnet) {
            tell_no_segments(folder, &choice);
        }
    }
    tokenizer.set_encode_special_tokens(settings.flag("split_special_tokens", false)?);
    let side = complete.as_ref().and_then(|whole| whole.text("truncation", "direction"));
    set_truncation(&mut tokenizer, &settings, side)?;
    Ok(tokenizer)
}

/// Returns the most tokens that the model of a tokenizer takes by `model_max_length`, special ones included,
/// or `None` if that is not given.
pub fn model_max_length(tokenizer: &Tokenizer) -> Option<usize> {
    tokenizer.get_truncation().map(|truncation| truncation.max_length).filter(|&length| length < usize::MAX)
}

/// Returns the class that reads a folder. A class that no `tokenizer_class` names yields to the files that
/// are there.
fn choice(folder: &Path, settings: &Settings, complete: Option<&Whole>) -> Result<Choice> {
    let is_there = |name: &str| folder.join(name).exists();
    let (words, pairs) = (is_there("vocab.txt"), is_there("vocab.json"));
    let chosen = Choice::of(folder, settings)?;
    let by_files = |class| Choice { class, name: None, segments: class != Class::Roberta };
    match &chosen {
        Some(choice) if complete.is_some() => Ok(choice.clone()),
        None if complete.is_some() => Ok(by_files(Class::Whole)),
        Some(choice)
            if matches!(choice.class, Class::Bert | Class::Mpnet) && words
                || choice.class == Class::Roberta && pairs =>
        {
            Ok(choice.clone())
        }
        Some(choice) if choice.name.is_some() && (words || pairs) => {
            let files = match choice.class {
                Class::Bert | Class::Mpnet => "tokenizer.json or vocab.txt",
                Class::Roberta => "tokenizer.json or vocab.json with merges.txt",
                Class::Whole | Class::Pieces(_) => "tokenizer.json",
            };
            let expected =
                format!("the class of the files that are there: {} is read from {files}", choice.told());
            let path = folder.join("tokenizer_config.json");
            Err(wrong_key(&path, "tokenizer_class", choice.told(), expected))
        }
        _ if !words
            && !pairs
            && let Some(error) = only_sentencepiece(folder) =>
        {
            Err(error)
        }
        _ if words => Ok(by_files(Class::Bert)),
        _ if pairs => Ok(by_files(Class::Roberta)),
        _ => {
            let problem =
                "there is no tokenizer.json, no vocab.txt and no vocab.json with merges.txt".to_owned();
            Err(LmcError::Format { path: folder.to_owned(), line: None, problem, remedy: ELSEWHERE })
        }
    }
}

/// Sets the truncation that a tokenizer's settings ask for; `stored` is the side in `tokenizer.json`.
fn set_truncation(tokenizer: &mut Tokenizer, settings: &Settings, stored: Option<&str>) -> Result<()> {
    let direction = match settings.given("truncation_side") {
        None if stored.is_some_and(|side| side == "Left") => TruncationDirection::Left,
        None => TruncationDirection::Right,
        Some(setting) => match setting.value.text() {
            Some("left") => TruncationDirection::Left,
            Some("right") => TruncationDirection::Right,
            _ => return Err(setting.wrong("\"left\" or \"right\"")),
        },
    };
    tokenizer.with_padding(None);
    let n_special = super::n_special(tokenizer, true);
    let longest = settings.max_length()?;
    if let Some(length) = longest.filter(|&length| length <= n_special)
        && let Some(setting) = settings.given("model_max_length").or_else(|| settings.given("max_len"))
    {
        let expected = format!("more than the {n_special} special tokens of a pair");
        return Err(wrong_key(&setting.path, &setting.key, length, expected));
    }
    let is_set = longest.is_some() || direction == TruncationDirection::Left;
    let max_length = longest.unwrap_or(usize::MAX);
    let truncation =
        is_set.then(|| TruncationParams { max_length, direction, ..TruncationParams::default() });
    tokenizer.with_truncation(truncation).map_err(|error| LmcError::Tokenizer(error.to_string()))?;
    Ok(())
}

#[cfg(test)]
mod tests;
