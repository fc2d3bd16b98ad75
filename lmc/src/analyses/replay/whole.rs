//! Models of which every pair has a line, after leaving out as few as possible.

use std::collections::BTreeSet;

/// The number of choices that are tried before the best answer so far is taken.
const CHOICES: usize = 200_000;

/// Returns the smallest set of nodes that every edge touches, in ascending order: a minimum vertex cover. Of
/// several of one size it has those that more edges touch, and of such the later ones. Beyond a great number
/// of choices it may not be the smallest.
pub(super) fn fewest(n_nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut neighbours = vec![BTreeSet::new(); n_nodes];
    for &(a, b) in edges {
        neighbours[a].insert(b);
        neighbours[b].insert(a);
    }
    let mut search = Search { best: None, left: CHOICES };
    search.go(&mut neighbours, &mut Vec::new());
    let mut best = search.best.unwrap_or_default();
    best.sort_unstable();
    best
}

struct Search {
    best: Option<Vec<usize>>,
    left: usize,
}

impl Search {
    /// Looks at all covers that have `taken`; `neighbours` are the edges that it does not touch.
    fn go(&mut self, neighbours: &mut [BTreeSet<usize>], taken: &mut Vec<usize>) {
        let is_best = |best: &Option<Vec<usize>>, n: usize| best.as_ref().is_none_or(|best| n < best.len());
        let busiest = (0..neighbours.len()).rev().max_by_key(|&node| (neighbours[node].len(), node));
        let Some(node) = busiest.filter(|&node| !neighbours[node].is_empty()) else {
            if is_best(&self.best, taken.len()) {
                self.best = Some(taken.clone());
            }
            return;
        };
        let edges: usize = neighbours.iter().map(BTreeSet::len).sum::<usize>() / 2;
        let at_least = taken.len() + edges.div_ceil(neighbours[node].len());
        if !is_best(&self.best, at_least) || (self.left == 0 && self.best.is_some()) {
            return;
        }
        self.left = self.left.saturating_sub(1);
        // The node itself, or all that it has an edge to.
        let others: Vec<usize> = neighbours[node].iter().copied().collect();
        for choice in [vec![node], others] {
            let before = neighbours.to_vec();
            for &node in &choice {
                for other in std::mem::take(&mut neighbours[node]) {
                    neighbours[other].remove(&node);
                }
            }
            taken.extend(&choice);
            self.go(neighbours, taken);
            taken.truncate(taken.len() - choice.len());
            neighbours.clone_from_slice(&before);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn the_model_that_most_pairs_lack_is_left_out() {
        assert!(fewest(4, &[]).is_empty());
        assert_eq!(fewest(4, &[(1, 0), (1, 2), (1, 3)]), [1]);
        // Of two of one kind the later one.
        assert_eq!(fewest(4, &[(2, 3)]), [3]);
        // A path of five: the second and the fourth. A triangle: two of three.
        assert_eq!(fewest(5, &[(0, 1), (1, 2), (2, 3), (3, 4)]), [1, 3]);
        assert_eq!(fewest(3, &[(0, 1), (1, 2), (0, 2)]).len(), 2);
    }

    /// The answer is compared with all sets of nodes.
    #[test]
    fn no_smaller_set_will_do() {
        let mut rng = crate::seed::rng(5, "cover");
        for _ in 0..200 {
            let n = rng.random_range(2..10usize);
            let all: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
            let share = rng.random::<f64>();
            let edges: Vec<_> = all.into_iter().filter(|_| rng.random::<f64>() < share).collect();
            let covers = |set: usize| edges.iter().all(|(a, b)| set >> a & 1 == 1 || set >> b & 1 == 1);
            let least = (0..1 << n).filter(|&set| covers(set)).map(usize::count_ones).min().unwrap();
            let found = fewest(n, &edges);
            assert!(
                covers(found.iter().map(|node| 1 << node).sum()) && found.len() == least as usize,
                "{edges:?}"
            );
        }
    }

    /// An answer comes at once for a hundred models with half of all pairs missing, and it is a valid one.
    #[test]
    fn a_great_many_missing_pairs_take_no_time() {
        let mut rng = crate::seed::rng(6, "cover");
        let all = (0..100usize).flat_map(|a| (a + 1..100).map(move |b| (a, b)));
        let edges: Vec<_> = all.filter(|_| rng.random::<bool>()).collect();
        let found = fewest(100, &edges);
        assert!(edges.iter().all(|(a, b)| found.contains(a) || found.contains(b)) && found.len() < 100);
    }
}
