//! The encoder of BERT (Devlin et al. 2019) and its relatives: a transformer over a stack of models, by the
//! description of its family.

use tch::{Kind, Tensor};

mod attention;
mod disentangled;
mod embeddings;
mod flash;
#[cfg(test)]
pub(super) use flash::stand_in;
mod layer;
mod packed;
mod relative;
mod rotary;
mod stacked;
mod tokens;

use self::attention::attention;
use self::disentangled::{Distances, Look};
use self::embeddings::{Embeddings, placed, untaught};
use self::layer::Layer;
use self::rotary::Rotary;
pub use self::tokens::Tokens;
use super::activation::Activation;
use super::config::{ModelConfig, Pooling};
use super::dropout::Dropout;
use super::family::{N_BUCKETS, Norms};
use super::fused;
use super::layers::{embedding, layer_norm, stack_offsets};
use crate::guard::guarded;
use crate::weights::{BlockId, Layout, LinearLayer, Parameters};
use lmc_base::error::Result;

/// A weight and, unless the layer has none, a bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affine {
    pub weight: BlockId,
    pub bias: Option<BlockId>,
}

impl Affine {
    pub fn push(layout: &mut Layout, name: &str, out: i64, input: i64) -> Self {
        Self::push_with(layout, name, [out, input], true)
    }

    /// Appends the tensors of a linear layer, which may have no bias.
    pub fn push_with(layout: &mut Layout, name: &str, [out, input]: [i64; 2], has_bias: bool) -> Self {
        Self {
            weight: layout.push(format!("{name}.weight"), &[out, input]),
            bias: has_bias.then(|| layout.push(format!("{name}.bias"), &[out])),
        }
    }

    pub fn push_norm(layout: &mut Layout, name: &str, width: i64, has_bias: bool) -> Self {
        Self {
            weight: layout.push(format!("{name}.weight"), &[width]),
            bias: has_bias.then(|| layout.push(format!("{name}.bias"), &[width])),
        }
    }

    pub fn linear(&self, p: &Parameters, x: &Tensor) -> Tensor {
        self.activated(p, x, Activation::Linear)
    }

    /// Returns the activation of [`Affine::linear`].
    pub fn activated(&self, p: &Parameters, x: &Tensor, activation: Activation) -> Tensor {
        p.show(LinearLayer { weight: self.weight, bias: self.bias }, x);
        fused::linear(p, (self.weight, self.bias), x, activation)
    }

    pub fn norm(&self, p: &Parameters, x: &Tensor, eps: f64) -> Tensor {
        layer_norm(x, p.get(self.weight), self.bias.map(|bias| p.get(bias)), eps)
    }
}

/// The encoder's architecture with the places of its operands in theta.
#[derive(Debug)]
pub struct Encoder {
    config: ModelConfig,
    embeddings: Embeddings,
    /// The table of the bias by distance, `[buckets, heads]`.
    relative: Option<BlockId>,
    /// What the terms by distance need.
    distances: Option<Distances>,
    /// The turns of queries and keys by their places.
    rotary: Option<Rotary>,
    /// What scores are divided by beside the root of a head's width.
    divisor: f64,
    /// The layers with their parameters; a family may use one at several depths.
    layers: Vec<Layer>,
    /// The layer that works at each depth.
    order: Vec<usize>,
    /// The norm behind the last layer.
    final_norm: Option<Affine>,
    activation: Activation,
}

impl Encoder {
    /// Makes an encoder whose tensors are appended to `layout` under `prefix` (`bert.`, `roberta.`).
    pub fn new(config: &ModelConfig, layout: &mut Layout, prefix: &str) -> Self {
        let family = config.family();
        let embeddings = Embeddings::push(config, layout, prefix);
        let relative = family.relative_bias.map(|name| {
            let n = config.relative_attention_num_buckets.unwrap_or(N_BUCKETS);
            layout.push(format!("{prefix}{name}.weight"), &[n, config.num_attention_heads])
        });
        let distances = Distances::push(config, layout, prefix);
        // The family's names begin with its own prefix.
        let layers = family.layer_names(config).into_iter().enumerate().map(|(i, name)| {
            let name = format!("{prefix}{}", name.strip_prefix(family.prefix).unwrap_or(&name));
            Layer::push(config, layout, i, &name)
        });
        let layers = layers.collect();
        let final_norm = match family.norms {
            Norms::Behind => None,
            Norms::Before(name) => {
                let (name, has_bias) = (format!("{prefix}{name}"), config.biases().norms);
                Some(Affine::push_norm(layout, &name, config.hidden_size, has_bias))
            }
        };
        let order = family.order(config);
        // A name that is not known is refused before anything is computed, as all that `ModelConfig::check`
        // refuses.
        let activation = Activation::named(&config.hidden_act).unwrap_or(Activation::Linear);
        let (rotary, divisor) = (Rotary::new(config), config.disentangled().scale_factor().sqrt());
        let config = config.clone();
        Self {
            config,
            embeddings,
            relative,
            distances,
            rotary,
            divisor,
            layers,
            order,
            final_norm,
            activation,
        }
    }

    /// Returns the architecture.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Returns the table of word embeddings, `[vocab, width]`, which a masked-LM decoder shares.
    pub(super) fn word_embeddings(&self) -> BlockId {
        self.embeddings.word
    }

    /// Returns the hidden states of the last layer, `[stack, batch * seq, width]`; a sequence has at most
    /// [`ModelConfig::max_len`] tokens.
    ///
    /// Padding stands on the right, so that positions, which in RoBERTa skip padding, are those of the
    /// tokens.
    ///
    /// # Errors
    /// The errors of [`ModelConfig::check`] and [`ModelConfig::check_extent`];
    /// [`LmcError::ShapeMismatch`](lmc_base::error::LmcError::ShapeMismatch) for tensors that do not belong
    /// together; [`LmcError::Torch`](lmc_base::error::LmcError::Torch) and
    /// [`LmcError::OutOfMemory`](lmc_base::error::LmcError::OutOfMemory).
    pub fn forward(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Result<Tensor> {
        self.config.check()?;
        tokens.check(p.stack())?;
        self.config.check_extent(&tokens.extent()?, None)?;
        guarded(|| self.hidden(p, tokens, dropout))
    }

    fn hidden(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Result<Tensor> {
        let size = tokens.ids.size();
        let (stack, batch, seq) = (size[0], size[1], size[2]);
        let e = self.config.embedding_width();
        let rows = [stack, batch * seq];
        let ids = tokens.ids.reshape(rows);
        let words = embedding(p.get(self.embeddings.word), &stack_offsets(&ids, self.config.vocab_size));
        let is_pad = self.padding_among(&ids, tokens.mask.as_ref())?;
        let words = untaught(words, is_pad.as_ref());
        let words = self.with_segments(p, words, &tokens.segments.reshape(rows));
        let x = placed(words.view([stack, batch, seq, e]), self.positions(p, tokens, is_pad.as_ref())?);
        let mut x = self.embedded(p, &x.view([stack, batch * seq, e]), dropout);
        let mask = tokens.mask.as_ref().map(|m| m.reshape([stack * batch, 1, 1, seq]));
        let look = self.look(p, mask, [stack, batch, seq]);
        for &layer in &self.order {
            x = self.layer(p, &self.layers[layer], &x, [stack, batch, seq], &look, dropout);
        }
        Ok(self.finished(p, x))
    }

    /// Returns the output of the last layer, `[stack, rows, width]`, after the norm behind it if there is
    /// one.
    fn finished(&self, p: &Parameters, x: Tensor) -> Tensor {
        match &self.final_norm {
            Some(norm) => norm.norm(p, &x, self.config.layer_norm_eps),
            None => x,
        }
    }

    /// Returns whether the head reads the mean of a text's tokens.
    fn takes_mean(&self) -> bool {
        self.config.pooling() == Pooling::Mean
    }

    /// Returns the layers, by depth, that work on all tokens, and the one behind them that works for the
    /// first token of each sequence alone.
    fn whole_and_last(&self) -> (&[usize], Option<&Layer>) {
        match self.order.split_last() {
            Some((&last, whole)) if !self.takes_mean() => (whole, Some(&self.layers[last])),
            _ => (&self.order, None),
        }
    }

    fn layer(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        [stack, batch, seq]: [i64; 3],
        look: &Look,
        dropout: &Dropout,
    ) -> Tensor {
        let parts = self.by_head(&self.qkv(p, layer, x), [stack * batch, seq], 3);
        let rows = self.distance_rows(p, layer, dropout);
        let (q, k, mask) = self.looked([&parts[0], &parts[1]], look, layer, rows.as_ref());
        let context = attention(&q, &k, &parts[2], mask.as_ref(), dropout);
        let context = context.transpose(1, 2).reshape([stack, batch * seq, self.config.hidden_size]);
        self.after_attention(p, layer, x, &context, dropout)
    }

    /// Returns what the head reads of each sequence, `[stack, batch, width]`: the hidden state of its first
    /// token, or the mean of those of its tokens.
    pub(super) fn pooled(&self, hidden: &Tensor, tokens: &Tokens) -> Tensor {
        let size = tokens.ids.size();
        let hidden = hidden.view([size[0], size[1], size[2], self.config.hidden_size]);
        match &tokens.mask {
            _ if !self.takes_mean() => hidden.select(2, 0),
            None => hidden.mean_dim([2i64].as_slice(), false, hidden.kind()),
            Some(mask) => mean_of(&hidden, &mask.to_kind(hidden.kind())),
        }
    }
}

/// Returns the mean of the tokens at which a mask, `[.., length]`, is one and not zero:
/// `[.., length, width]` -> `[.., width]`.
fn mean_of(hidden: &Tensor, mask: &Tensor) -> Tensor {
    // Sums of many tokens are above all numbers of fp16, and their number is not one of bf16.
    let sum = (hidden * mask.unsqueeze(-1)).sum_dim_intlist([-2i64].as_slice(), false, Kind::Float);
    (sum / mask.sum_dim_intlist([-1i64].as_slice(), true, Kind::Float)).to_kind(hidden.kind())
}
