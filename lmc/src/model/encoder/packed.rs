//! The encoder over packed tokens, as far as a classifier looks: the first token of each sequence.

use tch::Tensor;

use super::{Encoder, Layer, attention};
use crate::encode::{Group, PackedTokens};
use crate::model::dropout::Dropout;
use crate::model::layers::{embedding, linear, stack_offsets};
use crate::weights::Parameters;

impl Encoder {
    /// The last layer's hidden state of the first token of each sequence, `[stack, n_sequences, width]`; every model of the
    /// stack reads the same tokens.
    ///
    /// Linear layers and norms run over all tokens at once, attention over each group of sequences of one length. The last
    /// layer makes keys and values of every token, the rest of the first tokens alone.
    pub fn packed_first_tokens(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Tensor {
        let mut x = self.packed_embeddings(p, tokens, dropout);
        let Some((last, layers)) = self.layers.split_last() else {
            return x.index_select(1, &tokens.starts);
        };
        for layer in layers {
            let qkv = layer.qkv.linear(p, &x);
            let context = self.packed_attention(&qkv, &tokens.groups, dropout);
            x = self.after_attention(p, layer, &x, &context, dropout);
        }
        let first = x.index_select(1, &tokens.starts);
        let context = self.first_token_attention(p, last, &x, &first, &tokens.groups, dropout);
        self.after_attention(p, last, &first, &context, dropout)
    }

    /// The floating-point operations of [`Encoder::packed_first_tokens`] in matrix products, for one model.
    pub fn packed_flop(&self, tokens: &PackedTokens) -> f64 {
        let (d, ff) = (self.config.hidden_size as f64, self.config.intermediate_size as f64);
        let sum = |f: fn(&Group) -> i64| tokens.groups.iter().map(f).sum::<i64>() as f64;
        let n_tokens = sum(|group| group.n_sequences * group.length);
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

    fn packed_embeddings(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Tensor {
        let rows = |block, ids: &Tensor, n| {
            let ids = ids.unsqueeze(0).expand([p.stack(), -1], false);
            embedding(p.get(block), &stack_offsets(&ids, n))
        };
        let config = &self.config;
        let words = rows(self.word, &tokens.ids, config.vocab_size);
        let segments = rows(self.segment, &tokens.segments, config.type_vocab_size);
        let positions = &tokens.positions + config.first_position();
        let positions = rows(self.position, &positions, config.max_position_embeddings);
        dropout.apply(self.norm.norm(p, &(words + segments + positions), config.layer_norm_eps))
    }

    /// What each token reads in its sequence: qkv `[stack, n_tokens, 3 width]` -> `[stack, n_tokens, width]`.
    fn packed_attention(&self, qkv: &Tensor, groups: &[Group], dropout: &Dropout) -> Tensor {
        let mut at = 0;
        let contexts = groups.iter().map(|group| {
            let n = group.n_sequences * group.length;
            let parts = self.heads(&qkv.narrow(1, at, n), group, 3);
            at += n;
            self.rows(&attention(&parts[0], &parts[1], &parts[2], None, dropout), qkv.size()[0])
        });
        joined(contexts.collect())
    }

    /// What the first token of each sequence reads: x `[stack, n_tokens, width]`, first `[stack, n_sequences, width]`.
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
        let part = |input: &Tensor, from: i64, n: i64| {
            let narrow = |t: &Tensor| t.narrow(1, from * d, n * d);
            linear(input, &narrow(p.get(layer.qkv.weight)), &narrow(p.get(layer.qkv.bias)))
        };
        let (queries, kv) = (part(first, 0, 1), part(x, 1, 2));
        let (mut at, mut at_first) = (0, 0);
        let contexts = groups.iter().map(|group| {
            let n = group.n_sequences * group.length;
            let one = Group { length: 1, ..*group };
            let q = self.heads(&queries.narrow(1, at_first, group.n_sequences), &one, 1);
            let kv = self.heads(&kv.narrow(1, at, n), group, 2);
            at += n;
            at_first += group.n_sequences;
            self.rows(&attention(&q[0], &kv[0], &kv[1], None, dropout), stack)
        });
        joined(contexts.collect())
    }

    /// `n_parts` side by side, `[stack, rows, n_parts width]`, each as `[stack * n_sequences, heads, length, width / heads]`.
    fn heads(&self, x: &Tensor, group: &Group, n_parts: i64) -> Vec<Tensor> {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        let sequences = x.size()[0] * group.n_sequences;
        let parts = x.reshape([sequences, group.length, n_parts, heads, d / heads]).permute([2, 0, 3, 1, 4]);
        (0..n_parts).map(|part| parts.get(part)).collect()
    }

    /// The way back: `[stack * n_sequences, heads, length, width / heads]` to `[stack, rows, width]`.
    fn rows(&self, context: &Tensor, stack: i64) -> Tensor {
        context.transpose(1, 2).reshape([stack, -1, self.config.hidden_size])
    }
}

fn joined(mut parts: Vec<Tensor>) -> Tensor {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1) }
}
