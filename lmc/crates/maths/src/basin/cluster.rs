use super::{
    Delta, Note,
    affinity::similarities,
    division::{Known, divided},
    embedding::plane,
};
use crate::gap::GapMatrix;
use crate::stats::silhouette;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, in_range, positive};
use ndarray::Array2;
use std::fmt;

/// The options by which [`cluster`] divides models into two basins.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOptions {
    /// The width of the similarity kernel.
    pub delta: Delta,
    /// The seed of the starts of k-means.
    pub seed: u64,
    /// The number of starts of k-means; the best of them counts.
    pub n_init: usize,
}

impl Default for ClusterOptions {
    /// Returns the width that the gaps suggest ([`Delta::Auto`]), seed 42, and 100 starts (they are cheap,
    /// and with 10 the best division of noisy gaps is missed now and then).
    fn default() -> ClusterOptions {
        ClusterOptions { delta: Delta::Auto, seed: 42, n_init: 100 }
    }
}

impl ClusterOptions {
    /// Returns the options with the width of the paper, 1 nat per example: right for gaps near or above 1.
    pub fn paper() -> ClusterOptions {
        ClusterOptions { delta: Delta::Paper, ..ClusterOptions::default() }
    }
}

impl Options for ClusterOptions {
    fn validate(&self) -> Result<()> {
        if let Delta::Fixed(width) = self.delta {
            positive("delta", width, "a finite number above 0")?;
        }
        in_range("n_init", self.n_init, MOST_STARTS)
    }
}

/// The most starts of k-means.
const MOST_STARTS: usize = 100_000;

/// Models divided into two basins, or all in one if nothing says how to divide them. Vectors are in the order
/// of `models`.
#[derive(Clone, PartialEq)]
pub struct Basins {
    /// Names of the models, in the order of the gap matrix.
    pub models: Vec<String>,
    /// The cluster of each model: 0 for the larger one, 1 for the other. Of two equally large clusters, 0 is
    /// that of the model whose name comes first, where 9 comes before 10. Tables and figures call them C1 and
    /// C2. All values are 0 if the models are not divided.
    pub cluster: Vec<usize>,
    /// The membership score of each model: its distance to the centroid of cluster 0 minus its distance to
    /// that of cluster 1, in the embedding. Negative inside cluster 0; 0 for all if the models are not
    /// divided.
    pub membership: Vec<f64>,
    /// Spectral coordinates of the models, \[n_models, 2\]. The first one is constant, except that it is 0
    /// for a model that is similar to no other. All values are 0 if the models are not divided.
    pub embedding: Array2<f64>,
    /// Means of the coordinates of each cluster, \[2, 2\]; all 0 if the models are not divided.
    pub centroids: Array2<f64>,
    /// The width of the similarity kernel, in the unit of the gaps; 0 for [`Delta::Auto`] if all gaps are 0.
    pub delta: f64,
    /// The most by which rounding moves a gap, as given by the gap matrix.
    pub resolution: f64,
    /// The mean silhouette of the clusters under the gaps, from -1 to 1; NaN if the models are not divided.
    /// It is high also for two shades of one behaviour: read it beside `within` and `across`.
    pub silhouette: f64,
    /// The mean gap of two models of one cluster, in the unit of the gaps.
    pub within: f64,
    /// The mean gap of two models of different clusters, in the unit of the gaps; NaN if the models are not
    /// divided.
    pub across: f64,
    /// Notes on what the division leaves open; at least the reason, if the models are not divided.
    pub notes: Vec<Note>,
}

impl Basins {
    /// Returns the number of models in cluster 0 and in cluster 1.
    pub fn sizes(&self) -> [usize; 2] {
        let second = self.cluster.iter().sum();
        [self.cluster.len() - second, second]
    }

    /// Returns whether there are two clusters; if not, [`Basins::notes`] says why.
    pub fn is_divided(&self) -> bool {
        self.cluster.contains(&1)
    }

    /// Checks that the models are divided, for uses that need two clusters.
    #[doc(hidden)]
    pub fn check_divided(&self) -> Result<()> {
        if self.is_divided() {
            return Ok(());
        }
        let why = self.notes.iter().find(|note| note.is_undivided());
        let got = why.map_or_else(|| "one cluster".to_owned(), Note::to_string);
        Err(LmcError::invalid("basins", got, "models that fall into two clusters"))
    }
}

impl fmt::Debug for Basins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.sizes();
        let Basins { silhouette, within, across, .. } = self;
        if !self.is_divided() {
            return write!(f, "Basins({first} models in one cluster, mean gap {within:.4})");
        }
        write!(f, "Basins({first} + {second} models, silhouette {silhouette:.2}, ")?;
        write!(f, "within {within:.4}, across {across:.4})")
    }
}

/// Returns the two basins of the models of a gap matrix, by spectral clustering.
///
/// The steps are similarities, two spectral coordinates per model (the first, constant one is kept), and
/// 2-means. The order and the names of the models do not matter, with one exception: of two equally large
/// clusters, that of the model whose name comes first is cluster 0.
///
/// Models are left in one cluster if nothing in the gaps says how to divide them, and [`Basins::notes`] says
/// why: all gaps are equal, or differ by no more than their [`resolution`](GapMatrix::resolution); the width
/// is so far from the gaps that all pairs are equally similar, or not similar at all; or several divisions
/// are equally good, as for three groups that are equally far from each other. If the models fall into more
/// than two parts that no similarity connects, notes name the parts, and the models are still divided if one
/// division is the best. Otherwise two clusters are found, whether the surface has two basins or not: see
/// [`Basins::within`], [`Basins::across`] and [`crate::stats::permutation_test`].
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 models, a bad width (see [`affinity`](super::affinity())),
/// or no starts; [`LmcError::Eigenvectors`].
///
/// # Reference
/// Juneja et al. 2023, section 4.1; von Luxburg 2007; scikit-learn's `SpectralClustering`.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{ClusterOptions, cluster};
/// use lmc::gap::{GapMatrix, Measure};
/// let gaps = ndarray::array![[0.0, 0.1, 2.0], [0.1, 0.0, 2.2], [2.0, 2.2, 0.0]];
/// let models = ["a", "b", "c"].map(String::from).to_vec();
/// let gaps = GapMatrix::new(models, Measure::ConvexityGap, gaps)?;
/// let basins = cluster(&gaps, &ClusterOptions::default())?;
/// assert_eq!(basins.cluster, [0, 0, 1]);
/// assert!(basins.membership[0] < 0.0 && basins.membership[2] > 0.0);
/// assert_eq!((basins.within, basins.across), (0.1, 2.1));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn cluster(gaps: &GapMatrix, options: &ClusterOptions) -> Result<Basins> {
    let options = options.check()?;
    gaps.check()?;
    let (pairs, resolution) = (gaps.pairs(), gaps.resolution);
    let known = Known { models: &gaps.models, pairs: &pairs, resolution };
    let embed = |delta| plane(&similarities(&gaps.values, delta));
    divided(&known, &options, embed, |cluster| silhouette(&gaps.values, cluster))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap::Measure;
    use lmc_base::seed::rng;
    use ndarray::Axis;
    use rand::{Rng, seq::SliceRandom};

    /// Returns gaps about 0.1 inside two blocks and about 2.0 between them, item i in block `blocks[i]`.
    fn planted(blocks: &[usize], seed: u64, scale: f64) -> GapMatrix {
        let (n, mut rng) = (blocks.len(), rng(seed, "planted"));
        let mut values = Array2::zeros((n, n));
        for i in 0..n {
            for j in 0..i {
                let centre = if blocks[i] == blocks[j] { 0.1 } else { 2.0 };
                values[[i, j]] = scale * centre * rng.random_range(0.5..1.5);
                values[[j, i]] = values[[i, j]];
            }
        }
        let models = (0..n).map(|i| format!("m{i}")).collect();
        GapMatrix::new(models, Measure::ConvexityGap, values).unwrap()
    }

    fn permuted(gaps: &GapMatrix, order: &[usize]) -> GapMatrix {
        let models = order.iter().map(|&i| gaps.models[i].clone()).collect();
        let values = gaps.values.select(Axis(0), order).select(Axis(1), order);
        GapMatrix::new(models, gaps.measure, values).unwrap()
    }

    #[test]
    fn recovers_planted_blocks() {
        for seed in 0..6 {
            let mut blocks: Vec<usize> = (0..30).map(|i| usize::from(i < 11)).collect();
            blocks.shuffle(&mut rng(seed, "blocks"));
            for (delta, scale) in [(Delta::Paper, 1.0), (Delta::Auto, 0.01), (Delta::Fixed(0.05), 0.05)] {
                let options = ClusterOptions { delta, ..ClusterOptions::default() };
                let basins = cluster(&planted(&blocks, seed, scale), &options).unwrap();
                assert_eq!(basins.cluster, blocks);
                assert_eq!(basins.sizes(), [19, 11]);
                for (score, &block) in basins.membership.iter().zip(&blocks) {
                    assert_eq!(*score > 0.0, block == 1);
                }
                assert!(basins.across > 10.0 * basins.within && basins.silhouette > 0.8, "{basins:?}");
            }
        }
    }

    #[test]
    fn relabelling_changes_nothing() {
        for seed in 0..6 {
            let blocks: Vec<usize> = (0..21).map(|i| usize::from(i % 3 == 0)).collect();
            let gaps = planted(&blocks, seed, 0.02);
            let options = ClusterOptions::default();
            let basins = cluster(&gaps, &options).unwrap();
            let mut order: Vec<usize> = (0..21).collect();
            order.shuffle(&mut rng(seed, "order"));
            let moved = cluster(&permuted(&gaps, &order), &options).unwrap();
            for (to, &from) in order.iter().enumerate() {
                assert_eq!(moved.models[to], basins.models[from]);
                assert_eq!(moved.cluster[to], basins.cluster[from]);
                assert!((moved.membership[to] - basins.membership[from]).abs() < 1e-10);
            }
            for (a, b) in [(moved.within, basins.within), (moved.silhouette, basins.silhouette)] {
                assert!((a - b).abs() < 1e-12);
            }
            let mut renamed = gaps.clone();
            renamed.models.iter_mut().for_each(|name| *name = format!("other {name}"));
            let renamed = cluster(&renamed, &options).unwrap();
            assert_eq!((renamed.cluster, renamed.membership), (basins.cluster, basins.membership));
        }
    }

    /// Returns gaps by the groups of two models: `inside` within one group, `outside` between two.
    fn grouped(groups: &[usize], inside: f64, outside: f64) -> GapMatrix {
        let n = groups.len();
        let values = Array2::from_shape_fn((n, n), |(i, j)| match i == j {
            true => 0.0,
            false if groups[i] == groups[j] => inside,
            false => outside,
        });
        GapMatrix::new((0..n).map(|i| format!("m{i}")).collect(), Measure::ConvexityGap, values).unwrap()
    }

    fn with(delta: Delta) -> ClusterOptions {
        ClusterOptions { delta, ..ClusterOptions::default() }
    }

    #[track_caller]
    fn undivided(gaps: &GapMatrix, delta: Delta) -> Vec<Note> {
        let basins = cluster(gaps, &with(delta)).unwrap();
        let n = gaps.models.len();
        assert!(!basins.is_divided() && basins.check_divided().is_err(), "{basins:?}");
        assert_eq!(
            (basins.sizes(), &basins.cluster, &basins.membership),
            ([n, 0], &vec![0; n], &vec![0.0; n])
        );
        assert!(basins.silhouette.is_nan() && basins.across.is_nan() && basins.within.is_finite());
        assert!(basins.embedding.iter().chain(&basins.centroids).all(|x| *x == 0.0));
        assert!(format!("{basins:?}").starts_with(&format!("Basins({n} models in one cluster")));
        basins.notes
    }

    #[test]
    fn equal_gaps_are_no_clusters() {
        for delta in [Delta::Paper, Delta::Auto, Delta::Fixed(0.3)] {
            for gap in [0.0, 0.2, 5.0, 1e-9] {
                let notes = undivided(&grouped(&[0, 1, 2, 3], 0.0, gap), delta);
                assert!(
                    matches!(&notes[..], [Note::EqualGaps { smallest, .. }] if *smallest == gap),
                    "{notes:?}"
                );
            }
            // Gaps that differ by the rounding of sums or by that of the measured values.
            let mut near = grouped(&[0, 1, 2, 3], 0.0, 0.3);
            near.values[[0, 1]] = 0.1 + 0.2;
            near.values[[1, 0]] = 0.1 + 0.2;
            assert!(near.values[[0, 1]] != 0.3);
            assert!(matches!(undivided(&near, delta)[..], [Note::EqualGaps { .. }]));
            near.values[[0, 1]] = 0.3001;
            near.values[[1, 0]] = 0.3001;
            assert!(matches!(
                undivided(&near.clone().with_resolution(1e-4), delta)[..],
                [Note::EqualGaps { .. }]
            ));
            let rounded = grouped(&[0, 0, 1, 1], 3e-9, 7e-8).with_resolution(5e-8);
            assert!(matches!(undivided(&rounded, delta)[..], [Note::EqualGaps { .. }]));
        }
        let real = grouped(&[0, 0, 1, 1], 3e-9, 7e-8);
        assert_eq!(cluster(&real, &with(Delta::Auto)).unwrap().cluster, [0, 0, 1, 1]);
    }

    #[test]
    fn widths_far_from_the_gaps_are_no_clusters() {
        let gaps = planted(&[0, 0, 1, 1, 0], 1, 1.0);
        for delta in [1e-300, 1e-310, 1e-9] {
            let notes = undivided(&gaps, Delta::Fixed(delta));
            assert!(matches!(&notes[..], [Note::NoSimilarity { .. }]), "{notes:?}");
        }
        for delta in [1e300, 1e9] {
            let notes = undivided(&gaps, Delta::Fixed(delta));
            assert!(matches!(&notes[..], [Note::AllSimilar { .. }]), "{notes:?}");
        }
        assert_eq!(cluster(&gaps, &with(Delta::Paper)).unwrap().notes, []);
    }

    #[test]
    fn nearly_equal_gaps_with_two_blocks_are_divided() {
        // 2 % apart: the standard deviation is a hundredth of the gaps.
        let blocks = [0, 1, 0, 0, 1, 0, 1];
        let gaps = grouped(&blocks, 0.99, 1.01);
        let basins = cluster(&gaps, &with(Delta::Auto)).unwrap();
        assert_eq!((&basins.cluster[..], basins.delta), (&blocks[..], 0.99 / 4.0));
        assert!(matches!(basins.notes[..], [Note::Widened { .. }]));
        assert!(basins.membership.iter().all(|score| score.abs() < 1e3), "{:?}", basins.membership);
    }

    #[test]
    fn three_equal_groups_are_not_divided_in_any_order() {
        for groups in [[0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2], [1, 0, 2, 0, 1, 2]] {
            let notes = undivided(&grouped(&groups, 0.0, 90.0), Delta::Paper);
            let [Note::Components { parts }, Note::TiedEigenvalues { .. }] = &notes[..] else {
                panic!("{notes:?}")
            };
            assert_eq!(parts.len(), 3);
            for part in parts {
                let group = |name: &String| groups[name[1..].parse::<usize>().unwrap()];
                assert!(part.len() == 2 && group(&part[0]) == group(&part[1]));
            }
            let notes = undivided(&grouped(&groups, 0.0, 90.0), Delta::Auto);
            assert!(matches!(notes[..], [Note::TiedEigenvalues { .. }]), "{notes:?}");
        }
    }

    #[test]
    fn a_model_halfway_between_two_others_belongs_to_neither() {
        for places in [[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]] {
            let values = Array2::from_shape_fn((3, 3), |(i, j)| f64::abs(places[i] - places[j]));
            let models = ["a", "b", "c"].map(String::from).to_vec();
            let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
            assert!(matches!(undivided(&gaps, Delta::Paper)[..], [Note::TiedDivisions]));
        }
    }

    #[test]
    fn parts_beside_two_blocks_are_named() {
        // Four and three models in blocks, and one far from all others: its similarity to them is 0.
        let gaps = grouped(&[0, 0, 0, 0, 1, 1, 1, 2], 0.1, 80.0);
        let basins = cluster(&gaps, &ClusterOptions::paper()).unwrap();
        assert_eq!(basins.cluster[..7], [0, 0, 0, 0, 1, 1, 1]);
        let [Note::Components { parts }] = &basins.notes[..] else { panic!("{:?}", basins.notes) };
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 1]);
        // Two parts that are the two clusters need no note.
        let two = cluster(&grouped(&[0, 0, 1, 1, 1], 0.1, 80.0), &ClusterOptions::paper()).unwrap();
        assert_eq!((&two.cluster[..], &two.notes[..]), (&[1, 1, 0, 0, 0][..], &[][..]));
    }

    #[test]
    fn unconnected_basins_have_definite_scores() {
        // The similarity across is exactly 0. Two eigenvalues then coincide, which does not change distances
        // in the embedding.
        let blocks = [0, 1, 0, 0, 1, 1, 0];
        let gaps = planted(&blocks, 1, 100.0);
        let options = ClusterOptions { delta: Delta::Fixed(10.0), ..ClusterOptions::default() };
        let basins = cluster(&gaps, &options).unwrap();
        assert_eq!(basins.cluster, blocks);
        let order = [6, 2, 4, 0, 1, 3, 5];
        let moved = cluster(&permuted(&gaps, &order), &options).unwrap();
        for (to, from) in order.into_iter().enumerate() {
            assert!((moved.membership[to] - basins.membership[from]).abs() < 1e-8);
        }
    }

    #[test]
    fn the_first_name_decides_between_equal_clusters_in_any_order() {
        for blocks in [[0, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0]] {
            let mut gaps = planted(&blocks, 5, 1.0);
            // As numbers, 9 comes before 10, and zeros in front do not count.
            gaps.models = ["run10", "run007", "run9", "run100", "run11", "run20"].map(String::from).to_vec();
            let basins = cluster(&gaps, &ClusterOptions::paper()).unwrap();
            assert_eq!(basins.cluster, blocks.map(|block| usize::from(block != blocks[1])));
            let order = [3, 0, 5, 1, 4, 2];
            let moved = cluster(&permuted(&gaps, &order), &ClusterOptions::paper()).unwrap();
            assert_eq!(moved.cluster, order.map(|i| basins.cluster[i]).to_vec());
        }
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let fails = |gaps: &GapMatrix, options| cluster(gaps, &options).unwrap_err();
        let two = planted(&[0, 1], 1, 1.0);
        assert!(matches!(
            fails(&two, ClusterOptions::paper()),
            LmcError::InvalidParameter { field: "models", .. }
        ));
        let gaps = planted(&[0, 0, 1], 1, 1.0);
        let no_starts = ClusterOptions { n_init: 0, ..ClusterOptions::paper() };
        assert!(matches!(fails(&gaps, no_starts), LmcError::InvalidParameter { field: "n_init", .. }));
        let no_width = ClusterOptions { delta: Delta::Fixed(0.0), ..ClusterOptions::default() };
        assert!(matches!(fails(&gaps, no_width), LmcError::InvalidParameter { field: "delta", .. }));
        let mut broken = gaps;
        broken.models.pop();
        assert!(matches!(fails(&broken, ClusterOptions::paper()), LmcError::ShapeMismatch { .. }));
    }
}
