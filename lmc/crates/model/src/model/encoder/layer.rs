//! A layer of the encoder: its operands, and the parts of it that work on each row by itself.

use tch::Tensor;

use super::{Affine, Encoder};
use crate::model::activation::Activation;
use crate::model::config::{LayerType, ModelConfig};
use crate::model::dropout::Dropout;
use crate::model::family::{Norms, Qkv};
use crate::model::layers::linear;
use crate::weights::{Layout, Parameters};

/// The operands of a layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// The layers of queries, keys and values, as the rows of one.
    pub qkv: Affine,
    /// The layers of keys and of queries of distances, where they have their own.
    pub by_distance: [Option<Affine>; 2],
    attention_output: Affine,
    /// The norm of attention; the first layer of a family with norms before parts has none.
    attention_norm: Option<Affine>,
    up: Affine,
    down: Affine,
    /// The norm of the feed-forward layers.
    output_norm: Affine,
    /// Whether attention looks only at tokens within a window.
    pub is_near: bool,
}

impl Layer {
    /// Appends the tensors of the layer of that number and name.
    pub fn push(config: &ModelConfig, layout: &mut Layout, number: usize, name: &str) -> Self {
        let (family, names) = (config.family(), &config.family().names);
        let (d, ff, biases) = (config.hidden_size, config.intermediate_size, config.biases());
        let by_distance = config.own_by_distance();
        let of = |part: &str| format!("{name}.{part}");
        let has_attention_norm = matches!(family.norms, Norms::Behind) || number > 0;
        let types = config.modern().map(|own| own.layer_types).unwrap_or_default();
        Self {
            qkv: match names.qkv {
                Qkv::Apart(parts) => {
                    let of = |what: &str| parts.map(|part| format!("{name}.{part}.{what}"));
                    Affine {
                        weight: layout.push_fused(&of("weight"), &[d, d]),
                        bias: biases.attention.then(|| layout.push_fused(&of("bias"), &[d])),
                    }
                }
                Qkv::Joined(part) => {
                    Affine::push_with(layout, &of(part), [d.saturating_mul(3), d], biases.attention)
                }
            },
            by_distance: by_distance.map(|own| own.map(|own| Affine::push(layout, &of(own), d, d))),
            attention_output: Affine::push_with(
                layout,
                &of(names.attention_output),
                [d, d],
                biases.attention,
            ),
            attention_norm: has_attention_norm
                .then(|| Affine::push_norm(layout, &of(names.attention_norm), d, biases.norms)),
            up: Affine::push_with(layout, &of(names.up), [config.up_width(), d], biases.feed_forward),
            down: Affine::push_with(layout, &of(names.down), [d, ff], biases.feed_forward),
            output_norm: Affine::push_norm(layout, &of(names.output_norm), d, biases.norms),
            is_near: types.get(number) == Some(&LayerType::SlidingAttention),
        }
    }
}

impl Layer {
    /// Returns the queries of the first rows, `[stack, rows, d]`, and keys and values of the others side by
    /// side, `[stack, rows, 2 d]`.
    pub fn queries_and_rest(&self, p: &Parameters, [first, all]: [&Tensor; 2], d: i64) -> [Tensor; 2] {
        let apart = |block| p.get(block).split_with_sizes([d, 2 * d], 1);
        let (weights, biases) = (apart(self.qkv.weight), self.qkv.bias.map(apart).unwrap_or_default());
        [linear(first, &weights[0], biases.first()), linear(all, &weights[1], biases.get(1))]
    }
}

impl Encoder {
    /// Returns what the attention of a layer reads, of the same shape as `x`.
    pub(super) fn attention_input(&self, p: &Parameters, layer: &Layer, x: &Tensor) -> Tensor {
        match (self.config.family().norms, &layer.attention_norm) {
            (Norms::Before(_), Some(norm)) => norm.norm(p, x, self.config.layer_norm_eps),
            (Norms::Before(_), None) | (Norms::Behind, _) => x.shallow_clone(),
        }
    }

    /// Returns queries, keys and values side by side, `[stack, rows, 3 width]`.
    pub(super) fn qkv(&self, p: &Parameters, layer: &Layer, x: &Tensor) -> Tensor {
        layer.qkv.linear(p, &self.attention_input(p, layer, x))
    }

    /// Applies the part of a layer behind attention. The inputs are x and the result of attention for it,
    /// both `[stack, rows, width]`.
    pub(super) fn after_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        context: &Tensor,
        dropout: &Dropout,
    ) -> Tensor {
        let (family, eps) = (self.config.family(), self.config.layer_norm_eps);
        let [drops_attention, drops_units, drops_output] =
            family.drops.map(|drops| if drops { dropout } else { &Dropout::NONE });
        let attended = drops_attention.apply(layer.attention_output.linear(p, context)) + x;
        let feed_forward = |x: &Tensor| {
            let hidden = drops_units.apply(self.units(p, layer, x));
            drops_output.apply(layer.down.linear(p, &hidden))
        };
        match (family.norms, &layer.attention_norm) {
            (Norms::Behind, Some(norm)) => {
                let x = norm.norm(p, &attended, eps);
                layer.output_norm.norm(p, &(feed_forward(&x) + &x), eps)
            }
            (Norms::Behind, None) | (Norms::Before(_), _) => {
                feed_forward(&layer.output_norm.norm(p, &attended, eps)) + attended
            }
        }
    }

    /// Returns the units between the feed-forward layers.
    fn units(&self, p: &Parameters, layer: &Layer, x: &Tensor) -> Tensor {
        if !self.config.family().is_gated {
            return layer.up.activated(p, x, self.activation);
        }
        let parts = layer.up.activated(p, x, Activation::Linear).chunk(2, -1);
        self.activation.apply(&parts[0]) * &parts[1]
    }
}
