//! Basins of many models from their gaps to a few of them.

mod choice;
mod embedding;
#[cfg(test)]
mod tests;

pub use choice::{choose_landmarks, farthest_model};

use super::{
    Basins, ClusterOptions,
    affinity::{kernel_width, similarities},
    cluster::divide,
};
use crate::{
    error::{LmcError, Result},
    gap::LandmarkGaps,
    stats::mean,
};

/// The two basins of all models by spectral clustering of the known pairs: those of a landmark and any model.
///
/// As [`cluster`](super::cluster()), of the similarity graph that has an edge for each known pair and none for the others. In
/// it a landmark's coordinate follows from its similarities to all models, and that of any other model x is the
/// Nyström extension of the landmarks' l: f(x) = sum over l of s(x, l) f(l), divided by the eigenvalue and by the sum over
/// l of s(x, l). What a landmark's similarity to itself is does not matter. n models and m landmarks take O(n m^2)
/// time and O(n m) memory; where all models are landmarks, the result is that of the whole matrix, to the last bit.
///
/// The fields of [`Basins`] that come from gaps come from the known ones: [`Delta::Auto`](super::Delta::Auto) is their
/// standard deviation, each pair once; `within` and `across` are means over known pairs; for `silhouette` a model is
/// compared with those to which its gap is known (all models for a landmark, else the landmarks), and one that knows
/// no model of its own cluster or none of the other is left out of the mean, unless it is alone in its cluster, where
/// it counts 0. A cluster that holds no landmark and is unlike no landmark's is not found: few landmarks miss small
/// basins.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 models or 2 landmarks, a bad width, no starts, or models that do
/// not fall into two clusters; what [`LandmarkGaps::new`] would refuse.
///
/// # Reference
/// Bengio et al. 2004, "Learning eigenfunctions links spectral embedding and kernel PCA", for the extension.
/// `DIFFERENCE:` Fowlkes, Belongie, Chung and Malik 2004 estimate the unknown similarities W by C A^+ C', with C
/// \[n, m\] and A \[m, m\] the known ones. Similarities of gaps are no positive kernel and are noisy: A^+ blows up the
/// noise, and the estimate hangs on the tolerance under which eigenvalues of A count as 0.
///
/// # Examples
/// ```
/// use lmc::basin::{ClusterOptions, cluster_landmarks};
/// use lmc::gap::{LandmarkGaps, Measure};
/// let to_a_and_d = ndarray::array![[0.0, 2.0], [0.1, 2.2], [0.1, 2.1], [2.0, 0.0], [1.9, 0.2]];
/// let models = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
/// let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, vec![0, 3], to_a_and_d)?;
/// assert_eq!(cluster_landmarks(&gaps, &ClusterOptions::default())?.cluster, [0, 0, 0, 1, 1]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn cluster_landmarks(gaps: &LandmarkGaps, options: &ClusterOptions) -> Result<Basins> {
    gaps.check()?;
    let (n, m) = gaps.values.dim();
    if n < 3 {
        return Err(LmcError::invalid("models", format!("{n} models"), "at least 3 to divide in two"));
    }
    if m < 2 {
        return Err(LmcError::invalid("landmarks", format!("{m} landmark"), "at least 2 to divide in two"));
    }
    let pairs = gaps.pairs();
    let known: Vec<f64> = pairs.iter().map(|&(_, _, gap)| gap).collect();
    let delta = kernel_width(&known, options.delta)?;
    let embedding = embedding::of_known_pairs(&similarities(&gaps.values, delta), &gaps.landmarks)?;
    let division = divide(&embedding, options)?;
    let silhouette = silhouette(&pairs, &division.cluster)?;
    division.basins(gaps.models.clone(), embedding, delta, &pairs, silhouette)
}

/// The mean silhouette of two clusters under the known gaps.
fn silhouette(pairs: &[(usize, usize, f64)], cluster: &[usize]) -> Result<f64> {
    // Of each model and each cluster: the sum and the number of its known gaps to that cluster.
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
