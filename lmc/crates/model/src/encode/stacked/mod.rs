//! Batches of a stack of models that read different texts, laid out on a device from tokens that lie there.

mod table;

use tch::{Device, Kind, Tensor};

pub use table::TokenTable;

/// Lengths to which attention pads are multiples of this, as matrix units like them.
const LENGTH_UNIT: i64 = 8;

/// The fewest sequences of a group of attention: below it, the time goes into starting kernels.
const FEWEST: usize = 16;

/// A batch of tokens for each model of a stack: packed rows, padded at the end to the most rows of a model.
///
/// Rows of padding hold any token. No other row looks at them, and nothing reads them.
#[derive(Debug)]
pub struct StackedTokens {
    /// Token ids, `[stack, rows]` i64.
    pub ids: Tensor,
    /// Segment ids, `[stack, rows]` i64.
    pub segments: Tensor,
    /// The row of each token in the table of positions, `[stack, rows]` i64.
    pub positions: Tensor,
    /// True at tokens with the id for padding, `[stack, rows]` bool; `None` if the set has none.
    pub is_pad: Option<Tensor>,
    /// A number for each place in the batch of a model, `[stack, rows]` i32: that of the sequence times the
    /// longest length, and the place in the sequence.
    pub places: Tensor,
    /// The places of first tokens, `[stack, n_sequences]` i32.
    pub first_places: Tensor,
    /// The row of the first token of each sequence among the rows of all models, `[stack n_sequences]` i64.
    pub starts: Tensor,
    /// The sequences of all models in groups of neighbouring lengths.
    pub groups: Vec<Slots>,
    /// The numbers of the sequences in the order of the groups, `[stack n_sequences]` i64, and the places of
    /// all sequences in that order.
    pub order: [Tensor; 2],
    /// The slot of each row of all models among the slots of all groups, `[stack rows]` i64.
    pub slots: Tensor,
}

/// Sequences of neighbouring lengths, which attention pads to one length.
#[derive(Debug)]
pub struct Slots {
    /// The number of sequences.
    pub n_sequences: i64,
    /// The length to which they are padded.
    pub length: i64,
    /// The row of each slot among the rows of all models, `[n_sequences length]` i64; slots of padding take
    /// the last token of their sequence.
    pub rows: Tensor,
    /// 0 for tokens and minus infinity for padding, `[n_sequences, length]` f32.
    pub bias: Tensor,
}

impl StackedTokens {
    /// Returns the number of models and the number of sequences of each.
    pub fn sizes(&self) -> [i64; 2] {
        let size = self.first_places.size();
        [size[0], size[1]]
    }

    /// Returns the device.
    pub fn device(&self) -> Device {
        self.ids.device()
    }
}

/// Returns the sizes and lengths of groups for sequences of those lengths, the shortest first: at most
/// `n_groups`, of as many sequences each as possible.
fn groups(sorted: &[i64], n_groups: usize) -> Vec<(usize, i64)> {
    let n_groups = n_groups.min(sorted.len() / FEWEST).max(1);
    let end = |group: usize| group * sorted.len() / n_groups;
    let group = |i: usize| {
        let part = &sorted[end(i)..end(i + 1)];
        (part.len(), part.last().map_or(0, |length| (length + LENGTH_UNIT - 1) / LENGTH_UNIT * LENGTH_UNIT))
    };
    (0..n_groups).map(group).filter(|(size, _)| *size > 0).collect()
}

/// Returns numbers on a device, without waiting for it.
fn sent(numbers: &[i64], device: Device) -> Tensor {
    Tensor::from_slice(numbers).to_device_(device, Kind::Int64, true, false)
}

#[cfg(test)]
mod tests;
