//! Measures of one sampled loss curve between two models: barrier height, convexity gap, area; and the matrix
//! of such numbers over all pairs of models.
//!
//! A curve is the losses L_0..L_m (nats per example) at m + 1 equally spaced points of the segment, both ends
//! included.

mod landmarks;
mod simplex;
mod uneven;

use lmc_base::error::{LmcError, Result};
use ndarray::Array2;
use std::{collections::BTreeSet, fmt};

pub use landmarks::LandmarkGaps;
#[doc(hidden)]
pub use simplex::heights_from;
pub use simplex::{excess_loss, heights_above_envelope, simplex_gap};
pub use uneven::{area_under_curve_at, barrier_height_at, convexity_gap_at, highest_point};

/// Returns the barrier height of a loss curve, in nats per example: the most that the curve rises above the
/// straight line between its ends, and 0 if it never does.
///
/// `losses`: at least 3, equally spaced, ends included. Reversing them changes nothing, not even the last
/// bit.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 points, [`LmcError::NonFiniteLoss`] for NaN or infinity.
///
/// # Reference
/// Entezari et al. 2021; Juneja et al. 2023, Eq. 3.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Halfway, the loss is 0.5 above the straight line between the ends.
/// assert_eq!(lmc::gap::barrier_height(&[1.0, 2.0, 2.0])?, 0.5);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn barrier_height(losses: &[f64]) -> Result<f64> {
    check_curve(losses)?;
    Ok(rise_above_chord(losses))
}

/// Returns the convexity gap of a loss curve, in nats per example: the greatest barrier height over all
/// sub-segments \[i, j\] of the curve.
///
/// `losses`: at least 3, equally spaced, ends included. It is never below the [`barrier_height`], the same
/// for the reversed curve, and 0 exactly if the sampled curve is convex.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 points, [`LmcError::NonFiniteLoss`] for NaN or infinity.
///
/// # Reference
/// Juneja et al. 2023, Eq. 4.
///
/// # Examples
/// The example curve goes down, up by 1, and down. The ends see no barrier, but the hill between points 1 and
/// 3 is not convex.
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::gap::{barrier_height, convexity_gap};
/// let losses = [5.0, 1.0, 2.0, 1.0, 5.0];
/// assert_eq!(barrier_height(&losses)?, 0.0);
/// assert_eq!(convexity_gap(&losses)?, 1.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn convexity_gap(losses: &[f64]) -> Result<f64> {
    check_curve(losses)?;
    let n = losses.len();
    let segments = (0..n).flat_map(|i| (i + 2..n).map(move |j| &losses[i..=j]));
    Ok(segments.map(rise_above_chord).fold(0.0, f64::max))
}

/// Returns the area under a loss curve after its minimum is subtracted, by the trapezoid rule with steps of
/// `length` / m.
///
/// `losses`: at least 3, equally spaced, ends included. `length`: the length of the whole segment, which is
/// the Euclidean distance of the two models for the measure of the paper, and 1 for the mean height above the
/// minimum.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for fewer than 3 points or a negative or non-finite length,
/// [`LmcError::NonFiniteLoss`] for NaN or infinity.
///
/// # Reference
/// Juneja et al. 2023, appendix I.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::gap::area_under_curve(&[1.0, 2.0, 1.0], 1.0)?, 0.5);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn area_under_curve(losses: &[f64], length: f64) -> Result<f64> {
    check_curve(losses)?;
    if !length.is_finite() || length < 0.0 {
        return Err(LmcError::invalid("length", length, "a finite number of at least 0"));
    }
    let minimum = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let trapezoids: f64 =
        losses.windows(2).map(|ends| ((ends[0] - minimum) + (ends[1] - minimum)) / 2.0).sum();
    Ok(trapezoids * length / (losses.len() - 1) as f64)
}

/// Returns the barrier height of a checked curve. It is written with differences, so that it is exactly 0 on
/// a constant curve and exactly the same on the reversed one.
fn rise_above_chord(losses: &[f64]) -> f64 {
    let m = losses.len() - 1;
    let (first, last) = (losses[0], losses[m]);
    let rises = losses[1..m].iter().enumerate().map(|(before, loss)| {
        let k = before + 1;
        ((m - k) as f64 * (loss - first) + k as f64 * (loss - last)) / m as f64
    });
    rises.fold(0.0, f64::max)
}

fn check_curve(losses: &[f64]) -> Result<()> {
    if losses.len() < 3 {
        let got = format!("{} points", losses.len());
        return Err(LmcError::invalid("grid", got, "at least 3 points, both ends included"));
    }
    match losses.iter().position(|loss| !loss.is_finite()) {
        Some(point) => Err(LmcError::NonFiniteLoss {
            what: "loss curve".to_owned(),
            value: losses[point],
            position: format!("grid point {point} of 0..={}", losses.len() - 1),
        }),
        None => Ok(()),
    }
}

/// The quantity that a [`GapMatrix`] holds for each pair of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// [`convexity_gap`], nats per example.
    ConvexityGap,
    /// [`barrier_height`], nats per example.
    BarrierHeight,
    /// [`area_under_curve`], nats per example times distance.
    AreaUnderCurve,
    /// Euclidean distance of the two parameter vectors.
    EuclideanDistance,
}

impl Measure {
    /// Returns the measure in words, for titles and axes.
    pub fn name(self) -> &'static str {
        match self {
            Measure::ConvexityGap => "convexity gap",
            Measure::BarrierHeight => "barrier height",
            Measure::AreaUnderCurve => "area under the curve",
            Measure::EuclideanDistance => "Euclidean distance",
        }
    }

    /// Returns the name of its column in a table of gaps.
    pub fn column(self) -> &'static str {
        match self {
            Measure::ConvexityGap => "convexity_gap",
            Measure::BarrierHeight => "barrier_height",
            Measure::AreaUnderCurve => "auc",
            Measure::EuclideanDistance => "euclidean_distance",
        }
    }
}

/// One number for each pair of models: symmetric, never negative, zero on the diagonal.
#[derive(Clone, PartialEq)]
pub struct GapMatrix {
    /// Names of the models, all different, in the order of rows and columns.
    pub models: Vec<String>,
    /// The meaning of the numbers.
    pub measure: Measure,
    /// The numbers, \[n_models, n_models\].
    pub values: Array2<f64>,
    /// The most by which rounding of the values they were computed from moves one of the numbers, in their
    /// unit; 0 if that is not known.
    pub resolution: f64,
}

impl GapMatrix {
    /// Returns a checked matrix: `values` is \[n_models, n_models\], at least 2 by 2.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] if the sizes differ; [`LmcError::InvalidParameter`] for fewer than 2
    /// models, a name that occurs twice, a value that is negative or not finite, an asymmetric pair or a
    /// non-zero diagonal.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_maths as lmc;
    /// use lmc::gap::{GapMatrix, Measure};
    /// let models = ["a", "b"].map(String::from).to_vec();
    /// let gaps = GapMatrix::new(models, Measure::ConvexityGap, ndarray::array![[0.0, 0.2], [0.2, 0.0]])?;
    /// assert_eq!(gaps.pairs(), [(0, 1, 0.2)]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(models: Vec<String>, measure: Measure, values: Array2<f64>) -> Result<GapMatrix> {
        let matrix = GapMatrix { models, measure, values, resolution: 0.0 };
        matrix.check()?;
        Ok(matrix)
    }

    /// Returns the same matrix with a `resolution`: rounding may have moved the numbers by up to that, such
    /// as a unit in the last decimal of printed losses. Numbers that differ by no more than that count as
    /// equal when models are divided.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_maths as lmc;
    /// use lmc::basin::{ClusterOptions, cluster};
    /// use lmc::gap::{GapMatrix, Measure};
    /// let models = ["a", "b", "c"].map(String::from).to_vec();
    /// let values = ndarray::array![[0.0, 1e-4, 2e-4], [1e-4, 0.0, 2e-4], [2e-4, 2e-4, 0.0]];
    /// let gaps = GapMatrix::new(models, Measure::ConvexityGap, values)?.with_resolution(1e-4);
    /// assert!(!cluster(&gaps, &ClusterOptions::default())?.is_divided());
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn with_resolution(self, resolution: f64) -> GapMatrix {
        GapMatrix { resolution, ..self }
    }

    /// Returns every unordered pair once, in row order, as (row, column, value) with row < column.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_maths as lmc;
    /// use lmc::gap::{GapMatrix, Measure};
    /// let models = ["a", "b"].map(String::from).to_vec();
    /// let gaps = GapMatrix::new(models, Measure::ConvexityGap, ndarray::array![[0.0, 0.2], [0.2, 0.0]])?;
    /// assert_eq!(gaps.pairs(), [(0, 1, 0.2)]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn pairs(&self) -> Vec<(usize, usize, f64)> {
        let n = self.models.len();
        (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j, self.values[[i, j]]))).collect()
    }

    /// Repeats the checks of [`GapMatrix::new`], since the fields are public.
    #[doc(hidden)]
    pub fn check(&self) -> Result<()> {
        check_names(&self.models)?;
        let n = self.models.len();
        if self.values.shape() != [n, n] {
            return Err(LmcError::ShapeMismatch {
                what: "gap matrix".to_owned(),
                got: self.values.shape().to_vec(),
                expected: vec![n, n],
            });
        }
        for ((i, j), &value) in self.values.indexed_iter() {
            let problem = if !value.is_finite() || value < 0.0 {
                "finite numbers of at least 0"
            } else if i == j && value != 0.0 {
                "zero on the diagonal"
            } else if value != self.values[[j, i]] {
                "a symmetric matrix"
            } else {
                continue;
            };
            let got = format!("{value} for `{}` and `{}`", self.models[i], self.models[j]);
            return Err(LmcError::invalid("values", got, problem));
        }
        check_resolution(self.resolution)
    }
}

fn check_resolution(resolution: f64) -> Result<()> {
    if !resolution.is_finite() || resolution < 0.0 {
        return Err(LmcError::invalid("resolution", resolution, "a finite number of at least 0"));
    }
    Ok(())
}

/// Checks that there are at least 2 models and that no name comes twice.
fn check_names(models: &[String]) -> Result<()> {
    if models.len() < 2 {
        return Err(LmcError::invalid("models", format!("{} models", models.len()), "at least 2"));
    }
    let mut seen = BTreeSet::new();
    match models.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(LmcError::invalid("models", format!("`{twice}` twice"), "names that all differ")),
        None => Ok(()),
    }
}

impl fmt::Debug for GapMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GapMatrix({} of {} models)", self.measure.name(), self.models.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::Rng;

    #[test]
    fn hand_computed() {
        // Chord from 1 to 3; the middle lies 4 - 2 above it. Minimum 1: heights 0, 3, 2, area (0+3)/2 +
        // (3+2)/2.
        let hill = [1.0, 4.0, 3.0];
        assert_eq!(barrier_height(&hill).unwrap(), 2.0);
        assert_eq!(convexity_gap(&hill).unwrap(), 2.0);
        assert_eq!(area_under_curve(&hill, 2.0).unwrap(), 4.0);
        // Ends 8 and 0: chord 8, 6, 4, 2, 0. From point 1 to 4 the chord is 3, 2, 1, 0: point 2 lies 2 above
        // it.
        let late = [8.0, 3.0, 4.0, 0.0, 0.0];
        assert_eq!(barrier_height(&late).unwrap(), 0.0);
        // From 1 to 3: middle of 3 and 0 is 1.5, the loss 4 lies 2.5 above it.
        assert_eq!(convexity_gap(&late).unwrap(), 2.5);
        assert_eq!(area_under_curve(&late, 4.0).unwrap(), 11.0);
        for flat in [[0.1; 11], [0.7; 11]] {
            assert_eq!(convexity_gap(&flat).unwrap(), 0.0);
            assert_eq!(area_under_curve(&flat, 3.0).unwrap(), 0.0);
        }
    }

    #[test]
    fn laws_on_random_curves() {
        let mut rng = lmc_base::seed::rng(1, "curves");
        for n in 3..40 {
            let curve: Vec<f64> = (0..n).map(|_| rng.random_range(0.0..2.0)).collect();
            let reversed: Vec<f64> = curve.iter().rev().copied().collect();
            let (height, gap) = (barrier_height(&curve).unwrap(), convexity_gap(&curve).unwrap());
            assert!(gap >= height && height >= 0.0);
            assert_eq!(height, barrier_height(&reversed).unwrap());
            assert_eq!(gap, convexity_gap(&reversed).unwrap());
            let area = area_under_curve(&curve, 1.5).unwrap();
            assert!((area - area_under_curve(&reversed, 1.5).unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn gap_is_zero_exactly_if_convex() {
        // Curves with integer slopes in ascending order are convex and have no rounding; swapping any two
        // unequal slopes breaks convexity.
        let mut rng = lmc_base::seed::rng(2, "curves");
        for _ in 0..50 {
            let mut slopes: Vec<i32> = (0..8).map(|_| rng.random_range(-20..20)).collect();
            slopes.sort();
            let curve = |slopes: &[i32]| -> Vec<f64> {
                let mut height = 100;
                let rest = slopes.iter().map(|slope| {
                    height += slope;
                    f64::from(height)
                });
                std::iter::once(100.0).chain(rest).collect()
            };
            assert_eq!(convexity_gap(&curve(&slopes)).unwrap(), 0.0);
            let (i, j) = (rng.random_range(0..4), rng.random_range(4..8));
            if slopes[i] != slopes[j] {
                slopes.swap(i, j);
                assert!(convexity_gap(&curve(&slopes)).unwrap() > 0.0);
            }
        }
    }

    #[test]
    fn bad_curves_are_typed_errors() {
        for measure in [barrier_height, convexity_gap, |losses: &[f64]| area_under_curve(losses, 1.0)] {
            assert!(matches!(measure(&[1.0, 2.0]), Err(LmcError::InvalidParameter { field: "grid", .. })));
            let error = measure(&[1.0, f64::NAN, 2.0]).unwrap_err();
            assert!(matches!(&error, LmcError::NonFiniteLoss { .. }));
            assert!(error.to_string().contains("grid point 1 of 0..=2"), "{error}");
        }
        let infinite = barrier_height(&[1.0, 2.0, f64::INFINITY]);
        assert!(matches!(infinite, Err(LmcError::NonFiniteLoss { value: f64::INFINITY, .. })));
        for length in [-1.0, f64::NAN] {
            let area = area_under_curve(&[1.0; 3], length);
            assert!(matches!(area, Err(LmcError::InvalidParameter { field: "length", .. })));
        }
    }

    #[test]
    fn matrix_is_checked() {
        let build = |names: &[&str], values| {
            GapMatrix::new(names.iter().map(|&n| n.to_owned()).collect(), Measure::ConvexityGap, values)
        };
        let good = build(&["a", "b"], array![[0.0, 2.0], [2.0, 0.0]]).unwrap();
        assert_eq!(good.pairs(), [(0, 1, 2.0)]);
        assert_eq!(format!("{good:?}"), "GapMatrix(convexity gap of 2 models)");
        assert!(matches!(build(&["a", "b"], Array2::zeros((2, 3))), Err(LmcError::ShapeMismatch { .. })));
        let message = |names: &[&str], values| build(names, values).unwrap_err().to_string();
        assert!(message(&["a"], array![[0.0]]).contains("at least 2"));
        assert!(message(&["a", "a"], Array2::zeros((2, 2))).contains("`a` twice"));
        assert!(message(&["a", "b"], array![[0.0, 2.0], [3.0, 0.0]]).contains("symmetric"));
        assert!(message(&["a", "b"], array![[0.0, 2.0], [2.0, 1.0]]).contains("diagonal"));
        assert!(message(&["a", "b"], array![[0.0, -2.0], [-2.0, 0.0]]).contains("at least 0"));
        assert!(message(&["a", "b"], array![[0.0, f64::NAN], [f64::NAN, 0.0]]).contains("finite"));
    }
}
