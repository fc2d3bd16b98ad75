//! The encoder over packed tokens, for the part that a classifier sees: the first token of each sequence.

use tch::{Kind, Tensor};

use super::{Encoder, Layer, attention, untaught};
use crate::encode::{Group, PackedTokens};
use crate::guard::guarded;
use crate::model::dropout::Dropout;
use crate::model::layers::{embedding, linear, stack_offsets};
use crate::weights::Parameters;
use lmc_base::error::Result;

impl Encoder {
    /// Returns the last layer's hidden state of the first token of each sequence,
    /// `[stack, n_sequences, width]`; every model of the stack reads the same tokens.
    ///
    /// Linear layers and norms run over all tokens at once, attention over each group of sequences of one
    /// length. The last layer makes keys and values of every token, the rest of the first tokens alone.
    ///
    /// # Errors
    /// The errors of [`Encoder::forward`].
    pub fn packed_first_tokens(
        &self,
        p: &Parameters,
        tokens: &PackedTokens,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        self.config.check()?;
        self.config.check_extent(&tokens.extent(), None)?;
        guarded(|| self.packed_hidden(p, tokens, dropout))
    }

    fn packed_hidden(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Result<Tensor> {
        let mut x = self.packed_embeddings(p, tokens, dropout)?;
        let Some((last, layers)) = self.layers.split_last() else {
            return Ok(x.index_select(1, &tokens.starts));
        };
        for layer in layers {
            let qkv = layer.qkv.linear(p, &x);
            let context = self.packed_attention(&qkv, &tokens.groups, dropout);
            x = self.after_attention(p, layer, &x, &context, dropout);
        }
        let first = x.index_select(1, &tokens.starts);
        let context = self.first_token_attention(p, last, &x, &first, &tokens.groups, dropout);
        Ok(self.after_attention(p, last, &first, &context, dropout))
    }

    /// Returns the floating-point operations of [`Encoder::packed_first_tokens`] in matrix products, for one
    /// model.
    pub fn packed_flop(&self, tokens: &PackedTokens) -> f64 {
        let (d, ff) = (self.config.hidden_size as f64, self.config.intermediate_size as f64);
        let sum = |f: fn(&Group) -> i64| tokens.groups.iter().map(f).sum::<i64>() as f64;
        let n_tokens = sum(Group::n_tokens);
        let n_sequences = sum(|group| group.n_sequences);
        let looks = sum(|group| group.n_sequences * group.length * group.length);
        let by_itself = d * d + 2.0 * d * ff;
        let layer = n_tokens * (3.0 * d * d + by_itself) + 2.0 * looks * d;
        let last = n_tokens * 2.0 * d * d + n_sequences * (d * d + by_itself) + 2.0 * n_tokens * d;
        match self.layers.len() {
            0 => 0.0,
            n => 2.0 * ((n - 1) as f64 * layer + last),
        }
    }

    fn packed_embeddings(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Result<Tensor> {
        let rows = |block, ids: &Tensor, n| {
            let ids = ids.unsqueeze(0).expand([p.stack(), -1], false);
            embedding(p.get(block), &stack_offsets(&ids, n))
        };
        let config = &self.config;
        let words = rows(self.word, &tokens.ids, config.vocab_size);
        let segments = rows(self.segment, &tokens.segments, config.type_vocab_size);
        let is_pad = match tokens.extent().ids {
            // Without gradients, the device is not asked whether a token has that id: if none has, the places
            // are the same.
            Some([least, greatest]) if (least..=greatest).contains(&config.pad_id()) => {
                let ids = tokens.ids.unsqueeze(0);
                if words.requires_grad() {
                    self.padding_among(&ids, None)?
                } else {
                    Some(ids.f_eq(config.pad_id())?)
                }
            }
            _ => None,
        };
        let places = match is_pad.as_ref().filter(|_| config.is_roberta()) {
            None => &tokens.positions + config.first_position(),
            Some(is_pad) => counted_places(tokens, &is_pad.squeeze_dim(0)) + config.pad_id(),
        };
        if tokens.extent().longest > config.max_len() {
            self.check_places(i64::try_from(places.f_max()?)?)?;
        }
        let positions = rows(self.position, &places, config.max_position_embeddings);
        let words = untaught(words, is_pad.as_ref());
        let positions = untaught(positions, is_pad.as_ref().filter(|_| config.is_roberta()));
        Ok(dropout.apply(self.norm.norm(p, &(words + segments + positions), config.layer_norm_eps)))
    }

    /// Returns the attention of each token within its sequence: qkv `[stack, n_tokens, 3 width]` -> `[stack,
    /// n_tokens, width]`.
    fn packed_attention(&self, qkv: &Tensor, groups: &[Group], dropout: &Dropout) -> Tensor {
        let stack = qkv.size()[0];
        let contexts = by_group(qkv, groups, Group::n_tokens).into_iter().zip(groups).map(|(qkv, group)| {
            let parts = self.by_head(&qkv, [stack * group.n_sequences, group.length], 3);
            self.rows(&attention(&parts[0], &parts[1], &parts[2], None, dropout), stack)
        });
        joined(contexts.collect())
    }

    /// Returns the attention of the first token of each sequence: x `[stack, n_tokens, width]`, first
    /// `[stack, n_sequences, width]`.
    fn first_token_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        first: &Tensor,
        groups: &[Group],
        dropout: &Dropout,
    ) -> Tensor {
        let (stack, d) = (p.stack(), self.config.hidden_size);
        let [weights, biases] =
            [layer.qkv.weight, layer.qkv.bias].map(|block| p.get(block).split_with_sizes([d, 2 * d], 1));
        let queries = by_group(&linear(first, &weights[0], &biases[0]), groups, |group| group.n_sequences);
        let kv = by_group(&linear(x, &weights[1], &biases[1]), groups, Group::n_tokens);
        let contexts = queries.into_iter().zip(kv).zip(groups).map(|((queries, kv), group)| {
            let sequences = stack * group.n_sequences;
            let q = self.by_head(&queries, [sequences, 1], 1);
            let kv = self.by_head(&kv, [sequences, group.length], 2);
            self.rows(&attention(&q[0], &kv[0], &kv[1], None, dropout), stack)
        });
        joined(contexts.collect())
    }

    /// Reverses the division by heads: `[stack * n_sequences, heads, length, width / heads]` to
    /// `[stack, rows, width]`.
    fn rows(&self, context: &Tensor, stack: i64) -> Tensor {
        context.transpose(1, 2).reshape([stack, -1, self.config.hidden_size])
    }
}

/// Returns the place of each token in its sequence from 1 on, tokens of the id for padding not counted, at
/// which it is 0.
fn counted_places(tokens: &PackedTokens, is_pad: &Tensor) -> Tensor {
    let counted = is_pad.logical_not().to_kind(Kind::Int64);
    let total = counted.cumsum(0, Kind::Int64);
    let n_tokens = Tensor::arange(tokens.ids.size()[0], (Kind::Int64, tokens.ids.device()));
    // The count before the first token of each token's sequence.
    let before = (&total - &counted).index_select(0, &(n_tokens - &tokens.positions));
    (total - before) * counted
}

/// Returns the rows of each group, `[stack, rows, width]`; `n_rows` says how many it has.
fn by_group(x: &Tensor, groups: &[Group], n_rows: impl Fn(&Group) -> i64) -> Vec<Tensor> {
    let sizes: Vec<i64> = groups.iter().map(n_rows).collect();
    x.split_with_sizes(sizes.as_slice(), 1)
}

fn joined(mut parts: Vec<Tensor>) -> Tensor {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1) }
}
