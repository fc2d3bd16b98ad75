//! The three parametrised operations of an encoder, over a stack of models that differ in their weights.
//!
//! Activations are `[stack, rows, width]`. A stack of one takes libtorch's fused kernels; a larger stack is
//! one batched matrix product per layer.

use tch::Tensor;

/// Returns `x W^T + b`: x `[stack, rows, in]`, weight `[stack, out, in]`, bias `[stack, out]` if there is
/// one.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    if x.size()[0] == 1 {
        let bias = bias.map(|bias| bias.squeeze_dim(0));
        x.squeeze_dim(0).linear(&weight.squeeze_dim(0), bias).unsqueeze(0)
    } else {
        let weight = weight.transpose(1, 2);
        match bias {
            Some(bias) => bias.unsqueeze(1).baddbmm(x, &weight, 1.0, 1.0),
            None => x.bmm(&weight),
        }
    }
}

/// Applies layer norm over the last axis: x `[stack, rows, width]`, weight and, if there is one, bias
/// `[stack, width]`.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, eps: f64) -> Tensor {
    let width = [x.size()[2]];
    if x.size()[0] == 1 {
        let bias = bias.map(|bias| bias.squeeze_dim(0));
        x.layer_norm(width, Some(weight.squeeze_dim(0)), bias, eps, false)
    } else {
        let normal = x.layer_norm(width, None::<Tensor>, None::<Tensor>, eps, false);
        match bias {
            Some(bias) => bias.unsqueeze(1).addcmul(&normal, &weight.unsqueeze(1)),
            None => normal * weight.unsqueeze(1),
        }
    }
}

/// Returns the rows of a table: weight `[stack, n, width]`, ids `[stack, rows]` i64 ->
/// `[stack, rows, width]`.
///
/// For a stack the ids must have been shifted by [`stack_offsets`].
pub fn embedding(weight: &Tensor, ids: &Tensor) -> Tensor {
    let size = weight.size();
    let table = weight.reshape([size[0] * size[1], size[2]]);
    Tensor::embedding(&table, ids, -1, false, false)
}

/// Returns the ids `[stack, rows]` shifted so that each model of the stack looks into its own table of `n`
/// rows.
pub fn stack_offsets(ids: &Tensor, n: i64) -> Tensor {
    let stack = ids.size()[0];
    if stack == 1 {
        return ids.shallow_clone();
    }
    ids + Tensor::arange(stack, (tch::Kind::Int64, ids.device())).unsqueeze(1) * n
}
