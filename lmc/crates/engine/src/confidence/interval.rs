//! An estimate with its interval, and the usual ways to read an interval off resampled estimates.

use std::fmt;

use lmc_base::error::{LmcError, Result};
use lmc_maths::stats::{check_confidence, quantile};

/// An estimate and the ends of its confidence interval, all in one unit.
#[derive(Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate from all examples.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} [{:.4}, {:.4}]", self.value, self.low, self.high)
    }
}

impl Interval {
    /// Returns whether a value lies in the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Returns the interval of an estimate from those of the draws.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no draws, a value that is not finite or a confidence outside (0,
    /// 1).
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use {lmc_engine::*, lmc_maths::gap}; pub mod analyses { pub use lmc_engine::confidence; } }
    /// use lmc::analyses::confidence::{Interval, IntervalMethod};
    /// let resampled: Vec<f64> = (0..=100).map(f64::from).collect();
    /// let of = |method| Interval::of(60.0, &resampled, 0.9, method);
    /// assert_eq!(format!("{:?}", of(IntervalMethod::Percentile)?), "60.0000 [5.0000, 95.0000]");
    /// assert_eq!(format!("{:?}", of(IntervalMethod::Basic)?), "60.0000 [25.0000, 115.0000]");
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn of(value: f64, resampled: &[f64], confidence: f64, method: IntervalMethod) -> Result<Self> {
        check_confidence("confidence", confidence)?;
        if !value.is_finite() {
            return Err(LmcError::invalid("value", value, "a finite number"));
        }
        let tail = (1.0 - confidence) / 2.0;
        let ends = || Ok::<_, LmcError>((quantile(resampled, tail)?, quantile(resampled, 1.0 - tail)?));
        let (low, high) = match method {
            IntervalMethod::Percentile => ends()?,
            IntervalMethod::Basic => {
                let (low, high) = ends()?;
                (2.0 * value - high, 2.0 * value - low)
            }
            IntervalMethod::Symmetric => {
                let off: Vec<f64> = resampled.iter().map(|other| (other - value).abs()).collect();
                let off = quantile(&off, confidence)?;
                (value - off, value + off)
            }
        };
        Ok(Self { value, low, high })
    }
}

/// The way in which an interval is read off resampled estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalMethod {
    /// From quantile to quantile of the resampled estimates (Efron 1979).
    Percentile,
    /// The percentile interval mirrored at the estimate, so that a bias of the resampled estimates is taken
    /// off instead of added (Davison and Hinkley 1997, section 5.2).
    Basic,
    /// Equally far to both sides, by a quantile of the errors of the resampled estimates (Hall 1988).
    Symmetric,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed() {
        // Off by 3, 2, 1, 0, 1, 2, ..., 7 from 3: in order 0 1 1 2 2 3 3 4 5 6 7; nine tenths of the way is
        // 6.
        let resampled: Vec<f64> = (0..11).map(f64::from).collect();
        let of = |method| Interval::of(3.0, &resampled, 0.9, method).unwrap();
        for (method, low, high) in [
            (IntervalMethod::Percentile, 0.5, 9.5),
            (IntervalMethod::Basic, -3.5, 5.5),
            (IntervalMethod::Symmetric, -3.0, 9.0),
        ] {
            let found = of(method);
            assert_eq!(found.value, 3.0);
            assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12, "{found:?}");
        }
        assert!(of(IntervalMethod::Basic).contains(5.4) && !of(IntervalMethod::Basic).contains(5.6));
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let field = |value, resampled: &[f64], confidence| match Interval::of(
            value,
            resampled,
            confidence,
            IntervalMethod::Basic,
        )
        .unwrap_err()
        {
            LmcError::InvalidParameter { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(field(f64::NAN, &[1.0], 0.9), "value");
        assert_eq!(field(1.0, &[], 0.9), "values");
        assert_eq!(field(1.0, &[f64::NAN], 0.9), "values");
        assert_eq!(field(1.0, &[1.0], 1.0), "confidence");
    }
}
