//! Statistics over columns of numbers.

use crate::{LmcError, Result};

/// Pearson's correlation coefficient of two columns, from -1 to 1.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] for a constant column.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64> {
    let (xx, yy, xy) = (spread(x, x)?, spread(y, y)?, spread(x, y)?);
    if xx * yy > 0.0 { Ok((xy / (xx * yy).sqrt()).clamp(-1.0, 1.0)) } else { Err(constant()) }
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
    /// The height of the line at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.slope * x + self.intercept
    }
}

/// The line of least squares of `y` on `x`.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] for constant `x`.
pub fn least_squares(x: &[f64], y: &[f64]) -> Result<Line> {
    let (xx, xy) = (spread(x, x)?, spread(x, y)?);
    let slope = if xx > 0.0 { xy / xx } else { return Err(constant()) };
    Ok(Line { slope, intercept: mean(y) - slope * mean(x) })
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn spread(x: &[f64], y: &[f64]) -> Result<f64> {
    if x.len() != y.len() {
        let what = "the second of two columns".to_owned();
        return Err(LmcError::ShapeMismatch { what, got: vec![y.len()], expected: vec![x.len()] });
    }
    Ok(x.iter().zip(y).map(|(a, b)| (a - mean(x)) * (b - mean(y))).sum())
}

fn constant() -> LmcError {
    LmcError::invalid("x", "a constant column", "at least 2 different values")
}
