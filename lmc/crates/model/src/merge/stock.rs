//! Model stock (Jang et al. 2024): the average is moved towards the base by as much as the task vectors
//! disagree.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use lmc_base::error::Result;

/// The options of model stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelStock {
    /// Whether each row of a matrix has a ratio of its own, instead of each tensor.
    pub filter_wise: bool,
}

/// Below this denominator there is no estimate.
const SINGULAR: f64 = 1e-6;

impl ModelStock {
    /// Returns `t * mean + (1 - t) * base` with `t = k cos / (1 + (k - 1) cos)`, where `k` is the number of
    /// models and `cos` the mean cosine of the angles between their task vectors (Jang et al. 2024, Eq. 7).
    pub(super) fn merged(&self, base: &Tensor, tensors: &[&Tensor]) -> Result<Tensor> {
        let rows = |tensor: &Tensor| -> Result<Tensor> {
            let double = tensor.f_to_kind(Kind::Double)?;
            let by_row = self.filter_wise && tensor.dim() > 1;
            Ok(if by_row { double } else { double.f_reshape([1, -1])? })
        };
        let start = rows(base)?;
        let all = tensors.iter().map(|tensor| rows(tensor)).collect::<Result<Vec<_>>>()?;
        let vectors: Vec<Tensor> = all.iter().map(|tensor| tensor - &start).collect();
        let norms: Vec<Tensor> = vectors
            .iter()
            .map(|v| (v * v).sum_dim_intlist([-1].as_slice(), true, Kind::Double).sqrt())
            .collect();
        let mut cosines = Vec::new();
        for (i, a) in vectors.iter().enumerate() {
            for (j, b) in vectors.iter().enumerate().skip(i + 1) {
                let product = (a * b).sum_dim_intlist([-1].as_slice(), true, Kind::Double);
                cosines.push((product / (&norms[i] * &norms[j]).clamp_min(1e-6)).clamp(-1.0, 1.0));
            }
        }
        let k = tensors.len() as f64;
        let cosine = Tensor::f_stack(&cosines, 0)?.f_mean_dim([0].as_slice(), false, Kind::Double)?;
        let denominator = &cosine * (k - 1.0) + 1.0;
        let singular = denominator.abs().lt(SINGULAR);
        let safe = denominator.where_self(&singular.logical_not(), &denominator.ones_like());
        let t = (&cosine * k / safe).where_self(&singular.logical_not(), &cosine.zeros_like());
        let mean = Tensor::f_stack(&all, 0)?.f_mean_dim([0].as_slice(), false, Kind::Double)?;
        let rest = t.ones_like() - &t;
        Ok((t * mean + rest * start).f_view_as(base)?)
    }
}
