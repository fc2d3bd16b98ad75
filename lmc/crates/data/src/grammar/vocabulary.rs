//! The vocabulary of the grammar as a tokenizer.

use tokenizers::models::wordlevel::WordLevel;
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, Tokenizer};

use super::lexicon;
use lmc_base::error::{LmcError, Result};

/// The longest sequence that the grammar makes, special tokens included.
pub const MAX_TOKENS: usize = 16;

/// Token id of `[PAD]`.
pub const PAD: i64 = 0;
/// Token id of `[CLS]`.
pub const CLS: i64 = 1;
/// Token id of `[SEP]`.
pub const SEP: i64 = 2;
/// Token id of `[MASK]`.
pub const MASK: i64 = 3;
/// Token id of `[UNK]`, for words that the grammar does not have.
pub const UNK: i64 = 4;

/// The special tokens in the order of their ids.
const SPECIAL: [&str; 5] = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"];

/// Returns the word-level tokenizer of the grammar: 5 special tokens, then [`lexicon::words`] in order. A
/// pair becomes `[CLS] first [SEP] second [SEP]` with segment ids 0 up to the first `[SEP]` and 1 after it.
///
/// # Errors
/// [`LmcError::Tokenizer`] if the tokenizers library refuses a part.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
/// let tokenizer = lmc::data::grammar::tokenizer()?;
/// let encoding = tokenizer.encode(("doctors slept", "judges slept"), true).expect("known words");
/// assert_eq!(encoding.get_tokens(), ["[CLS]", "doctors", "slept", "[SEP]", "judges", "slept", "[SEP]"]);
/// assert_eq!(encoding.get_type_ids(), [0, 0, 0, 0, 1, 1, 1]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn tokenizer() -> Result<Tokenizer> {
    let words = SPECIAL.into_iter().chain(lexicon::words());
    let vocabulary = words.map(String::from).zip(0u32..).collect();
    let model = WordLevel::builder().vocab(vocabulary).unk_token("[UNK]".into()).build().map_err(refused)?;
    let template = TemplateProcessing::builder()
        .try_single("[CLS] $A [SEP]")
        .and_then(|builder| builder.try_pair("[CLS] $A [SEP] $B:1 [SEP]:1"))
        .map_err(refused)?
        .special_tokens(vec![("[CLS]", CLS as u32), ("[SEP]", SEP as u32)])
        .build()
        .map_err(refused)?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(WhitespaceSplit));
    tokenizer.with_post_processor(Some(template));
    tokenizer.add_special_tokens(&SPECIAL.map(|token| AddedToken::from(token, true)));
    Ok(tokenizer)
}

fn refused(error: impl ToString) -> LmcError {
    LmcError::Tokenizer(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_lexicon() {
        let tokenizer = tokenizer().unwrap();
        assert_eq!(tokenizer.get_vocab_size(true), 76);
        for (token, id) in SPECIAL.into_iter().zip([PAD, CLS, SEP, MASK, UNK]) {
            assert_eq!(tokenizer.token_to_id(token).map(i64::from), Some(id));
        }
        for (word, id) in lexicon::words().zip(5..) {
            assert_eq!(tokenizer.token_to_id(word), Some(id));
        }
    }

    #[test]
    fn unknown_words_and_special_tokens_in_text() {
        let encoding = tokenizer().unwrap().encode("zebras [MASK] judges", true).unwrap();
        assert_eq!(encoding.get_ids(), [1, 4, 3, 6, 2]);
    }

    #[test]
    fn it_survives_being_saved() {
        let tokenizer = tokenizer().unwrap();
        let again = Tokenizer::from_bytes(tokenizer.to_string(false).unwrap()).unwrap();
        let pair = ("judges were helped by doctors", "doctors helped judges");
        assert_eq!(tokenizer.encode(pair, true).unwrap(), again.encode(pair, true).unwrap());
    }
}
