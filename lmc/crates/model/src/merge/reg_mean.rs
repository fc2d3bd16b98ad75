//! RegMean: the linear layer whose outputs are closest to those of all models (Jin et al. 2023).

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// The share of the mean diagonal that is added to it, so that inputs that are always zero can be solved for:
/// their weights are averaged.
const RIDGE: f64 = 1e-7;

/// The options of RegMean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegMean {
    /// The number of texts of the training set whose inputs are taken.
    pub n_texts: usize,
    /// The factor of the products of two different inputs; 1 is plain least squares, 0 takes each input
    /// alone.
    pub scale: f64,
}

impl Default for RegMean {
    /// Returns options for 256 texts and the factor of the paper for BERT's relatives.
    fn default() -> Self {
        Self { n_texts: 256, scale: 0.9 }
    }
}

impl RegMean {
    /// Returns `W = (sum of share G)^-1 (sum of share G W)` for the weights `[out, in]` of a linear layer,
    /// whose inputs have the products `[in, in]` (Jin et al. 2023, Eq. 2).
    pub(super) fn merged(&self, tensors: &[&Tensor], shares: &[f64], products: &[&Tensor]) -> Result<Tensor> {
        let n = products[0].size()[0];
        let eye = Tensor::f_eye(n, (Kind::Double, products[0].device()))?;
        let (mut left, mut right): (Option<Tensor>, Option<Tensor>) = (None, None);
        for ((tensor, &share), product) in tensors.iter().zip(shares).zip(products) {
            let product = product.f_to_kind(Kind::Double)?;
            let diagonal = product.f_diag(0)?;
            let ridge = &eye * (diagonal.f_mean(Kind::Double)?.f_double_value(&[])? * RIDGE);
            let scaled = &product * self.scale + diagonal.f_diag(0)? * (1.0 - self.scale) + ridge;
            let product = scaled * share;
            let solved = product.f_matmul(&tensor.f_to_kind(Kind::Double)?.f_transpose(0, 1)?)?;
            left = Some(left.map_or_else(|| product.shallow_clone(), |left| left + &product));
            right = Some(right.map_or_else(|| solved.shallow_clone(), |right| right + &solved));
        }
        let (left, right) = (left.unwrap_or_else(|| eye.shallow_clone()), right.unwrap_or(eye));
        Ok(Tensor::f_linalg_solve(&left, &right, true)?.f_transpose(0, 1)?)
    }

    pub(super) fn validate(&self) -> Result<()> {
        super::method::share("merge.scale", self.scale)
    }
}
