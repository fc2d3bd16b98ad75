//! Sequences laid end to end: no padding, no mask, batches as large as is best for the device.

use std::iter::repeat_n;
use std::sync::Arc;

use tch::Tensor;

use super::{Arrangement, Encoded, Extent, Placement};
use crate::compute::Attention;

/// Neighbouring sequences of one length, which attention works on together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The number of sequences.
    pub n_sequences: i64,
    /// The tokens of each.
    pub length: i64,
}

impl Group {
    /// Returns the tokens of all its sequences.
    pub fn n_tokens(&self) -> i64 {
        self.n_sequences * self.length
    }
}

/// The tokens of several sequences, one after the other.
///
/// What the forward pass has to know of them beside their values lies in the host's memory: a device is never
/// asked in its course.
#[derive(Debug)]
pub struct PackedTokens {
    /// Token ids, `[n_tokens]` i64.
    pub ids: Tensor,
    /// Segment ids, `[n_tokens]` i64.
    pub segments: Tensor,
    /// The place of each token in its sequence, from 0, `[n_tokens]` i64.
    pub positions: Tensor,
    /// The start of each sequence, `[n_sequences]` i64.
    pub starts: Tensor,
    /// The lengths of the sequences, in order.
    pub groups: Vec<Group>,
    extent: Extent,
    /// Token ids in the host's memory.
    known_ids: Arc<[i64]>,
    arrangement: Arrangement,
}

impl PackedTokens {
    /// Makes the tokens of those sequences in that order, on the CPU, with attention over groups of equal
    /// length; neighbours of one length make a group.
    pub fn new<'a>(examples: impl IntoIterator<Item = &'a Encoded>) -> Self {
        let (mut ids, mut segments, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        let (mut starts, mut groups) = (Vec::new(), Vec::<Group>::new());
        let mut extent = Extent::default();
        for example in examples {
            extent.add(example);
            let length = example.ids.len() as i64;
            starts.push(ids.len() as i64);
            ids.extend_from_slice(&example.ids);
            segments.extend_from_slice(&example.segments);
            positions.extend(0..length);
            match groups.last_mut().filter(|group| group.length == length) {
                Some(group) => group.n_sequences += 1,
                None => groups.push(Group { n_sequences: 1, length }),
            }
        }
        let known_ids: Arc<[i64]> = ids.into();
        let [ids, segments, positions, starts] =
            [&known_ids, &*segments, &positions, &starts].map(Tensor::from_slice);
        let arrangement = Arrangement::Equal;
        Self { ids, segments, positions, starts, groups, extent, known_ids, arrangement }
    }

    /// Returns the number of tokens.
    pub fn n_tokens(&self) -> usize {
        self.ids.numel()
    }

    /// Returns the range of ids, segments and lengths of the sequences.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Returns the length of each sequence.
    pub fn lengths(&self) -> Vec<i64> {
        self.groups.iter().flat_map(|group| repeat_n(group.length, group.n_sequences as usize)).collect()
    }

    /// Returns whether a token has that id.
    pub(crate) fn contain(&self, id: i64) -> bool {
        self.extent.ids.is_some_and(|[least, greatest]| (least..=greatest).contains(&id))
            && self.known_ids.contains(&id)
    }

    /// Returns the most tokens of a sequence that have another id.
    pub(crate) fn most_without(&self, id: i64) -> usize {
        let mut rest = &*self.known_ids;
        let counts = self.lengths().into_iter().map(|length| {
            let (sequence, after) = rest.split_at(length as usize);
            rest = after;
            sequence.iter().filter(|&&other| other != id).count()
        });
        counts.max().unwrap_or(0)
    }

    /// Returns the kind of attention that the tokens are made for, never [`Attention::Auto`].
    pub fn attention(&self) -> Attention {
        self.arrangement.attention()
    }

    /// Returns what that kind of attention needs.
    pub(crate) fn arrangement(&self) -> &Arrangement {
        &self.arrangement
    }

    /// Returns the same tokens on a device, with all that its kind of attention needs.
    pub fn to_device(&self, placement: impl Into<Placement>) -> Self {
        let placement = placement.into();
        let moved = |tensor: &Tensor| tensor.to_device(placement.device);
        Self {
            ids: moved(&self.ids),
            segments: moved(&self.segments),
            positions: moved(&self.positions),
            starts: moved(&self.starts),
            groups: self.groups.clone(),
            extent: self.extent,
            known_ids: self.known_ids.clone(),
            arrangement: Arrangement::new(&self.lengths(), placement),
        }
    }
}

/// Examples whose tokens are packed.
#[derive(Debug)]
pub struct Batch {
    /// The tokens.
    pub tokens: PackedTokens,
    /// Label indices, `[n_sequences]` i64.
    pub labels: Tensor,
    /// The position of each example in the dataset.
    pub indices: Vec<usize>,
}

impl Batch {
    /// Returns the same examples on a device, with all that its kind of attention needs.
    pub fn to_device(&self, placement: impl Into<Placement>) -> Self {
        let placement = placement.into();
        let labels = self.labels.to_device(placement.device);
        Self { tokens: self.tokens.to_device(placement), labels, indices: self.indices.clone() }
    }
}

/// Returns the examples in packed batches of at most `max_tokens` tokens (but at least one example), shortest
/// first, those of one length in the order of the dataset. [`Batch::indices`] says where each example was.
pub fn packed_batches(examples: &[Encoded], max_tokens: usize) -> Vec<Batch> {
    let length = |index: usize| examples[index].ids.len();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_key(|&index| length(index));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut n_tokens = 0;
    for index in order {
        n_tokens += length(index);
        match batches.last_mut().filter(|_| n_tokens <= max_tokens) {
            Some(batch) => batch.push(index),
            None => {
                batches.push(vec![index]);
                n_tokens = length(index);
            }
        }
    }
    let packed = |indices: Vec<usize>| {
        let labels: Vec<i64> = indices.iter().map(|&index| examples[index].label).collect();
        let tokens = PackedTokens::new(indices.iter().map(|&index| &examples[index]));
        Batch { tokens, labels: Tensor::from_slice(&labels), indices }
    };
    batches.into_iter().map(packed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<Encoded> {
        let example = |ids: &[i64], label| Encoded {
            ids: ids.to_vec(),
            segments: ids.iter().map(|&id| id % 2).collect(),
            label,
        };
        vec![example(&[1, 5, 51, 2], 0), example(&[1, 5, 35, 6, 2, 6, 2], 1), example(&[1, 6, 50, 2], 1)]
    }

    fn values(tensor: &Tensor) -> Vec<i64> {
        Vec::try_from(tensor).unwrap()
    }

    #[test]
    fn every_token_is_kept_once_and_without_padding() {
        let batches = packed_batches(&examples(), 15);
        assert_eq!(batches.len(), 1);
        let Batch { tokens, labels, indices } = &batches[0];
        assert_eq!((indices.as_slice(), values(labels)), ([0, 2, 1].as_slice(), vec![0, 1, 1]));
        assert_eq!(tokens.n_tokens(), 15);
        assert_eq!(values(&tokens.ids), [1, 5, 51, 2, 1, 6, 50, 2, 1, 5, 35, 6, 2, 6, 2]);
        assert_eq!(values(&tokens.segments), [1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]);
        assert_eq!(values(&tokens.positions), [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(values(&tokens.starts), [0, 4, 8]);
        let group = |n_sequences, length| Group { n_sequences, length };
        assert_eq!(tokens.groups, [group(2, 4), group(1, 7)]);
    }

    #[test]
    fn a_batch_has_no_more_tokens_than_it_may() {
        let indices = |max_tokens| -> Vec<Vec<usize>> {
            packed_batches(&examples(), max_tokens).into_iter().map(|batch| batch.indices).collect()
        };
        assert_eq!(indices(14), [vec![0, 2], vec![1]]);
        assert_eq!(indices(11), [vec![0, 2], vec![1]]);
        assert_eq!(indices(1), [[0], [2], [1]]);
        assert!(packed_batches(&[], 8).is_empty());
    }
}
