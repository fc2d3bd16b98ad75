//! Options whose type says that they were checked before any work.

use std::ops::Deref;

use crate::error::{LmcError, Result};

/// The options of a verb. A verb checks them first and passes [`Valid`] ones on, so that nothing is computed
/// with options that were not checked.
pub trait Options: Clone {
    /// Checks every field.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] with the first field whose value is not allowed, its value, and the
    /// values that are allowed.
    fn validate(&self) -> Result<()>;

    /// Returns the same options as checked ones.
    ///
    /// # Errors
    /// The errors of [`Options::validate`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_base::{LmcError, Result, options::Options}; }
    /// use lmc::{LmcError, Options};
    ///
    /// #[derive(Debug, Clone)]
    /// struct Draws {
    ///     n_draws: usize,
    /// }
    ///
    /// impl Options for Draws {
    ///     fn validate(&self) -> lmc::Result<()> {
    ///         match self.n_draws {
    ///             1..=1000 => Ok(()),
    ///             n => Err(LmcError::invalid("draws.n_draws", n, "1 to 1000")),
    ///         }
    ///     }
    /// }
    ///
    /// assert_eq!(Draws { n_draws: 7 }.check()?.n_draws, 7);
    /// let error = Draws { n_draws: 0 }.check().unwrap_err();
    /// assert_eq!(error.to_string(), "`draws.n_draws`: got 0, expected 1 to 1000");
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    fn check(&self) -> Result<Valid<Self>> {
        self.validate()?;
        Ok(Valid(self.clone()))
    }
}

/// Options in which every field has an allowed value. Only [`Options::check`] makes them.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the checked options are what the work takes"]
pub struct Valid<T>(T);

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The most resamples of anything: their statistics must fit into memory.
const MOST_RESAMPLES: usize = 100_000;

/// Checks a number of resamples.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the field.
pub fn resamples(field: &'static str, n: usize) -> Result<()> {
    in_range(field, n, MOST_RESAMPLES)
}

/// Checks that a number is at least 1 and at most `most`.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the field.
pub fn in_range(field: &'static str, n: usize, most: usize) -> Result<()> {
    match n {
        0 => Err(LmcError::invalid(field, 0, "at least 1")),
        n if n > most => Err(LmcError::invalid(field, n, format!("1 to {most}"))),
        _ => Ok(()),
    }
}

/// Checks that a number is finite and above 0; `expected` says so in the words of the field.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the field.
pub fn positive(field: &'static str, value: f64, expected: &str) -> Result<()> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(LmcError::invalid(field, value, expected)),
    }
}

/// Checks that a number is at least 0 and below 1.
///
/// # Errors
/// [`LmcError::InvalidParameter`] naming the field.
pub fn below_one(field: &'static str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(LmcError::invalid(field, value, "0 to below 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_allowed_are_told_with_their_field() {
        assert!(in_range("n", 1, 3).is_ok() && in_range("n", 3, 3).is_ok());
        assert_eq!(in_range("n", 0, 3).unwrap_err().to_string(), "`n`: got 0, expected at least 1");
        assert_eq!(in_range("n", 4, 3).unwrap_err().to_string(), "`n`: got 4, expected 1 to 3");
        assert!(resamples("n", MOST_RESAMPLES).is_ok() && resamples("n", MOST_RESAMPLES + 1).is_err());
        assert!(positive("x", 1e-300, "").is_ok());
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let message = positive("x", wrong, "a positive number").unwrap_err().to_string();
            assert_eq!(message, format!("`x`: got {wrong}, expected a positive number"));
        }
        assert!(below_one("x", 0.0).is_ok() && below_one("x", 0.999).is_ok());
        assert_eq!(below_one("x", 1.0).unwrap_err().to_string(), "`x`: got 1, expected 0 to below 1");
        assert!(below_one("x", -0.1).is_err() && below_one("x", f64::NAN).is_err());
    }
}
