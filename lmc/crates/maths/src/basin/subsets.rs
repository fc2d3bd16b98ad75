//! Subsets of models by the basins of their members.

use std::collections::BTreeSet;
use std::fmt;

use super::Basins;
use rand::Rng;
use rand::seq::SliceRandom;

/// The number of subsets up to which all are listed before some are drawn.
const MOST_LISTED: f64 = 20_000.0;

/// The origin of the members of a subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// All from one cluster, by its number from 0.
    Within(usize),
    /// Half from each of two clusters, with the odd one from either; more from one cluster if the other has
    /// too few. Of more clusters, from any two or more of them.
    Across,
    /// From all models, whichever cluster they are in.
    Any,
}

impl Membership {
    /// All kinds of two clusters, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Within(0), Self::Within(1), Self::Across, Self::Any];

    /// Returns all kinds of that many clusters, at least two, in the order of tables.
    pub fn kinds(n_basins: usize) -> Vec<Self> {
        (0..n_basins.max(2)).map(Self::Within).chain([Self::Across, Self::Any]).collect()
    }

    /// Returns the most models that a subset of that kind can have.
    pub fn most(self, basins: &Basins) -> usize {
        match self {
            Self::Within(which) => basins.sizes().get(which).copied().unwrap_or(0),
            Self::Across if !basins.is_divided() => 0,
            Self::Across => basins.sizes().iter().sum(),
            Self::Any => basins.models.len(),
        }
    }

    /// Returns the kind of subset that `models` are: within one cluster or across both.
    #[doc(hidden)]
    pub fn of(models: &[usize], cluster: &[usize]) -> Self {
        match models {
            [first, others @ ..] if others.iter().all(|&other| cluster[other] == cluster[*first]) => {
                Self::Within(cluster[*first])
            }
            _ => Self::Across,
        }
    }
}

/// Shows "within 1", "within 2", "across" or "any"; clusters count from 1 as in tables.
impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(cluster) => write!(f, "within {}", cluster + 1),
            Self::Across => f.write_str("across"),
            Self::Any => f.write_str("any"),
        }
    }
}

/// Returns up to `n_subsets` different random subsets of `size` models of that kind, each in ascending order.
/// Returns all subsets if there are no more than that, and none if a cluster has too few models.
///
/// `cluster`: the cluster of each model, 0 or 1. The same seed draws the same subsets.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{Membership, draw_subsets};
/// let cluster = [0, 1, 0, 0];
/// assert_eq!(draw_subsets(&cluster, Membership::Within(0), 3, 10, 0), [[0, 2, 3]]);
/// assert_eq!(draw_subsets(&cluster, Membership::Across, 2, 10, 0).len(), 3);
/// assert!(draw_subsets(&cluster, Membership::Within(1), 2, 10, 0).is_empty());
/// ```
pub fn draw_subsets(
    cluster: &[usize],
    kind: Membership,
    size: usize,
    n_subsets: usize,
    seed: u64,
) -> Vec<Vec<usize>> {
    let members =
        |which: usize| (0..cluster.len()).filter(|&model| cluster[model] == which).collect::<Vec<_>>();
    let everyone: Vec<usize> = (0..cluster.len()).collect();
    // Two pools, and how many models may come from each.
    let (pools, splits) = match kind {
        Membership::Within(which) => ([members(which), Vec::new()], vec![[size, 0]]),
        Membership::Any => ([everyone, Vec::new()], vec![[size, 0]]),
        Membership::Across => {
            let pools = [members(0), members(1)];
            let splits = splits(size, [pools[0].len(), pools[1].len()]);
            (pools, splits)
        }
    };
    let splits: Vec<[usize; 2]> =
        splits.into_iter().filter(|n| size > 0 && n[0] <= pools[0].len() && n[1] <= pools[1].len()).collect();
    let mut rng = lmc_base::seed::rng(seed, &format!("subsets {kind} of {size}"));
    let n_all: f64 =
        splits.iter().map(|n| n_choices(pools[0].len(), n[0]) * n_choices(pools[1].len(), n[1])).sum();
    let mut drawn: Vec<Vec<usize>> = Vec::new();
    if n_all <= MOST_LISTED {
        for n in &splits {
            let second = choices(&pools[1], n[1]);
            for one in choices(&pools[0], n[0]) {
                drawn.extend(second.iter().map(|other| sorted(one.iter().chain(other).copied())));
            }
        }
        if drawn.len() > n_subsets {
            drawn.shuffle(&mut rng);
            drawn.truncate(n_subsets);
        }
        return drawn;
    }
    let (mut seen, mut pools) = (BTreeSet::new(), pools);
    while drawn.len() < n_subsets && (drawn.len() as f64) < n_all {
        let n = splits[rng.random_range(0..splits.len())];
        pools.iter_mut().for_each(|pool| pool.shuffle(&mut rng));
        let subset = sorted(pools[0][..n[0]].iter().chain(&pools[1][..n[1]]).copied());
        if seen.insert(subset.clone()) {
            drawn.push(subset);
        }
    }
    drawn
}

/// Returns subsets as [`draw_subsets`] does, for any number of basins. Models in no basin are in subsets of
/// [`Membership::Any`] alone.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{BasinCount, ClusterOptions, Membership, cluster, subsets_of_basins};
/// use lmc::gap::{GapMatrix, Measure};
/// let places: [f64; 7] = [0.0, 0.1, 5.0, 5.1, 9.0, 9.2, 9.3];
/// let gaps = ndarray::Array2::from_shape_fn((7, 7), |(i, j)| (places[i] - places[j]).abs());
/// let models = ["a", "b", "c", "d", "e", "f", "g"].map(String::from).to_vec();
/// let gaps = GapMatrix::new(models, Measure::ConvexityGap, gaps)?;
/// let three = ClusterOptions { basins: BasinCount::Exactly(3), ..ClusterOptions::default() };
/// let basins = cluster(&gaps, &three)?;
/// assert_eq!(subsets_of_basins(&basins, Membership::Within(0), 2, 10, 0), [[4, 5], [4, 6], [5, 6]]);
/// assert_eq!(subsets_of_basins(&basins, Membership::Across, 2, 99, 0).len(), 2 * 2 + 2 * 3 + 2 * 3);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn subsets_of_basins(
    basins: &Basins,
    kind: Membership,
    size: usize,
    n_subsets: usize,
    seed: u64,
) -> Vec<Vec<usize>> {
    if kind != Membership::Across || basins.all_in_two() {
        return draw_subsets(&basins.cluster, kind, size, n_subsets, seed);
    }
    if size < 2 || !basins.is_divided() {
        return Vec::new();
    }
    let members: Vec<usize> = (0..basins.cluster.len()).filter(|&m| basins.basin_of(m).is_some()).collect();
    let cluster: Vec<usize> = members.iter().map(|&model| basins.cluster[model]).collect();
    // Those within one basin are left out afterwards. They are at most half of all if basins are many, so
    // that four times as many are enough in nearly all cases.
    let drawn = draw_subsets(&cluster, Membership::Any, size, 4 * n_subsets, seed);
    let across = drawn.into_iter().filter(|subset| Membership::of(subset, &cluster) == Membership::Across);
    across.take(n_subsets).map(|subset| subset.into_iter().map(|row| members[row]).collect()).collect()
}

/// Returns how many of `size` models may come from each of two clusters: half, as far as they have that many,
/// and at least one.
fn splits(size: usize, sizes: [usize; 2]) -> Vec<[usize; 2]> {
    if size < 2 || sizes.contains(&0) || size > sizes[0] + sizes[1] {
        return Vec::new();
    }
    let least = size.saturating_sub(sizes[0]).max(1);
    let most = sizes[1].min(size - 1);
    let halves = [size / 2, size.div_ceil(2)].map(|second| second.clamp(least, most));
    let splits: BTreeSet<usize> = halves.into_iter().collect();
    splits.into_iter().map(|second| [size - second, second]).collect()
}

fn sorted(models: impl Iterator<Item = usize>) -> Vec<usize> {
    models.collect::<BTreeSet<usize>>().into_iter().collect()
}

/// Returns the number of ways to choose `k` of `n`.
fn n_choices(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

/// Returns all ways to choose `k` models of a pool.
fn choices(pool: &[usize], k: usize) -> Vec<Vec<usize>> {
    if k == 0 {
        return vec![Vec::new()];
    }
    let rest = |i: usize| choices(&pool[i + 1..], k - 1);
    let with = |i: usize| rest(i).into_iter().map(move |others| [&[pool[i]][..], &others[..]].concat());
    (0..pool.len()).filter(|i| pool.len() - i >= k).flat_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the clusters of nine models and seven, mixed.
    fn cluster() -> Vec<usize> {
        (0..16).map(|i| usize::from(i % 2 == 1 && i < 14)).collect()
    }

    #[test]
    fn subsets_are_of_their_kind_and_all_different() {
        let cluster = cluster();
        for (kind, size, n, expected) in [
            (Membership::Within(0), 4, 500, 126),
            (Membership::Within(1), 4, 500, 35),
            (Membership::Within(1), 4, 10, 10),
            (Membership::Within(1), 8, 10, 0),
            (Membership::Across, 2, 500, 63),
            (Membership::Across, 4, 5000, 36 * 21),
            (Membership::Across, 3, 5000, 36 * 7 + 9 * 21),
            (Membership::Across, 16, 5, 1),
            (Membership::Across, 15, 99, 9),
            (Membership::Across, 17, 5, 0),
            (Membership::Across, 1, 5, 0),
            (Membership::Any, 16, 5, 1),
            (Membership::Any, 3, 1000, 560),
            (Membership::Any, 0, 5, 0),
        ] {
            let drawn = draw_subsets(&cluster, kind, size, n, 3);
            assert_eq!(drawn.len(), expected, "{kind} {size}");
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), expected);
            for subset in &drawn {
                assert!(subset.len() == size && subset.windows(2).all(|pair| pair[0] < pair[1]));
                let second = subset.iter().filter(|&&model| cluster[model] == 1).count();
                match kind {
                    Membership::Within(which) => assert_eq!(second, which * size),
                    Membership::Across if size <= 8 => {
                        assert!(second == size / 2 || second == size.div_ceil(2))
                    }
                    _ => {}
                }
            }
            assert_eq!(drawn, draw_subsets(&cluster, kind, size, n, 3));
        }
        let [one, other] = [1, 2].map(|seed| draw_subsets(&cluster, Membership::Any, 4, 10, seed));
        assert_ne!(one, other);
    }

    #[test]
    fn many_models_are_drawn_without_listing_all_subsets() {
        let cluster: Vec<usize> = (0..100).map(|i| usize::from(i < 12)).collect();
        for kind in [Membership::Across, Membership::Any, Membership::Within(0)] {
            let drawn = draw_subsets(&cluster, kind, 9, 40, 0);
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 40, "{kind}");
        }
        let odd = draw_subsets(&cluster, Membership::Across, 9, 40, 0);
        let second = |subset: &Vec<usize>| subset.iter().filter(|&&model| cluster[model] == 1).count();
        let counts: BTreeSet<usize> = odd.iter().map(second).collect();
        assert_eq!(counts, BTreeSet::from([4, 5]), "the odd one comes from either");
    }

    #[test]
    fn the_kind_of_given_models_is_known() {
        let cluster = [0, 1, 1, 0];
        assert_eq!(Membership::of(&[0, 3], &cluster), Membership::Within(0));
        assert_eq!(Membership::of(&[1, 2], &cluster), Membership::Within(1));
        assert_eq!(Membership::of(&[0, 2], &cluster), Membership::Across);
        assert_eq!(Membership::ALL.map(|kind| kind.to_string()), ["within 1", "within 2", "across", "any"]);
    }
}
