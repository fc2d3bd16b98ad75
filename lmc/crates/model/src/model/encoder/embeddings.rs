//! What the first layer reads: the sum of a token's embeddings, its norm, and its projection to the width of
//! layers.

use tch::{Kind, Tensor};

use super::{Affine, Encoder, Tokens};
use crate::model::config::ModelConfig;
use crate::model::dropout::Dropout;
use crate::model::layers::{embedding, stack_offsets};
use crate::weights::{BlockId, Layout, Parameters};
use lmc_base::error::Result;

/// The operands of embeddings.
#[derive(Debug)]
pub(super) struct Embeddings {
    pub word: BlockId,
    /// The table of positions, unless the config has none.
    pub position: Option<BlockId>,
    segment: Option<BlockId>,
    norm: Affine,
    pub projection: Option<Projection>,
}

/// The linear layer from the width of embeddings to that of layers.
#[derive(Debug)]
pub(super) enum Projection {
    /// It comes behind the norm.
    Behind(Affine),
    /// It comes before the norm and is a weight alone.
    Before(BlockId),
}

impl Embeddings {
    /// Appends the tensors of the config's family to `layout` under `prefix`.
    pub fn push(config: &ModelConfig, layout: &mut Layout, prefix: &str) -> Self {
        let (d, e) = (config.hidden_size, config.embedding_width());
        let mut table = |name: &str, n| layout.push(format!("{prefix}embeddings.{name}.weight"), &[n, e]);
        let names = config.family().embeddings;
        let word = table(names.word, config.vocab_size);
        let position =
            config.has_positions().then(|| table("position_embeddings", config.max_position_embeddings));
        let segment = config.has_segments().then(|| table("token_type_embeddings", config.type_vocab_size));
        let projection = config.family().projection.filter(|projection| projection.always || e != d);
        let width = if projection.is_some_and(|projection| projection.before_norm) { d } else { e };
        let norm = Affine::push_norm(
            layout,
            &format!("{prefix}embeddings.{}", names.norm),
            width,
            config.biases().norms,
        );
        let projection = projection.map(|projection| {
            let name = format!("{prefix}{}", projection.name);
            match projection.before_norm {
                true => Projection::Before(layout.push(format!("{name}.weight"), &[d, e])),
                false => Projection::Behind(Affine::push(layout, &name, d, e)),
            }
        });
        Self { word, position, segment, norm, projection }
    }
}

impl Encoder {
    /// Returns embeddings of words, `[stack, rows, width]`, with those of segments, `[stack, rows]`, if the
    /// model has any.
    pub(super) fn with_segments(&self, p: &Parameters, words: Tensor, segments: &Tensor) -> Tensor {
        let Some(segment) = self.embeddings.segment else { return words };
        words + embedding(p.get(segment), &stack_offsets(segments, self.config.type_vocab_size))
    }

    /// Returns the input of the first layer, `[stack, rows, width]`, from the sums of embeddings,
    /// `[stack, rows, width of embeddings]`.
    pub(super) fn embedded(&self, p: &Parameters, sums: &Tensor, dropout: &Dropout) -> Tensor {
        let norm = |x: &Tensor| dropout.apply(self.embeddings.norm.norm(p, x, self.config.layer_norm_eps));
        match &self.embeddings.projection {
            Some(Projection::Before(weight)) => norm(&sums.matmul(&p.get(*weight).transpose(1, 2))),
            Some(Projection::Behind(projection)) => projection.linear(p, &norm(sums)),
            None => norm(sums),
        }
    }

    /// Returns the width of embeddings where units of them are dropped.
    pub(super) fn dropped_width(&self) -> i64 {
        match self.embeddings.projection {
            Some(Projection::Behind(_)) => self.config.embedding_width(),
            Some(Projection::Before(_)) | None => self.config.hidden_size,
        }
    }

    /// Returns the position embeddings of tokens, `[stack, batch, seq, width]` or of a shape that stretches
    /// to it; `None` if the model has none.
    pub(super) fn positions(
        &self,
        p: &Parameters,
        tokens: &Tokens,
        is_pad: Option<&Tensor>,
    ) -> Result<Option<Tensor>> {
        let (size, config) = (tokens.ids.size(), &self.config);
        let Some(table) = self.embeddings.position.map(|position| p.get(position)) else { return Ok(None) };
        let Some(is_pad) = is_pad.filter(|_| config.skips_padding()) else {
            self.check_places(size[2] + config.first_position() - 1)?;
            return Ok(Some(table.narrow(1, config.first_position(), size[2]).unsqueeze(1)));
        };
        let is_counted = is_pad.view(size.as_slice()).logical_not();
        let is_counted = match &tokens.mask {
            Some(mask) => is_counted.logical_and(mask),
            None => is_counted,
        };
        let counted = is_counted.to_kind(Kind::Int64);
        let places = counted.cumsum(-1, Kind::Int64) * counted + config.pad_id();
        self.check_places(i64::try_from(places.f_max()?)?)?;
        let rows = places.reshape([size[0], size[1] * size[2]]);
        let positions = embedding(table, &stack_offsets(&rows, config.max_position_embeddings));
        let positions = untaught(positions, Some(is_pad));
        Ok(Some(positions.view([size[0], size[1], size[2], config.embedding_width()])))
    }

    /// Checks that there is a row for the last position.
    pub(super) fn check_places(&self, last: i64) -> Result<()> {
        if last < self.config.max_position_embeddings {
            Ok(())
        } else {
            Err(self.config.no_place(last, None))
        }
    }

    /// Returns where real tokens have the id for padding among ids `[stack, rows]`, as bool of that shape. It
    /// is `None` if no token has that id, which holds for every usual tokenizer.
    pub(super) fn padding_among(&self, ids: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        let is_pad = ids.f_eq(self.config.pad_id())?;
        let is_pad = match mask {
            Some(mask) => is_pad.f_logical_and(&mask.f_reshape(ids.size())?)?,
            None => is_pad,
        };
        Ok(bool::try_from(is_pad.f_any()?)?.then_some(is_pad))
    }
}

/// Returns embeddings with those of positions, if there are any.
pub(super) fn placed(words: Tensor, positions: Option<Tensor>) -> Tensor {
    match positions {
        Some(positions) => words + positions,
        None => words,
    }
}

/// Returns embeddings `[stack, rows, width]`, in which those of padding, bool `[stack, rows]`, pass no
/// gradient to their table: as in transformers, whose tables know the row for padding, wherever it is looked
/// up.
pub(super) fn untaught(embeddings: Tensor, is_pad: Option<&Tensor>) -> Tensor {
    match is_pad.filter(|_| embeddings.requires_grad()) {
        Some(is_pad) => embeddings.detach().where_self(&is_pad.unsqueeze(-1), &embeddings),
        None => embeddings,
    }
}
