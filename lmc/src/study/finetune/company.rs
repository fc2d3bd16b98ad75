//! Stacks in company: on a device as many copies are trained side by side as it has memory for.

use crate::compute::Compute;

/// The most copies that are trained together: more do not fill a device better.
const MOST_COPIES: usize = 16;

/// Bytes of a parameter in training that stay from update to update: weights and two moments in float32.
const KEPT_BYTES: u64 = 12;

/// Returns the numbers of the stacks in each company, in their order. `stacks` are the copies of each stack and
/// the updates that it has made; a company has stacks of equal progress, together at most `most` copies unless
/// one stack alone has more, and at most one of `n_workers` equal shares of all.
pub(super) fn companies(stacks: &[(usize, u64)], most: usize, n_workers: usize) -> Vec<Vec<usize>> {
    let n_copies: usize = stacks.iter().map(|(copies, _)| copies).sum();
    let most = most.min(n_copies.div_ceil(n_workers.max(1))).max(1);
    let mut companies: Vec<Vec<usize>> = Vec::new();
    let mut size = 0;
    for (stack, &(copies, made)) in stacks.iter().enumerate() {
        size += copies;
        match companies.last_mut().filter(|company| size <= most && stacks[company[0]].1 == made) {
            Some(company) => company.push(stack),
            None => {
                companies.push(vec![stack]);
                size = copies;
            }
        }
    }
    companies
}

/// Returns the most copies of that many parameters that are trained together on a device: their weights and
/// moments take at most the memory that weights may take there. Gradients and activations come on top; if
/// memory is short for them, fewer copies compute side by side.
pub(super) fn most_copies(compute: &Compute, n_parameters: i64) -> usize {
    let each = KEPT_BYTES * n_parameters.max(1).unsigned_abs();
    usize::try_from(compute.device_memory / each).unwrap_or(MOST_COPIES).clamp(1, MOST_COPIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_of_equal_progress_share_a_device_up_to_its_size() {
        let ones = |n: usize| vec![(1, 0); n];
        assert_eq!(companies(&ones(5), 2, 1), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(companies(&ones(5), 16, 2), [vec![0, 1, 2], vec![3, 4]]);
        assert_eq!(companies(&[(8, 0), (8, 0), (3, 0)], 4, 1), [[0], [1], [2]]);
        assert_eq!(companies(&[(1, 0), (1, 40), (1, 40), (1, 0)], 16, 1), [vec![0], vec![1, 2], vec![3]]);
        assert!(companies(&[], 4, 2).is_empty());
    }

    #[test]
    fn memory_decides_how_many_copies_share_a_device() {
        let compute = Compute { device_memory: 12_000, ..Compute::cpu() };
        assert_eq!([100, 250, 1_001, 1].map(|n| most_copies(&compute, n)), [10, 4, 1, 16]);
    }
}
