use super::{check_finite, check_lengths, is_constant, mean};
use lmc_base::error::{LmcError, Result};

/// Returns Pearson's correlation coefficient of two columns, from -1 to 1.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] for fewer than 2 pairs,
/// a non-finite value or a constant column.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let r = lmc::stats::pearson(&[1.0, 2.0, 3.0], &[2.0, 2.0, 5.0])?;
/// assert!((r - 0.75_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64> {
    let moments = Moments::of(x, y)?;
    let scale = spread("x", moments.xx)?.sqrt() * spread("y", moments.yy)?.sqrt();
    Ok((moments.xy / scale).clamp(-1.0, 1.0))
}

/// A straight line y = `slope` x + `intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Units of y for one unit of x.
    pub slope: f64,
    /// y at x = 0.
    pub intercept: f64,
}

impl Line {
    /// Returns the height of the line at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.slope * x + self.intercept
    }
}

/// Returns the line of least squares of `y` on `x`.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] for fewer than 2 pairs,
/// a non-finite value or constant `x`.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let line = lmc::stats::least_squares(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0])?;
/// assert_eq!((line.slope, line.intercept, line.at(10.0)), (2.0, 1.0, 21.0));
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn least_squares(x: &[f64], y: &[f64]) -> Result<Line> {
    let moments = Moments::of(x, y)?;
    let slope = moments.xy / spread("x", moments.xx)?;
    Ok(Line { slope, intercept: moments.mean_y - slope * moments.mean_x })
}

/// Means and sums of squared deviations and of their products.
struct Moments {
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    fn of(x: &[f64], y: &[f64]) -> Result<Moments> {
        check_lengths("the second of two columns", x.len(), y.len(), 2)?;
        check_finite(x)?;
        check_finite(y)?;
        let (mean_x, mean_y) = (mean(x)?, mean(y)?);
        let mut moments = Moments { mean_x, mean_y, xx: 0.0, yy: 0.0, xy: 0.0 };
        // A constant column may miss its rounded mean by the last bit, but its spread is still zero.
        let (constant_x, constant_y) = (is_constant(x), is_constant(y));
        for (a, b) in x.iter().zip(y) {
            let dx = if constant_x { 0.0 } else { a - mean_x };
            let dy = if constant_y { 0.0 } else { b - mean_y };
            moments.xx += dx * dx;
            moments.yy += dy * dy;
            moments.xy += dx * dy;
        }
        Ok(moments)
    }
}

fn spread(field: &'static str, squares: f64) -> Result<f64> {
    if squares > 0.0 {
        Ok(squares)
    } else {
        Err(LmcError::invalid(field, "a constant column", "at least two different values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed() {
        // Deviations (-1, 0, 1) and (-1, -1, 2): xy = 3, xx = 2, yy = 6.
        let (x, y) = ([1.0, 2.0, 3.0], [2.0, 2.0, 5.0]);
        assert!((pearson(&x, &y).unwrap() - 3.0 / 12.0_f64.sqrt()).abs() < 1e-15);
        let line = least_squares(&x, &y).unwrap();
        assert_eq!(line, Line { slope: 1.5, intercept: 0.0 });
        assert_eq!(line.at(4.0), 6.0);
        assert_eq!(
            least_squares(&x, &[0.1; 3]).unwrap(),
            Line { slope: 0.0, intercept: mean(&[0.1; 3]).unwrap() }
        );
    }

    #[test]
    fn exact_lines_correlate_fully_and_scale_does_not_matter() {
        let x: Vec<f64> = (0..20).map(|i| f64::from(i) * 0.37).collect();
        let up: Vec<f64> = x.iter().map(|x| 1e-9 * x - 4.0e-9).collect();
        let down: Vec<f64> = x.iter().map(|x| -1e9 * x).collect();
        assert!((pearson(&x, &up).unwrap() - 1.0).abs() < 1e-12);
        assert!((pearson(&x, &down).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(pearson(&x, &down).unwrap(), pearson(&down, &x).unwrap());
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        assert!(matches!(pearson(&[1.0, 2.0], &[1.0]), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(
            least_squares(&[1.0], &[1.0]),
            Err(LmcError::InvalidParameter { field: "values", .. })
        ));
        let error = pearson(&[1.0, f64::NAN], &[1.0, 2.0]);
        assert!(matches!(error, Err(LmcError::InvalidParameter { field: "values", .. })));
        let constant = [0.1; 10];
        let rising: Vec<f64> = (0..10).map(f64::from).collect();
        assert!(pearson(&[0.3, 0.1 + 0.2, 0.3], &[1.0, 2.0, 3.0]).is_err(), "equal but for the last bit");
        assert!(matches!(pearson(&constant, &rising), Err(LmcError::InvalidParameter { field: "x", .. })));
        assert!(matches!(pearson(&rising, &constant), Err(LmcError::InvalidParameter { field: "y", .. })));
        assert!(matches!(
            least_squares(&constant, &rising),
            Err(LmcError::InvalidParameter { field: "x", .. })
        ));
    }
}
