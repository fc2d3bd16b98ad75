//! The borders between groups of neighbouring lengths that leave the least padding.

/// Returns the numbers of sequences in at most `n_groups` groups of neighbours, in order, such that padding
/// each group to its longest sequence makes the least work; `lengths` ascend.
///
/// The work of a group of n sequences padded to l tokens is n l^2, for its products of queries and keys, and
/// n l, for its rows. Sequences of one length are never parted, and more groups never make more work, so that
/// there are `n_groups` of them or as many as lengths. Found by dynamic programming over the lengths.
pub(super) fn group_sizes(lengths: &[i64], n_groups: usize) -> Vec<usize> {
    // Each length with the number of sequences up to it.
    let mut steps: Vec<(i64, usize)> = Vec::new();
    for (i, &length) in lengths.iter().enumerate() {
        match steps.last_mut().filter(|step| step.0 == length) {
            Some(step) => step.1 = i + 1,
            None => steps.push((length, i + 1)),
        }
    }
    let n_before = |step: usize| if step == 0 { 0 } else { steps[step - 1].1 };
    let work = |from: usize, to: usize| {
        let (longest, n_sequences) = (steps[to - 1].0 as f64, (steps[to - 1].1 - n_before(from)) as f64);
        n_sequences * longest * (longest + 1.0)
    };
    // The least work of the lengths before each in the groups so far, and where the last of them starts.
    let mut least: Vec<f64> = (0..=steps.len()).map(|to| if to == 0 { 0.0 } else { work(0, to) }).collect();
    let mut starts = vec![vec![0; steps.len() + 1]];
    for _ in 1..n_groups.min(steps.len()) {
        let best = |to: usize| {
            let candidates = (0..to).map(|from| (least[from] + work(from, to), from));
            candidates.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 0))
        };
        let found: Vec<(f64, usize)> = (0..=steps.len()).map(best).collect();
        least = found.iter().map(|&(work, _)| work).collect();
        starts.push(found.into_iter().map(|(_, start)| start).collect());
    }
    let (mut sizes, mut to) = (Vec::new(), steps.len());
    for start in starts.iter().rev() {
        if to > 0 {
            sizes.push(n_before(to) - n_before(start[to]));
            to = start[to];
        }
    }
    sizes.reverse();
    sizes
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    fn work(lengths: &[i64], sizes: &[usize]) -> i64 {
        let mut rest = lengths;
        let group = |&size: &usize| {
            let (group, after) = rest.split_at(size);
            rest = after;
            group.len() as i64 * group.last().map_or(0, |longest| longest * longest + longest)
        };
        let total = sizes.iter().map(group).sum();
        assert!(rest.is_empty(), "{sizes:?} of {lengths:?}");
        total
    }

    /// Returns the least work by trying every way to cut.
    fn least_work(lengths: &[i64], n_groups: usize) -> i64 {
        if n_groups <= 1 || lengths.is_empty() {
            return work(lengths, &[lengths.len()]);
        }
        let first = |size: usize| {
            let (group, rest) = lengths.split_at(size);
            work(group, &[size]) + least_work(rest, n_groups - 1)
        };
        (1..=lengths.len()).map(first).min().unwrap_or(0)
    }

    #[test]
    fn borders_by_hand() {
        // Two long ones apart: 3 * 3 * 4 + 2 * 9 * 10 = 216; any other border pads more.
        assert_eq!(group_sizes(&[2, 3, 3, 9, 9], 2), [3, 2]);
        assert_eq!(group_sizes(&[2, 3, 3, 9, 9], 1), [5]);
        assert_eq!(group_sizes(&[2, 3, 3, 9, 9], 3), [1, 2, 2]);
        assert_eq!(group_sizes(&[2, 3, 3, 9, 9], 8), [1, 2, 2]);
        assert_eq!(group_sizes(&[4; 6], 3), [6]);
        assert_eq!(group_sizes(&[1], 8), [1]);
        assert!(group_sizes(&[], 8).is_empty());
    }

    #[test]
    fn no_other_borders_make_less_work() {
        let mut rng = lmc_base::seed::rng(1, "grouping");
        for case in 0..200 {
            let n = rng.random_range(1..=9);
            let mut lengths: Vec<i64> = (0..n).map(|_| rng.random_range(1..=12)).collect();
            lengths.sort_unstable();
            for n_groups in 1..=5 {
                let sizes = group_sizes(&lengths, n_groups);
                assert!(sizes.len() <= n_groups && !sizes.contains(&0), "{sizes:?}");
                let (got, least) = (work(&lengths, &sizes), least_work(&lengths, n_groups));
                assert_eq!(got, least, "case {case}: {lengths:?} in {n_groups} groups: {sizes:?}");
            }
        }
    }
}
