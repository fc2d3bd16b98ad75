//! Barrier height, convexity gap and area of a curve whose points are not equally spaced, as refinement
//! leaves it.

use super::check_curve;
use lmc_base::error::{LmcError, Result};

/// Returns the barrier height of a loss curve, in nats per example, as
/// [`barrier_height`](super::barrier_height) does.
///
/// `alphas`: the place of each point, ascending; `losses`: at least 3, ends included.
///
/// # Errors
/// The errors of [`barrier_height`](super::barrier_height); [`LmcError::InvalidParameter`] if the places do
/// not ascend or their number differs from that of the losses.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::gap::barrier_height_at(&[0.0, 0.25, 1.0], &[1.0, 2.0, 1.0])?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn barrier_height_at(alphas: &[f64], losses: &[f64]) -> Result<f64> {
    check(alphas, losses)?;
    Ok(rises(alphas, losses).fold(0.0, f64::max))
}

/// Returns the convexity gap of a loss curve, in nats per example, as [`convexity_gap`](super::convexity_gap)
/// does.
///
/// # Errors
/// The errors of [`barrier_height_at`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // The hill is as high as on an even grid, wherever its flanks were sampled.
/// assert_eq!(lmc::gap::convexity_gap_at(&[0.0, 0.25, 0.5, 1.0], &[1.0, 1.0, 2.0, 1.0])?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn convexity_gap_at(alphas: &[f64], losses: &[f64]) -> Result<f64> {
    check(alphas, losses)?;
    let n = losses.len();
    let segments = (0..n).flat_map(|i| (i + 2..n).map(move |j| i..=j));
    Ok(segments.flat_map(|s| rises(&alphas[s.clone()], &losses[s])).fold(0.0, f64::max))
}

/// Returns the area under a loss curve, as [`area_under_curve`](super::area_under_curve) does; `length` is
/// that of the segment from the first place to the last.
///
/// # Errors
/// The errors of [`area_under_curve`](super::area_under_curve) and [`barrier_height_at`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::gap::area_under_curve_at(&[0.0, 0.25, 1.0], &[1.0, 2.0, 1.0], 1.0)?, 0.5);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn area_under_curve_at(alphas: &[f64], losses: &[f64], length: f64) -> Result<f64> {
    check(alphas, losses)?;
    if !length.is_finite() || length < 0.0 {
        return Err(LmcError::invalid("length", length, "a finite number of at least 0"));
    }
    let minimum = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let trapezoid =
        |k: usize| (alphas[k + 1] - alphas[k]) * ((losses[k] - minimum) + (losses[k + 1] - minimum)) / 2.0;
    let whole = alphas[alphas.len() - 1] - alphas[0];
    Ok((0..alphas.len() - 1).map(trapezoid).sum::<f64>() * length / whole)
}

/// Returns the number of the interior point that rises most above the straight line between the ends, or
/// falls least below it.
///
/// # Errors
/// The errors of [`barrier_height_at`].
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::gap::highest_point(&[0.0, 0.25, 0.5, 1.0], &[1.0, 1.0, 2.0, 1.0])?, 2);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn highest_point(alphas: &[f64], losses: &[f64]) -> Result<usize> {
    check(alphas, losses)?;
    let (mut highest, mut most) = (1, f64::NEG_INFINITY);
    for (before, rise) in rises(alphas, losses).enumerate() {
        if rise > most {
            (highest, most) = (before + 1, rise);
        }
    }
    Ok(highest)
}

/// Returns how much each interior point of a checked curve rises above the straight line between its ends.
fn rises<'a>(alphas: &'a [f64], losses: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let m = losses.len() - 1;
    let whole = alphas[m] - alphas[0];
    (1..m).map(move |k| {
        let (before, after) = (alphas[k] - alphas[0], alphas[m] - alphas[k]);
        (after * (losses[k] - losses[0]) + before * (losses[k] - losses[m])) / whole
    })
}

fn check(alphas: &[f64], losses: &[f64]) -> Result<()> {
    check_curve(losses)?;
    let ascends = alphas.windows(2).all(|pair| pair[0] < pair[1]) && alphas.iter().all(|a| a.is_finite());
    if !ascends || alphas.len() != losses.len() {
        return Err(LmcError::invalid(
            "alphas",
            format!("{alphas:?}"),
            format!("{} places that ascend", losses.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gap::{area_under_curve, barrier_height, convexity_gap};
    use rand::Rng;

    #[test]
    fn equally_spaced_they_are_the_others() {
        let mut rng = lmc_base::seed::rng(1, "curves");
        for n in 3..12 {
            let losses: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..2.0)).collect();
            let alphas: Vec<f64> = (0..n).map(|k| k as f64 / (n - 1) as f64).collect();
            let close = |a: Result<f64>, b: Result<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
            assert!(close(barrier_height_at(&alphas, &losses), barrier_height(&losses)));
            assert!(close(convexity_gap_at(&alphas, &losses), convexity_gap(&losses)));
            let area = area_under_curve_at(&alphas, &losses, 1.7);
            assert!(close(area, area_under_curve(&losses, 1.7)));
        }
    }

    #[test]
    fn by_hand() {
        // The chord from 1 to 2 is 1.25 at a quarter and 1.5 at a half.
        let (alphas, losses) = ([0.0, 0.25, 0.5, 1.0], [1.0, 3.0, 1.75, 2.0]);
        assert_eq!(barrier_height_at(&alphas, &losses).unwrap(), 1.75);
        assert_eq!(highest_point(&alphas, &losses).unwrap(), 1);
        // From 0 to a half the chord is 1.375 at a quarter: less. Areas above 1: 0.25, 0.34375 and 0.4375.
        assert_eq!(convexity_gap_at(&alphas, &losses).unwrap(), 1.75);
        assert_eq!(area_under_curve_at(&alphas, &losses, 2.0).unwrap(), 2.0 * (0.25 + 0.34375 + 0.4375));
        // Two descents and a rise between them: only a part of the curve is not convex.
        let (alphas, losses) = ([0.0, 0.5, 0.625, 0.75, 1.0], [5.0, 1.0, 2.0, 1.0, 5.0]);
        assert_eq!(barrier_height_at(&alphas, &losses).unwrap(), 0.0);
        assert_eq!(convexity_gap_at(&alphas, &losses).unwrap(), 1.0);
        // Convex curves have no gap, but they still have a highest point.
        assert_eq!(convexity_gap_at(&[0.0, 0.1, 1.0], &[1.0, 0.0, 1.0]).unwrap(), 0.0);
        assert_eq!(highest_point(&[0.0, 0.1, 1.0], &[1.0, 0.0, 1.0]).unwrap(), 1);
    }

    #[test]
    fn places_must_ascend() {
        for alphas in [&[0.0, 0.5, 0.5][..], &[0.0, 1.0], &[0.0, f64::NAN, 1.0], &[1.0, 0.5, 0.0]] {
            let error = barrier_height_at(alphas, &[1.0, 2.0, 1.0]).unwrap_err();
            assert!(error.to_string().starts_with("`alphas`"), "{error}");
        }
        assert!(matches!(
            convexity_gap_at(&[0.0, 0.5, 1.0], &[1.0, f64::NAN, 1.0]),
            Err(LmcError::NonFiniteLoss { .. })
        ));
        assert!(area_under_curve_at(&[0.0, 0.5, 1.0], &[1.0; 3], -1.0).is_err());
    }
}
