//! The order in which a seed sees the training examples.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// An endless sequence of batches: a fresh shuffle of all examples every epoch, from the sub-seed `order`.
#[derive(Debug)]
pub struct Order {
    rng: ChaCha8Rng,
    indices: Vec<usize>,
    next: usize,
    drop_last: bool,
}

impl Order {
    /// Makes the order of that seed over `n` examples; with `drop_last` an epoch ends with its last whole
    /// batch.
    pub fn new(seed: u64, n: usize, drop_last: bool) -> Self {
        Self { rng: lmc_base::seed::rng(seed, "order"), indices: (0..n).collect(), next: n, drop_last }
    }

    /// Returns the indices of the next batch; unless it is dropped, the last batch of an epoch may be
    /// smaller.
    pub fn batch(&mut self, size: usize) -> &[usize] {
        let n = self.peek(size).len();
        self.next += n;
        &self.indices[self.next - n..self.next]
    }

    /// Returns the batch that [`Order::batch`] returns next.
    pub fn peek(&mut self, size: usize) -> &[usize] {
        let left = self.indices.len() - self.next;
        if left == 0 || (self.drop_last && left < size) {
            self.indices.shuffle(&mut self.rng);
            self.next = 0;
        }
        &self.indices[self.next..(self.next + size).min(self.indices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_sees_every_example_once() {
        let mut order = Order::new(3, 10, false);
        let mut epochs = Vec::new();
        for _ in 0..2 {
            let mut seen = Vec::new();
            for _ in 0..3 {
                let next = order.peek(4).to_vec();
                assert_eq!(order.batch(4), next);
                seen.extend(next);
            }
            epochs.push(seen.clone());
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_eq!(Order::new(3, 10, false).batch(4), &epochs[0][..4]);
        assert_ne!(Order::new(4, 10, false).batch(4), &epochs[0][..4]);
    }

    #[test]
    fn a_partial_batch_is_dropped_and_the_next_epoch_begins() {
        let (mut whole, mut dropped) = (Order::new(3, 10, false), Order::new(3, 10, true));
        for _ in 0..3 {
            for _ in 0..2 {
                let next = dropped.peek(4).to_vec();
                assert_eq!(next.len(), 4);
                assert_eq!(dropped.batch(4), next);
                assert_eq!(whole.batch(4), next);
            }
            assert_eq!(whole.batch(4).len(), 2);
        }
    }
}
