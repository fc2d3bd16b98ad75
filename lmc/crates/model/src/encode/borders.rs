//! Where sequences that lie one after the other begin and end, as the flash kernel for variable lengths reads
//! it.

use tch::{Device, Kind, Tensor};

/// The borders of the sequences of a batch, for one model or for a stack.
#[derive(Debug)]
pub(crate) struct Borders {
    /// The first token of each sequence and the end of the last, `[n_sequences + 1]` i32.
    pub tokens: Tensor,
    /// The same where each sequence has one token: 0, 1, .., n_sequences.
    pub firsts: Tensor,
    /// The number of tokens of the longest sequence.
    pub longest: i64,
    n_tokens: i64,
}

impl Borders {
    /// Makes the borders of sequences of those lengths.
    pub fn new(lengths: &[i64], device: Device) -> Self {
        let mut ends = vec![0];
        ends.extend(lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let n_tokens = ends.last().copied().unwrap_or(0);
        let tokens = Tensor::from_slice(&ends).to_kind(Kind::Int).to_device(device);
        let firsts = Tensor::arange(ends.len() as i64, (Kind::Int, device));
        Self { tokens, firsts, longest: lengths.iter().copied().max().unwrap_or(0), n_tokens }
    }

    /// Returns the borders in a stack of models that read the same tokens, one model after the other.
    pub fn stacked(&self, stack: i64) -> Self {
        if stack == 1 {
            return Self {
                tokens: self.tokens.shallow_clone(),
                firsts: self.firsts.shallow_clone(),
                ..*self
            };
        }
        let options = (Kind::Int, self.tokens.device());
        let n_sequences = self.tokens.size()[0] - 1;
        let models = (Tensor::arange(stack, options) * self.n_tokens).unsqueeze(1);
        let starts = (self.tokens.narrow(0, 0, n_sequences) + models).reshape([-1]);
        let n_tokens = stack * self.n_tokens;
        let tokens = Tensor::cat(&[starts, Tensor::full([1], n_tokens, options)], 0);
        let firsts = Tensor::arange(stack * n_sequences + 1, options);
        Self { tokens, firsts, n_tokens, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_by_hand() {
        let borders = Borders::new(&[2, 1, 3], Device::Cpu);
        let values = |tensor: &Tensor| {
            assert_eq!(tensor.kind(), Kind::Int);
            Vec::<i32>::try_from(tensor).unwrap()
        };
        assert_eq!((values(&borders.tokens), borders.longest), (vec![0, 2, 3, 6], 3));
        assert_eq!(values(&borders.firsts), [0, 1, 2, 3]);
        let two = borders.stacked(2);
        assert_eq!((values(&two.tokens), two.longest), (vec![0, 2, 3, 6, 8, 9, 12], 3));
        assert_eq!(values(&two.firsts), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(values(&borders.stacked(1).tokens), values(&borders.tokens));
    }
}
