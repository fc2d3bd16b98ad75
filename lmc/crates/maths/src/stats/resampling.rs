use super::{check_count, check_finite, check_lengths, pearson, quantile};
use lmc_base::error::{LmcError, Result};
use rand::{Rng, seq::SliceRandom};
use std::collections::BTreeSet;

/// Returns the two-sided p-value of the difference of mean `values` between two groups, from `n_permutations`
/// random relabellings: (b + 1) / (n + 1), where b of n relabellings differ at least as much as the given
/// groups.
///
/// `labels`: the group of each value, two different numbers. The same seed gives the same p-value.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] if there are not exactly
/// two groups, for a non-finite value or no permutations.
///
/// # Reference
/// Phipson and Smyth 2010, Eq. 2.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Of the 20 ways to divide six values in halves, only this one and its mirror image differ as much.
/// let p = lmc::stats::permutation_test(&[0, 0, 0, 1, 1, 1], &[0.1, 0.2, 0.3, 0.7, 0.8, 0.9], 9_999, 0)?;
/// assert!((p - 0.1).abs() < 0.02);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn permutation_test(labels: &[usize], values: &[f64], n_permutations: usize, seed: u64) -> Result<f64> {
    check_lengths("values", labels.len(), values.len(), 2)?;
    check_finite(values)?;
    let groups: BTreeSet<usize> = labels.iter().copied().collect();
    if groups.len() != 2 {
        return Err(LmcError::invalid("labels", format!("{} groups", groups.len()), "exactly 2 groups"));
    }
    if n_permutations == 0 {
        return Err(LmcError::invalid("n_permutations", 0, "at least 1"));
    }
    let in_first: Vec<bool> = labels.iter().map(|label| Some(label) == groups.first()).collect();
    let n_first = in_first.iter().filter(|&&first| first).count() as f64;
    let n_second = labels.len() as f64 - n_first;
    let difference = |values: &[f64]| {
        let (mut first, mut second) = (0.0, 0.0);
        for (value, &in_first) in values.iter().zip(&in_first) {
            *(if in_first { &mut first } else { &mut second }) += value;
        }
        (first / n_first - second / n_second).abs()
    };
    // The order of summation changes the last bits: differences that are equal except for those count as
    // equal.
    let rounding = 1e-12 * values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    let observed = difference(values) - rounding;
    let mut rng = lmc_base::seed::rng(seed, "permutation test");
    let mut shuffled = values.to_vec();
    let at_least = (0..n_permutations).filter(|_| {
        shuffled.shuffle(&mut rng);
        difference(&shuffled) >= observed
    });
    Ok((at_least.count() + 1) as f64 / (n_permutations + 1) as f64)
}

/// Returns the two-sided p-value of Pearson's correlation of two columns, from `n_permutations` random orders
/// of the second: (b + 1) / (n + 1), where b of n orders correlate at least as strongly.
///
/// The same seed gives the same p-value.
///
/// # Errors
/// The errors of [`pearson`]; [`LmcError::InvalidParameter`] for no permutations.
///
/// # Reference
/// Phipson and Smyth 2010, Eq. 2.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Of the 24 orders of four values, two correlate fully.
/// let p = lmc::stats::correlation_test(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0], 9_999, 0)?;
/// assert!((p - 2.0 / 24.0).abs() < 0.02);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn correlation_test(x: &[f64], y: &[f64], n_permutations: usize, seed: u64) -> Result<f64> {
    // Orders that correlate equally strongly except for rounding count as equal.
    let observed = pearson(x, y)?.abs() - 1e-12;
    if n_permutations == 0 {
        return Err(LmcError::invalid("n_permutations", 0, "at least 1"));
    }
    let mut rng = lmc_base::seed::rng(seed, "correlation test");
    let mut shuffled = y.to_vec();
    let mut at_least = 0;
    for _ in 0..n_permutations {
        shuffled.shuffle(&mut rng);
        at_least += usize::from(pearson(x, &shuffled)?.abs() >= observed);
    }
    Ok((at_least + 1) as f64 / (n_permutations + 1) as f64)
}

/// Returns the percentile bootstrap interval of a statistic as (lower, upper) end, between which `confidence`
/// (for example 0.95) of `n_resamples` resampled statistics lie.
///
/// `statistic` gets `n_items` indices below `n_items`, drawn with replacement, so it can look up values,
/// pairs or whole models. The same seed gives the same interval.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no items, no resamples, a confidence outside (0, 1) or a statistic that
/// is not finite; any error of `statistic` itself.
///
/// # Reference
/// Efron 1979; Efron and Tibshirani 1993, chapter 13.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::stats::{bootstrap_interval, mean};
/// let losses: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
/// let (low, high) = bootstrap_interval(losses.len(), 2_000, 0.95, 0, |drawn| {
///     mean(&drawn.iter().map(|&i| losses[i]).collect::<Vec<_>>())
/// })?;
/// // The standard error of the mean is 0.05.
/// assert!((low - 0.4).abs() < 0.02 && (high - 0.6).abs() < 0.02);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn bootstrap_interval(
    n_items: usize,
    n_resamples: usize,
    confidence: f64,
    seed: u64,
    mut statistic: impl FnMut(&[usize]) -> Result<f64>,
) -> Result<(f64, f64)> {
    check_count(n_items, 1)?;
    if n_resamples == 0 {
        return Err(LmcError::invalid("n_resamples", 0, "at least 1"));
    }
    check_confidence("confidence", confidence)?;
    let mut rng = lmc_base::seed::rng(seed, "bootstrap");
    let mut indices = vec![0; n_items];
    let mut resampled = Vec::new();
    for _ in 0..n_resamples {
        indices.iter_mut().for_each(|index| *index = rng.random_range(0..n_items));
        resampled.push(statistic(&indices)?);
    }
    let tail = (1.0 - confidence) / 2.0;
    Ok((quantile(&resampled, tail)?, quantile(&resampled, 1.0 - tail)?))
}

/// Checks the confidence of an interval, the share of resamples between its ends, which is given by an option
/// of that name.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for a number that is not between 0 and 1.
pub fn check_confidence(field: &'static str, confidence: f64) -> Result<()> {
    let inside = confidence > 0.0 && confidence < 1.0;
    inside.then_some(()).ok_or_else(|| LmcError::invalid(field, confidence, "a number between 0 and 1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;

    fn pick_mean(values: &[f64]) -> impl Fn(&[usize]) -> Result<f64> {
        move |rows| mean(&rows.iter().map(|&row| values[row]).collect::<Vec<_>>())
    }

    #[test]
    fn a_confidence_lies_between_0_and_1() {
        assert!(check_confidence("c", 0.95).is_ok());
        for wrong in [0.0, 1.0, -0.1, f64::NAN, 2.0] {
            assert!(matches!(
                check_confidence("c", wrong),
                Err(LmcError::InvalidParameter { field: "c", .. })
            ));
        }
    }

    #[test]
    fn permutation_test_counts_as_enumeration_does() {
        // Of the 20 ways to choose 3 of 6, only the two extreme ones differ this much: p = 0.1.
        let (labels, values) = ([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]);
        let p = permutation_test(&labels, &values, 20_000, 1).unwrap();
        assert!((p - 0.1).abs() < 0.01, "{p}");
        // 1, 2 | 3, 4: differences of the 6 splits are 2, 1, 0, 0, 1, 2, so 1, 3 | 2, 4 has p = 4/6.
        let p = permutation_test(&[5, 9, 5, 9], &[1.0, 2.0, 3.0, 4.0], 20_000, 1).unwrap();
        assert!((p - 4.0 / 6.0).abs() < 0.02, "{p}");
        // Unequal groups: 1 of the 5 choices of one value is as extreme.
        let p = permutation_test(&[1, 0, 0, 0, 0], &[9.0, 1.0, 2.0, 3.0, 4.0], 20_000, 1).unwrap();
        assert!((p - 0.2).abs() < 0.02, "{p}");
    }

    #[test]
    fn permutation_test_bounds_ties_and_seed() {
        // With equal values, every relabelling ties in spite of rounding.
        let labels: Vec<usize> = (0..15).map(|i| usize::from(i < 4)).collect();
        assert_eq!(permutation_test(&labels, &[0.1; 15], 99, 3).unwrap(), 1.0);
        let values: Vec<f64> = (0..40).map(f64::from).collect();
        let labels: Vec<usize> = (0..40).map(|i| usize::from(i < 20)).collect();
        assert_eq!(permutation_test(&labels, &values, 99, 3).unwrap(), 0.01);
        let mixed: Vec<usize> = (0..40).map(|i| usize::from(i % 3 == 0 || i > 33)).collect();
        let p = |seed| permutation_test(&mixed, &values, 500, seed).unwrap();
        assert_eq!(p(1), p(1));
        assert_ne!(p(1), p(2));
        let swapped: Vec<usize> = mixed.iter().map(|label| 1 - label).collect();
        assert_eq!(permutation_test(&swapped, &values, 500, 1).unwrap(), p(1));
    }

    #[test]
    fn correlation_test_counts_as_enumeration_does() {
        // Of the 24 orders of 1, 2, 3, 4 only the ascending and the descending one correlate fully with it.
        let x = [1.0, 2.0, 3.0, 4.0];
        let p = correlation_test(&x, &[2.0, 4.0, 6.0, 8.0], 20_000, 1).unwrap();
        assert!((p - 2.0 / 24.0).abs() < 0.01, "{p}");
        // r = 0.8 for one exchange of neighbours; 3 such orders, their 3 reversals and the 2 before are as
        // strong.
        let p = correlation_test(&x, &[1.0, 2.0, 4.0, 3.0], 20_000, 1).unwrap();
        assert!((p - 8.0 / 24.0).abs() < 0.015, "{p}");
        assert!(correlation_test(&x, &[1.0; 4], 9, 1).is_err() && correlation_test(&x, &x, 0, 1).is_err());
    }

    #[test]
    fn bootstrap_interval_of_a_mean() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        // Standard error 0.5 / 20: 1.96 of them on each side of 0.5.
        let (low, high) = bootstrap_interval(400, 4000, 0.95, 1, pick_mean(&values)).unwrap();
        assert!((low - 0.451).abs() < 0.006 && (high - 0.549).abs() < 0.006, "{low} {high}");
        assert_eq!((low, high), bootstrap_interval(400, 4000, 0.95, 1, pick_mean(&values)).unwrap());
        let narrow = bootstrap_interval(400, 4000, 0.5, 1, pick_mean(&values)).unwrap();
        assert!(low < narrow.0 && narrow.1 < high);
        assert_eq!(bootstrap_interval(3, 10, 0.9, 1, pick_mean(&[2.0; 3])).unwrap(), (2.0, 2.0));
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let test = |labels: &[usize], values: &[f64], n| permutation_test(labels, values, n, 1).unwrap_err();
        assert!(matches!(test(&[0, 1], &[1.0], 9), LmcError::ShapeMismatch { .. }));
        assert!(matches!(test(&[0, 0], &[1.0; 2], 9), LmcError::InvalidParameter { field: "labels", .. }));
        assert!(matches!(test(&[0, 1, 2], &[1.0; 3], 9), LmcError::InvalidParameter { field: "labels", .. }));
        assert!(matches!(
            test(&[0, 1], &[1.0, f64::NAN], 9),
            LmcError::InvalidParameter { field: "values", .. }
        ));
        assert!(matches!(
            test(&[0, 1], &[1.0; 2], 0),
            LmcError::InvalidParameter { field: "n_permutations", .. }
        ));
        let interval = |n, resamples, confidence, value: f64| {
            bootstrap_interval(n, resamples, confidence, 1, |_| Ok(value)).unwrap_err()
        };
        assert!(matches!(interval(0, 9, 0.9, 0.0), LmcError::InvalidParameter { field: "values", .. }));
        assert!(matches!(interval(3, 0, 0.9, 0.0), LmcError::InvalidParameter { field: "n_resamples", .. }));
        assert!(matches!(interval(3, 9, 1.0, 0.0), LmcError::InvalidParameter { field: "confidence", .. }));
        assert!(matches!(interval(3, 9, 0.9, f64::NAN), LmcError::InvalidParameter { field: "values", .. }));
        let failing = bootstrap_interval(3, 9, 0.9, 1, |_| mean(&[]));
        assert!(matches!(failing, Err(LmcError::InvalidParameter { .. })));
    }
}
