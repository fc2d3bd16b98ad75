//! AdamW over a flat vector (Loshchilov and Hutter 2019), with and without bias correction.

use tch::Tensor;

use crate::spec::Adam;
use crate::weights::Layout;

/// The optimiser's state for a stack of models: first and second moments, `[stack, n_parameters]`.
#[derive(Debug)]
pub struct AdamW {
    settings: Adam,
    clip_norm: Option<f64>,
    decay: Tensor,
    first: Tensor,
    second: Tensor,
    updates: i32,
}

impl AdamW {
    /// A fresh optimiser for theta, `[stack, n_parameters]`; biases and layer norms are not decayed.
    pub fn new(
        theta: &Tensor,
        layout: &Layout,
        settings: Adam,
        weight_decay: f64,
        clip_norm: Option<f64>,
    ) -> Self {
        let decayed = |name: &str| !name.contains("LayerNorm") && !name.ends_with(".bias");
        let decay = (layout.mask(decayed) * weight_decay).unsqueeze(0).to_device(theta.device());
        Self { settings, clip_norm, decay, first: theta.zeros_like(), second: theta.zeros_like(), updates: 0 }
    }

    /// Updates theta in place: each model's gradient is clipped to the global norm, then one AdamW step.
    pub fn step(&mut self, theta: &mut Tensor, gradient: &Tensor, learning_rate: f64) {
        let Adam { beta1, beta2, eps, bias_correction } = self.settings;
        let clipped;
        let gradient = match self.clip_norm {
            Some(limit) => {
                let norm = gradient.norm_scalaropt_dim(2, [1i64].as_slice(), true);
                clipped = gradient * ((norm + 1e-6).reciprocal() * limit).clamp_max(1.0);
                &clipped
            }
            None => gradient,
        };
        self.updates += 1;
        let _ = self.first.lerp_(gradient, 1.0 - beta1);
        let _ = self.second.lerp_(&gradient.square(), 1.0 - beta2);
        let (c1, c2) = if bias_correction {
            (1.0 - beta1.powi(self.updates), 1.0 - beta2.powi(self.updates))
        } else {
            (1.0, 1.0)
        };
        let denominator = (self.second.sqrt() / c2.sqrt()).g_add_scalar_(eps);
        let update = (&self.first / denominator).g_div_scalar_(c1).addcmul_(&self.decay, theta);
        let _ = theta.g_sub_(&(update * learning_rate));
    }
}
