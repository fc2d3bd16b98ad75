//! Prediction of the final cluster of a model from its gaps to a few models whose clusters are known.

use ndarray::Array2;
use rand::seq::SliceRandom;

use super::{EarlyOptions, EarlyPrediction, interval, mean, win};
use lmc_base::error::{LmcError, Result};
use lmc_base::options::Options;

/// Returns how well the clusters of models (0 or 1 each) are predicted from their gaps to landmarks, which
/// are models whose clusters are known.
///
/// `gaps`: \[n_models, n_landmarks\], for example in nats per example; none of the landmarks is one of the
/// models. The score of a model for cluster 1 is how much nearer it is, in mean gap, to the landmarks of
/// cluster 1 than to those of cluster 0. Nothing is fitted to the models themselves, so the AUC is that of
/// this score, and it is 0.5 on average if there is nothing to predict.
///
/// The p-value is one-sided: (b + 1) / (n + 1), where b of n relabellings of the models are predicted at
/// least as well (Phipson and Smyth 2010). The interval is the percentile bootstrap over the models of each
/// cluster. The landmarks stay fixed; other landmarks give another AUC.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for other numbers of models or landmarks in the gaps;
/// [`LmcError::InvalidParameter`] for a gap that is negative or not finite, a label other than 0 and 1, no
/// landmark or no model in one of the clusters, or options that [`predict_early`](super::predict_early)
/// refuses.
///
/// # Reference
/// Juneja et al. 2023, section 6, ask for predictions early in training.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{EarlyOptions, predict_from_landmarks};
/// // The landmarks are of cluster 0 and 1. Of four models the last is nearer to the landmark of the other cluster.
/// let gaps = ndarray::array![[0.1, 0.4], [0.2, 0.3], [0.5, 0.1], [0.2, 0.35]];
/// let prediction = predict_from_landmarks(&gaps, &[0, 1], &[0, 0, 1, 1], &EarlyOptions::default())?;
/// assert_eq!(prediction.auc, 0.75);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn predict_from_landmarks(
    gaps: &Array2<f64>,
    landmark_cluster: &[usize],
    final_cluster: &[usize],
    options: &EarlyOptions,
) -> Result<EarlyPrediction> {
    check(gaps, landmark_cluster, final_cluster)?;
    let options = options.check()?;
    let mean_to = |model: usize, cluster: usize| {
        let members = (0..landmark_cluster.len()).filter(|&landmark| landmark_cluster[landmark] == cluster);
        let gaps: Vec<f64> = members.map(|landmark| gaps[[model, landmark]]).collect();
        gaps.iter().sum::<f64>() / gaps.len() as f64
    };
    let means: Vec<[f64; 2]> = (0..final_cluster.len()).map(|i| [mean_to(i, 0), mean_to(i, 1)]).collect();
    let wins = |cluster: &[usize]| {
        let members = |of| (0..cluster.len()).filter(|&i| cluster[i] == of).collect::<Vec<usize>>();
        let (zeros, ones) = (members(0), members(1));
        Array2::from_shape_fn((ones.len(), zeros.len()), |(row, column)| {
            let ([to_0, to_1], [other_0, other_1]) = (means[ones[row]], means[zeros[column]]);
            win((to_0 - to_1) - (other_0 - other_1), to_0 + to_1 + other_0 + other_1)
        })
    };
    let observed = wins(final_cluster);
    let auc = mean(&observed);
    let mut rng = lmc_base::seed::rng(options.seed, "relabelling");
    let mut labels = final_cluster.to_vec();
    let as_good = (0..options.n_permutations).filter(|_| {
        labels.shuffle(&mut rng);
        mean(&wins(&labels)) >= auc - super::ROUNDING
    });
    let p_value = (as_good.count() + 1) as f64 / (options.n_permutations + 1) as f64;
    Ok(EarlyPrediction { auc, interval: interval(&observed, &options)?, p_value })
}

fn check(gaps: &Array2<f64>, landmark_cluster: &[usize], final_cluster: &[usize]) -> Result<()> {
    let (got, expected) = (gaps.dim(), (final_cluster.len(), landmark_cluster.len()));
    if got != expected {
        let what = "gaps of models to landmarks".to_owned();
        let [got, expected] = [got, expected].map(|(models, landmarks)| vec![models, landmarks]);
        return Err(LmcError::ShapeMismatch { what, got, expected });
    }
    if let Some(bad) = gaps.iter().find(|gap| !(gap.is_finite() && **gap >= 0.0)) {
        return Err(LmcError::invalid("gaps", bad, "finite numbers of 0 or more"));
    }
    for (field, cluster) in [("landmark_cluster", landmark_cluster), ("final_cluster", final_cluster)] {
        let counts = [0, 1].map(|of| cluster.iter().filter(|&&cluster| cluster == of).count());
        if counts.contains(&0) || counts.iter().sum::<usize>() != cluster.len() {
            return Err(LmcError::invalid(field, format!("{cluster:?}"), "0 and 1, each at least once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    #[test]
    fn means_are_taken_over_the_landmarks_of_a_cluster() {
        // Three landmarks, of clusters 1, 0, 1. Scores: 4 - (1 + 3) / 2 = 2, 1 - (2 + 6) / 2 = -3, 3 - (1 +
        // 1) / 2 = 2.
        let gaps = array![[1.0, 4.0, 3.0], [2.0, 1.0, 6.0], [1.0, 3.0, 1.0]];
        let auc = |cluster: &[usize]| {
            predict_from_landmarks(&gaps, &[1, 0, 1], cluster, &EarlyOptions::default()).unwrap().auc
        };
        assert_eq!(auc(&[1, 0, 1]), 1.0);
        assert_eq!(auc(&[0, 1, 0]), 0.0);
        // A tie counts half.
        assert_eq!(auc(&[1, 0, 0]), 0.75);
    }

    #[test]
    fn nothing_to_predict_is_a_half_on_average_with_even_p_values() {
        const N_DRAWS: u64 = 400;
        let cluster: Vec<usize> = (0..12).map(|i| usize::from(i < 5)).collect();
        let mut rng = lmc_base::seed::rng(0, "null");
        let (mut sum, mut small) = (0.0, 0);
        for seed in 0..N_DRAWS {
            let gaps = Array2::from_shape_fn((12, 4), |_| {
                let z: f64 = StandardNormal.sample(&mut rng);
                z.abs()
            });
            let options =
                EarlyOptions { n_permutations: 99, n_resamples: 1, seed, ..EarlyOptions::default() };
            let prediction = predict_from_landmarks(&gaps, &[0, 0, 1, 1], &cluster, &options).unwrap();
            sum += prediction.auc;
            small += u32::from(prediction.p_value <= 0.2);
        }
        // Standard errors: the AUC varies by 0.18 between draws; 80 small p-values are expected, give or take
        // 8.
        assert!((sum / N_DRAWS as f64 - 0.5).abs() < 0.03, "{sum}");
        assert!((55..=105).contains(&small), "{small}");
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let gaps = array![[0.1, 0.2], [0.2, 0.1]];
        let fails = |gaps: &Array2<f64>, landmarks: &[usize], models: &[usize], options: &EarlyOptions| {
            predict_from_landmarks(gaps, landmarks, models, options).unwrap_err().to_string()
        };
        let options = EarlyOptions::default();
        assert!(fails(&gaps, &[0, 1], &[0, 1, 1], &options).contains("gaps of models to landmarks"));
        assert!(fails(&gaps, &[0, 0], &[0, 1], &options).starts_with("`landmark_cluster`: got [0, 0]"));
        assert!(fails(&gaps, &[0, 1], &[0, 2], &options).starts_with("`final_cluster`: got [0, 2]"));
        assert!(fails(&gaps.mapv(|gap| -gap), &[0, 1], &[0, 1], &options).starts_with("`gaps`: got -0.1"));
        let none = EarlyOptions { n_resamples: 0, ..options };
        assert!(fails(&gaps, &[0, 1], &[0, 1], &none).starts_with("`n_resamples`"));
    }
}
