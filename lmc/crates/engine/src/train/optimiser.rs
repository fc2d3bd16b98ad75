//! AdamW over a flat vector (Loshchilov and Hutter 2019), with and without bias correction.

use tch::{Device, Tensor};

use lmc_data::spec::Adam;
use lmc_model::model::is_norm;
use lmc_model::weights::Layout;

/// Elements of theta that one pass works on.
const BLOCK: i64 = 1 << 15;

/// The optimiser's state for a stack of models: first and second moments, `[stack, n_parameters]`.
#[derive(Debug)]
pub struct AdamW {
    pub(super) settings: Adam,
    pub(super) clip_norm: Option<f64>,
    pub(super) decay: Tensor,
    pub(super) first: Tensor,
    pub(super) second: Tensor,
    pub(super) updates: i32,
}

impl AdamW {
    /// Makes a fresh optimiser for theta, `[stack, n_parameters]`; biases and layer norms are not decayed.
    pub fn new(
        theta: &Tensor,
        layout: &Layout,
        settings: Adam,
        weight_decay: f64,
        clip_norm: Option<f64>,
    ) -> Self {
        // A table of biases, as MPNet's `relative_attention_bias.weight`, is one too: so transformers has it.
        let decayed = |name: &str| !is_norm(name) && !name.contains("bias");
        let decay = (layout.mask(decayed) * weight_decay).unsqueeze(0).to_device(theta.device());
        Self { settings, clip_norm, decay, first: theta.zeros_like(), second: theta.zeros_like(), updates: 0 }
    }

    /// Returns the first and the second moments, `[stack, n_parameters]` each.
    pub(super) fn moments(&self) -> (&Tensor, &Tensor) {
        (&self.first, &self.second)
    }

    /// Returns the optimiser as it was after that many updates, which left those moments.
    pub(super) fn after(self, updates: u32, first: Tensor, second: Tensor) -> Self {
        Self { first, second, updates: i32::try_from(updates).unwrap_or(i32::MAX), ..self }
    }

    /// Updates theta in place: each model's gradient is clipped to the global norm, then one AdamW step.
    /// Returns the norm of each model's gradient before that, `[stack, 1]`.
    ///
    /// The step is a dozen elementwise operations; they run over blocks that stay in a core's cache.
    pub fn step(&mut self, theta: &mut Tensor, gradient: &Tensor, learning_rate: f64) -> Tensor {
        let norms = norms(gradient);
        let scale = self.clip_norm.map(|limit| clip(&norms, limit));
        self.updates += 1;
        let size = theta.size();
        let (stack, n) = (size[0], size[1]);
        let width = if theta.device() == Device::Cpu { (BLOCK / stack).max(1) } else { n };
        for start in (0..n).step_by(width as usize) {
            let part = |t: &Tensor| t.narrow(1, start, width.min(n - start));
            let gradient = match &scale {
                Some(scale) => part(gradient) * scale,
                None => part(gradient),
            };
            self.step_part(part, &mut part(theta), &gradient, learning_rate);
        }
        norms
    }

    fn step_part(
        &self,
        part: impl Fn(&Tensor) -> Tensor,
        theta: &mut Tensor,
        gradient: &Tensor,
        learning_rate: f64,
    ) {
        let Adam { beta1, beta2, eps, bias_correction } = self.settings;
        let first = part(&self.first).lerp_(gradient, 1.0 - beta1);
        let second = part(&self.second).lerp_(&gradient.square(), 1.0 - beta2);
        let (c1, c2) = if bias_correction {
            (1.0 - beta1.powi(self.updates), 1.0 - beta2.powi(self.updates))
        } else {
            (1.0, 1.0)
        };
        // MKL's square root has other last bits on each processor; these two instructions are exact.
        let mut root = second.rsqrt().reciprocal_();
        let denominator = root.g_div_scalar_(c2.sqrt()).g_add_scalar_(eps);
        let mut update = (first / denominator).g_div_scalar_(c1).addcmul_(&part(&self.decay), theta);
        let _ = theta.g_sub_(&update.g_mul_scalar_(learning_rate));
    }
}

/// Returns the norm of each model's gradient, `[models, 1]`.
pub(super) fn norms(gradient: &Tensor) -> Tensor {
    gradient.norm_scalaropt_dim(2, [1i64].as_slice(), true)
}

/// Returns the factor that brings each norm to the limit, at most 1.
pub(super) fn clip(norms: &Tensor, limit: f64) -> Tensor {
    ((norms + 1e-6).reciprocal() * limit).clamp_max(1.0)
}
