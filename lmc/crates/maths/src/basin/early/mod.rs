//! Prediction of the final cluster of a model from early stages of training.

mod landmarks;

use std::fmt;

pub use landmarks::predict_from_landmarks;

use ndarray::Array2;
use rand::Rng;
use rand::seq::SliceRandom;

use crate::gap::GapMatrix;
use crate::stats::quantile;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{Options, Valid, in_range};

/// The share of the size of two terms below which their difference is rounding: a tie.
const ROUNDING: f64 = 1e-12;

/// The basis of a prediction of the final cluster: something measured at an earlier stage.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// The gaps between models: a model belongs to the cluster to whose members its mean gap is smaller.
    Gaps(GapMatrix),
    /// A number for each model, such as a membership score or an accuracy: a model belongs to the cluster
    /// with the nearer mean.
    Scores(Vec<f64>),
}

/// The options for judging a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlyOptions {
    /// The number of random relabellings of the permutation test.
    pub n_permutations: usize,
    /// The number of resamples of the bootstrap.
    pub n_resamples: usize,
    /// The share of resamples within the interval, for example 0.95.
    pub confidence: f64,
    /// The seed of both.
    pub seed: u64,
}

impl Default for EarlyOptions {
    /// Returns 9,999 relabellings, 2,000 resamples, 95 %, seed 0.
    fn default() -> Self {
        Self { n_permutations: 9_999, n_resamples: 2_000, confidence: 0.95, seed: 0 }
    }
}

/// The quality of a prediction of final clusters.
#[derive(Clone, Copy, PartialEq)]
pub struct EarlyPrediction {
    /// The area under the ROC curve from leaving pairs out, in [0, 1]: 1 for a perfect prediction, 0.5 for
    /// guessing.
    pub auc: f64,
    /// The lower and the upper end of its bootstrap interval.
    pub interval: (f64, f64),
    /// The share of random relabellings of the models that are predicted as well or better.
    pub p_value: f64,
}

impl fmt::Debug for EarlyPrediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { auc, interval: (low, high), p_value } = self;
        write!(f, "EarlyPrediction(AUC {auc:.3} [{low:.3}, {high:.3}], p {p_value:.4})")
    }
}

/// Returns how well the final clusters of models (0 or 1 each) are predicted from something measured earlier.
///
/// Each pair of a model of cluster 1 and one of cluster 0 is left out in turn. Both are scored as
/// [`Predictor`] says, from the clusters of all others. The pair counts 1 if the model of cluster 1 has the
/// higher score for that cluster, and half for a tie. The AUC is the mean over pairs. The labels of a pair
/// that is left out are exchangeable if there is nothing to predict, so the AUC is then 0.5 on average,
/// exactly. Leaving out one model at a time is less fair: with 7 and 9 models that do not differ, it gives
/// 0.44 by gaps and 0.49 by scores on average (1,500 draws, standard error 0.006; leaving pairs out 0.50 by
/// both), since each model that is left out pulls the mean of its own cluster away from itself. Between draws
/// the AUC varies by 0.2; the p-value says how much a single one is worth.
///
/// The p-value is one-sided: (b + 1) / (n + 1), where b of n relabellings of the models are predicted at
/// least as well (Phipson and Smyth 2010). The interval is the percentile bootstrap over the models of each
/// cluster, applied to the outcomes of the pairs. Predictors are not made again, and the interval has no
/// width at 0 and 1.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for another number of models in the predictor; [`LmcError::InvalidParameter`]
/// for a label other than 0 and 1, fewer than 2 models in a cluster, a score that is not finite, a matrix
/// that [`GapMatrix::new`] refuses, no permutations or resamples, or a confidence outside (0, 1).
///
/// # Reference
/// Juneja et al. 2023, section 4.2, ask the question. Airola et al. 2011 is the reference for leaving pairs
/// out.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::basin::{EarlyOptions, Predictor, predict_early};
/// let accuracy = Predictor::Scores(vec![0.2, 0.3, 0.25, 0.8, 0.9, 0.7]);
/// let prediction = predict_early(&accuracy, &[0, 0, 0, 1, 1, 1], &EarlyOptions::default())?;
/// assert_eq!(prediction.auc, 1.0);
/// // 2 of the 20 ways to divide six models in halves are this one, named either way.
/// assert!((prediction.p_value - 0.1).abs() < 0.02);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn predict_early(
    predictor: &Predictor,
    final_cluster: &[usize],
    options: &EarlyOptions,
) -> Result<EarlyPrediction> {
    let options = options.check()?;
    check(predictor, final_cluster)?;
    let wins = wins(predictor, final_cluster);
    let auc = mean(&wins);
    let mut rng = lmc_base::seed::rng(options.seed, "relabelling");
    let mut labels = final_cluster.to_vec();
    let as_good = (0..options.n_permutations).filter(|_| {
        labels.shuffle(&mut rng);
        mean(&self::wins(predictor, &labels)) >= auc - ROUNDING
    });
    let p_value = (as_good.count() + 1) as f64 / (options.n_permutations + 1) as f64;
    Ok(EarlyPrediction { auc, interval: interval(&wins, &options)?, p_value })
}

/// Returns, for each model of cluster 1 (row) and of cluster 0 (column), both left out, 1 if their scores are
/// in the right order.
fn wins(predictor: &Predictor, cluster: &[usize]) -> Array2<f64> {
    let members = |of| (0..cluster.len()).filter(|&i| cluster[i] == of).collect::<Vec<usize>>();
    let (zeros, ones) = (members(0), members(1));
    let (n_zeros, n_ones) = (zeros.len() as f64 - 1.0, ones.len() as f64 - 1.0);
    let sum =
        |values: &dyn Fn(usize) -> f64, members: &[usize]| members.iter().map(|&i| values(i)).sum::<f64>();
    match predictor {
        Predictor::Gaps(gaps) => {
            // The sums of each model's gaps to the members of cluster 0 and 1.
            let sums: Vec<[f64; 2]> = (0..cluster.len())
                .map(|i| [&zeros, &ones].map(|members| sum(&|other| gaps.values[[i, other]], members)))
                .collect();
            Array2::from_shape_fn((ones.len(), zeros.len()), |(row, column)| {
                let (one, zero) = (ones[row], zeros[column]);
                let between = gaps.values[[one, zero]];
                // The distance to cluster 0 minus that to cluster 1, without the two models.
                let score_one = (sums[one][0] - between) / n_zeros - sums[one][1] / n_ones;
                let score_zero = sums[zero][0] / n_zeros - (sums[zero][1] - between) / n_ones;
                let size = [one, zero].map(|i| sums[i][0] / n_zeros + sums[i][1] / n_ones);
                win(score_one - score_zero, size[0] + size[1])
            })
        }
        Predictor::Scores(scores) => {
            let [sum_zeros, sum_ones] = [&zeros, &ones].map(|members| sum(&|i| scores[i], members));
            let largest = scores.iter().fold(0.0, |largest: f64, score| largest.max(score.abs()));
            Array2::from_shape_fn((ones.len(), zeros.len()), |(row, column)| {
                let (one, zero) = (scores[ones[row]], scores[zeros[column]]);
                let direction = (sum_ones - one) / n_ones - (sum_zeros - zero) / n_zeros;
                match win(direction, largest) {
                    0.5 => 0.5,
                    1.0 => win(one - zero, largest),
                    _ => win(zero - one, largest),
                }
            })
        }
    }
}

/// Returns 1 if the difference is positive, and half if it is only rounding beside `size`, the size of its
/// terms.
fn win(difference: f64, size: f64) -> f64 {
    match difference {
        _ if difference.abs() <= ROUNDING * size => 0.5,
        _ if difference > 0.0 => 1.0,
        _ => 0.0,
    }
}

fn mean(wins: &Array2<f64>) -> f64 {
    wins.sum() / wins.len() as f64
}

/// Returns the percentile bootstrap interval over rows and columns.
fn interval(wins: &Array2<f64>, options: &Valid<EarlyOptions>) -> Result<(f64, f64)> {
    let mut rng = lmc_base::seed::rng(options.seed, "bootstrap of pairs");
    let (rows, columns) = wins.dim();
    let mut draw = |n: usize| (0..n).map(|_| rng.random_range(0..n)).collect::<Vec<_>>();
    let resampled: Vec<f64> = (0..options.n_resamples)
        .map(|_| {
            let (rows, columns) = (draw(rows), draw(columns));
            let sum: f64 = rows.iter().flat_map(|&i| columns.iter().map(move |&j| wins[[i, j]])).sum();
            sum / wins.len() as f64
        })
        .collect();
    let tail = (1.0 - options.confidence) / 2.0;
    Ok((quantile(&resampled, tail)?, quantile(&resampled, 1.0 - tail)?))
}

fn check(predictor: &Predictor, final_cluster: &[usize]) -> Result<()> {
    let n = final_cluster.len();
    let got = match predictor {
        Predictor::Gaps(gaps) => {
            gaps.check()?;
            gaps.models.len()
        }
        Predictor::Scores(scores) => {
            crate::stats::check_finite(scores)?;
            scores.len()
        }
    };
    if got != n {
        let what = "models of the predictor".to_owned();
        return Err(LmcError::ShapeMismatch { what, got: vec![got], expected: vec![n] });
    }
    if let Some(other) = final_cluster.iter().find(|&&cluster| cluster > 1) {
        return Err(LmcError::invalid("final_cluster", other, "0 or 1 for each model"));
    }
    let ones: usize = final_cluster.iter().sum();
    if ones < 2 || n - ones < 2 {
        let got = format!("{} and {ones} models", n - ones);
        let expected = "at least 2 in each cluster, so that one can be left out";
        return Err(LmcError::invalid("final_cluster", got, expected));
    }
    Ok(())
}

impl Options for EarlyOptions {
    fn validate(&self) -> Result<()> {
        in_range("n_permutations", self.n_permutations, MOST)?;
        in_range("n_resamples", self.n_resamples, MOST)?;
        crate::stats::check_confidence("confidence", self.confidence)
    }
}

/// The largest number of permutations or resamples.
const MOST: usize = 10_000_000;

#[cfg(test)]
mod tests;
