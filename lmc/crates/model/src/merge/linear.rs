//! The weighted mean of models (Wortsman et al. 2022, model soups).

use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// Returns `sum_i w_i x_i`, taken in float64.
pub(super) fn sum(tensors: &[&Tensor], shares: &[f64]) -> Result<Tensor> {
    let mut sum = tensors[0].f_to_kind(Kind::Double)?.f_mul_scalar(shares[0])?;
    for (tensor, &share) in tensors.iter().zip(shares).skip(1) {
        sum += tensor.f_to_kind(Kind::Double)?.f_mul_scalar(share)?;
    }
    Ok(sum)
}

/// Returns `sum_i w_i x_i / sum_i w_i`.
pub(super) fn mean(tensors: &[&Tensor], shares: &[f64]) -> Result<Tensor> {
    Ok(sum(tensors, shares)?.f_div_scalar(shares.iter().sum::<f64>())?)
}
