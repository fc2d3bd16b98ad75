//! Statistics of models and their scores: moments, correlation, classification, agreement of clusterings,
//! resampling.

mod agreement;
mod classification;
mod columns;
mod correlation;
mod moments;
mod resampling;

pub use agreement::{adjusted_rand_index, silhouette};
pub use classification::{accuracy, expected_calibration_error, f1, macro_f1, matthews_correlation, roc_auc};
pub use columns::{cross_fitted_maximum, mean_interval, percentile_interval, resampled_means};
pub use correlation::{Line, least_squares, pearson};
#[doc(hidden)]
pub use moments::{is_constant, is_constant_but_for};
pub use moments::{mean, quantile, standard_deviation};
pub use resampling::{bootstrap_interval, check_confidence, correlation_test, permutation_test};

use lmc_base::error::{LmcError, Result};

/// Checks that two columns that belong together have the same length, at least `least`.
fn check_lengths(what: &str, a: usize, b: usize, least: usize) -> Result<()> {
    if a != b {
        return Err(LmcError::ShapeMismatch { what: what.to_owned(), got: vec![b], expected: vec![a] });
    }
    check_count(a, least)
}

fn check_count(n: usize, least: usize) -> Result<()> {
    if n < least {
        return Err(LmcError::invalid("values", format!("{n} of them"), format!("at least {least}")));
    }
    Ok(())
}

#[doc(hidden)]
pub fn check_finite(values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(i) => Err(LmcError::invalid("values", format!("{} at index {i}", values[i]), "finite numbers")),
        None => Ok(()),
    }
}
