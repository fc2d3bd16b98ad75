//! Which elements of a task vector are kept.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use lmc_base::error::{LmcError, Result};

/// The rule by which elements of a task vector are kept; the others are set to 0. Each tensor of a model is
/// trimmed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "trim", rename_all = "snake_case")]
pub enum Trim {
    /// All are kept.
    Nothing,
    /// The elements of largest magnitude are kept (Yadav et al. 2023, TIES).
    Magnitude {
        /// The share that is kept.
        density: f64,
    },
    /// Each is kept with the same probability (Yu et al. 2024, DARE).
    Random {
        /// The probability.
        density: f64,
    },
    /// The largest and the smallest are dropped (Davari and Belilovsky 2024, model breadcrumbs).
    Outliers {
        /// The share that is kept.
        density: f64,
        /// The share of the largest that is dropped, or less if otherwise fewer than `density` were kept.
        gamma: f64,
    },
    /// Each is kept with a probability that grows with its rank in its row (Deep et al. 2024, DELLA).
    Ranks {
        /// The mean probability.
        density: f64,
        /// The probabilities lie in `density - epsilon ..= density + epsilon`.
        epsilon: f64,
    },
}

impl Trim {
    /// Checks that shares are shares.
    pub(super) fn validate(&self) -> Result<()> {
        let (density, gamma, epsilon) = match *self {
            Self::Nothing => return Ok(()),
            Self::Magnitude { density } | Self::Random { density } => (density, 0.0, 0.0),
            Self::Outliers { density, gamma } => (density, gamma, 0.0),
            Self::Ranks { density, epsilon } => (density, 0.0, epsilon),
        };
        if !(density > 0.0 && density <= 1.0) {
            return Err(LmcError::invalid("merge.density", density, "a share above 0, at most 1"));
        }
        if !(0.0..1.0).contains(&gamma) {
            return Err(LmcError::invalid("merge.gamma", gamma, "a share from 0, below 1"));
        }
        let most = density.min(1.0 - density);
        if density < 1.0 && !(0.0..most).contains(&epsilon) {
            // Without the rounding of 1 - density.
            let most = (most * 1e9).round() / 1e9;
            let expected = format!("from 0, below {most}, so that density +- epsilon lies between 0 and 1");
            return Err(LmcError::invalid("merge.epsilon", epsilon, expected));
        }
        Ok(())
    }

    /// Returns the trimmed task vector; `draw` makes a mask of probabilities.
    pub(super) fn applied(&self, delta: &Tensor, draw: impl Fn(&Tensor) -> Tensor) -> Result<Tensor> {
        let n = delta.numel();
        let mask = match *self {
            Self::Nothing => return Ok(delta.shallow_clone()),
            Self::Magnitude { density }
            | Self::Random { density }
            | Self::Outliers { density, .. }
            | Self::Ranks { density, .. }
                if density >= 1.0 || n == 0 =>
            {
                return Ok(delta.shallow_clone());
            }
            Self::Magnitude { density } => {
                let kept = ((density * n as f64) as usize).max(1);
                // Of equal magnitudes the first ones are kept: an output layer for two classes has pairs of them.
                let order = delta.abs().f_reshape([-1])?.f_argsort_stable(true, 0, true)?;
                mask_of(delta, &order.f_narrow(0, 0, kept as i64)?)?
            }
            Self::Outliers { density, gamma } => {
                let kept = (density * n as f64) as usize;
                let below = (n - kept).saturating_sub((gamma * n as f64) as usize);
                mask_of_ranks(delta, below, kept)?
            }
            Self::Random { density } => draw(&delta.full_like(density)),
            Self::Ranks { density, epsilon } => draw(&keeping_by_rank(delta, density, epsilon)?),
        };
        Ok(delta.f_mul(&mask)?)
    }
}

/// Returns a mask of the `kept` elements that come after the `below` smallest magnitudes.
fn mask_of_ranks(delta: &Tensor, below: usize, kept: usize) -> Result<Tensor> {
    let order = delta.abs().f_reshape([-1])?.f_argsort(0, false)?;
    mask_of(delta, &order.f_narrow(0, below as i64, kept as i64)?)
}

/// Returns a mask of the elements at those places.
fn mask_of(delta: &Tensor, places: &Tensor) -> Result<Tensor> {
    let mask = Tensor::f_zeros([delta.numel() as i64], (delta.kind(), delta.device()))?;
    Ok(mask.f_index_fill(0, places, 1.0)?.f_view_as(delta)?)
}

/// Returns the probability of each element to be kept: it grows evenly with the rank of the magnitude in its
/// row, by `2 epsilon` from the smallest to the largest.
fn keeping_by_rank(delta: &Tensor, density: f64, epsilon: f64) -> Result<Tensor> {
    let rows = if delta.dim() < 2 { delta.f_reshape([1, -1])? } else { delta.shallow_clone() };
    let n = rows.size()[1];
    let ranks = rows.abs().f_argsort(1, false)?.f_argsort(1, false)?.f_to_kind(Kind::Float)?;
    // A row of one element has no order; it is kept with the mean probability.
    let share = if n > 1 { ranks / (n - 1) as f64 } else { ranks.full_like(0.5) };
    Ok((share * (2.0 * epsilon) + (density - epsilon)).f_view_as(delta)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELTA: [f32; 5] = [0.1, -5.0, 0.0, 2.0, -1.0];

    fn trimmed(trim: Trim) -> Vec<f32> {
        let draw = |_: &Tensor| -> Tensor { unreachable!() };
        Vec::try_from(trim.applied(&Tensor::from_slice(&DELTA), draw).unwrap()).unwrap()
    }

    #[test]
    fn magnitudes_by_hand() {
        assert_eq!(trimmed(Trim::Nothing), DELTA);
        assert_eq!(trimmed(Trim::Magnitude { density: 1.0 }), DELTA);
        assert_eq!(trimmed(Trim::Magnitude { density: 0.5 }), [0.0, -5.0, 0.0, 2.0, 0.0]);
        // Of equal ones the first are kept.
        let draw = |_: &Tensor| -> Tensor { unreachable!() };
        let pair =
            Trim::Magnitude { density: 0.5 }.applied(&Tensor::from_slice(&[-2.0f32, 2.0]), draw).unwrap();
        assert_eq!(Vec::<f32>::try_from(pair).unwrap(), [-2.0, 0.0]);
        // At least one is kept.
        assert_eq!(trimmed(Trim::Magnitude { density: 0.01 }), [0.0, -5.0, 0.0, 0.0, 0.0]);
        assert_eq!(trimmed(Trim::Outliers { density: 0.4, gamma: 0.2 }), [0.0, 0.0, 0.0, 2.0, -1.0]);
        // With less room than gamma, as many are kept as density says.
        assert_eq!(trimmed(Trim::Outliers { density: 0.8, gamma: 0.9 }), [0.1, 0.0, 0.0, 2.0, -1.0]);
    }

    #[test]
    fn probabilities_grow_with_the_rank_in_a_row() {
        let rows = Tensor::from_slice(&[3.0f32, -1.0, 2.0, 0.0, 0.5, -4.0]).view([2, 3]);
        let kept: Vec<f32> = Vec::try_from(keeping_by_rank(&rows, 0.5, 0.2).unwrap().view([-1])).unwrap();
        for (got, expected) in kept.iter().zip([0.7, 0.3, 0.5, 0.3, 0.5, 0.7]) {
            assert!((got - expected).abs() < 1e-6, "{kept:?}");
        }
        let single = keeping_by_rank(&Tensor::from_slice(&[3.0f32]), 0.4, 0.1).unwrap();
        assert!((single.double_value(&[0]) - 0.4).abs() < 1e-6);
    }

    #[test]
    fn shares_that_are_none_are_refused() {
        for (trim, expected) in [
            (Trim::Magnitude { density: 0.0 }, "`merge.density`: got 0, expected a share above 0, at most 1"),
            (Trim::Random { density: f64::NAN }, "`merge.density`: got NaN"),
            (Trim::Outliers { density: 0.5, gamma: 1.0 }, "`merge.gamma`: got 1"),
            (
                Trim::Ranks { density: 0.75, epsilon: 0.25 },
                "`merge.epsilon`: got 0.25, expected from 0, below 0.25",
            ),
        ] {
            let error = trim.validate().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(Trim::Ranks { density: 0.7, epsilon: 0.15 }.validate().is_ok());
    }
}
