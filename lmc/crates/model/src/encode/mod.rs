//! Text to batches of token ids.

use sha2::{Digest, Sha256};
use tch::Tensor;
use tokenizers::{EncodeInput, PostProcessor, Tokenizer, TruncationParams};

use lmc_base::error::{LmcError, Result};
use lmc_base::file::hexadecimal;
use lmc_data::Dataset;

mod borders;
mod extent;
mod grouping;
mod length;
mod packed;
mod padded;
mod placement;
mod stacked;
mod tokenizer;

pub(crate) use borders::Borders;
pub use extent::Extent;
#[doc(hidden)]
pub use length::note_cut;
pub use length::{LONGEST, longest_example};
pub use packed::{Batch, Group, PackedTokens, packed_batches};
pub(crate) use padded::{StackedGroup, StackedGroups};
pub(crate) use placement::Arrangement;
pub use placement::Placement;
#[doc(hidden)]
pub use stacked::{Slots, StackedTokens, TokenTable};
#[doc(hidden)]
pub use tokenizer::load_stored_tokenizer;
pub use tokenizer::{load_tokenizer, model_max_length};

/// The tokens of one example: `[CLS] first [SEP]`, for pairs followed by `second [SEP]`, or as its tokenizer
/// has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<i64>,
    /// The segment of each token: 0 for the first text, 1 for the second (all 0 if the tokenizer has no
    /// segments).
    pub segments: Vec<i64>,
    /// Index of the label.
    pub label: i64,
}

/// Returns the SHA-256 of tokens and labels in their order, in hexadecimal.
pub fn digest(examples: &[Encoded]) -> String {
    let mut hash = Sha256::new();
    for example in examples {
        for ids in [&example.ids, &example.segments] {
            hash.update((ids.len() as u64).to_le_bytes());
            ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
        }
        hash.update(example.label.to_le_bytes());
    }
    hexadecimal(&hash.finalize())
}

/// A batch of examples, padded on the right to the length of the longest.
#[derive(Debug)]
pub struct PaddedBatch {
    /// Token ids, `[batch, seq]` i64.
    pub ids: Tensor,
    /// Segment ids, `[batch, seq]` i64, 0 where padded.
    pub segments: Tensor,
    /// Label indices, `[batch]` i64.
    pub labels: Tensor,
    /// True for tokens and false for padding, `[batch, seq]` bool; `None` if all lengths are the same.
    pub mask: Option<Tensor>,
}

/// Returns the number of special tokens that a tokenizer puts around a text, or around and between the texts
/// of a pair.
#[doc(hidden)]
pub fn n_special(tokenizer: &Tokenizer, is_pair: bool) -> usize {
    tokenizer.get_post_processor().map_or(0, |processor| processor.added_tokens(is_pair))
}

/// Returns the tokens of every example, in order, each cut to `max_len` tokens with the special ones
/// included, at the end of a text or at the side that the tokenizer's truncation names. Apart from that side,
/// truncation and padding set in the tokenizer are put aside.
///
/// The longer text of a pair is cut first, as `longest_first` of transformers' fast tokenizers does. If both
/// texts are longer than half the room, each keeps half. If the room is odd, the longer text keeps the odd
/// token, or the second one of two equal texts. DIFFERENCE: Google's BERT and transformers' older Python
/// tokenizers cut one token at a time, from the second of two equal texts, so that there the odd token stays
/// with the first.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if `max_len` leaves no room for a token beside the special ones or a label
/// is out of range; [`LmcError::ShapeMismatch`] as in [`Dataset::check`]; [`LmcError::Tokenizer`] if the
/// tokenizer refuses a text.
pub fn encode(dataset: &Dataset, tokenizer: &Tokenizer, max_len: usize) -> Result<Vec<Encoded>> {
    encode_counted(dataset, tokenizer, max_len).map(|(encoded, _)| encoded)
}

/// Does the same as [`encode`], and also returns how many examples were cut.
///
/// # Errors
/// The errors of [`encode`].
pub fn encode_counted(
    dataset: &Dataset,
    tokenizer: &Tokenizer,
    max_len: usize,
) -> Result<(Vec<Encoded>, usize)> {
    dataset.check()?;
    let n_special = n_special(tokenizer, dataset.has_pairs());
    if max_len <= n_special {
        let expected = format!("more than the {n_special} special tokens");
        return Err(LmcError::invalid("max_length", max_len, expected));
    }
    let mut tokenizer = tokenizer.clone();
    let direction = tokenizer.get_truncation().map(|truncation| truncation.direction).unwrap_or_default();
    let truncation = TruncationParams { max_length: max_len, direction, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(refused)?;
    tokenizer.with_padding(None);
    let inputs: Vec<EncodeInput> = dataset
        .examples
        .iter()
        .map(|example| match &example.second {
            Some(second) => (example.first.as_str(), second.as_str()).into(),
            None => example.first.as_str().into(),
        })
        .collect();
    let encodings = tokenizer.encode_batch_fast(inputs, true).map_err(refused)?;
    let encoded = encodings.iter().zip(&dataset.examples).map(|(encoding, example)| Encoded {
        ids: encoding.get_ids().iter().map(|&id| i64::from(id)).collect(),
        segments: encoding.get_type_ids().iter().map(|&id| i64::from(id)).collect(),
        label: example.label,
    });
    let n_cut = encodings.iter().filter(|encoding| !encoding.get_overflowing().is_empty()).count();
    Ok((encoded.collect(), n_cut))
}

fn refused(error: tokenizers::Error) -> LmcError {
    LmcError::Tokenizer(error.to_string())
}

/// Returns the examples at `indices`, in that order, padded on the right to the longest of them with
/// `pad_id`, or with 0 if `pad_id` is below 0 and so belongs to no token.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if there is no index or one is not below the number of examples.
pub fn padded_batch(examples: &[Encoded], indices: &[usize], pad_id: i64) -> Result<PaddedBatch> {
    if let Some(index) = indices.iter().find(|&&index| index >= examples.len()) {
        return Err(LmcError::invalid("indices", index, format!("an index below {}", examples.len())));
    }
    match indices.iter().map(|&index| examples[index].ids.len()).max() {
        Some(longest) => Ok(stack(examples, indices, longest, pad_id.max(0))),
        None => Err(LmcError::invalid("indices", "no index", "at least one example")),
    }
}

/// Stacks examples of at most `length` tokens.
fn stack(examples: &[Encoded], indices: &[usize], length: usize, pad_id: i64) -> PaddedBatch {
    let n_cells = indices.len() * length;
    let (mut ids, mut segments) = (Vec::with_capacity(n_cells), Vec::with_capacity(n_cells));
    let mut mask = Vec::with_capacity(n_cells);
    for (row, &index) in indices.iter().enumerate() {
        let example = &examples[index];
        ids.extend_from_slice(&example.ids);
        segments.extend_from_slice(&example.segments);
        mask.resize(ids.len(), true);
        ids.resize((row + 1) * length, pad_id);
        segments.resize((row + 1) * length, 0);
        mask.resize((row + 1) * length, false);
    }
    let labels: Vec<i64> = indices.iter().map(|&index| examples[index].label).collect();
    let shape = [indices.len() as i64, length as i64];
    PaddedBatch {
        ids: Tensor::from_slice(&ids).reshape(shape),
        segments: Tensor::from_slice(&segments).reshape(shape),
        labels: Tensor::from_slice(&labels),
        mask: mask.contains(&false).then(|| Tensor::from_slice(&mask).reshape(shape)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_data::Example;
    use lmc_data::grammar::{PAD, tokenizer};
    use tch::Kind;
    use tokenizers::{PaddingParams, TruncationDirection};

    fn dataset(pairs: &[(&str, Option<&str>, i64)]) -> Dataset {
        let example = |&(first, second, label): &(&str, Option<&str>, i64)| Example {
            first: first.to_owned(),
            second: second.map(str::to_owned),
            label,
        };
        Dataset::new("test", &["a", "b"], pairs.iter().map(example).collect(), None).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<i64> {
        Vec::try_from(&tensor.flatten(0, -1)).unwrap()
    }

    /// doctors 5, judges 6, helped 35, slept 51, that 73.
    fn three() -> Vec<Encoded> {
        let dataset = dataset(&[
            ("doctors slept", None, 0),
            ("doctors helped judges", Some("judges slept"), 1),
            ("judges slept", None, 1),
        ]);
        encode(&dataset, &tokenizer().unwrap(), 16).unwrap()
    }

    #[test]
    fn texts_and_pairs_with_segments_and_labels() {
        let expected = [
            Encoded { ids: vec![1, 5, 51, 2], segments: vec![0; 4], label: 0 },
            Encoded { ids: vec![1, 5, 35, 6, 2, 6, 51, 2], segments: vec![0, 0, 0, 0, 0, 1, 1, 1], label: 1 },
            Encoded { ids: vec![1, 6, 51, 2], segments: vec![0; 4], label: 1 },
        ];
        assert_eq!(three(), expected);
    }

    /// Tokens are removed from the longer text until both fit; equal texts lose one each.
    #[test]
    fn the_longer_text_is_cut_first() {
        let dataset = dataset(&[
            ("doctors that judges helped slept", Some("judges slept"), 0),
            ("judges slept", None, 0),
        ]);
        let cut = |max_len| {
            let encoded = encode(&dataset, &tokenizer().unwrap(), max_len).unwrap();
            encoded.into_iter().map(|example| example.ids).collect::<Vec<_>>()
        };
        assert_eq!(cut(8)[0], [1, 5, 73, 6, 2, 6, 51, 2]);
        assert_eq!(cut(7)[0], [1, 5, 73, 2, 6, 51, 2]);
        assert_eq!(cut(5)[0], [1, 5, 2, 6, 2]);
        assert_eq!(cut(4)[1], [1, 6, 51, 2]);
    }

    /// Either text of a pair may be cut, at either end.
    #[test]
    fn the_examples_that_are_cut_are_counted() {
        let dataset = dataset(&[
            ("doctors that judges helped slept", None, 0),
            ("judges slept", Some("doctors that judges helped slept"), 0),
            ("judges", Some("slept"), 0),
            ("", Some("judges"), 0),
        ]);
        let mut tokenizer = tokenizer().unwrap();
        let cut = |max_len, tokenizer: &Tokenizer| encode_counted(&dataset, tokenizer, max_len).unwrap();
        let counts = [10, 9, 7, 6, 5, 4].map(|max_len| cut(max_len, &tokenizer).1);
        assert_eq!(counts, [0, 1, 1, 2, 2, 3]);
        let left = TruncationDirection::Left;
        tokenizer.with_truncation(Some(TruncationParams { direction: left, ..Default::default() })).unwrap();
        let (encoded, n_cut) = cut(6, &tokenizer);
        assert_eq!((encoded[0].ids.as_slice(), n_cut), ([1, 73, 6, 35, 51, 2].as_slice(), 2));
    }

    #[test]
    fn padding_and_truncation_of_the_tokenizer_are_put_aside() {
        let mut tokenizer = tokenizer().unwrap();
        tokenizer.with_padding(Some(PaddingParams::default()));
        let short = TruncationParams { max_length: 3, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(short)).unwrap();
        let dataset = dataset(&[("doctors slept", None, 0), ("doctors helped judges", None, 0)]);
        let encoded = encode(&dataset, &tokenizer, 16).unwrap();
        assert_eq!(encoded.iter().map(|example| example.ids.len()).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn what_cannot_be_encoded_is_refused() {
        let tokenizer = tokenizer().unwrap();
        let mut pairs = dataset(&[("doctors slept", Some("doctors slept"), 0)]);
        let error = encode(&pairs, &tokenizer, 3).unwrap_err();
        assert_eq!(error.to_string(), "`max_length`: got 3, expected more than the 3 special tokens");
        pairs.examples[0].label = 2;
        let error = encode(&pairs, &tokenizer, 16).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "example.label", .. }), "{error}");
    }

    #[test]
    fn a_tokenizer_without_an_unknown_token_refuses_an_unknown_word() {
        let model = tokenizers::models::wordlevel::WordLevel::builder()
            .vocab([("doctors".to_owned(), 0)].into_iter().collect())
            .build()
            .unwrap();
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(tokenizers::pre_tokenizers::whitespace::WhitespaceSplit));
        let error = encode(&dataset(&[("doctors slept", None, 0)]), &tokenizer, 16).unwrap_err();
        assert!(matches!(error, LmcError::Tokenizer(_)), "{error}");
        assert!(error.to_string().contains("[UNK]"), "{error}");
    }

    #[test]
    fn a_padded_batch_masks_only_what_it_pads() {
        let examples = three();
        let batch = padded_batch(&examples, &[1, 0], PAD).unwrap();
        assert_eq!(values(&batch.ids), [1, 5, 35, 6, 2, 6, 51, 2, 1, 5, 51, 2, 0, 0, 0, 0]);
        assert_eq!(values(&batch.segments), [0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(values(&batch.labels), [1, 0]);
        let mask = batch.mask.unwrap();
        assert_eq!((mask.kind(), mask.size()), (Kind::Bool, vec![2, 8]));
        assert_eq!(values(&mask.to_kind(Kind::Int64)), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
        assert!(padded_batch(&examples, &[2, 0], PAD).unwrap().mask.is_none());
    }

    #[test]
    fn a_batch_has_examples_that_exist() {
        let error = padded_batch(&three(), &[0, 3], PAD).unwrap_err();
        assert_eq!(error.to_string(), "`indices`: got 3, expected an index below 3");
        let error = padded_batch(&three(), &[], PAD).unwrap_err();
        assert_eq!(error.to_string(), "`indices`: got no index, expected at least one example");
    }
}
