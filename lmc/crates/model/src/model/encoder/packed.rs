//! The encoder over packed tokens, for the part that a classifier sees: the first token of each sequence, or
//! the mean of its tokens.

use tch::{Kind, Tensor};

use super::attention::{Sequences, by_group, joined};
use super::embeddings::{placed, untaught};
use super::{Encoder, flash};
use crate::compute::Attention;
use crate::encode::{Group, PackedTokens};
use crate::guard::guarded;
use crate::model::dropout::Dropout;
use crate::model::layers::{embedding, stack_offsets};
use crate::weights::Parameters;
use lmc_base::error::{LmcError, Result};

impl Encoder {
    /// Returns the last layer's hidden state of the first token of each sequence,
    /// `[stack, n_sequences, width]`, or the mean of those of its tokens if the head reads that; every model
    /// of the stack reads the same tokens.
    ///
    /// Linear layers and norms run over all tokens at once, attention as the tokens were made for it
    /// ([`PackedTokens::to_device`]). The last layer makes keys and values of every token, the rest of the
    /// first tokens alone, unless the mean is read. Nothing is asked of the device.
    ///
    /// # Errors
    /// The errors of [`Encoder::forward`]; [`LmcError::InvalidParameter`] if the
    /// flash kernel cannot compute this model, these numbers or on this device.
    pub fn packed_first_tokens(
        &self,
        p: &Parameters,
        tokens: &PackedTokens,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        self.config.check()?;
        self.config.check_extent(&tokens.extent(), None)?;
        if tokens.attention() == Attention::Flash {
            let width = self.config.hidden_size / self.config.num_attention_heads;
            flash::check(tokens.ids.device(), p.get(self.embeddings.word).kind(), width, dropout)?;
            self.check_flash()?;
        }
        guarded(|| self.packed_hidden(p, tokens, dropout))
    }

    fn packed_hidden(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Result<Tensor> {
        let mut x = self.packed_embeddings(p, tokens, dropout)?;
        let (whole, last) = self.whole_and_last();
        let sequences = Sequences::new(self, p, tokens, x.kind());
        for &layer in whole {
            let layer = &self.layers[layer];
            let qkv = self.qkv(p, layer, &x);
            let by_distance = self.distance_rows(p, layer, dropout);
            let context = self.packed_attention(layer, &qkv, by_distance.as_ref(), &sequences, dropout)?;
            x = self.after_attention(p, layer, &x, &context, dropout);
        }
        if self.takes_mean() {
            let x = self.finished(p, x);
            let means = by_group(&x, &tokens.groups, Group::n_tokens).into_iter().zip(&tokens.groups);
            let means = means.map(|(x, group)| {
                let x = x.reshape([p.stack(), group.n_sequences, group.length, -1]);
                x.mean_dim([2i64].as_slice(), false, x.kind())
            });
            return Ok(joined(means.collect()));
        }
        let firsts = |x: &Tensor| x.index_select(1, &tokens.starts);
        let Some(last) = last else { return Ok(self.finished(p, firsts(&x))) };
        let (first, input) = (firsts(&x), self.attention_input(p, last, &x));
        // Rows are taken once: gradients of two takings would be added in another order.
        let of_first = self.attention_input(p, last, &first);
        let context = self.first_token_attention(p, last, [&input, &of_first], &sequences, dropout)?;
        Ok(self.finished(p, self.after_attention(p, last, &first, &context, dropout)))
    }

    /// Returns the floating-point operations of [`Encoder::packed_first_tokens`] in matrix products, for one
    /// model.
    pub fn packed_flop(&self, tokens: &PackedTokens) -> f64 {
        let (d, ff) = (self.config.hidden_size as f64, self.config.intermediate_size as f64);
        let sum = |f: fn(&Group) -> i64| tokens.groups.iter().map(f).sum::<i64>() as f64;
        let n_tokens = sum(Group::n_tokens);
        let n_sequences = sum(|group| group.n_sequences);
        let looks = sum(|group| group.n_sequences * group.length * group.length);
        let by_itself = d * d + d * (ff + self.config.up_width() as f64);
        let [table, pairs, of_firsts] = self.flop_by_distance(&tokens.groups);
        let layer = n_tokens * (3.0 * d * d + by_itself) + 2.0 * looks * d + table + pairs;
        let last = n_tokens * 2.0 * d * d + n_sequences * (d * d + by_itself) + 2.0 * n_tokens * d;
        let last = last + table + of_firsts;
        let e = self.config.embedding_width() as f64;
        let projection = if self.embeddings.projection.is_some() { n_tokens * e * d } else { 0.0 };
        let (whole, first) = self.whole_and_last();
        let layers = whole.len() as f64 * layer + if first.is_some() { last } else { 0.0 };
        2.0 * (projection + layers)
    }

    fn packed_embeddings(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Result<Tensor> {
        let rows = |block, ids: &Tensor, n| {
            let ids = ids.unsqueeze(0).expand([p.stack(), -1], false);
            embedding(p.get(block), &stack_offsets(&ids, n))
        };
        let config = &self.config;
        let words = rows(self.embeddings.word, &tokens.ids, config.vocab_size);
        let (pad_id, ids) = (config.pad_id(), tokens.ids.unsqueeze(0));
        let is_pad = tokens.contain(pad_id).then(|| ids.f_eq(pad_id)).transpose()?;
        let uncounted = is_pad.as_ref().filter(|_| config.skips_padding());
        let places = match uncounted {
            None => &tokens.positions + config.first_position(),
            Some(is_pad) => counted_places(tokens, &is_pad.squeeze_dim(0)) + pad_id,
        };
        if tokens.extent().longest > config.max_len() {
            let longest = tokens.extent().longest as i64;
            self.check_places(match uncounted {
                None => longest - 1 + config.first_position(),
                Some(_) => tokens.most_without(pad_id) as i64 + pad_id,
            })?;
        }
        let positions =
            self.embeddings.position.map(|table| rows(table, &places, config.max_position_embeddings));
        let words = untaught(words, is_pad.as_ref());
        let positions = positions.map(|positions| untaught(positions, uncounted));
        let segments = tokens.segments.unsqueeze(0).expand([p.stack(), -1], false);
        let words = self.with_segments(p, words, &segments);
        Ok(self.embedded(p, &placed(words, positions), dropout))
    }

    /// Checks that the flash kernel can compute the attention of this family.
    fn check_flash(&self) -> Result<()> {
        let why = match (self.relative, self.divisor) {
            _ if self.rotary.is_some() => "turns by places",
            (Some(_), _) => "a bias by distance",
            // Without terms by distance the number of them still divides scores.
            (None, divisor) if divisor != 1.0 => "terms by distance",
            (None, _) => return Ok(()),
        };
        let got = format!("flash for {}, whose attention has {why}", self.config.model_type);
        Err(LmcError::invalid("compute.attention", got, "equal or padded"))
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
