use super::{
    Delta, affinity,
    embedding::{eigenvectors, embedding_by},
    kmeans::two_means,
};
use crate::{
    error::{LmcError, Result},
    gap::GapMatrix,
    stats::{mean, silhouette},
};
use ndarray::{Array2, ArrayView1, Axis};
use std::fmt;

/// How [`cluster`] divides models into two basins.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOptions {
    /// The width of the similarity kernel.
    pub delta: Delta,
    /// The seed of the starts of k-means.
    pub seed: u64,
    /// The number of starts of k-means, of which the best counts.
    pub n_init: usize,
}

impl Default for ClusterOptions {
    /// The paper's width, seed 42, 100 starts (they are cheap, and 10 miss the best division of noisy gaps now and
    /// then).
    fn default() -> ClusterOptions {
        ClusterOptions { delta: Delta::Paper, seed: 42, n_init: 100 }
    }
}

/// Models divided into two basins. Vectors are in the order of `models`.
#[derive(Clone, PartialEq)]
pub struct Basins {
    /// Names of the models, in the order of the gap matrix.
    pub models: Vec<String>,
    /// The cluster of each model: 0 for the larger (of two equally large: the one of the first model), 1 for the
    /// other. Tables and figures call them C1 and C2.
    pub cluster: Vec<usize>,
    /// The membership score of each model: its distance to the centroid of cluster 0 less that to the centroid of
    /// cluster 1, in the embedding. Negative inside cluster 0.
    pub membership: Vec<f64>,
    /// Spectral coordinates of the models, \[n_models, 2\]; the first is constant if all models are connected.
    pub embedding: Array2<f64>,
    /// Means of the coordinates of each cluster, \[2, 2\].
    pub centroids: Array2<f64>,
    /// The width of the similarity kernel, in the unit of the gaps.
    pub delta: f64,
    /// The mean silhouette of the clusters under the gaps, from -1 to 1. High also for two shades of one
    /// behaviour: read it beside `within` and `across`.
    pub silhouette: f64,
    /// The mean gap of two models of one cluster, in the unit of the gaps.
    pub within: f64,
    /// The mean gap of two models of different clusters, in the unit of the gaps.
    pub across: f64,
}

impl Basins {
    /// The number of models in cluster 0 and in cluster 1.
    pub fn sizes(&self) -> [usize; 2] {
        let second = self.cluster.iter().sum();
        [self.cluster.len() - second, second]
    }
}

impl fmt::Debug for Basins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.sizes();
        let Basins { silhouette, within, across, .. } = self;
        write!(f, "Basins({first} + {second} models, silhouette {silhouette:.2}, ")?;
        write!(f, "within {within:.4}, across {across:.4})")
    }
}

/// The two basins of the models of a gap matrix, by spectral clustering.
///
/// Similarities, two spectral coordinates per model (the first, constant one kept), 2-means. The order and the
/// names of the models do not matter, except that the first model decides which of two equally large clusters is
/// cluster 0. Two clusters are always found, whether the surface has two basins or not: see [`Basins::within`],
/// [`Basins::across`] and [`crate::stats::permutation_test`].
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 models, a bad width (see [`affinity`]), no starts, or models
/// that do not fall into two clusters.
///
/// # Reference
/// Juneja et al. 2023, section 4.1; von Luxburg 2007; scikit-learn's `SpectralClustering`.
///
/// # Examples
/// ```
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
    cluster_by(gaps, options, eigenvectors)
}

/// [`cluster`] with another solver: of the eigenvectors of a symmetric matrix, as columns in ascending order of eigenvalue.
pub(crate) fn cluster_by(
    gaps: &GapMatrix,
    options: &ClusterOptions,
    eigenvectors: impl Fn(&Array2<f64>) -> Result<Array2<f64>>,
) -> Result<Basins> {
    let affinity = affinity(gaps, options.delta)?;
    let n = gaps.models.len();
    if n < 3 {
        return Err(LmcError::invalid("models", format!("{n} models"), "at least 3 to divide in two"));
    }
    let embedding = embedding_by(&affinity.values, 2, false, eigenvectors)?;
    let division = divide(&embedding, options)?;
    let silhouette = silhouette(&gaps.values, &division.cluster)?;
    division.basins(gaps.models.clone(), embedding, affinity.delta, &gaps.pairs(), silhouette)
}

/// The clusters of models in an embedding.
pub(super) struct Division {
    pub(super) cluster: Vec<usize>,
    membership: Vec<f64>,
    centroids: Array2<f64>,
}

/// The two clusters of the rows of an embedding \[n_models, 2\], numbered as [`Basins::cluster`] says.
pub(super) fn divide(embedding: &Array2<f64>, options: &ClusterOptions) -> Result<Division> {
    let n = embedding.nrows();
    let (mut cluster, mut centroids) = two_means(embedding, options.n_init, options.seed)?;
    let in_second = cluster.iter().sum::<usize>();
    if 2 * in_second > n || (2 * in_second == n && cluster[0] == 1) {
        cluster.iter_mut().for_each(|cluster| *cluster = 1 - *cluster);
        centroids.invert_axis(Axis(0));
        centroids = centroids.as_standard_layout().into_owned();
    }
    let distance = |a: ArrayView1<f64>, b: ArrayView1<f64>| (&a - &b).mapv(|x| x * x).sum().sqrt();
    let score = |row: ArrayView1<f64>| distance(row, centroids.row(0)) - distance(row, centroids.row(1));
    let membership = embedding.rows().into_iter().map(score).collect();
    Ok(Division { cluster, membership, centroids })
}

impl Division {
    /// The basins, with the mean gaps of the pairs (model, model, gap) that are known.
    pub(super) fn basins(
        self,
        models: Vec<String>,
        embedding: Array2<f64>,
        delta: f64,
        pairs: &[(usize, usize, f64)],
        silhouette: f64,
    ) -> Result<Basins> {
        let Division { cluster, membership, centroids } = self;
        let mean_gap = |same: bool| {
            let pairs = pairs.iter().filter(|&&(i, j, _)| (cluster[i] == cluster[j]) == same);
            mean(&pairs.map(|&(_, _, gap)| gap).collect::<Vec<_>>())
        };
        let (within, across) = (mean_gap(true)?, mean_gap(false)?);
        Ok(Basins { models, cluster, membership, embedding, centroids, delta, silhouette, within, across })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gap::Measure, seed::rng};
    use rand::{Rng, seq::SliceRandom};

    /// Gaps about 0.1 inside two blocks and about 2.0 between them, item i in block `blocks[i]`.
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
            let options = ClusterOptions { delta: Delta::Auto, ..ClusterOptions::default() };
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

    #[test]
    fn unconnected_basins_have_definite_scores() {
        // The similarity across is exactly 0: two eigenvalues coincide, distances in the embedding do not care.
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
    fn first_model_decides_between_equal_clusters() {
        for blocks in [[0, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0]] {
            let basins = cluster(&planted(&blocks, 5, 1.0), &ClusterOptions::default()).unwrap();
            assert_eq!(basins.cluster, blocks.map(|block| usize::from(block != blocks[0])));
            assert_eq!(basins, cluster(&planted(&blocks, 5, 1.0), &ClusterOptions::default()).unwrap());
        }
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let fails = |gaps: &GapMatrix, options| cluster(gaps, &options).unwrap_err();
        let two = planted(&[0, 1], 1, 1.0);
        assert!(matches!(
            fails(&two, ClusterOptions::default()),
            LmcError::InvalidParameter { field: "models", .. }
        ));
        let gaps = planted(&[0, 0, 1], 1, 1.0);
        let no_starts = ClusterOptions { n_init: 0, ..ClusterOptions::default() };
        assert!(matches!(fails(&gaps, no_starts), LmcError::InvalidParameter { field: "n_init", .. }));
        let no_width = ClusterOptions { delta: Delta::Fixed(0.0), ..ClusterOptions::default() };
        assert!(matches!(fails(&gaps, no_width), LmcError::InvalidParameter { field: "delta", .. }));
        let mut broken = gaps;
        broken.models.pop();
        assert!(matches!(fails(&broken, ClusterOptions::default()), LmcError::ShapeMismatch { .. }));
    }
}
