//! The measures of a loss curve as the largest of several contrasts.

use ndarray::Array2;

use lmc_base::error::{LmcError, Result};
use lmc_maths::gap::Measure;

/// Returns the contrasts behind a measure of a loss curve; the measure is the largest of them, or 0 if all
/// are negative. They are weights of the losses at the points, `[n_contrasts, n_points]`, each row with the
/// sum 0.
///
/// Barrier height: how far each interior point lies above the chord of the ends. Convexity gap: the same for
/// every part of the curve. Area: the mean height, times `length`, above each point. `alphas`: the place of
/// each point, ascending, at least 3.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for places that do not ascend, fewer than 3, a negative or non-finite
/// length, or the Euclidean distance, which does not measure losses.
///
/// # Examples
/// ```
/// # mod lmc { pub use {lmc_engine::*, lmc_maths::gap}; pub mod analyses { pub use lmc_engine::confidence; } }
/// use lmc::analyses::confidence::contrasts;
/// use lmc::gap::Measure;
/// let rows = contrasts(Measure::ConvexityGap, &[0.0, 0.25, 1.0], 1.0)?;
/// assert_eq!(rows, ndarray::array![[-0.75, 1.0, -0.25]]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn contrasts(measure: Measure, alphas: &[f64], length: f64) -> Result<Array2<f64>> {
    check(alphas, length)?;
    let n = alphas.len();
    let rows = match measure {
        Measure::BarrierHeight => above_chord(alphas, 0, n - 1),
        Measure::ConvexityGap => {
            let parts = (0..n).flat_map(|i| (i + 2..n).map(move |j| (i, j)));
            parts.flat_map(|(i, j)| above_chord(alphas, i, j)).collect()
        }
        Measure::AreaUnderCurve => above_each(alphas, length),
        Measure::EuclideanDistance => {
            return Err(LmcError::invalid("measure", measure.name(), "a measure of losses"));
        }
    };
    let flat: Vec<f64> = rows.into_iter().flatten().collect();
    Array2::from_shape_vec((flat.len() / n, n), flat)
        .map_err(|error| LmcError::invalid("alphas", error, "as many weights as points"))
}

/// Returns each point between i and j less the chord from i to j.
fn above_chord(alphas: &[f64], i: usize, j: usize) -> Vec<Vec<f64>> {
    let whole = alphas[j] - alphas[i];
    let row = |k: usize| {
        let mut weights = vec![0.0; alphas.len()];
        weights[i] = -(alphas[j] - alphas[k]) / whole;
        weights[j] = -(alphas[k] - alphas[i]) / whole;
        weights[k] = 1.0;
        weights
    };
    (i + 1..j).map(row).collect()
}

/// Returns the mean height less the height of each point, times the length.
fn above_each(alphas: &[f64], length: f64) -> Vec<Vec<f64>> {
    let whole = alphas[alphas.len() - 1] - alphas[0];
    let mut mean = vec![0.0; alphas.len()];
    for k in 1..alphas.len() {
        let half = (alphas[k] - alphas[k - 1]) / whole / 2.0;
        mean[k - 1] += half;
        mean[k] += half;
    }
    let row = |k: usize| {
        let weight = |(i, share): (usize, &f64)| length * (share - if i == k { 1.0 } else { 0.0 });
        mean.iter().enumerate().map(weight).collect()
    };
    (0..alphas.len()).map(row).collect()
}

fn check(alphas: &[f64], length: f64) -> Result<()> {
    let ascends = alphas.windows(2).all(|pair| pair[0] < pair[1]) && alphas.iter().all(|a| a.is_finite());
    if !ascends || alphas.len() < 3 {
        return Err(LmcError::invalid("alphas", format!("{alphas:?}"), "at least 3 places that ascend"));
    }
    if !length.is_finite() || length < 0.0 {
        return Err(LmcError::invalid("length", length, "a finite number of at least 0"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_maths::gap::{area_under_curve_at, barrier_height_at, convexity_gap_at};
    use ndarray::Array1;
    use rand::Rng;

    #[test]
    fn the_largest_contrast_is_the_measure() {
        let mut rng = lmc_base::seed::rng(1, "curves");
        for n in 3..15 {
            let mut alphas: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..1.0)).collect();
            alphas.sort_by(f64::total_cmp);
            let losses: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..2.0)).collect();
            for (measure, expected) in [
                (Measure::BarrierHeight, barrier_height_at(&alphas, &losses)),
                (Measure::ConvexityGap, convexity_gap_at(&alphas, &losses)),
                (Measure::AreaUnderCurve, area_under_curve_at(&alphas, &losses, 2.5)),
            ] {
                let rows = contrasts(measure, &alphas, 2.5).unwrap();
                assert!(rows.rows().into_iter().all(|row| row.sum().abs() < 1e-12));
                let largest = rows.dot(&Array1::from(losses.clone())).fold(0.0, |a: f64, b| a.max(*b));
                let expected = expected.unwrap();
                assert!((largest - expected).abs() < 1e-12, "{measure:?}: {largest}, expected {expected}");
            }
        }
    }

    #[test]
    fn there_are_as_many_as_parts_with_a_point_inside() {
        let tenths: Vec<f64> = (0..11).map(|k| f64::from(k) / 10.0).collect();
        let count = |measure| contrasts(measure, &tenths, 1.0).unwrap().nrows();
        assert_eq!(count(Measure::BarrierHeight), 9);
        assert_eq!(count(Measure::ConvexityGap), 11 * 10 * 9 / 6);
        assert_eq!(count(Measure::AreaUnderCurve), 11);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let field = |measure, alphas: &[f64], length| match contrasts(measure, alphas, length).unwrap_err() {
            LmcError::InvalidParameter { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(field(Measure::EuclideanDistance, &[0.0, 0.5, 1.0], 1.0), "measure");
        for alphas in [&[0.0, 1.0][..], &[0.0, 0.5, 0.5], &[0.0, f64::NAN, 1.0]] {
            assert_eq!(field(Measure::ConvexityGap, alphas, 1.0), "alphas");
        }
        assert_eq!(field(Measure::AreaUnderCurve, &[0.0, 0.5, 1.0], -1.0), "length");
    }
}
