//! Resampling of many columns at once: one row for each item, such as an example, and one column for each
//! quantity that was measured for it.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};
use rand::{Rng, seq::SliceRandom};

use super::{check_confidence, check_count, check_finite, mean, quantile};
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The largest number of means that are returned: 2 GiB of them.
const MOST_MEANS: usize = 1 << 28;
/// The number of resamples whose counts are in memory at once.
const BLOCK: usize = 64;

/// Returns the mean of each column in each of `n_resamples` resamples of the rows, \[n_resamples,
/// n_columns\].
///
/// `values`: \[n_items, n_columns\]. All columns see the same resamples, those of
/// [`bootstrap_interval`](super::bootstrap_interval) with the same seed, so differences of columns may be
/// taken afterwards.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no items, no resamples, or more than fit into memory;
/// [`LmcError::Interrupted`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let values = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
/// let means = lmc::stats::resampled_means(values.view(), 100, 0)?;
/// assert_eq!(means.dim(), (100, 2));
/// // The second column is larger by 1 in every row, and so are its means.
/// assert!(means.rows().into_iter().all(|row| row[1] - row[0] == 1.0));
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Efron 1979; Efron and Tibshirani 1993, chapter 6.
pub fn resampled_means(values: ArrayView2<f64>, n_resamples: usize, seed: u64) -> Result<Array2<f64>> {
    let n_items = values.nrows();
    check_count(n_items, 1)?;
    if n_resamples == 0 {
        return Err(LmcError::invalid("n_resamples", 0, "at least 1"));
    }
    let most = (MOST_MEANS / values.ncols().max(1)).max(1);
    if n_resamples > most {
        let expected = format!("at most {most} of {} columns", values.ncols());
        return Err(LmcError::invalid("n_resamples", n_resamples, expected));
    }
    let mut rng = lmc_base::seed::rng(seed, "bootstrap");
    let mut means = Array2::zeros((n_resamples, values.ncols()));
    for start in (0..n_resamples).step_by(BLOCK) {
        interrupt::check(|| format!("{start} of {n_resamples} resamples are done"))?;
        let end = (start + BLOCK).min(n_resamples);
        let mut shares = Array2::<f64>::zeros((end - start, n_items));
        for mut resample in shares.rows_mut() {
            for _ in 0..n_items {
                resample[rng.random_range(0..n_items)] += 1.0 / n_items as f64;
            }
        }
        means.slice_mut(s![start..end, ..]).assign(&shares.dot(&values));
    }
    Ok(means)
}

/// Returns the percentile interval of resampled statistics as (lower, upper) end, between which `confidence`
/// (for example 0.95) of them lie.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no statistics, one that is not finite or a confidence outside (0, 1).
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let resampled = [5.0, 1.0, 4.0, 2.0, 3.0];
/// assert_eq!(lmc::stats::percentile_interval(&resampled, 0.5)?, (2.0, 4.0));
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Efron and Tibshirani 1993, chapter 13.
pub fn percentile_interval(resampled: &[f64], confidence: f64) -> Result<(f64, f64)> {
    check_confidence("confidence", confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    Ok((quantile(resampled, tail)?, quantile(resampled, 1.0 - tail)?))
}

/// Returns the mean of some values, and the lower and the upper end of its percentile interval.
///
/// # Errors
/// The errors of [`resampled_means`] and [`percentile_interval`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
/// let [mean, low, high] = lmc::stats::mean_interval(&values, 2_000, 0.95, 0)?;
/// // The standard error of the mean is 0.05.
/// assert!(mean == 0.5 && (low - 0.4).abs() < 0.02 && (high - 0.6).abs() < 0.02);
/// # Ok::<(), lmc::LmcError>(())
/// ```
///
/// # Reference
/// Efron and Tibshirani 1993, chapter 13.
pub fn mean_interval(values: &[f64], n_resamples: usize, confidence: f64, seed: u64) -> Result<[f64; 3]> {
    let column = ArrayView1::from(values).insert_axis(Axis(1));
    let resampled = resampled_means(column, n_resamples, seed)?;
    let (low, high) = percentile_interval(&resampled.column(0).to_vec(), confidence)?;
    Ok([mean(values)?, low, high])
}

/// Returns, for each item, the value of the column that has the largest mean over the *other* half of the
/// items.
///
/// `values`: \[n_items, n_columns\]. The largest mean of many columns is too high if it is largest by chance.
/// Here one half of the items, drawn by `seed`, chooses a column and the other half measures it, and the
/// other way round. The mean of the returned values is a nearly unbiased estimate of the mean of columns that
/// were chosen like this. It is therefore never above the largest true mean, except by chance.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 2 items, no columns or a value that is not finite.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::stats::{cross_fitted_maximum, mean};
/// let values = ndarray::array![[1.0, 5.0], [2.0, 5.0], [1.0, 6.0], [2.0, 6.0]];
/// assert_eq!(mean(&cross_fitted_maximum(values.view(), 0)?)?, 5.5); // the second column either way
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn cross_fitted_maximum(values: ArrayView2<f64>, seed: u64) -> Result<Vec<f64>> {
    let (n_items, n_columns) = values.dim();
    check_count(n_items, 2)?;
    check_count(n_columns, 1)?;
    let mut order: Vec<usize> = (0..n_items).collect();
    order.shuffle(&mut lmc_base::seed::rng(seed, "halves"));
    let halves = order.split_at(n_items / 2);
    let mut measured = vec![0.0; n_items];
    for (choosing, measuring) in [(halves.0, halves.1), (halves.1, halves.0)] {
        let mean = |column: usize| choosing.iter().map(|&item| values[[item, column]]).sum::<f64>();
        let means: Vec<f64> = (0..n_columns).map(mean).collect();
        check_finite(&means)?;
        let best =
            (0..n_columns).fold(0, |best, column| if means[column] > means[best] { column } else { best });
        measuring.iter().for_each(|&item| measured[item] = values[[item, best]]);
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{bootstrap_interval, mean};

    fn noise(n_items: usize, n_columns: usize, seed: u64) -> Array2<f64> {
        let mut rng = lmc_base::seed::rng(seed, "noise");
        Array2::from_shape_fn((n_items, n_columns), |_| rng.random_range(-1.0..1.0))
    }

    #[test]
    fn resamples_are_those_of_the_bootstrap_of_one_column() {
        let values = noise(50, 3, 1);
        let means = resampled_means(values.view(), 200, 7).unwrap();
        assert_eq!(means.dim(), (200, 3));
        for column in 0..3 {
            let pick =
                |rows: &[usize]| mean(&rows.iter().map(|&row| values[[row, column]]).collect::<Vec<_>>());
            let (low, high) = bootstrap_interval(50, 200, 0.9, 7, pick).unwrap();
            let got = percentile_interval(&means.column(column).to_vec(), 0.9).unwrap();
            assert!((got.0 - low).abs() < 1e-12 && (got.1 - high).abs() < 1e-12, "{got:?} {low} {high}");
        }
        // All columns see the same resamples: a difference that is the same in every item does not vary.
        let mut shifted = values.clone();
        shifted.column_mut(1).assign(&(&values.column(0) + 0.5));
        let means = resampled_means(shifted.view(), 20, 7).unwrap();
        assert!(means.rows().into_iter().all(|row| (row[1] - row[0] - 0.5).abs() < 1e-12));
    }

    #[test]
    fn the_largest_of_noise_is_too_high_and_the_one_held_out_is_not() {
        let (mut plain, mut held_out) = (0.0, 0.0);
        for seed in 0..40 {
            let values = noise(64, 100, seed);
            let means = values.mean_axis(ndarray::Axis(0)).unwrap();
            plain += means.iter().copied().fold(f64::NEG_INFINITY, f64::max) / 40.0;
            held_out += mean(&cross_fitted_maximum(values.view(), seed).unwrap()).unwrap() / 40.0;
        }
        // 2.5 standard errors of 0.58 / 8, and an average of 40 estimates with standard error about 0.07
        // each.
        assert!(plain > 0.14 && held_out.abs() < 0.04, "{plain} {held_out}");
    }

    #[test]
    fn a_column_that_is_clearly_largest_is_measured_without_loss() {
        let mut values = noise(40, 10, 3);
        values.column_mut(4).iter_mut().for_each(|value| *value += 5.0);
        let measured = cross_fitted_maximum(values.view(), 0).unwrap();
        assert_eq!(measured, values.column(4).to_vec());
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let empty = Array2::<f64>::zeros((0, 2));
        assert!(matches!(
            resampled_means(empty.view(), 9, 0),
            Err(LmcError::InvalidParameter { field: "values", .. })
        ));
        let values = noise(4, 2, 0);
        let none = resampled_means(values.view(), 0, 0);
        assert!(matches!(none, Err(LmcError::InvalidParameter { field: "n_resamples", .. })));
        let sure = percentile_interval(&[1.0], 1.0);
        assert!(matches!(sure, Err(LmcError::InvalidParameter { field: "confidence", .. })));
        assert!(percentile_interval(&[], 0.5).is_err());
        assert!(cross_fitted_maximum(values.slice(s![..1, ..]), 0).is_err());
        assert!(cross_fitted_maximum(values.slice(s![.., ..0]), 0).is_err());
        assert!(cross_fitted_maximum((values * f64::NAN).view(), 0).is_err());
    }
}
