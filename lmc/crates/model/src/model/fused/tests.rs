//! The fused layers against libtorch's own.

use std::cell::Cell;

use super::*;
use crate::weights::Layout;

const WIDTHS: [i64; 2] = [NARROWEST, NARROWEST + 44];

/// Returns one layer of those widths, in and out, its blocks and inputs for it.
fn layer([input, out]: [i64; 2], stack: i64, kind: Kind) -> (Parameters, (BlockId, Option<BlockId>), Tensor) {
    let mut layout = Layout::default();
    let blocks = (layout.push("w", &[out, input]), Some(layout.push("b", &[out])));
    tch::manual_seed(1);
    let normal = |shape: [i64; 2]| Tensor::randn(shape, (Kind::Float, Device::Cpu));
    let theta = (normal([stack, layout.n_parameters()]) * 0.1).to_kind(kind);
    let x = normal([stack * 7, input]).view([stack, 7, input]).to_kind(kind);
    (Parameters::views(&theta, &layout).unwrap(), blocks, x)
}

fn plain(
    p: &Parameters,
    (weight, bias): (BlockId, Option<BlockId>),
    x: &Tensor,
    activation: Activation,
) -> Tensor {
    activation.apply(&layers::linear(x, p.get(weight), bias.map(|bias| p.get(bias))))
}

fn difference(a: &Tensor, b: &Tensor) -> f64 {
    (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
}

#[test]
fn a_layer_is_the_one_of_libtorch_up_to_rounding() {
    for name in ["linear", "gelu", "gelu_new", "relu", "silu"] {
        let activation = Activation::named(name).unwrap();
        // bf16 has 8 bits, and libtorch rounds once more before the activation.
        for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 0.05)] {
            let (p, (weight, bias), x) = layer(WIDTHS, 1, kind);
            for blocks in [(weight, bias), (weight, None)] {
                let expected = plain(&p, blocks, &x, activation);
                let got = linear(&p, blocks, &x, activation);
                assert_eq!((got.size(), got.kind()), (expected.size(), kind));
                let off = difference(&got, &expected);
                assert!(off < tolerance, "{name} in {kind:?}: off by {off}");
            }
        }
    }
}

#[test]
fn every_processor_has_the_kernel_for_float32() {
    let (p, blocks, x) = layer(WIDTHS, 1, Kind::Float);
    assert!(fused(&p, blocks, &x, Activation::Gelu).is_some());
    let (p, blocks, x) = layer(WIDTHS, 1, Kind::Double);
    assert!(fused(&p, blocks, &x, Activation::Gelu).is_none());
}

#[test]
fn weights_are_packed_once_and_batches_may_have_any_size() {
    let (p, blocks, x) = layer(WIDTHS, 1, Kind::Float);
    let whole = linear(&p, blocks, &x, Activation::Gelu);
    let n_packed = Cell::new(0);
    let kept = p.derived(blocks.0, |weight| {
        n_packed.set(1);
        Ok(weight.shallow_clone())
    });
    assert!(kept.is_ok());
    assert_eq!(n_packed.get(), 0);
    for row in 0..7 {
        let one = linear(&p, blocks, &x.narrow(1, row, 1), Activation::Gelu);
        assert!(difference(&one, &whole.narrow(1, row, 1)) < 1e-5);
    }
}

#[test]
fn stacks_narrow_layers_and_gradients_take_the_plain_layers() {
    let takes_layer = |widths, stack| {
        let (p, (weight, _), x) = layer(widths, stack, Kind::Float);
        takes(p.get(weight), &x)
    };
    assert!(takes_layer(WIDTHS, 1));
    assert!(!takes_layer(WIDTHS, 2));
    assert!(!takes_layer([NARROWEST - 1, 512], 1) && !takes_layer([512, NARROWEST - 1], 1));
    let (p, blocks, x) = layer(WIDTHS, 1, Kind::Float);
    let x = x.set_requires_grad(true);
    let y = linear(&p, blocks, &x, Activation::Gelu);
    y.sum(Kind::Float).backward();
    assert_eq!(x.grad().size(), x.size());
}
