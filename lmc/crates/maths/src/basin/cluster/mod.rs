use super::{
    BasinCount, Delta, Note,
    affinity::similarities,
    division::{Known, divided},
    embedding::plane,
    several::{as_many_as_shown, several},
};
use crate::gap::GapMatrix;
use crate::stats::silhouette;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, in_range, positive};
use ndarray::Array2;
use std::fmt;

/// The options by which [`cluster`] divides models into basins.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOptions {
    /// The number of basins.
    pub basins: BasinCount,
    /// The width of the similarity kernel.
    pub delta: Delta,
    /// The seed of the starts of k-means.
    pub seed: u64,
    /// The number of starts of k-means; the best of them counts.
    pub n_init: usize,
}

impl Default for ClusterOptions {
    /// Returns two basins, the width that the gaps suggest ([`Delta::Auto`]), seed 42, and 100 starts (they are
    /// cheap, and with 10 the best division of noisy gaps is missed now and then).
    fn default() -> ClusterOptions {
        ClusterOptions { basins: BasinCount::default(), delta: Delta::Auto, seed: 42, n_init: 100 }
    }
}

impl ClusterOptions {
    /// Returns the options with two basins and the width of the paper, 1 nat per example: right for gaps near
    /// or above 1.
    pub fn paper() -> ClusterOptions {
        let basins = BasinCount::Exactly(2);
        ClusterOptions { basins, delta: Delta::Paper, ..ClusterOptions::default() }
    }
}

impl Options for ClusterOptions {
    fn validate(&self) -> Result<()> {
        if let BasinCount::Exactly(number) = self.basins
            && !(2..=BasinCount::MOST_EXACTLY).contains(&number)
        {
            let expected = format!("2 to {}", BasinCount::MOST_EXACTLY);
            return Err(LmcError::invalid("basins", number, expected));
        }
        if let Delta::Fixed(width) = self.delta {
            positive("delta", width, "a finite number above 0")?;
        }
        in_range("n_init", self.n_init, MOST_STARTS)
    }
}

/// The most starts of k-means.
const MOST_STARTS: usize = 100_000;

/// Models divided into basins, or all in one if nothing says how to divide them. Vectors are in the order of
/// `models`.
#[derive(Clone, PartialEq)]
pub struct Basins {
    /// Names of the models, in the order of the gap matrix.
    pub models: Vec<String>,
    /// The number of basins; 1 if the models are not divided.
    pub n_basins: usize,
    /// The cluster of each model: 0 for the largest one, 1 for the next. Of equally large clusters, that of
    /// the model whose name comes first has the lower number, where 9 comes before 10. Tables and figures call
    /// them C1, C2 and so on. A model that is in no basin has a number of its own, `n_basins` or higher. All
    /// other values are 0 if the models are not divided.
    pub cluster: Vec<usize>,
    /// The membership score of each model in cluster 0: the first column of `memberships`. For two clusters
    /// it is the score of the paper. 0 for all if the models are not divided.
    pub membership: Vec<f64>,
    /// The membership score of each model in each cluster, \[n_models, n_basins\]: its distance to the
    /// centroid of that cluster less its distance to the nearest other centroid, in the embedding. Negative
    /// inside the cluster, 0 halfway to the next. For two clusters, the columns differ in sign alone. 0 for
    /// models in no basin, and for all if the models are not divided.
    pub memberships: Array2<f64>,
    /// Spectral coordinates of the models, \[n_models, n_basins\], two columns if the models are not divided.
    /// Of two columns, the first one is constant, except that it is 0 for a model that is similar to no
    /// other. All values are 0 for models in no basin, and if the models are not divided.
    pub embedding: Array2<f64>,
    /// Means of the coordinates of each cluster, \[n_basins, n_basins\]; two rows of 0 if the models are not
    /// divided.
    pub centroids: Array2<f64>,
    /// The width of the similarity kernel between models in basins, in the unit of the gaps; 0 for
    /// [`Delta::Auto`] if all gaps are 0.
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
    /// Returns the number of models in each cluster, larger ones first; at least two entries, of which the
    /// second is 0 if the models are not divided.
    pub fn sizes(&self) -> Vec<usize> {
        let size = |basin| self.cluster.iter().filter(|&&of| of == basin).count();
        (0..self.n_basins.max(2)).map(|basin| if basin < self.n_basins { size(basin) } else { 0 }).collect()
    }

    /// Returns the numbers of models as text, such as "9 + 7".
    #[doc(hidden)]
    pub fn sizes_text(&self) -> String {
        self.sizes().iter().map(usize::to_string).collect::<Vec<_>>().join(" + ")
    }

    /// Returns the basin of a model, given by number; none if it is in none.
    pub fn basin_of(&self, model: usize) -> Option<usize> {
        self.cluster.get(model).copied().filter(|&basin| basin < self.n_basins)
    }

    /// Returns the numbers of the models that are in no basin, in ascending order.
    pub fn outliers(&self) -> Vec<usize> {
        (0..self.cluster.len()).filter(|&model| self.cluster[model] >= self.n_basins).collect()
    }

    /// Returns the number of the basin of each model as tables have it: from 1, and 0 for a model in none.
    pub fn numbers(&self) -> Vec<i64> {
        (0..self.cluster.len())
            .map(|model| self.basin_of(model).map_or(0, |basin| basin as i64 + 1))
            .collect()
    }

    /// Returns whether there are two clusters or more; if not, [`Basins::notes`] says why.
    pub fn is_divided(&self) -> bool {
        self.n_basins > 1
    }

    /// Returns whether all models are in one of two basins, or in one.
    #[doc(hidden)]
    pub fn all_in_two(&self) -> bool {
        self.n_basins <= 2 && self.cluster.iter().all(|&cluster| cluster < self.n_basins)
    }

    /// Checks that all models are in one of two basins, for uses that need that.
    #[doc(hidden)]
    pub fn check_two(&self) -> Result<()> {
        self.check_divided()?;
        if self.all_in_two() {
            return Ok(());
        }
        let n_outliers = self.outliers().len();
        let got = format!("{} basins and {n_outliers} models in none", self.n_basins);
        Err(LmcError::invalid("basins", got, "two basins with all models; `--basins 2` gives them"))
    }

    /// Checks that the models are divided, for uses that need clusters.
    #[doc(hidden)]
    pub fn check_divided(&self) -> Result<()> {
        if self.is_divided() {
            return Ok(());
        }
        let why = self.notes.iter().find(|note| note.is_undivided());
        let got = why.map_or_else(|| "one cluster".to_owned(), Note::to_string);
        Err(LmcError::invalid("basins", got, "models that fall into clusters"))
    }
}

impl fmt::Debug for Basins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alone = match self.outliers().len() {
            0 => String::new(),
            n => format!(" and {n} in none"),
        };
        let Basins { silhouette, within, across, .. } = self;
        if !self.is_divided() {
            return write!(
                f,
                "Basins({} models in one cluster{alone}, mean gap {within:.4})",
                self.sizes()[0]
            );
        }
        write!(f, "Basins({} models{alone}, silhouette {silhouette:.2}, ", self.sizes_text())?;
        write!(f, "within {within:.4}, across {across:.4})")
    }
}

/// Returns the basins of the models of a gap matrix, by spectral clustering.
///
/// The steps are similarities, k spectral coordinates per model (the first, constant one is kept), and k-means
/// for k basins. The order of the models does not matter. Neither do names, with one exception: of two equally
/// large clusters, that of the model whose name comes first has the lower number.
///
/// [`ClusterOptions::basins`] says how many basins there are. [`BasinCount::Auto`] finds the number first, and
/// the models that are in none: average linkage of the gaps gives nested groups, a group of one is alone, and
/// the level counts that tells the gaps best, by the correlation of the gap with being in different groups and
/// by the firmness of the least firm tenth of the models. Firmness is the silhouette or, for a model alone, how
/// much farther it is from the nearest basin than the models of that basin are from each other. It has to be at
/// least 0.3, and the same search has to tell shuffled gaps less well in 98 % of draws. Otherwise there is one
/// basin. [`Note::Counted`] says what was found. A basin has at least two models,
/// at most a quarter of the models is alone, and there are at most [`BasinCount::MOST`] basins. Models of one
/// basin that lie along a line, so that gaps grow steadily, can pass for several. `lmc/docs/basins.md` says how
/// often all this is right.
///
/// Models are left in one cluster if nothing in the gaps says how to divide them, and [`Basins::notes`] says
/// why: all gaps are equal, or differ by no more than their [`resolution`](GapMatrix::resolution); the width
/// is so far from the gaps that all pairs are equally similar, or not similar at all; or several divisions
/// are equally good, as for three groups that are equally far from each other. If the models fall into more
/// than two parts that no similarity connects, notes name the parts, and the models are still divided if one
/// division is the best. Otherwise the number that was asked for is found, whether the surface has as many
/// basins or not: see [`Basins::within`], [`Basins::across`] and [`crate::stats::permutation_test`].
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 models, as many basins as models or more, a bad width (see
/// [`affinity`](super::affinity())),
/// or no starts; [`LmcError::Eigenvectors`].
///
/// # Reference
/// Juneja et al. 2023, section 4.1; von Luxburg 2007; scikit-learn's `SpectralClustering`. For more than two
/// basins the membership score is the silhouette with distances to centroids, not divided by the larger one
/// (Hruschka et al. 2004, "Evolutionary algorithms for clustering gene-expression data").
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
    match options.basins {
        BasinCount::Auto => return as_many_as_shown(gaps, &options),
        BasinCount::Exactly(number) if number > 2 => return several(gaps, number, &options),
        BasinCount::Exactly(_) => {}
    }
    let (pairs, resolution) = (gaps.pairs(), gaps.resolution);
    let known = Known { models: &gaps.models, pairs: &pairs, resolution };
    let embed = |delta| plane(&similarities(&gaps.values, delta));
    divided(&known, &options, embed, |cluster| silhouette(&gaps.values, cluster))
}

#[cfg(test)]
mod tests;
