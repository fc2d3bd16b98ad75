//! Attention over packed tokens: by groups of equal length, by padded groups, or by the flash kernel.

use tch::{Kind, Tensor};

use super::Encoder;
use super::disentangled::{DistanceRows, Look};
use super::flash::{self, Queries};
use super::layer::Layer;
use crate::encode::{Arrangement, Borders, Group, PackedTokens, StackedGroup, StackedGroups};
use crate::model::dropout::Dropout;
use crate::weights::Parameters;
use lmc_base::error::Result;

/// What the kind of attention needs, made once for all layers.
#[derive(Debug)]
pub(super) struct Sequences<'a> {
    way: Way<'a>,
    /// What each group adds to its scores: see [`Encoder::look`].
    looks: Vec<Look>,
}

#[derive(Debug)]
enum Way<'a> {
    Equal(&'a [Group]),
    Padded(StackedGroups<'a>),
    Flash(Borders),
}

impl<'a> Sequences<'a> {
    /// Makes it for a stack of models with numbers of that kind.
    pub fn new(encoder: &Encoder, p: &Parameters, tokens: &'a PackedTokens, kind: Kind) -> Self {
        let stack = p.stack();
        let look = |mask, n: i64, length: i64| encoder.look(p, mask, [stack, n, length]);
        match tokens.arrangement() {
            Arrangement::Equal => {
                let of = |group: &Group| look(None, group.n_sequences, group.length);
                Self { looks: tokens.groups.iter().map(of).collect(), way: Way::Equal(&tokens.groups) }
            }
            Arrangement::Padded(_, groups) => {
                let mut groups = groups.stacked(stack, kind);
                let of = |group: &mut StackedGroup| look(group.mask.take(), group.n_sequences, group.length);
                Self { looks: groups.groups.iter_mut().map(of).collect(), way: Way::Padded(groups) }
            }
            Arrangement::Flash(borders) => {
                Self { looks: Vec::new(), way: Way::Flash(borders.stacked(stack)) }
            }
        }
    }
}

impl Encoder {
    /// Returns the attention of each token within its sequence: qkv `[stack, n_tokens, 3 width]` ->
    /// `[stack, n_tokens, width]`. The rows are those of the layer, see [`Encoder::distance_rows`].
    pub(super) fn packed_attention(
        &self,
        layer: &Layer,
        qkv: &Tensor,
        rows: Option<&DistanceRows>,
        sequences: &Sequences<'_>,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        let stack = qkv.size()[0];
        let within = |qkv: &Tensor, n_sequences: i64, length: i64, look: &Look| {
            let parts = self.by_head(qkv, [stack * n_sequences, length], 3);
            let (q, k, mask) = self.looked([&parts[0], &parts[1]], look, layer, rows);
            self.rows(&attention(&q, &k, &parts[2], mask.as_ref(), dropout), stack)
        };
        let looks = sequences.looks.iter();
        Ok(match &sequences.way {
            Way::Equal(groups) => {
                let contexts = by_group(qkv, groups, Group::n_tokens).into_iter().zip(*groups).zip(looks);
                let contexts =
                    contexts.map(|((qkv, group), look)| within(&qkv, group.n_sequences, group.length, look));
                joined(contexts.collect())
            }
            Way::Padded(padded) => {
                let contexts = padded.padded(qkv).into_iter().zip(&padded.groups).zip(looks);
                let contexts =
                    contexts.map(|((qkv, group), look)| within(&qkv, group.n_sequences, group.length, look));
                padded.unpadded(&contexts.collect::<Vec<_>>())
            }
            Way::Flash(borders) => {
                let parts = self.heads(qkv, 3);
                let parts = [&parts[0], &parts[1], &parts[2]];
                let context = flash::attention(parts, borders, Queries::All)?;
                context.reshape([stack, -1, self.config.hidden_size])
            }
        })
    }

    /// Returns the attention of the first token of each sequence by what attention reads: x
    /// `[stack, n_tokens, width]`, first `[stack, n_sequences, width]`.
    pub(super) fn first_token_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        [x, first]: [&Tensor; 2],
        sequences: &Sequences<'_>,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        let (stack, d) = (p.stack(), self.config.hidden_size);
        let [queries, kv] = layer.queries_and_rest(p, [first, x], d);
        let rows = self.distance_rows(p, layer, dropout);
        let within = |q: &Tensor, kv: &Tensor, n_sequences: i64, length: i64, look: &Look| {
            let q = self.by_head(q, [stack * n_sequences, 1], 1);
            let kv = self.by_head(kv, [stack * n_sequences, length], 2);
            let (q, k, mask) = self.looked([&q[0], &kv[0]], &look.of_firsts(), layer, rows.as_ref());
            self.rows(&attention(&q, &k, &kv[1], mask.as_ref(), dropout), stack)
        };
        let looks = sequences.looks.iter();
        Ok(match &sequences.way {
            Way::Equal(groups) => {
                let queries = by_group(&queries, groups, |group| group.n_sequences);
                let kv = by_group(&kv, groups, Group::n_tokens);
                let contexts =
                    queries.into_iter().zip(kv).zip(*groups).zip(looks).map(|(((q, kv), group), look)| {
                        within(&q, &kv, group.n_sequences, group.length, look)
                    });
                joined(contexts.collect())
            }
            Way::Padded(padded) => {
                let queries = padded.sequences(&queries).into_iter();
                let contexts =
                    queries.zip(padded.padded(&kv)).zip(&padded.groups).zip(looks).map(
                        |(((q, kv), group), look)| within(&q, &kv, group.n_sequences, group.length, look),
                    );
                padded.all_sequences(&contexts.collect::<Vec<_>>())
            }
            Way::Flash(borders) => {
                let (q, kv) = (self.heads(&queries, 1), self.heads(&kv, 2));
                let parts = [&q[0], &kv[0], &kv[1]];
                let context = flash::attention(parts, borders, Queries::Firsts)?;
                context.reshape([stack, -1, d])
            }
        })
    }

    /// Returns `n_parts` parts side by side, `[.., n_parts width]`, each as
    /// `[batch, heads, seq, width / heads]`.
    pub(super) fn by_head(&self, x: &Tensor, [batch, seq]: [i64; 2], n_parts: i64) -> Vec<Tensor> {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        // Taken apart at once: on the way back the parts are written side by side, not added up.
        let parts = x.reshape([batch, seq, n_parts, heads, d / heads]).unbind(2);
        parts.into_iter().map(|part| part.transpose(1, 2)).collect()
    }

    /// Returns `n_parts` parts side by side, `[stack, rows, n_parts width]`, each as
    /// `[stack * rows, heads, width / heads]`.
    fn heads(&self, x: &Tensor, n_parts: i64) -> Vec<Tensor> {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        x.reshape([-1, n_parts, heads, d / heads]).unbind(1)
    }

    /// Reverses the division by heads: `[stack * n_sequences, heads, length, width / heads]` to
    /// `[stack, rows, width]`.
    fn rows(&self, context: &Tensor, stack: i64) -> Tensor {
        context.transpose(1, 2).reshape([stack, -1, self.config.hidden_size])
    }
}

/// Returns the attention of each query: q, k, v and the result are `[batch, heads, seq, width / heads]`. The
/// mask is true where a query may look, or it is added to the scores.
pub(super) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    dropout: &Dropout,
) -> Tensor {
    // libtorch's own gives no gradient to what is added to the scores.
    let teaches_mask = mask.is_some_and(Tensor::requires_grad);
    if !dropout.is_active() && !teaches_mask {
        return Tensor::scaled_dot_product_attention(q, k, v, mask, 0.0, false, None, false);
    }
    let root = (q.size().last().copied().unwrap_or(1) as f64).sqrt();
    let keys = k.transpose(2, 3);
    // Scores that are divided later may be above all numbers of fp16.
    let scores = if q.kind() == Kind::Half { (q / root).matmul(&keys) } else { q.matmul(&keys) / root };
    let scores = match mask {
        None => scores,
        Some(mask) if mask.kind() == Kind::Bool => scores.masked_fill(&mask.logical_not(), f64::NEG_INFINITY),
        Some(mask) => scores + mask,
    };
    dropout.apply(scores.softmax(-1, Kind::Float)).to_kind(v.kind()).matmul(v)
}

/// Returns the rows of each group, `[stack, rows, width]`; `n_rows` says how many it has.
pub(super) fn by_group(x: &Tensor, groups: &[Group], n_rows: impl Fn(&Group) -> i64) -> Vec<Tensor> {
    let sizes: Vec<i64> = groups.iter().map(n_rows).collect();
    x.split_with_sizes(sizes.as_slice(), 1)
}

pub(super) fn joined(mut parts: Vec<Tensor>) -> Tensor {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1) }
}
