use super::{check_count, check_finite};
use lmc_base::error::{LmcError, Result};

/// Returns the arithmetic mean.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no values or a non-finite one.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::stats::mean(&[1.0, 2.0, 6.0])?, 3.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn mean(values: &[f64]) -> Result<f64> {
    check_count(values.len(), 1)?;
    check_finite(values)?;
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

/// Returns whether all values are equal except for the last bits, by which sums and means of equal numbers
/// differ.
#[doc(hidden)]
pub fn is_constant(values: &[f64]) -> bool {
    is_constant_but_for(values, 16.0 * f64::EPSILON)
}

/// Returns whether no two values differ by more than a share of the largest.
#[doc(hidden)]
pub fn is_constant_but_for(values: &[f64], share: f64) -> bool {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - low <= share * high.abs().max(low.abs())
}

/// Returns the population standard deviation: the root of the mean squared deviation, with divisor n.
///
/// It is exactly 0 for values that are equal except for rounding.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no values or a non-finite one.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::stats::standard_deviation(&[1.0, 3.0])?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn standard_deviation(values: &[f64]) -> Result<f64> {
    let centre = mean(values)?;
    if is_constant(values) {
        return Ok(0.0);
    }
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Ok((squares / values.len() as f64).sqrt())
}

/// Returns the value below which a `share` of the values lies, interpolated linearly between the two
/// neighbours in order (numpy's default; type 7 of Hyndman and Fan 1996).
///
/// # Errors
/// [`LmcError::InvalidParameter`] for no values, a non-finite one or a share outside \[0, 1\].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::stats::quantile(&[4.0, 1.0, 3.0, 2.0], 0.5)?, 2.5);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn quantile(values: &[f64], share: f64) -> Result<f64> {
    check_count(values.len(), 1)?;
    check_finite(values)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(LmcError::invalid("share", share, "a number from 0 to 1"));
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    Ok(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&values).unwrap(), 5.0);
        assert_eq!(standard_deviation(&values).unwrap(), 2.0);
        assert_eq!(standard_deviation(&[3.0]).unwrap(), 0.0);
        // The mean of three times 0.7 is not 0.7, and 0.1 + 0.2 is not 0.3.
        assert_eq!(standard_deviation(&[0.7; 3]).unwrap(), 0.0);
        assert_eq!(standard_deviation(&[0.3, 0.1 + 0.2, 0.3]).unwrap(), 0.0);
        assert!(standard_deviation(&[0.7, 0.7 + 1e-12]).unwrap() > 0.0);
        assert_eq!(quantile(&[4.0, 1.0, 2.0], 0.5).unwrap(), 2.0);
        assert_eq!(quantile(&[4.0, 1.0, 2.0], 0.75).unwrap(), 3.0);
        assert_eq!(quantile(&[4.0, 1.0, 2.0], 0.0).unwrap(), 1.0);
        assert_eq!(quantile(&[4.0, 1.0, 2.0], 1.0).unwrap(), 4.0);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        for bad in [&[][..], &[1.0, f64::NAN], &[f64::INFINITY]] {
            for result in [mean(bad), standard_deviation(bad), quantile(bad, 0.5)] {
                assert!(matches!(result, Err(LmcError::InvalidParameter { field: "values", .. })));
            }
        }
        for share in [-0.1, 1.1, f64::NAN] {
            let result = quantile(&[1.0], share);
            assert!(matches!(result, Err(LmcError::InvalidParameter { field: "share", .. })));
        }
    }
}
