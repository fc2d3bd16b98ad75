//! Fisher-weighted averages (Matena and Raffel 2022).

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use lmc_base::error::Result;
use lmc_base::options::positive;

/// The options of the Fisher-weighted average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fisher {
    /// The number of texts of the training set from which the information is estimated.
    pub n_texts: usize,
    /// The least information of an element, so that one of which no text tells anything is averaged.
    pub floor: f64,
}

impl Default for Fisher {
    /// Returns options for 256 texts and the floor of the public code.
    fn default() -> Self {
        Self { n_texts: 256, floor: 1e-6 }
    }
}

impl Fisher {
    /// Returns the sum of `share * information * element` over the models, divided by that of
    /// `share * information` (Matena and Raffel 2022, Eq. 4).
    ///
    /// DIFFERENCE: the public code divides the information of each model by its norm, unless told otherwise,
    /// and applies the floor to the first model alone; here nothing is divided, as in the paper, and all have
    /// it.
    pub(super) fn merged(
        &self,
        tensors: &[&Tensor],
        shares: &[f64],
        information: &[&Tensor],
    ) -> Result<Tensor> {
        let mut sum = tensors[0].f_zeros_like()?.f_to_kind(Kind::Double)?;
        let mut divisor = sum.f_zeros_like()?;
        for ((tensor, &share), information) in tensors.iter().zip(shares).zip(information) {
            let weight = information.f_to_kind(Kind::Double)?.f_clamp_min(self.floor)? * share;
            sum += tensor.f_to_kind(Kind::Double)? * &weight;
            divisor += weight;
        }
        Ok(sum / divisor)
    }

    pub(super) fn validate(&self) -> Result<()> {
        positive("merge.floor", self.floor, "a finite number above 0")
    }
}
