use std::collections::BTreeMap;

/// Returns the connected component of each of `n` items of a graph, numbered by the first item of each.
///
/// `edges`: two items and the weight between them, as a share of the roots of their degrees. A weight that is
/// only rounding beside these does not connect.
pub(super) fn components(n: usize, edges: impl Iterator<Item = (usize, usize, f64)>) -> Vec<usize> {
    const NOTHING: f64 = 1e-15;
    let mut leader: Vec<usize> = (0..n).collect();
    fn lead(leader: &mut [usize], mut item: usize) -> usize {
        while leader[item] != item {
            leader[item] = leader[leader[item]];
            item = leader[item];
        }
        item
    }
    for (a, b, _) in edges.filter(|&(.., weight)| weight > NOTHING) {
        let (a, b) = (lead(&mut leader, a), lead(&mut leader, b));
        leader[a.max(b)] = a.min(b);
    }
    let mut numbers = BTreeMap::new();
    (0..n)
        .map(|item| {
            let next = numbers.len();
            *numbers.entry(lead(&mut leader, item)).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_a_path_joins_are_one_component() {
        let edges = [(4, 2, 0.5), (2, 0, 0.1), (1, 3, 1e-16), (5, 1, 0.2)];
        assert_eq!(components(6, edges.into_iter()), [0, 1, 0, 2, 0, 1]);
        assert_eq!(components(2, std::iter::empty()), [0, 1]);
    }
}
