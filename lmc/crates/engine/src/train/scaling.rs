//! Scaling of the loss for gradients in fp16, by the rule of PyTorch's `GradScaler`, for each model.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use lmc_base::error::Result;

const FIRST: f64 = 65_536.0;
const GROWTH: f64 = 2.0;
const BACKOFF: f64 = 0.5;
/// Good updates in a row after which the scale grows.
const INTERVAL: f64 = 2_000.0;

/// The factor of each model's loss. All of it stays on the device: nothing waits to hear whether an update
/// overflowed.
#[derive(Debug)]
pub(super) struct Scaling {
    /// `[stack, 1]` f32.
    scale: Tensor,
    /// Good updates since the scale changed, `[stack, 1]` f32.
    since: Tensor,
    /// Good updates in all, `[stack, 1]` f64.
    good: Tensor,
}

/// The numbers of a scaling, for a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scales {
    /// The factor of each model; powers of two.
    scale: Vec<f32>,
    since: Vec<f32>,
    good: Vec<f64>,
}

impl Scales {
    /// Returns the updates of each model that were skipped among those made.
    pub fn skipped(&self, made: u32) -> Vec<u32> {
        self.good.iter().map(|&good| made.saturating_sub(good as u32)).collect()
    }

    /// Returns the numbers of some of the models.
    pub fn of_models(&self, models: Range<usize>) -> Self {
        Self {
            scale: self.scale[models.clone()].to_vec(),
            since: self.since[models.clone()].to_vec(),
            good: self.good[models].to_vec(),
        }
    }

    /// Returns the numbers of the models of several stacks, in their order.
    pub fn together(parts: Vec<&Self>) -> Self {
        Self {
            scale: parts.iter().flat_map(|part| part.scale.iter().copied()).collect(),
            since: parts.iter().flat_map(|part| part.since.iter().copied()).collect(),
            good: parts.iter().flat_map(|part| part.good.iter().copied()).collect(),
        }
    }

    /// Returns whether these are the numbers of that many models.
    pub fn are_of(&self, n_models: usize) -> bool {
        [self.scale.len(), self.since.len(), self.good.len()] == [n_models; 3]
    }
}

impl Scaling {
    /// Makes the scaling of a stack of models like `theta`, `[stack, ..]`, before the first update.
    pub fn new(theta: &Tensor) -> Self {
        let (shape, device) = ([theta.size()[0], 1], theta.device());
        Self {
            scale: Tensor::full(shape, FIRST, (Kind::Float, device)),
            since: Tensor::zeros(shape, (Kind::Float, device)),
            good: Tensor::zeros(shape, (Kind::Double, device)),
        }
    }

    /// Returns the numbers; this waits for the device.
    ///
    /// # Errors
    /// [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
    pub fn numbers(&self) -> Result<Scales> {
        let flat = |tensor: &Tensor| tensor.reshape([-1]);
        Ok(Scales {
            scale: Vec::try_from(flat(&self.scale))?,
            since: Vec::try_from(flat(&self.since))?,
            good: Vec::try_from(flat(&self.good))?,
        })
    }

    /// Takes up those numbers.
    pub fn take_up(&mut self, numbers: &Scales) {
        let taken = |tensor: &mut Tensor, values: Tensor| tensor.copy_(&values.unsqueeze(1));
        taken(&mut self.scale, Tensor::from_slice(&numbers.scale));
        taken(&mut self.since, Tensor::from_slice(&numbers.since));
        taken(&mut self.good, Tensor::from_slice(&numbers.good));
    }

    /// Returns the factors of the losses of some models, `[models]`.
    pub fn of(&self, models: &Range<usize>) -> Tensor {
        part(&self.scale, models).squeeze_dim(1)
    }

    /// Judges the gradients of some models by their norms, `[models, 1]`, and makes their next scales.
    /// Returns the scales of these gradients, whether they are finite, and the good updates with this one,
    /// all `[models, 1]`; a model that has none counts 1.
    pub fn judge(&mut self, models: &Range<usize>, norms: &Tensor) -> Judged {
        let [mut scale, mut since, mut good] =
            [&self.scale, &self.since, &self.good].map(|tensor| part(tensor, models));
        let finite = norms.isfinite();
        let used = scale.copy();
        let _ = since.g_add_scalar_(1.0).g_mul_(&finite);
        let grows = since.ge(INTERVAL);
        let grown = (&scale * GROWTH).where_self(&grows, &scale);
        // As in PyTorch, a scale that would no longer be finite stays.
        let grown = grown.where_self(&grown.isfinite(), &scale);
        scale.copy_(&grown.where_self(&finite, &(&used * BACKOFF)));
        let _ = since.masked_fill_(&grows, 0.0);
        let _ = good.g_add_(&finite);
        Judged { scale: used, finite, n_good: good.clamp_min(1.0) }
    }
}

/// What became of the gradients of some models; each `[models, 1]`.
pub(super) struct Judged {
    /// The factors of the losses.
    pub scale: Tensor,
    /// True where the gradient is finite.
    pub finite: Tensor,
    /// The good updates, this one included, at least 1, as f64.
    pub n_good: Tensor,
}

fn part(tensor: &Tensor, models: &Range<usize>) -> Tensor {
    tensor.narrow(0, models.start as i64, models.len() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// The scale, the good updates since it changed and the good updates of one model after updates with
    /// those norms.
    fn after(scaling: &mut Scaling, norms: &[f32]) -> (f32, f32, f64) {
        for norm in norms {
            let _ = scaling.judge(&(0..1), &Tensor::from_slice(&[*norm]).unsqueeze(1));
        }
        let Scales { scale, since, good } = scaling.numbers().unwrap();
        (scale[0], since[0], good[0])
    }

    #[test]
    fn it_follows_the_rule_of_grad_scaler() {
        let mut scaling = Scaling::new(&Tensor::zeros([2, 3], (Kind::Float, Device::Cpu)));
        assert_eq!(after(&mut scaling, &[1.0; 1_999]), (65_536.0, 1_999.0, 1_999.0));
        assert_eq!(after(&mut scaling, &[1.0]), (131_072.0, 0.0, 2_000.0));
        assert_eq!(after(&mut scaling, &[1.0, f32::INFINITY]), (65_536.0, 0.0, 2_001.0));
        assert_eq!(after(&mut scaling, &[f32::NAN, 1.0]), (32_768.0, 1.0, 2_002.0));
        // The other model of the stack is untouched.
        let numbers = scaling.numbers().unwrap();
        assert_eq!((numbers.scale[1], numbers.good[1]), (65_536.0, 0.0));
        assert_eq!(numbers.skipped(2_004), [2, 2_004]);
        let mut taken = Scaling::new(&Tensor::zeros([2, 3], (Kind::Float, Device::Cpu)));
        taken.take_up(&numbers);
        assert_eq!(taken.numbers().unwrap(), numbers);
        assert!(numbers.are_of(2) && !numbers.are_of(1));
    }

    #[test]
    fn what_is_judged_is_what_was_used() {
        let mut scaling = Scaling::new(&Tensor::zeros([1, 3], (Kind::Float, Device::Cpu)));
        let judged = scaling.judge(&(0..1), &Tensor::from_slice(&[f32::INFINITY]).unsqueeze(1));
        assert_eq!(judged.scale.double_value(&[0, 0]), FIRST);
        assert_eq!((judged.finite.int64_value(&[0, 0]), judged.n_good.double_value(&[0, 0])), (0, 1.0));
        assert_eq!(scaling.of(&(0..1)).double_value(&[0]), FIRST / 2.0);
    }
}
