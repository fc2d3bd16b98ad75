//! The encoder of BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019): a post-layer-norm transformer over a stack of
//! models.

use tch::{Kind, Tensor};

mod packed;

use super::config::ModelConfig;
use super::dropout::Dropout;
use super::layers::{embedding, layer_norm, linear, stack_offsets};
use crate::weights::{BlockId, Layout, Parameters};

/// A weight and a bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affine {
    pub weight: BlockId,
    pub bias: BlockId,
}

impl Affine {
    pub fn push(layout: &mut Layout, name: &str, out: i64, input: i64) -> Self {
        Self {
            weight: layout.push(format!("{name}.weight"), &[out, input]),
            bias: layout.push(format!("{name}.bias"), &[out]),
        }
    }

    pub fn push_norm(layout: &mut Layout, name: &str, width: i64) -> Self {
        Self {
            weight: layout.push(format!("{name}.weight"), &[width]),
            bias: layout.push(format!("{name}.bias"), &[width]),
        }
    }

    pub fn linear(&self, p: &Parameters, x: &Tensor) -> Tensor {
        linear(x, p.get(self.weight), p.get(self.bias))
    }

    pub fn norm(&self, p: &Parameters, x: &Tensor, eps: f64) -> Tensor {
        layer_norm(x, p.get(self.weight), p.get(self.bias), eps)
    }
}

#[derive(Debug)]
struct Layer {
    qkv: Affine,
    attention_output: Affine,
    attention_norm: Affine,
    up: Affine,
    down: Affine,
    output_norm: Affine,
}

/// A batch as the encoder reads it.
#[derive(Debug)]
pub struct Tokens {
    /// Token ids, `[stack, batch, seq]` i64.
    pub ids: Tensor,
    /// Segment ids of the same shape.
    pub segments: Tensor,
    /// True at real tokens, `[stack, batch, seq]` bool; absent when there is no padding.
    pub mask: Option<Tensor>,
}

/// The encoder's architecture with the places of its operands in theta.
#[derive(Debug)]
pub struct Encoder {
    config: ModelConfig,
    word: BlockId,
    position: BlockId,
    segment: BlockId,
    norm: Affine,
    layers: Vec<Layer>,
}

impl Encoder {
    /// An encoder whose tensors are appended to `layout` under `prefix` (`bert.`, `roberta.`).
    pub fn new(config: &ModelConfig, layout: &mut Layout, prefix: &str) -> Self {
        let (d, ff) = (config.hidden_size, config.intermediate_size);
        let e = format!("{prefix}embeddings");
        let word = layout.push(format!("{e}.word_embeddings.weight"), &[config.vocab_size, d]);
        let position =
            layout.push(format!("{e}.position_embeddings.weight"), &[config.max_position_embeddings, d]);
        let segment = layout.push(format!("{e}.token_type_embeddings.weight"), &[config.type_vocab_size, d]);
        let norm = Affine::push_norm(layout, &format!("{e}.LayerNorm"), d);
        let layers = (0..config.num_hidden_layers)
            .map(|i| {
                let l = format!("{prefix}encoder.layer.{i}");
                let qkv = |what: &str| {
                    ["query", "key", "value"].map(|n| format!("{l}.attention.self.{n}.{what}")).to_vec()
                };
                Layer {
                    qkv: Affine {
                        weight: layout.push_fused(&qkv("weight"), &[d, d]),
                        bias: layout.push_fused(&qkv("bias"), &[d]),
                    },
                    attention_output: Affine::push(layout, &format!("{l}.attention.output.dense"), d, d),
                    attention_norm: Affine::push_norm(layout, &format!("{l}.attention.output.LayerNorm"), d),
                    up: Affine::push(layout, &format!("{l}.intermediate.dense"), ff, d),
                    down: Affine::push(layout, &format!("{l}.output.dense"), d, ff),
                    output_norm: Affine::push_norm(layout, &format!("{l}.output.LayerNorm"), d),
                }
            })
            .collect();
        Self { config: config.clone(), word, position, segment, norm, layers }
    }

    /// The architecture.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The table of word embeddings, `[vocab, width]`, which a masked-LM decoder shares.
    pub(super) fn word_embeddings(&self) -> BlockId {
        self.word
    }

    /// Hidden states of the last layer, `[stack, batch * seq, width]`; a sequence has at most [`ModelConfig::max_len`] tokens.
    ///
    /// Padding stands on the right: then RoBERTa's positions, which count what is not padding, are those of the tokens.
    pub fn forward(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Tensor {
        let size = tokens.ids.size();
        let (stack, batch, seq) = (size[0], size[1], size[2]);
        let (d, eps) = (self.config.hidden_size, self.config.layer_norm_eps);
        let rows = [stack, batch * seq];
        let words =
            embedding(p.get(self.word), &stack_offsets(&tokens.ids.reshape(rows), self.config.vocab_size));
        let segments = embedding(
            p.get(self.segment),
            &stack_offsets(&tokens.segments.reshape(rows), self.config.type_vocab_size),
        );
        let positions = p.get(self.position).narrow(1, self.config.first_position(), seq).unsqueeze(1);
        let x = ((words + segments).view([stack, batch, seq, d]) + positions).view([stack, batch * seq, d]);
        let mut x = dropout.apply(self.norm.norm(p, &x, eps));
        let mask = tokens.mask.as_ref().map(|m| m.reshape([stack * batch, 1, 1, seq]));
        for layer in &self.layers {
            x = self.layer(p, layer, &x, [stack, batch, seq], mask.as_ref(), dropout);
        }
        x
    }

    fn layer(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        [stack, batch, seq]: [i64; 3],
        mask: Option<&Tensor>,
        dropout: &Dropout,
    ) -> Tensor {
        let parts = self.by_head(&layer.qkv.linear(p, x), [stack * batch, seq], 3);
        let context = attention(&parts[0], &parts[1], &parts[2], mask, dropout);
        let context = context.transpose(1, 2).reshape([stack, batch * seq, self.config.hidden_size]);
        self.after_attention(p, layer, x, &context, dropout)
    }

    /// `n_parts` side by side, `[.., n_parts width]`, each as `[batch, heads, seq, width / heads]`.
    fn by_head(&self, x: &Tensor, [batch, seq]: [i64; 2], n_parts: i64) -> Vec<Tensor> {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        // Taken apart at once: on the way back the parts are written side by side, not added up.
        let parts = x.reshape([batch, seq, n_parts, heads, d / heads]).unbind(2);
        parts.into_iter().map(|part| part.transpose(1, 2)).collect()
    }

    /// What a layer makes of each row by itself: x and what attention read for it, both `[stack, rows, width]`.
    fn after_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        context: &Tensor,
        dropout: &Dropout,
    ) -> Tensor {
        let eps = self.config.layer_norm_eps;
        let attended = dropout.apply(layer.attention_output.linear(p, context)) + x;
        let x = layer.attention_norm.norm(p, &attended, eps);
        let hidden = layer.up.linear(p, &x).gelu("none");
        let output = dropout.apply(layer.down.linear(p, &hidden)) + &x;
        layer.output_norm.norm(p, &output, eps)
    }

    /// The hidden state of the first token of each sequence, `[stack, batch, width]`.
    pub(super) fn first_token(&self, hidden: &Tensor, tokens: &Tokens) -> Tensor {
        let size = tokens.ids.size();
        hidden.view([size[0], size[1], size[2], self.config.hidden_size]).select(2, 0)
    }
}

/// What each query reads: q, k, v and the result `[batch, heads, seq, width / heads]`, a mask that is true where it may look.
fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, dropout: &Dropout) -> Tensor {
    if !dropout.is_active() {
        return Tensor::scaled_dot_product_attention(q, k, v, mask, 0.0, false, None, false);
    }
    let width = q.size().last().copied().unwrap_or(1) as f64;
    let mut scores = q.matmul(&k.transpose(2, 3)) / width.sqrt();
    if let Some(mask) = mask {
        scores = scores.masked_fill(&mask.logical_not(), f64::NEG_INFINITY);
    }
    dropout.apply(scores.softmax(-1, Kind::Float)).matmul(v)
}

impl Tokens {
    /// The number of tokens, padding included.
    pub fn n_tokens(&self) -> usize {
        self.ids.numel()
    }

    /// One batch, `[batch, seq]`, for each of `stack` models without a copy.
    pub fn shared(ids: &Tensor, segments: &Tensor, stack: i64) -> Self {
        let expand = |t: &Tensor| t.unsqueeze(0).expand([stack, -1, -1], false);
        Self { ids: expand(ids), segments: expand(segments), mask: None }
    }

    /// The mask for a padded batch: true where `ids` is not `pad`; absent when nothing is padded.
    pub fn padded(ids: Tensor, segments: Tensor, lengths: &Tensor) -> Self {
        let seq = ids.size()[2];
        let mask = Tensor::arange(seq, (Kind::Int64, ids.device())).lt_tensor(&lengths.unsqueeze(-1));
        let mask = (i64::try_from(lengths.min()).unwrap_or(0) < seq).then_some(mask);
        Self { ids, segments, mask }
    }
}
