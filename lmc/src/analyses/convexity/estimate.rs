//! The estimate of eps from excess losses at sampled points.

use ndarray::{Array2, ArrayView2, Axis};

use crate::analyses::convexity::ConvexityOptions;
use crate::error::{LmcError, Result};
use crate::options::Valid;
use crate::stats::{cross_fitted_maximum, mean, percentile_interval, quantile, resampled_means};

/// The largest excess loss, the mean and quantiles over points, in nats per example, with bootstrap intervals
/// over examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExcessEstimate {
    /// The largest excess of a point. Of points that are equally high on average, it finds the one that is
    /// highest on these examples: as an estimate of the largest among the sampled points it is too high,
    /// while points that were not sampled may be higher.
    pub eps: f64,
    /// The excess of the points that are largest on one half of the examples, measured on the other half
    /// ([`cross_fitted_maximum`]): a lower bound of the largest excess, up to the chance that the interval
    /// tells.
    pub eps_held_out: f64,
    /// The bootstrap interval of `eps_held_out`, its points fixed.
    pub eps_interval: (f64, f64),
    /// The mean over points, which no choice makes too high.
    pub mean: f64,
    /// The bootstrap interval of the mean.
    pub mean_interval: (f64, f64),
    /// The median over points.
    pub median: f64,
    /// The 95th percentile over points.
    pub q95: f64,
}

impl ExcessEstimate {
    /// Returns the estimate from the excess of every example at every point, `[n_examples, n_points]`.
    pub(super) fn of(by_example: ArrayView2<f64>, options: &Valid<ConvexityOptions>) -> Result<Self> {
        let excess = by_example.mean_axis(Axis(0)).map_or(Vec::new(), |means| means.to_vec());
        if let Some(point) = excess.iter().position(|value| !value.is_finite()) {
            let (what, position) = ("excess loss".to_owned(), format!("point {point} of {}", excess.len()));
            return Err(LmcError::NonFiniteLoss { what, value: excess[point], position });
        }
        let held_out = cross_fitted_maximum(by_example, options.seed)?;
        let means = by_example.mean_axis(Axis(1)).map_or(Vec::new(), |means| means.to_vec());
        let mut columns = Array2::zeros((means.len(), 2));
        columns.column_mut(0).assign(&ndarray::aview1(&held_out));
        columns.column_mut(1).assign(&ndarray::aview1(&means));
        let resampled = resampled_means(columns.view(), options.n_resamples, options.seed)?;
        let interval = |column| percentile_interval(&resampled.column(column).to_vec(), options.confidence);
        Ok(Self {
            eps: excess.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            eps_held_out: mean(&held_out)?,
            eps_interval: interval(0)?,
            mean: mean(&excess)?,
            mean_interval: interval(1)?,
            median: quantile(&excess, 0.5)?,
            q95: quantile(&excess, 0.95)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use rand::Rng;

    #[test]
    fn a_surface_that_is_clearly_higher_somewhere() {
        // Points 0.0, 0.1, ..., 0.9 above the chord in every example, and noise far below that.
        let mut rng = crate::seed::rng(1, "excess");
        let by_example =
            Array2::from_shape_fn((200, 10), |(_, point)| 0.1 * point as f64 + rng.random_range(-0.01..0.01));
        let estimate =
            ExcessEstimate::of(by_example.view(), &ConvexityOptions::default().check().unwrap()).unwrap();
        assert!((estimate.eps - 0.9).abs() < 0.005 && (estimate.eps_held_out - 0.9).abs() < 0.005);
        assert!((estimate.mean - 0.45).abs() < 0.005 && (estimate.median - 0.45).abs() < 0.01);
        assert!((estimate.q95 - 0.855).abs() < 0.01);
        let (low, high) = estimate.eps_interval;
        assert!(low < estimate.eps_held_out && estimate.eps_held_out < high && high - low < 0.01);
        let (low, high) = estimate.mean_interval;
        assert!(low < estimate.mean && estimate.mean < high && high - low < 0.005);
    }

    #[test]
    fn a_loss_that_is_no_number_is_named() {
        let mut by_example = Array2::zeros((4, 3));
        by_example[[2, 1]] = f64::NAN;
        let error =
            ExcessEstimate::of(by_example.view(), &ConvexityOptions::default().check().unwrap()).unwrap_err();
        assert!(error.to_string().contains("point 1 of 3"), "{error}");
    }
}
