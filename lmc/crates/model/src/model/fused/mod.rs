//! Linear layers of evaluations on the CPU: oneDNN's kernel with the activation in the same pass, and weights
//! that are packed once for all batches. tch does not export it; a TorchScript module calls it.

#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use tch::{CModule, Device, IValue, Kind, TchError, Tensor};

use super::activation::Activation;
use super::layers;
use crate::weights::{BlockId, Parameters};

/// The module; `tests/golden/generate_fused_linear.py` makes it.
const MODULE: &[u8] = include_bytes!("../../../assets/fused_linear.pt");

/// The least width of a layer, in and out. In narrower ones the call of the module takes what it saves.
const NARROWEST: i64 = 256;

/// The largest difference from libtorch's own kernel that is rounding, as a share of the largest value.
const ROUNDING: f64 = 0.02;

thread_local! {
    /// The module of this thread, once it was needed, or `None` if it could not be loaded; threads cannot share
    /// one.
    static LOADED: OnceCell<Option<Loaded>> = const { OnceCell::new() };
}

/// The module with the kinds of numbers that its kernel takes on this processor.
struct Loaded {
    module: CModule,
    kinds: Vec<Kind>,
}

impl Loaded {
    /// Loads the module, and tries which numbers its kernel takes on this processor.
    fn new() -> Result<Self, TchError> {
        let module = CModule::load_data(&mut &MODULE[..])?;
        let mut loaded = Self { module, kinds: Vec::new() };
        for kind in [Kind::Float, Kind::BFloat16] {
            if loaded.is_sound(kind).unwrap_or(false) {
                loaded.kinds.push(kind);
            }
        }
        Ok(loaded)
    }

    /// Returns whether a small layer comes out as from libtorch's own kernel.
    fn is_sound(&self, kind: Kind) -> Result<bool, TchError> {
        let wave = |shape: [i64; 2]| {
            let numbers = Tensor::f_arange(shape[0] * shape[1], (Kind::Float, Device::Cpu))?;
            numbers.f_sin()?.f_view(shape)?.f_to_kind(kind)
        };
        let (x, weight, bias) = (wave([3, 64])?, wave([48, 64])?, wave([1, 48])?.f_view([48])?);
        let packed = self.pack(&weight, 3)?;
        let ours = self.linear(&x, &packed, &bias, ["none", ""])?;
        let expected = x.f_linear(&weight, Some(&bias))?;
        let largest = |x: &Tensor| f64::try_from(x.f_to_kind(Kind::Double)?.f_abs()?.f_max()?);
        Ok(largest(&(&ours - &expected))? <= ROUNDING * largest(&expected)?)
    }

    fn pack(&self, weight: &Tensor, rows: i64) -> Result<Tensor, TchError> {
        let inputs = [IValue::Tensor(weight.shallow_clone()), IValue::Int(rows)];
        Tensor::try_from(self.module.method_is("pack", &inputs)?)
    }

    fn linear(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        [activation, algorithm]: [&str; 2],
    ) -> Result<Tensor, TchError> {
        let tensor = |tensor: &Tensor| IValue::Tensor(tensor.shallow_clone());
        let text = |text: &str| IValue::String(text.to_owned());
        let inputs = [tensor(x), tensor(weight), tensor(bias), text(activation), text(algorithm)];
        Tensor::try_from(self.module.forward_is(&inputs)?)
    }
}

/// Returns the activation of `x W^T + b`: x `[stack, rows, in]`, the weight `[stack, out, in]` and the bias
/// `[stack, out]`, if there is one, by their blocks.
///
/// One wide model without gradients on the CPU takes the fused kernel, if this processor has it.
pub(super) fn linear(
    p: &Parameters,
    (weight, bias): (BlockId, Option<BlockId>),
    x: &Tensor,
    activation: Activation,
) -> Tensor {
    let fused = takes(p.get(weight), x).then(|| fused(p, (weight, bias), x, activation)).flatten();
    fused.unwrap_or_else(|| activation.apply(&layers::linear(x, p.get(weight), bias.map(|bias| p.get(bias)))))
}

/// Returns whether the kernel is for a layer of that weight, `[stack, out, in]`.
fn takes(weight: &Tensor, x: &Tensor) -> bool {
    let is_wide = weight.size()[1..].iter().all(|&width| width >= NARROWEST);
    let is_evaluated = !weight.requires_grad() && !x.requires_grad();
    weight.size()[0] == 1 && is_wide && is_evaluated && x.device() == Device::Cpu
}

/// Returns the same by the kernel; `None` if it does not take these numbers here.
fn fused(
    p: &Parameters,
    (weight, bias): (BlockId, Option<BlockId>),
    x: &Tensor,
    activation: Activation,
) -> Option<Tensor> {
    let (fused, left) = match activation {
        Activation::Gelu => (["gelu", "none"], Activation::Linear),
        Activation::GeluTanh => (["gelu", "tanh"], Activation::Linear),
        Activation::Relu => (["relu", ""], Activation::Linear),
        other => (["none", ""], other),
    };
    LOADED.with(|loaded| {
        let loaded = loaded.get_or_init(|| Loaded::new().ok());
        let loaded = loaded.as_ref().filter(|loaded| loaded.kinds.contains(&x.kind()))?;
        let rows = x.size()[1];
        let packed = p.derived(weight, |weight| loaded.pack(&weight.f_squeeze_dim(0)?, rows)).ok()?;
        let (x, n_out) = (x.squeeze_dim(0), p.get(weight).size()[1]);
        let bias = match bias {
            Some(bias) => p.get(bias).squeeze_dim(0),
            None => Tensor::f_zeros([n_out], (x.kind(), x.device())).ok()?,
        };
        let y = loaded.linear(&x, &packed, &bias, fused).ok()?;
        Some(left.apply(&y.unsqueeze(0)))
    })
}
