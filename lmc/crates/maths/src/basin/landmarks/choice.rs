use crate::gap::LandmarkGaps;
use lmc_base::error::{LmcError, Result};
use lmc_base::seed::rng;
use rand::seq::SliceRandom;
use std::collections::BTreeSet;

/// Returns `n_landmarks` different rows of `n_models` in ascending order, where each choice is as likely as
/// any other. The same seed gives the same choice.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no landmarks or more than there are models.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::choose_landmarks;
/// let landmarks = choose_landmarks(16, 4, 0)?;
/// assert_eq!(landmarks.len(), 4);
/// assert_eq!(choose_landmarks(16, 4, 0)?, landmarks);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn choose_landmarks(n_models: usize, n_landmarks: usize, seed: u64) -> Result<Vec<usize>> {
    if n_landmarks == 0 || n_landmarks > n_models {
        return Err(LmcError::invalid("n_landmarks", n_landmarks, format!("1 to {n_models}, the models")));
    }
    let mut rows: Vec<usize> = (0..n_models).collect();
    let (chosen, _) = rows.partial_shuffle(&mut rng(seed, "landmarks"), n_landmarks);
    chosen.sort_unstable();
    Ok(chosen.to_vec())
}

/// Returns the rows of `n_each` different models of every cluster, in ascending order, where each choice is
/// as likely as any other. The same seed gives the same choice.
///
/// `cluster`: the cluster of each model. At least one model of every cluster must remain, so that its
/// landmarks can be tested on it.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no landmarks, or as many as a cluster has models or more.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::landmarks_of_each;
/// let landmarks = landmarks_of_each(&[0, 1, 1, 0, 0], 1, 0)?;
/// assert_eq!(landmarks.len(), 2);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn landmarks_of_each(cluster: &[usize], n_each: usize, seed: u64) -> Result<Vec<usize>> {
    let mut landmarks = Vec::new();
    let mut rng = rng(seed, "landmarks of each cluster");
    for of in BTreeSet::from_iter(cluster) {
        let mut members: Vec<usize> = (0..cluster.len()).filter(|&i| cluster[i] == *of).collect();
        if n_each == 0 || n_each >= members.len() {
            let expected = format!("at least 1, below the {} models of cluster {of}", members.len());
            return Err(LmcError::invalid("n_each", n_each, expected));
        }
        landmarks.extend_from_slice(members.partial_shuffle(&mut rng, n_each).0);
    }
    landmarks.sort_unstable();
    Ok(landmarks)
}

/// Returns the row of the model that is farthest from all landmarks, which is the first of those whose
/// smallest gap to a landmark is largest.
///
/// It finds basins that are too small for a random choice, if it is taken as the next landmark while columns
/// of gaps are computed one by one. It also finds outliers, which are poor landmarks: use a fixed width of
/// the kernel with it, not [`Delta::Auto`](crate::basin::Delta::Auto), if single models may lie far from all
/// others.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if every model is a landmark; the errors of [`LandmarkGaps::new`].
///
/// # Reference
/// Gonzalez 1985; de Silva and Tenenbaum 2004, "MaxMin" landmarks.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::farthest_model;
/// use lmc::gap::{LandmarkGaps, Measure};
/// let models = ["a", "b", "c"].map(String::from).to_vec();
/// let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, vec![0], ndarray::array![[0.0], [0.3], [0.2]])?;
/// assert_eq!(farthest_model(&gaps)?, 1);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn farthest_model(gaps: &LandmarkGaps) -> Result<usize> {
    gaps.check()?;
    let mut farthest: Option<(usize, f64)> = None;
    for (row, column) in gaps.column_of().into_iter().enumerate() {
        let least = gaps.values.row(row).iter().copied().fold(f64::INFINITY, f64::min);
        if column.is_none() && farthest.is_none_or(|(_, greatest)| least > greatest) {
            farthest = Some((row, least));
        }
    }
    let all = || LmcError::invalid("landmarks", "every model", "fewer landmarks than models");
    farthest.map(|(row, _)| row).ok_or_else(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap::Measure;
    use ndarray::array;

    #[test]
    fn every_choice_is_about_as_likely() {
        let mut counts = std::collections::BTreeMap::<Vec<usize>, usize>::new();
        for seed in 0..3_000 {
            *counts.entry(choose_landmarks(5, 2, seed).unwrap()).or_default() += 1;
        }
        // 10 choices, 300 of each expected, standard deviation 16.
        assert_eq!(counts.len(), 10);
        assert!(counts.keys().all(|chosen| chosen[0] < chosen[1] && chosen[1] < 5));
        assert!(counts.values().all(|count| count.abs_diff(300) < 70), "{counts:?}");
        assert_eq!(choose_landmarks(1000, 7, 3).unwrap(), choose_landmarks(1000, 7, 3).unwrap());
        assert_eq!(choose_landmarks(4, 4, 1).unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn every_cluster_has_as_many_landmarks() {
        let cluster = [0, 1, 1, 0, 0, 1, 0];
        let mut counts = [0; 7];
        for seed in 0..700 {
            let landmarks = landmarks_of_each(&cluster, 2, seed).unwrap();
            assert_eq!(landmarks.iter().map(|&i| cluster[i]).sum::<usize>(), 2);
            assert!(landmarks.len() == 4 && landmarks.is_sorted_by(|a, b| a < b));
            landmarks.iter().for_each(|&i| counts[i] += 1);
        }
        // Two of four in 350 of 700 draws, two of three in 467, standard deviation 13.
        assert!(counts.iter().zip(&cluster).all(|(&n, &c): (&usize, _)| n.abs_diff([350, 467][c]) < 60));
        for n_each in [0, 3] {
            let error = landmarks_of_each(&cluster, n_each, 1).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "n_each", .. }));
        }
    }

    #[test]
    fn the_farthest_model_is_no_landmark() {
        let models = ["a", "b", "c", "d"].map(String::from).to_vec();
        let values = array![[0.0, 5.0], [2.0, 3.0], [4.0, 2.0], [5.0, 0.0]];
        let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, vec![0, 3], values).unwrap();
        assert_eq!(farthest_model(&gaps).unwrap(), 1);
        let gaps = gaps.with_landmark(1, &[2.0, 0.0, 0.0, 3.0]).unwrap();
        assert_eq!(farthest_model(&gaps).unwrap(), 2);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        for n_landmarks in [0, 4] {
            let error = choose_landmarks(3, n_landmarks, 1).unwrap_err();
            assert!(matches!(error, LmcError::InvalidParameter { field: "n_landmarks", .. }));
        }
        let models = vec!["a".to_owned(), "b".to_owned()];
        let values = array![[0.0, 1.0], [1.0, 0.0]];
        let mut gaps = LandmarkGaps::new(models, Measure::ConvexityGap, vec![0, 1], values).unwrap();
        let error = farthest_model(&gaps).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "landmarks", .. }));
        gaps.values[[0, 1]] = f64::NAN;
        let error = farthest_model(&gaps).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "values", .. }));
    }
}
