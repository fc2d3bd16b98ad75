//! AdamW over whole flat vectors on a device: few kernels, no memory of its own, no waiting.
//!
//! An update is ten passes over the vectors (eleven with scaled losses), which read or write 96 bytes for
//! each parameter of each model (104), beside one that reads the gradient for its norm. One fused kernel
//! would take 28. libtorch has such a kernel, `_fused_adamw_`, which tch 0.24 does not export.

use std::ops::Range;

use tch::{Kind, Tensor};

use super::optimiser::{AdamW, clip, norms};
use super::scaling::Scaling;
use lmc_data::spec::Adam;

/// The numbers of an update, each `[models, 1]` f32 or such that it stretches to it.
struct Numbers {
    /// The weights of the new gradient and its square in the moments; 0 for a model that is skipped.
    first: Tensor,
    second: Tensor,
    /// The denominator is the root of the second moment times `factor`, plus `eps`.
    factor: Tensor,
    eps: Tensor,
    /// The negative learning rate; 0 for a model that is skipped.
    rate: Tensor,
}

impl AdamW {
    /// Updates some models as [`AdamW::step`] does. theta, the gradient and `scratch` are `[models,
    /// n_parameters]`; the gradient and `scratch` are written over. With `scaling` the gradients are scaled
    /// ones, and a model whose gradient is not finite stays as it is. Returns the norm of each model's
    /// gradient without scaling and before it is clipped, `[models, 1]`.
    ///
    /// [`AdamW::end_update`] must be called after the last models.
    pub(super) fn step_models(
        &self,
        models: &Range<usize>,
        theta: &mut Tensor,
        gradient: &mut Tensor,
        scratch: &Tensor,
        learning_rate: f64,
        scaling: Option<&mut Scaling>,
    ) -> Tensor {
        let part = |tensor: &Tensor| tensor.narrow(0, models.start as i64, models.len() as i64);
        let scaled = norms(gradient);
        let (norms, numbers) = match scaling {
            None => {
                if let Some(limit) = self.clip_norm {
                    let _ = gradient.g_mul_(&clip(&scaled, limit));
                }
                (scaled, self.numbers(gradient, learning_rate))
            }
            Some(scaling) => {
                let judged = scaling.judge(models, &scaled);
                let skipped = judged.finite.logical_not();
                let unscaled = judged.scale.reciprocal();
                let norms = scaled * &unscaled;
                let factor = match self.clip_norm {
                    Some(limit) => clip(&norms, limit) * unscaled,
                    None => unscaled,
                };
                let _ = gradient.masked_fill_(&skipped, 0.0).g_mul_(&factor.masked_fill(&skipped, 0.0));
                (norms, self.scaled_numbers(&judged.n_good, &judged.finite, learning_rate))
            }
        };
        let (mut first, mut second) = (part(&self.first), part(&self.second));
        let _ = first.lerp_tensor_(gradient, &numbers.first);
        let _ = gradient.square_out(scratch);
        let _ = second.lerp_tensor_(scratch, &numbers.second);
        let _ = second.sqrt_out(scratch);
        let _ = numbers.eps.addcmul_out(scratch, scratch, &numbers.factor);
        let _ = first.div_out(scratch, scratch);
        let _ = scratch.shallow_clone().addcmul_(&self.decay, theta);
        let _ = theta.addcmul_(scratch, &numbers.rate);
        norms
    }

    /// Counts an update as made.
    pub(super) fn end_update(&mut self) {
        self.updates = self.updates.saturating_add(1);
    }

    fn numbers(&self, gradient: &Tensor, learning_rate: f64) -> Numbers {
        let Adam { beta1, beta2, eps, bias_correction } = self.settings;
        let updates = self.updates.saturating_add(1);
        let (c1, c2) =
            if bias_correction { (1.0 - beta1.powi(updates), 1.0 - beta2.powi(updates)) } else { (1.0, 1.0) };
        let number = |x: f64| Tensor::full([1, 1], x, (Kind::Float, gradient.device()));
        Numbers {
            first: number(1.0 - beta1),
            second: number(1.0 - beta2),
            factor: number(c1 / c2.sqrt()),
            eps: number(eps * c1),
            rate: number(-learning_rate),
        }
    }

    fn scaled_numbers(&self, n_good: &Tensor, finite: &Tensor, learning_rate: f64) -> Numbers {
        let Adam { beta1, beta2, eps, bias_correction } = self.settings;
        let correction = |beta: f64| match bias_correction {
            true => Tensor::pow_scalar(beta, n_good) * -1.0 + 1.0,
            false => n_good.ones_like(),
        };
        let (c1, c2) = (correction(beta1), correction(beta2));
        let flag = finite.to_kind(Kind::Float);
        Numbers {
            first: &flag * (1.0 - beta1),
            second: &flag * (1.0 - beta2),
            factor: (&c1 / c2.sqrt()).to_kind(Kind::Float),
            eps: (c1 * eps).to_kind(Kind::Float),
            rate: flag * -learning_rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmc_model::weights::Layout;
    use tch::Device;

    const SETTINGS: [(bool, Option<f64>); 4] =
        [(true, Some(0.5)), (false, Some(0.5)), (true, None), (false, None)];

    fn layout() -> Layout {
        let mut layout = Layout::default();
        layout.push("dense.weight", &[7, 5]);
        layout.push("dense.bias", &[7]);
        layout
    }

    fn optimiser(theta: &Tensor, bias_correction: bool, clip_norm: Option<f64>) -> AdamW {
        let adam = Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, bias_correction };
        AdamW::new(theta, &layout(), adam, 0.1, clip_norm)
    }

    fn gradient(update: i64) -> Tensor {
        let n = 2 * layout().n_parameters();
        let wave = (Tensor::arange(n, (Kind::Float, Device::Cpu)) * 0.7 + update as f64).sin();
        wave.view([2, -1]) * Tensor::from_slice(&[1.0f32, 1e-3]).unsqueeze(1)
    }

    fn worst(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn it_makes_the_updates_of_the_other_one() {
        for (bias_correction, clip_norm) in SETTINGS {
            let start = gradient(99) * 3.0;
            let (mut theta, mut expected) = (start.copy(), start.copy());
            let mut flat = optimiser(&theta, bias_correction, clip_norm);
            let mut blocks = optimiser(&expected, bias_correction, clip_norm);
            for update in 0..20 {
                let norms = blocks.step(&mut expected, &gradient(update), 1e-2);
                for models in [0..1, 1..2] {
                    let part = |tensor: &Tensor| tensor.narrow(0, models.start as i64, 1);
                    let (mut theta, mut gradient) = (part(&theta), part(&gradient(update)).copy());
                    let scratch = gradient.empty_like();
                    let norm = flat.step_models(&models, &mut theta, &mut gradient, &scratch, 1e-2, None);
                    assert!(worst(&norm, &norms.narrow(0, models.start as i64, 1)) < 1e-6);
                }
                flat.end_update();
            }
            let _ = &mut theta;
            assert!(worst(&theta, &start) > 0.01);
            assert!(worst(&theta, &expected) < 2e-6, "{}", worst(&theta, &expected));
        }
    }

    /// A model whose gradient overflows is skipped as if there had been no update, and its scale halves.
    #[test]
    fn scaled_gradients_make_the_same_updates_and_overflows_none() {
        for (bias_correction, clip_norm) in SETTINGS {
            let start = gradient(99) * 3.0;
            let (mut theta, mut expected) = (start.copy(), start.copy());
            let mut scaled = optimiser(&theta, bias_correction, clip_norm);
            let mut plain = optimiser(&expected, bias_correction, clip_norm);
            let (mut scaling, mut norms) =
                (Scaling::new(&theta), Tensor::zeros([2, 1], (Kind::Float, Device::Cpu)));
            for update in 0..6 {
                let overflows = update == 0 || update == 3;
                let mut gradient = gradient(update) * scaling.of(&(0..2)).unsqueeze(1);
                if overflows {
                    let _ = gradient.narrow(1, 3, 1).fill_(f64::INFINITY);
                } else {
                    norms = plain.step(&mut expected, &self::gradient(update), 1e-2);
                }
                let scratch = gradient.empty_like();
                let before = theta.copy();
                let found = scaled.step_models(
                    &(0..2),
                    &mut theta,
                    &mut gradient,
                    &scratch,
                    1e-2,
                    Some(&mut scaling),
                );
                match overflows {
                    true => assert!(!bool::try_from(found.isfinite().all()).unwrap()),
                    false => assert!(worst(&found, &norms) < 1e-6, "without the scale"),
                }
                scaled.end_update();
                assert_eq!(theta == before, overflows);
            }
            assert!(worst(&theta, &expected) < 2e-6, "{}", worst(&theta, &expected));
            assert_eq!(scaling.numbers().unwrap().skipped(6), [2, 2]);
        }
    }
}
