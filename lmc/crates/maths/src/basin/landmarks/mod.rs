//! Basins of many models from their gaps to a few of them.

mod choice;
mod embedding;
#[cfg(test)]
mod tests;
mod thin;

pub use choice::{choose_landmarks, farthest_model, landmarks_of_each};

use super::{
    BasinCount, Basins, ClusterOptions,
    affinity::similarities,
    division::{Known, divided},
};
use crate::gap::LandmarkGaps;
use crate::stats::mean;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::Options;

/// Returns the two basins of all models by spectral clustering of the known pairs, which are those of a
/// landmark and any model.
///
/// It works like [`cluster`](super::cluster()), but on the similarity graph that has an edge only for each
/// known pair. In this graph, the coordinate of a landmark l follows from its similarities s to all models,
/// and that of any other model x is the Nyström extension of the landmarks': f(x) is the sum of s(x, l) f(l)
/// over l, divided by the sum of s(x, l) and by the eigenvalue. n models and m landmarks take O(n m^2) time
/// and O(n m) memory. If every model is a landmark, the clusters and scores are those of the whole matrix, to
/// the last bit.
///
/// Everything that [`Basins`] takes from gaps comes from the known ones. `within` and `across` are means over
/// known pairs. [`Delta::Auto`](super::Delta::Auto) is the standard deviation of the known gaps, which one
/// landmark far from all models can make too wide (an outlier takes part in 1 of m known pairs, but only in 2
/// of n of all pairs); a fixed width is then better. For `silhouette`, a model is compared with those to
/// which its gap is known (a landmark with all models, any other with the landmarks). A model that has none
/// of these in its own or in the other cluster is left out of the mean, and a model alone in its cluster
/// counts 0.
///
/// If nothing says how to divide the models, they stay in one cluster, as in [`cluster`](super::cluster()).
///
/// A basin is found reliably only if some landmark lies in it. Random landmarks miss basins of about n / m
/// models or fewer; for these, [`farthest_model`] is the better choice.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 models or 2 landmarks, another number of basins than 2 or
/// one that has to be found, a bad width, or no starts; the
/// errors of [`LandmarkGaps::new`]; [`LmcError::Eigenvectors`].
///
/// # Reference
/// Bengio et al. 2004, "Learning eigenfunctions links spectral embedding and kernel PCA", for the extension.
/// Fowlkes et al. 2004, "Spectral grouping using the Nyström method", instead estimate the unknown
/// similarities by C A^+ C', where C \[n, m\] and A \[m, m\] are the known ones. Similarities from gaps are
/// noisy and A has negative eigenvalues, so the estimate depends on what counts as 0 in A^+; it recovers
/// fewer clusters (`lmc/benches/landmarks.rs`).
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{ClusterOptions, cluster_landmarks};
/// use lmc::gap::{LandmarkGaps, Measure};
/// let to_a_and_d = ndarray::array![[0.0, 2.0], [0.1, 2.2], [0.1, 2.1], [2.0, 0.0], [1.9, 0.2]];
/// let models = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
/// let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, vec![0, 3], to_a_and_d)?;
/// assert_eq!(cluster_landmarks(&gaps, &ClusterOptions::default())?.cluster, [0, 0, 0, 1, 1]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn cluster_landmarks(gaps: &LandmarkGaps, options: &ClusterOptions) -> Result<Basins> {
    let options = options.check()?;
    gaps.check()?;
    if options.basins != BasinCount::Exactly(2) {
        return Err(LmcError::invalid("basins", options.basins, "2: the gaps to landmarks give two basins"));
    }
    let m = gaps.landmarks.len();
    if gaps.models.len() > 2 && m < 2 {
        return Err(LmcError::invalid("landmarks", format!("{m} landmark"), "at least 2 to divide in two"));
    }
    let pairs = gaps.pairs();
    let known = Known { models: &gaps.models, pairs: &pairs, resolution: gaps.resolution };
    let embed = |delta| embedding::of_known_pairs(&similarities(&gaps.values, delta), &gaps.landmarks);
    divided(&known, &options, embed, |cluster| silhouette(&pairs, cluster))
}

/// Returns the mean silhouette of two clusters under the known gaps.
fn silhouette(pairs: &[(usize, usize, f64)], cluster: &[usize]) -> Result<f64> {
    // For each model and each cluster: the sum and the number of its known gaps to that cluster.
    let mut known = vec![[(0.0, 0usize); 2]; cluster.len()];
    for &(i, j, gap) in pairs {
        for (from, to) in [(i, j), (j, i)] {
            let (sum, count) = &mut known[from][cluster[to]];
            *sum += gap;
            *count += 1;
        }
    }
    let in_second: usize = cluster.iter().sum();
    let sizes = [cluster.len() - in_second, in_second];
    let silhouettes = known.iter().zip(cluster).filter_map(|(known, &own)| {
        let [(inside, n_inside), (outside, n_outside)] = [known[own], known[1 - own]];
        if sizes[own] == 1 {
            return Some(0.0);
        }
        if n_inside == 0 || n_outside == 0 {
            return None;
        }
        let (inside, outside) = (inside / n_inside as f64, outside / n_outside as f64);
        let larger = inside.max(outside);
        Some(if larger == 0.0 { 0.0 } else { (outside - inside) / larger })
    });
    mean(&silhouettes.collect::<Vec<_>>())
}
