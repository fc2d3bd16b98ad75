//! Text to batches of token ids.

use std::collections::BTreeMap;

use tch::Tensor;
use tokenizers::{EncodeInput, PostProcessor, Tokenizer, TruncationParams};

use crate::data::Dataset;
use crate::error::{LmcError, Result};

/// The tokens of one example: `[CLS] first [SEP]`, for pairs followed by `second [SEP]`, or as its tokenizer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<i64>,
    /// The segment of each token: 0 for the first text, 1 for the second (all 0 where the tokenizer knows none).
    pub segments: Vec<i64>,
    /// Index of the label.
    pub label: i64,
}

/// Examples of exactly one length: nothing to pad, nothing to mask.
#[derive(Debug)]
pub struct Batch {
    /// Token ids, [batch, seq] i64.
    pub ids: Tensor,
    /// Segment ids, [batch, seq] i64.
    pub segments: Tensor,
    /// Label indices, [batch] i64.
    pub labels: Tensor,
    /// The position of each example in the dataset.
    pub indices: Vec<usize>,
}

/// Examples padded on the right to the longest of them.
#[derive(Debug)]
pub struct PaddedBatch {
    /// Token ids, [batch, seq] i64.
    pub ids: Tensor,
    /// Segment ids, [batch, seq] i64, 0 where padded.
    pub segments: Tensor,
    /// Label indices, [batch] i64.
    pub labels: Tensor,
    /// True for tokens and false for padding, [batch, seq] bool; none if all lengths are the same.
    pub mask: Option<Tensor>,
}

/// Returns the tokens of every example, in order, each cut to `max_len` tokens with the special ones included. Of a pair the
/// longer text is cut first, as Hugging Face does; truncation and padding set in the tokenizer are put aside.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if `max_len` leaves no room for a token beside the special ones or a label is out of
/// range; [`LmcError::ShapeMismatch`] as [`Dataset::check`]; [`LmcError::Tokenizer`] if the tokenizer refuses a text.
pub fn encode(dataset: &Dataset, tokenizer: &Tokenizer, max_len: usize) -> Result<Vec<Encoded>> {
    dataset.check()?;
    let is_pair = dataset.examples.iter().any(|example| example.second.is_some());
    let n_special = tokenizer.get_post_processor().map_or(0, |processor| processor.added_tokens(is_pair));
    if max_len <= n_special {
        let expected = format!("more than the {n_special} special tokens");
        return Err(LmcError::invalid("max_len", max_len, expected));
    }
    let mut tokenizer = tokenizer.clone();
    let truncation = TruncationParams { max_length: max_len, ..TruncationParams::default() };
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
    Ok(encoded.collect())
}

fn refused(error: tokenizers::Error) -> LmcError {
    LmcError::Tokenizer(error.to_string())
}

/// Returns the examples in batches of one exact length each, shortest first, each of at most `max_tokens` tokens (but at
/// least one example) and in the order of the dataset. [`Batch::indices`] says where each example was.
pub fn batches_by_length(examples: &[Encoded], max_tokens: usize) -> Vec<Batch> {
    let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, example) in examples.iter().enumerate() {
        by_length.entry(example.ids.len()).or_default().push(index);
    }
    let mut batches = Vec::new();
    for (length, indices) in by_length {
        for indices in indices.chunks((max_tokens / length.max(1)).max(1)) {
            let PaddedBatch { ids, segments, labels, .. } = stack(examples, indices, length, 0);
            batches.push(Batch { ids, segments, labels, indices: indices.to_vec() });
        }
    }
    batches
}

/// Returns the examples at `indices`, in that order, padded on the right with `pad_id` to the longest of them.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if there is no index or one is not below the number of examples.
pub fn padded_batch(examples: &[Encoded], indices: &[usize], pad_id: i64) -> Result<PaddedBatch> {
    if let Some(index) = indices.iter().find(|&&index| index >= examples.len()) {
        return Err(LmcError::invalid("indices", index, format!("an index below {}", examples.len())));
    }
    match indices.iter().map(|&index| examples[index].ids.len()).max() {
        Some(longest) => Ok(stack(examples, indices, longest, pad_id)),
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
