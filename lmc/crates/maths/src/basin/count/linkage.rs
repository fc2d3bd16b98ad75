use std::collections::BTreeMap;

use ndarray::Array2;

/// Returns the groups of n items at each of the n levels of average linkage, from every item in a group of its
/// own to all in one. Each level is the group of every item.
///
/// `distances`: \[n, n\], symmetric. The two groups with the smallest mean distance between their members are
/// joined first. Of equally near ones, those come first whose later group has the earliest item.
///
/// # Reference
/// Sokal and Michener 1958 (UPGMA).
pub(super) fn levels(distances: &Array2<f64>) -> Vec<Vec<usize>> {
    let n = distances.nrows();
    let mut groups = Groups::of(distances);
    let mut of_item: Vec<usize> = (0..n).collect();
    let mut levels = vec![of_item.clone()];
    for _ in 1..n {
        let (kept, gone) = groups.join_nearest();
        of_item.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
        levels.push(of_item.clone());
    }
    levels
}

/// The groups that are left, each with the number of its first item.
struct Groups {
    /// Sums of the distances between the members of two groups, by rows of `n`.
    sums: Vec<f64>,
    n: usize,
    /// The numbers of members.
    sizes: Vec<f64>,
    left: Vec<usize>,
    /// For each group the nearest one before it, and the mean distance to it.
    nearest: Vec<(f64, usize)>,
}

impl Groups {
    fn of(distances: &Array2<f64>) -> Self {
        let n = distances.nrows();
        let sums = distances.iter().copied().collect();
        let mut groups = Self { sums, n, sizes: vec![1.0; n], left: (0..n).collect(), nearest: Vec::new() };
        groups.nearest = (0..n).map(|group| groups.nearest_before(group)).collect();
        groups
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        self.sums[a * self.n + b] / (self.sizes[a] * self.sizes[b])
    }

    fn nearest_before(&self, group: usize) -> (f64, usize) {
        let before = self.left.iter().take_while(|&&other| other < group);
        before.fold((f64::INFINITY, group), |nearest, &other| {
            let distance = self.distance(group, other);
            if distance < nearest.0 { (distance, other) } else { nearest }
        })
    }

    /// Joins the two groups that are nearest to each other, and returns the one that is kept and the one that
    /// is gone.
    fn join_nearest(&mut self) -> (usize, usize) {
        let later = self.left[1..].iter().copied();
        let gone =
            later.reduce(|a, b| if self.nearest[b].0 < self.nearest[a].0 { b } else { a }).unwrap_or(0);
        let kept = self.nearest[gone].1;
        self.left.retain(|&group| group != gone);
        for &other in &self.left {
            let sum = self.sums[kept * self.n + other] + self.sums[gone * self.n + other];
            self.sums[kept * self.n + other] = sum;
            self.sums[other * self.n + kept] = sum;
        }
        self.sizes[kept] += self.sizes[gone];
        // A joined group is never nearer to another one than the nearer of its two parts was.
        for place in 0..self.left.len() {
            let group = self.left[place];
            let was = self.nearest[group].1;
            if group == kept || was == kept || was == gone {
                self.nearest[group] = self.nearest_before(group);
            }
        }
        (kept, gone)
    }
}

/// Returns the groups of two items and more, numbered by their first items; none for an item in a group of its
/// own.
pub(super) fn grouped(groups: &[usize]) -> Vec<Option<usize>> {
    let mut sizes = BTreeMap::<usize, usize>::new();
    groups.iter().for_each(|&group| *sizes.entry(group).or_default() += 1);
    let mut numbers = BTreeMap::new();
    groups
        .iter()
        .map(|group| {
            let next = numbers.len();
            (sizes[group] > 1).then(|| *numbers.entry(*group).or_insert(next))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// Returns the smallest mean distance between two of the groups.
    fn least(distances: &Array2<f64>, level: &[usize]) -> f64 {
        let mut means = BTreeMap::<(usize, usize), (f64, f64)>::new();
        for ((i, j), distance) in distances.indexed_iter().filter(|&((i, j), _)| level[i] < level[j]) {
            let (sum, count) = means.entry((level[i], level[j])).or_default();
            (*sum, *count) = (*sum + distance, *count + 1.0);
        }
        means.values().map(|(sum, count)| sum / count).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn each_level_joins_the_nearest_two_groups() {
        let mut rng = lmc_base::seed::rng(1, "distances");
        for n in [2, 7, 20] {
            let mut distances = Array2::from_shape_simple_fn((n, n), || rng.random_range(0.0..1.0));
            distances = &distances + &distances.t();
            let levels = levels(&distances);
            assert_eq!(levels.len(), n);
            for pair in levels.windows(2) {
                let joined = (0..n).find(|&item| pair[0][item] != pair[1][item]).unwrap();
                let (gone, kept) = (pair[0][joined], pair[1][joined]);
                let between =
                    distances.indexed_iter().filter(|&((i, j), _)| (pair[0][i], pair[0][j]) == (gone, kept));
                let between: Vec<f64> = between.map(|(_, distance)| *distance).collect();
                let mean = between.iter().sum::<f64>() / between.len() as f64;
                assert!((mean - least(&distances, &pair[0])).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn hand_computed() {
        // Places 0, 1, 5, 7, 20: the pairs join at 1 and 2, both at 5.5, the last one at 16.75.
        let places: [f64; 5] = [0.0, 1.0, 5.0, 7.0, 20.0];
        let distances = Array2::from_shape_fn((5, 5), |(i, j)| (places[i] - places[j]).abs());
        let levels = levels(&distances);
        assert_eq!(
            levels,
            [[0, 1, 2, 3, 4], [0, 0, 2, 3, 4], [0, 0, 2, 2, 4], [0, 0, 0, 0, 4], [0, 0, 0, 0, 0]]
        );
        assert_eq!(grouped(&levels[2]), [Some(0), Some(0), Some(1), Some(1), None]);
        assert_eq!(grouped(&levels[0]), [None; 5]);
    }
}
