//! The tokenizer of the small RoBERTa: byte-level pairs (Radford et al. 2019) learnt from the text that it is
//! pretrained on.

use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, Tokenizer};

use super::pretraining::Document;
use lmc_base::error::{LmcError, Result};

/// Token id of `<s>`.
pub const START: i64 = 0;
/// Token id of `<pad>`.
pub const PAD: i64 = 1;
/// Token id of `</s>`.
pub const END: i64 = 2;
/// Token id of `<unk>`.
pub const UNK: i64 = 3;
/// Token id of `<mask>`.
pub const MASK: i64 = 4;

/// The special tokens in the order of their ids.
const SPECIAL: [&str; 5] = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

/// The number of tokens of the small RoBERTa: special ones, characters, and the most frequent words and
/// pieces of words of its text. One word in five is several tokens: the rarer verbs, prepositions and
/// subordinators.
pub const N_TOKENS: usize = 240;

/// Returns the byte-level tokenizer whose `n_tokens` tokens are learnt from documents. The pair of
/// neighbouring tokens that occurs most often becomes a token, again and again; of equally frequent pairs,
/// the one with lower ids is taken. A pair of texts becomes `<s> first </s></s> second </s>`, all in
/// segment 0. The same documents give the same tokenizer.
///
/// DIFFERENCE: RoBERTa's vocabulary begins with all 256 bytes, and the first word of its texts has no space
/// in front and therefore other tokens than elsewhere. Here the vocabulary begins with the characters of the
/// documents, any other character is `<unk>`, and every word has a space in front.
///
/// # Errors
/// [`LmcError::Tokenizer`] if the tokenizers library refuses a part.
pub fn byte_pair_tokenizer(documents: &[Document], n_tokens: usize) -> Result<Tokenizer> {
    let model = BPE::builder().unk_token("<unk>".into()).build().map_err(refused)?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default()));
    tokenizer.with_decoder(Some(ByteLevel::default()));
    let special = |token: &str| AddedToken::from(token, true).lstrip(token == "<mask>");
    let trainer = BpeTrainer::builder()
        .vocab_size(n_tokens)
        .show_progress(false)
        .special_tokens(SPECIAL.map(special).to_vec())
        .build();
    let texts = documents.iter().flat_map(|document| [document.first.as_str(), document.second.as_str()]);
    tokenizer.train(&mut TrainerWrapper::from(trainer), texts).map_err(refused)?;
    let [start, end] = [(START, "<s>"), (END, "</s>")].map(|(id, token)| (token.to_owned(), id as u32));
    tokenizer.with_post_processor(Some(RobertaProcessing::new(end, start)));
    Ok(tokenizer)
}

fn refused(error: impl ToString) -> LmcError {
    LmcError::Tokenizer(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::lexicon;
    use crate::pretraining::pretraining_documents;

    fn document(first: &str, second: &str) -> Document {
        Document { first: first.into(), second: second.into(), is_next: true }
    }

    #[test]
    fn pairs_are_merged_by_their_number() {
        // Ġ stands for the space. Pairs: Ġa 3, ab 3, bc 2, bd 1: of Ġa and ab, the ids of (a, b) are lower
        // than those of (Ġ, a).
        let tokenizer =
            byte_pair_tokenizer(&[document("abc", "abc"), document("abd", "")], N_TOKENS).unwrap();
        let tokens: Vec<String> = (0..).map_while(|id| tokenizer.id_to_token(id)).collect();
        assert_eq!(tokens[..5], SPECIAL);
        assert_eq!(tokens[5..], ["a", "b", "c", "d", "Ġ", "ab", "Ġab", "Ġabc", "Ġabd"]);
    }

    #[test]
    fn a_pair_of_texts_has_four_special_tokens_and_one_segment() {
        let documents = pretraining_documents(0, 2_000);
        let tokenizer = byte_pair_tokenizer(&documents, N_TOKENS).unwrap();
        assert_eq!(tokenizer.get_vocab_size(true), N_TOKENS);
        for (token, id) in SPECIAL.into_iter().zip([START, PAD, END, UNK, MASK]) {
            assert_eq!(tokenizer.token_to_id(token).map(i64::from), Some(id));
        }
        let encoding = tokenizer.encode(("doctors slept", "judges slept"), true).unwrap();
        let tokens = encoding.get_tokens();
        let ends: Vec<usize> = (0..tokens.len()).filter(|&i| tokens[i] == "</s>").collect();
        assert_eq!((tokens[0].as_str(), ends.len(), ends[1] - ends[0]), ("<s>", 3, 1));
        assert_eq!(ends[2], tokens.len() - 1);
        assert!(encoding.get_type_ids().iter().all(|&segment| segment == 0));
        // The same word has the same tokens in both texts.
        let length = tokens.len() - 1 - tokens.iter().rposition(|t| t.starts_with('Ġ')).unwrap();
        assert_eq!(tokens[ends[0] - length..ends[0]], tokens[ends[2] - length..ends[2]]);
        assert_eq!(tokenizer.decode(encoding.get_ids(), true).unwrap(), " doctors slept judges slept");
    }

    #[test]
    fn the_same_documents_give_the_same_tokens_and_every_word_is_known() {
        let documents = pretraining_documents(0, 2_000);
        let tokenizer = byte_pair_tokenizer(&documents, N_TOKENS).unwrap();
        let again = byte_pair_tokenizer(&documents, N_TOKENS).unwrap();
        assert_eq!(tokenizer.to_string(true).unwrap(), again.to_string(true).unwrap());
        let mut n_pieces = Vec::new();
        for word in lexicon::words() {
            let encoding = tokenizer.encode(word, false).unwrap();
            assert!(!encoding.get_ids().contains(&(UNK as u32)), "{word}");
            n_pieces.push(encoding.len());
        }
        let n_whole = n_pieces.iter().filter(|&&n| n == 1).count();
        assert!((45..67).contains(&n_whole), "{n_whole} of {} words are one token", n_pieces.len());
        let encoding = tokenizer.encode("doctors zäh", false).unwrap();
        assert!(encoding.get_ids().contains(&(UNK as u32)));
    }
}
