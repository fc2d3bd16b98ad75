//! Methods that add a combination of task vectors to the base: task arithmetic (Ilharco et al. 2023), TIES
//! (Yadav et al. 2023), DARE (Yu et al. 2024), model breadcrumbs (Davari and Belilovsky 2024) and DELLA (Deep
//! et al. 2024).

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::draw::Draw;
use super::trim::Trim;
use lmc_base::error::{LmcError, Result};

/// How task vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TaskVectors {
    /// The elements that each keeps.
    #[serde(flatten)]
    pub trim: Trim,
    /// Whether a kept task vector is scaled to the sum of magnitudes that it had before.
    pub rescale: bool,
    /// Whether each element gets the sign of the weighted sum, and only models that have it count (TIES).
    pub elect_signs: bool,
    /// Whether the sum is divided by the weights of those models that count.
    pub normalize: bool,
    /// The factor of the sum.
    pub lambda: f64,
}

/// The name of a tensor, with the source of random masks.
pub(super) struct Sites<'a> {
    pub name: &'a str,
    pub draw: &'a dyn Draw,
}

/// Sums of magnitudes below this are not scaled.
const SMALLEST: f64 = 1e-7;

impl TaskVectors {
    /// Checks all numbers.
    pub(super) fn validate(&self) -> Result<()> {
        self.trim.validate()?;
        if self.lambda.is_finite() {
            return Ok(());
        }
        Err(LmcError::invalid("merge.lambda", self.lambda, "a finite number"))
    }

    /// Returns the base with the combined task vectors of one tensor.
    pub(super) fn merged(
        &self,
        base: &Tensor,
        tensors: &[&Tensor],
        shares: &[f64],
        sites: &Sites,
    ) -> Result<Tensor> {
        let deltas = tensors
            .iter()
            .enumerate()
            .map(|(model, tensor)| {
                let delta = tensor.f_sub(base)?;
                let kept = self.trim.applied(&delta, |p| sites.draw.mask(model, sites.name, p))?;
                self.scaled(&delta, kept)
            })
            .collect::<Result<Vec<_>>>()?;
        let shape: Vec<i64> =
            std::iter::once(shares.len() as i64).chain(base.size().iter().map(|_| 1)).collect();
        let shares = Tensor::from_slice(shares).f_to_kind(base.kind())?.f_view(shape.as_slice())?;
        let deltas = Tensor::f_stack(&deltas, 0)? * &shares;
        let counted = if self.elect_signs { agreeing(&deltas) } else { deltas.ones_like() };
        let kind = deltas.kind();
        let mut combined = (deltas * &counted).f_sum_dim_intlist([0].as_slice(), false, kind)?;
        if self.normalize {
            let weight = (counted * shares).f_sum_dim_intlist([0].as_slice(), false, kind)?;
            combined /= weight.where_self(&weight.abs().ge(1e-8), &weight.ones_like());
        }
        Ok(combined.f_mul_scalar(self.lambda)?.f_add(base)?)
    }

    fn scaled(&self, whole: &Tensor, kept: Tensor) -> Result<Tensor> {
        if !self.rescale {
            return Ok(kept);
        }
        let sum = |tensor: &Tensor| tensor.abs().sum(tch::Kind::Double).double_value(&[]);
        let (before, after) = (sum(whole), sum(&kept));
        if before < SMALLEST || after < SMALLEST { Ok(kept) } else { Ok(kept.f_mul_scalar(before / after)?) }
    }
}

/// Returns a mask of the elements whose sign is that of the sum over all models; a sum of 0 counts as
/// positive.
fn agreeing(deltas: &Tensor) -> Tensor {
    let sum = deltas.sum_dim_intlist([0].as_slice(), true, deltas.kind());
    let elected = sum.ge(0.0).to_kind(deltas.kind()) * 2.0 - 1.0;
    deltas.sign().eq_tensor(&elected).to_kind(deltas.kind())
}
