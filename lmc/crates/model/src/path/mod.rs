//! Points between models: each is a combination of the weights of a few control models.

mod curve;
mod plane;
mod simplex;

use tch::Tensor;

pub use curve::CurveKind;
pub use plane::{Plane, PlaneGrid, PlaneOptions};

use lmc_base::error::{LmcError, Result};

/// The weights of the control models in a point; they sum to 1, each may be negative or above 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Combination(Vec<f64>);

impl Combination {
    /// Makes a combination with those weights.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for weights that are not finite or do not sum to 1 within 1e-9.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Combination;
    /// let centre = Combination::new(vec![1.0 / 3.0; 3])?;
    /// assert_eq!(centre.vertex(), None);
    /// let error = Combination::new(vec![0.5, 0.6]).unwrap_err().to_string();
    /// assert!(error.contains("sum to 1"));
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn new(weights: Vec<f64>) -> Result<Self> {
        let sum: f64 = weights.iter().sum();
        // NaN fails too.
        if (sum - 1.0).abs() <= 1e-9 {
            return Ok(Self(weights));
        }
        Err(LmcError::invalid("weights", format!("{weights:?}"), "finite numbers that sum to 1"))
    }

    /// Returns the point `alpha * a + (1 - alpha) * b` on the line between two models (Juneja et al. 2023,
    /// Eq. 1).
    pub fn on_line(alpha: f64) -> Self {
        Self(vec![alpha, 1.0 - alpha])
    }

    /// Returns the point `m0 + u (m1 - m0) + v (m2 - m0)` in the plane through three models.
    pub fn in_plane(u: f64, v: f64) -> Self {
        Self(vec![1.0 - u - v, u, v])
    }

    /// Returns the points of a chain through `n_models`, each of its segments cut into `n_steps`, from the
    /// last model to the first as on a line; bends are not repeated.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Combination;
    /// // From the last of three models over the second to the first.
    /// let chain = Combination::chain(3, 4);
    /// assert_eq!(chain.len(), 9);
    /// assert_eq!([0, 4, 8].map(|k: usize| chain[k].vertex()), [Some(2), Some(1), Some(0)]);
    /// ```
    pub fn chain(n_models: usize, n_steps: usize) -> Vec<Self> {
        let segments = n_models.saturating_sub(1);
        (0..=segments * n_steps)
            .map(|k| {
                let (from_end, within) = (k / n_steps, k % n_steps);
                let mut weights = vec![0.0; n_models];
                let start = n_models - 1 - from_end;
                let alpha = within as f64 / n_steps as f64;
                weights[start] = 1.0 - alpha;
                if within > 0 {
                    weights[start - 1] = alpha;
                }
                Self(weights)
            })
            .collect()
    }

    /// Returns the weight of each control model.
    pub fn weights(&self) -> &[f64] {
        &self.0
    }

    /// Returns the control model that the point is, if it is one.
    pub fn vertex(&self) -> Option<usize> {
        let vertex = self.0.iter().position(|&weight| weight == 1.0)?;
        self.0.iter().enumerate().all(|(i, &weight)| i == vertex || weight == 0.0).then_some(vertex)
    }

    /// Writes the point into `out`, `[n_parameters]`, from the parameters of its control models; between two
    /// of them that is one pass over memory.
    ///
    /// # Errors
    /// [`LmcError::Torch`] if the tensors do not fit together.
    pub fn write(&self, out: &Tensor, controls: &[Tensor]) -> Result<()> {
        let used: Vec<(f64, &Tensor)> =
            self.0.iter().copied().zip(controls).filter(|&(weight, _)| weight != 0.0).collect();
        let mut out = out.shallow_clone();
        tch::no_grad(|| {
            match used.as_slice() {
                [(weight, a), (_, b)] => {
                    let _ = b.f_lerp_scalar_out(&out, a, *weight)?;
                }
                _ => {
                    let _ = out.f_zero_()?;
                    for &(weight, control) in &used {
                        let _ = out.f_add_(&(control * weight))?;
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(point: &Combination, controls: &[&[f32]]) -> Vec<f32> {
        let controls: Vec<Tensor> = controls.iter().map(|values| Tensor::from_slice(values)).collect();
        let out = controls[0].zeros_like() + 7.0;
        point.write(&out, &controls).unwrap();
        Vec::try_from(out).unwrap()
    }

    #[test]
    fn points_by_hand() {
        let (a, b, c) = (&[1.0f32, 2.0][..], &[3.0f32, -2.0][..], &[0.0f32, 8.0][..]);
        assert_eq!(written(&Combination::on_line(0.25), &[a, b]), [2.5, -1.0]);
        assert_eq!(written(&Combination::on_line(1.0), &[a, b]), a);
        assert_eq!(written(&Combination::on_line(0.0), &[a, b]), b);
        assert_eq!(written(&Combination::in_plane(0.5, 0.25), &[a, b, c]), [1.75, 1.5]);
        // Outside the triangle, where no two weights have a sum to divide by.
        assert_eq!(written(&Combination::in_plane(1.0, 1.0), &[a, b, c]), [2.0, 4.0]);
    }

    #[test]
    fn a_point_that_is_a_model_says_which() {
        assert_eq!(Combination::on_line(1.0).vertex(), Some(0));
        assert_eq!(Combination::on_line(0.0).vertex(), Some(1));
        assert_eq!(Combination::on_line(0.5).vertex(), None);
        assert_eq!(Combination::in_plane(0.0, 1.0).vertex(), Some(2));
        assert_eq!(Combination::in_plane(1.0, 1.0).vertex(), None);
    }

    #[test]
    fn a_chain_passes_its_models_in_order_and_once() {
        let chain = Combination::chain(3, 2);
        let weights: Vec<&[f64]> = chain.iter().map(Combination::weights).collect();
        let expected: [&[f64]; 5] =
            [&[0.0, 0.0, 1.0], &[0.0, 0.5, 0.5], &[0.0, 1.0, 0.0], &[0.5, 0.5, 0.0], &[1.0, 0.0, 0.0]];
        assert_eq!(weights, expected);
        // With two models it is the line.
        let line: Vec<Combination> = (0..=4).map(|k| Combination::on_line(f64::from(k) / 4.0)).collect();
        assert_eq!(Combination::chain(2, 4), line);
    }

    #[test]
    fn weights_sum_to_one() {
        assert!(Combination::new(vec![0.5, 0.75, -0.25]).is_ok());
        for bad in [vec![0.5, 0.6], vec![], vec![f64::NAN, 1.0], vec![f64::INFINITY, f64::NEG_INFINITY]] {
            assert!(Combination::new(bad).unwrap_err().to_string().contains("sum to 1"));
        }
    }
}
