//! The encoder for training a stack whose models read different texts: packed rows for each model, attention
//! over the sequences of all models together.

use std::ops::Range;

use tch::{Kind, Tensor};

use super::disentangled::{DistanceRows, Look};
use super::embeddings::{placed, untaught};
use super::layer::Layer;
use super::{Encoder, mean_of};
use crate::encode::{Slots, StackedTokens};
use crate::guard::guarded;
use crate::model::dropout::{Dropout, Masks};
use crate::model::layers::{embedding, stack_offsets};
use crate::weights::Parameters;
use lmc_base::error::Result;

impl Encoder {
    /// Returns the last layer's hidden state of the first token of each sequence,
    /// `[stack, n_sequences, width]`, or the mean of those of its tokens if the head reads that.
    ///
    /// Linear layers and norms run over the packed rows of all models. Attention takes the rows of a group of
    /// sequences into padded slots and back. Two slots may take one row, but at most one of them has a
    /// gradient other than zero, so that the way back gives the same bits every time. The last layer makes
    /// keys and values of every token, the rest of the first tokens alone, unless the mean is read.
    pub(in crate::model) fn stacked_first_tokens(
        &self,
        p: &Parameters,
        tokens: &StackedTokens,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        self.config.check()?;
        guarded(|| Ok(self.stacked_hidden(p, tokens, dropout)))
    }

    fn stacked_hidden(&self, p: &Parameters, tokens: &StackedTokens, dropout: &Dropout) -> Tensor {
        let (d, [stack, n]) = (self.config.hidden_size, tokens.sizes());
        let mut x = self.stacked_embeddings(p, tokens, dropout);
        let firsts = |x: &Tensor| x.reshape([-1, d]).index_select(0, &tokens.starts).view([stack, n, d]);
        let (whole, last) = self.whole_and_last();
        let looks = self.stacked_looks(p, tokens, x.kind());
        for &layer in whole {
            let layer = &self.layers[layer];
            let context = self.stacked_attention(p, layer, &x, tokens, &looks, dropout);
            x = self.after_attention(p, layer, &x, &context, dropout);
        }
        if self.takes_mean() {
            return self.stacked_means(&self.finished(p, x), tokens);
        }
        let Some(last) = last else { return self.finished(p, firsts(&x)) };
        let (first, input) = (firsts(&x), self.attention_input(p, last, &x));
        let of_first = self.attention_input(p, last, &first);
        let context = self.stacked_first_attention(p, last, &input, &of_first, tokens, &looks, dropout);
        self.finished(p, self.after_attention(p, last, &first, &context, dropout))
    }

    /// Returns the mean of each sequence's rows, `[stack, rows, width]` -> `[stack, n_sequences, width]`.
    fn stacked_means(&self, x: &Tensor, tokens: &StackedTokens) -> Tensor {
        let (d, [stack, n]) = (self.config.hidden_size, tokens.sizes());
        let rows = x.reshape([-1, d]);
        let means = tokens.groups.iter().map(|slots| {
            let rows = rows.index_select(0, &slots.rows).view([slots.n_sequences, slots.length, d]);
            mean_of(&rows, &slots.bias.eq(0.0).to_kind(rows.kind()))
        });
        joined(means.collect()).index_select(0, &tokens.order[1]).view([stack, n, d])
    }

    fn stacked_embeddings(&self, p: &Parameters, tokens: &StackedTokens, dropout: &Dropout) -> Tensor {
        let config = &self.config;
        let rows = |block, ids: &Tensor, n| embedding(p.get(block), &stack_offsets(ids, n));
        let is_pad = tokens.is_pad.as_ref();
        let words = untaught(rows(self.embeddings.word, &tokens.ids, config.vocab_size), is_pad);
        let words = self.with_segments(p, words, &tokens.segments);
        let positions = self.embeddings.position.map(|table| {
            let positions = rows(table, &tokens.positions, config.max_position_embeddings);
            untaught(positions, is_pad.filter(|_| config.skips_padding()))
        });
        self.embedded(p, &placed(words, positions), dropout)
    }

    /// Returns what is added to the scores of each group, `[n_sequences, heads, 1, length]`, or
    /// `[n_sequences, heads, length, length]` with a bias by distance.
    fn stacked_looks(&self, p: &Parameters, tokens: &StackedTokens, kind: Kind) -> Vec<Look> {
        let (heads, mut start) = (self.config.num_attention_heads, 0);
        let look = |slots: &Slots| {
            let first = start;
            start += slots.n_sequences;
            let mask = slots.bias.to_kind(kind).unsqueeze(1).unsqueeze(1);
            let of_heads = |mask: &Tensor| mask.expand([-1, heads, -1, -1], false).contiguous();
            let turns = self.turns(Some(&mask), slots.length, (kind, mask.device()));
            let turns = turns.map(|turns| turns.with_window(of_heads));
            let mask = of_heads(&mask);
            if !self.looks_by_distance() {
                return Look { mask: Some(mask), cells: None, turns };
            }
            let sequences = tokens.order[0].narrow(0, first, slots.n_sequences).unsqueeze(1);
            let models = sequences.divide_scalar_mode(tokens.sizes()[1], "floor");
            let cells = self.cells(&models, slots.length);
            let mask =
                if self.relative.is_some() { mask + self.bias_of(p, &models, slots.length) } else { mask };
            Look { mask: Some(mask), cells, turns }
        };
        tokens.groups.iter().map(look).collect()
    }

    /// Returns the attention of each row within its sequence: x and the result are `[stack, rows, width]`.
    fn stacked_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        tokens: &StackedTokens,
        looks: &[Look],
        dropout: &Dropout,
    ) -> Tensor {
        let qkv = self.qkv(p, layer, x).view([-1, 3 * self.config.hidden_size]);
        let by_distance = self.distance_rows(p, layer, dropout);
        let contexts = tokens.groups.iter().zip(looks).map(|(slots, look)| {
            let parts = self.heads_apart(&qkv.index_select(0, &slots.rows), slots.length, 3);
            let (q, k, bias) = self.stacked_looked([&parts[0], &parts[1]], look, layer, by_distance.as_ref());
            self.heads_joined(&biased_attention(&q, &k, &parts[2], &bias, dropout), slots)
        });
        joined(contexts.collect()).index_select(0, &tokens.slots).view(x.size().as_slice())
    }

    /// Returns the attention of the first token of each sequence: x `[stack, rows, width]`, first and the
    /// result `[stack, n_sequences, width]`.
    #[expect(clippy::too_many_arguments, reason = "the operands of one layer")]
    fn stacked_first_attention(
        &self,
        p: &Parameters,
        layer: &Layer,
        x: &Tensor,
        first: &Tensor,
        tokens: &StackedTokens,
        looks: &[Look],
        dropout: &Dropout,
    ) -> Tensor {
        let d = self.config.hidden_size;
        let [queries, kv] = layer.queries_and_rest(p, [first, x], d);
        let queries = queries.view([-1, d]).index_select(0, &tokens.order[0]);
        let kv = kv.view([-1, 2 * d]);
        let sizes: Vec<i64> = tokens.groups.iter().map(|slots| slots.n_sequences).collect();
        let queries = queries.split_with_sizes(sizes.as_slice(), 0);
        let by_distance = self.distance_rows(p, layer, dropout);
        let groups = tokens.groups.iter().zip(looks).zip(queries);
        let contexts = groups.map(|((slots, look), queries)| {
            let q = self.heads_apart(&queries, 1, 1);
            let kv = self.heads_apart(&kv.index_select(0, &slots.rows), slots.length, 2);
            let (q, k, bias) =
                self.stacked_looked([&q[0], &kv[0]], &look.of_firsts(), layer, by_distance.as_ref());
            self.heads_joined(&biased_attention(&q, &k, &kv[1], &bias, dropout), slots)
        });
        joined(contexts.collect()).index_select(0, &tokens.order[1]).view(first.size().as_slice())
    }

    /// Returns [`Encoder::looked`] of queries and keys, `[sequences heads, length, width]`: both in the same
    /// shape, and what is added to scores, `[sequences heads, 1 or length, length]`.
    fn stacked_looked(
        &self,
        [q, k]: [&Tensor; 2],
        look: &Look,
        layer: &Layer,
        rows: Option<&DistanceRows>,
    ) -> (Tensor, Tensor, Tensor) {
        let heads = self.config.num_attention_heads;
        let by_head = |x: &Tensor| x.view([-1, heads, x.size()[1], x.size()[2]]);
        let (divided, turned, added) = self.looked([&by_head(q), &by_head(k)], look, layer, rows);
        let added = added.unwrap_or_else(|| Tensor::zeros([1, 1, 1, 1], (q.kind(), q.device())));
        let [divided, turned] = [(divided, q), (turned, k)].map(|(new, old)| new.view(old.size().as_slice()));
        (divided, turned, added.flatten(0, 1))
    }

    /// Returns `n_parts` parts side by side, `[sequences length, n_parts width]`, each as
    /// `[sequences heads, length, width / heads]`.
    fn heads_apart(&self, x: &Tensor, length: i64, n_parts: i64) -> Vec<Tensor> {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        let parts = x.view([-1, length, n_parts, heads, d / heads]).permute([2, 0, 3, 1, 4]);
        parts.reshape([n_parts, -1, length, d / heads]).unbind(0)
    }

    /// Reverses the division by heads: `[sequences heads, length, width / heads]` to
    /// `[sequences length, width]`.
    fn heads_joined(&self, context: &Tensor, slots: &Slots) -> Tensor {
        let (d, heads) = (self.config.hidden_size, self.config.num_attention_heads);
        let context = context.view([slots.n_sequences, heads, -1, d / heads]);
        context.transpose(1, 2).reshape([-1, d])
    }

    /// Returns the number of sites of dropout of rows, that of rows and attention, and that of all.
    ///
    /// Those of rows include `n_head` of the head. Behind them each head of attention has one in each layer,
    /// and last come those of the table by distance, one in each layer.
    pub(in crate::model) fn n_sites(&self, n_head: i64) -> [i64; 3] {
        let n_layers = self.order.len() as i64;
        let of_rows = 1 + self.n_drops() * n_layers + n_head;
        let with_attention = of_rows + n_layers * self.config.num_attention_heads;
        let of_table = if self.distances.is_some() { n_layers } else { 0 };
        [of_rows, with_attention, with_attention + of_table]
    }

    /// Returns the number of sites of dropout of rows in a layer.
    fn n_drops(&self) -> i64 {
        self.config.family().drops.iter().filter(|drops| **drops).count() as i64
    }

    /// Returns the masks of a pass over a batch in the order in which the pass applies them, followed by
    /// those of `n_head` sites of the head.
    pub(in crate::model) fn masks(&self, tokens: &StackedTokens, masks: &Masks, n_head: i64) -> Vec<Tensor> {
        let (whole, last) = self.whole_and_last();
        let (n_layers, n_drops) = (self.order.len() as i64, self.n_drops());
        let (n_whole, n_last) = (whole.len() as i64, i64::from(last.is_some()));
        let rows = masks.rows(&tokens.places);
        let of_rows = self.row_masks(masks, &rows, 0..1 + n_drops * n_whole);
        let rows_of_firsts = masks.rows(&tokens.first_places);
        let sites = 1 + n_drops * n_whole..1 + n_drops * (n_whole + n_last) + n_head;
        let of_firsts = self.row_masks(masks, &rows_of_firsts, sites);
        let rows = rows.view([-1]);
        // The masks of each layer, by group.
        let attention = tokens.groups.iter().map(|slots| {
            let rows = rows.index_select(0, &slots.rows).view([-1, slots.length]);
            let made = |rows: &Tensor, layers| {
                self.attention_masks(masks, rows, self.n_sites(n_head)[0], layers, slots.length)
            };
            let (whole, last) = (made(&rows, 0..n_whole), made(&rows.narrow(1, 0, 1), n_whole..n_layers));
            whole.into_iter().chain(last).collect::<Vec<_>>()
        });
        let attention: Vec<Vec<Tensor>> = attention.collect();
        let mut of_rows = of_rows.into_iter().chain(of_firsts);
        let mut made: Vec<Tensor> = of_rows.by_ref().take(1).collect();
        let of_table = self.table_masks(masks, self.n_sites(n_head));
        for depth in 0..self.order.len() {
            made.extend(of_table.get(depth).map(Tensor::shallow_clone));
            made.extend(attention.iter().filter_map(|group| group.get(depth)).map(Tensor::shallow_clone));
            made.extend(of_rows.by_ref().take(n_drops as usize));
        }
        made.extend(of_rows);
        made
    }

    /// Returns the masks at sites of dropout of rows, `[stack, rows, width]` each, by the hashes of the rows.
    /// Sites of one width are drawn at once.
    fn row_masks(&self, masks: &Masks, rows: &Tensor, sites: Range<i64>) -> Vec<Tensor> {
        let mut made = Vec::new();
        let mut start = sites.start;
        while start < sites.end {
            let width = self.width_at(start);
            let end = (start..sites.end).find(|&site| self.width_at(site) != width).unwrap_or(sites.end);
            made.extend(masks.drawn(&masks.at_sites(rows, start..end), width).unbind(0));
            start = end;
        }
        made
    }

    /// Returns the width of the rows whose units are dropped at a site.
    fn width_at(&self, site: i64) -> i64 {
        let (config, n_drops) = (&self.config, self.n_drops());
        let d = config.hidden_size;
        if site == 0 {
            return self.dropped_width();
        }
        if site > n_drops * self.order.len() as i64 {
            return d;
        }
        let widths = [d, config.intermediate_size, d].into_iter().zip(config.family().drops);
        let mut dropped = widths.filter(|(_, drops)| *drops).map(|(width, _)| width);
        dropped.nth(((site - 1) % n_drops) as usize).unwrap_or(d)
    }

    /// Returns the masks of the table by distance in each layer, `[stack, n_rows, width]`, if there is one.
    fn table_masks(&self, masks: &Masks, [_, first, end]: [i64; 3]) -> Vec<Tensor> {
        let Some(distances) = &self.distances else { return Vec::new() };
        let rows = masks.rows(&masks.numbered(distances.n_rows));
        masks.drawn(&masks.at_sites(&rows, first..end), self.config.hidden_size).unbind(0)
    }

    /// Returns the masks of the head for `batch` features of each model.
    pub(in crate::model) fn head_masks(&self, batch: i64, masks: &Masks, n_head: i64) -> Vec<Tensor> {
        let rows = masks.rows(&masks.numbered(batch));
        masks.drawn(&masks.at_sites(&rows, 0..n_head), self.config.hidden_size).unbind(0)
    }

    /// Returns the masks of attention in those layers, `[sequences, heads, queries, keys]` each, by the
    /// hashes of the rows of the queries, `[sequences, queries]`.
    fn attention_masks(
        &self,
        masks: &Masks,
        rows: &Tensor,
        first_site: i64,
        layers: Range<i64>,
        n_keys: i64,
    ) -> Vec<Tensor> {
        let (heads, n_layers) = (self.config.num_attention_heads, layers.end - layers.start);
        if n_layers == 0 {
            return Vec::new();
        }
        let sites = first_site + layers.start * heads..first_site + layers.end * heads;
        let [n, n_queries] = [rows.size()[0], rows.size()[1]];
        let rows = masks.at_sites(rows, sites).view([n_layers, heads, n, n_queries]).transpose(1, 2);
        masks.drawn(&rows.contiguous(), n_keys).unbind(0)
    }
}

/// Returns the attention of each query: q, k, v and the result are `[sequences, length, width]`, the bias
/// `[sequences, 1, keys]` is added to the scores.
///
/// The softmax runs in float32 inside, as the norms do, whatever the kind of its argument.
fn biased_attention(q: &Tensor, k: &Tensor, v: &Tensor, bias: &Tensor, dropout: &Dropout) -> Tensor {
    let (queries, keys, width) = (q.size(), k.size()[1], q.size().last().copied().unwrap_or(1) as f64);
    let bias = bias.expand([-1, queries[1], keys], false);
    let scores = bias.baddbmm(q, &k.transpose(1, 2), 1.0, 1.0 / width.sqrt());
    let shares = scores.softmax(-1, scores.kind());
    dropout.apply(shares).bmm(v)
}

fn joined(mut parts: Vec<Tensor>) -> Tensor {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 0) }
}

#[cfg(test)]
mod tests;
