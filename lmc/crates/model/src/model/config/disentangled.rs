//! The fields of a `config.json` that concern attention by distance as DeBERTa has it (He et al. 2021).

use serde::{Deserialize, Serialize};

use crate::model::activation::Activation;
use lmc_base::error::{LmcError, Result};

/// The most rows of a table by distance.
const MOST: i64 = 1 << 24;

/// The fields that DeBERTa's config has beside BERT's, by the names of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disentangled {
    /// Whether scores of attention have terms by distance. It is written as false if there is no term.
    pub relative_attention: bool,
    /// The terms. Each of them divides all scores further, as in transformers, even if
    /// `relative_attention` is false.
    pub pos_att_type: Vec<DistanceTerm>,
    /// The distance from which on all tokens share a row; below 1 it is `max_position_embeddings`.
    pub max_relative_positions: i64,
    /// The rows for each direction of the table by distance. Those of far tokens then stand for ranges by the
    /// logarithm of the distance. Below 1 there are `max_relative_positions`, one for each distance.
    pub position_buckets: i64,
    /// Whether the layers of queries and keys also serve the table by distance.
    pub share_att_key: bool,
    /// The norm of the rows of the table by distance.
    pub norm_rel_ebd: DistanceNorm,
    /// Whether tokens have embeddings of their positions.
    pub position_biased_input: bool,
    /// The activation of the layer under the classifier.
    pub pooler_hidden_act: String,
}

/// A term of the scores of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DistanceTerm {
    /// The query of a token by the key of its distance to another.
    C2p,
    /// The key of a token by the query of its distance to another.
    P2c,
}

/// The norm of the rows of a table by distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistanceNorm {
    /// There is none.
    None,
    /// A layer norm that all layers share.
    LayerNorm,
}

impl Default for Disentangled {
    /// Returns the fields that `DebertaV2Config` has by default: no terms.
    fn default() -> Self {
        Self {
            relative_attention: false,
            pos_att_type: Vec::new(),
            max_relative_positions: -1,
            position_buckets: -1,
            share_att_key: false,
            norm_rel_ebd: DistanceNorm::None,
            position_biased_input: true,
            pooler_hidden_act: "gelu".into(),
        }
    }
}

impl Disentangled {
    /// Returns whether scores have the term.
    pub(in crate::model) fn has(&self, term: DistanceTerm) -> bool {
        self.is_relative() && self.pos_att_type.contains(&term)
    }

    /// Returns whether scores have any term, and the model a table by distance.
    pub(crate) fn is_relative(&self) -> bool {
        self.relative_attention && !self.pos_att_type.is_empty()
    }

    /// Returns whether that table has a norm.
    pub(crate) fn has_norm(&self) -> bool {
        self.is_relative() && self.norm_rel_ebd == DistanceNorm::LayerNorm
    }

    /// Returns the number by which the square of scores is divided beside the width of a head.
    pub(in crate::model) fn scale_factor(&self) -> f64 {
        let has = |term| self.pos_att_type.contains(&term);
        1.0 + f64::from(u8::from(has(DistanceTerm::C2p)) + u8::from(has(DistanceTerm::P2c)))
    }

    /// Returns the distance from which on tokens share a row, for that `max_position_embeddings`.
    pub(in crate::model) fn farthest(&self, n_positions: i64) -> i64 {
        if self.max_relative_positions < 1 { n_positions } else { self.max_relative_positions }
    }

    /// Returns the rows for each direction of the table by distance, for that `max_position_embeddings`;
    /// there are none without terms.
    pub(in crate::model) fn span(&self, n_positions: i64) -> i64 {
        match self.position_buckets {
            _ if !self.is_relative() => 0,
            buckets if buckets > 0 => buckets,
            _ => self.farthest(n_positions),
        }
    }

    /// Returns the same function in one spelling: terms in order, a table and its norm only if they count.
    pub(super) fn spelt(mut self) -> Self {
        self.pos_att_type.sort();
        self.pos_att_type.dedup();
        if !self.has_norm() {
            self.norm_rel_ebd = DistanceNorm::None;
        }
        Self { relative_attention: self.is_relative(), ..self }
    }

    /// Checks that the fields fit together, for that `max_position_embeddings`.
    pub(super) fn check(&self, n_positions: i64) -> Result<()> {
        if let Err(LmcError::UnknownName { name, known, .. }) = Activation::named(&self.pooler_hidden_act) {
            return Err(LmcError::UnknownName { kind: "pooler_hidden_act", name, known });
        }
        if !self.is_relative() {
            return Ok(());
        }
        let (buckets, farthest) = (self.position_buckets, self.farthest(n_positions));
        if buckets == 1 || buckets > MOST {
            let expected = "2 to 2^24, or -1 for a row for each distance";
            return Err(LmcError::invalid("position_buckets", buckets, expected));
        }
        if farthest > MOST {
            let expected = "1 to 2^24, or -1 for max_position_embeddings";
            return Err(LmcError::invalid("max_relative_positions", farthest, expected));
        }
        // The logarithm of the farthest distance divides those of others.
        if buckets > 0 && farthest - 1 <= buckets / 2 {
            let expected = match 2 * farthest - 3 {
                most if most > 1 => format!("2 to {most}, for distances up to {farthest}, or -1"),
                _ => format!("-1, for distances up to {farthest}"),
            };
            return Err(LmcError::invalid("position_buckets", buckets, expected));
        }
        Ok(())
    }
}
