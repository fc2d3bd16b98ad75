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
mod tests;
