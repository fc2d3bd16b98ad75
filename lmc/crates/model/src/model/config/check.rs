//! The check that the fields of a config fit together.

use super::{MAX_LAYERS, ModelConfig};
use crate::model::activation::Activation;
use crate::model::family::{Layers, N_BUCKETS};
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{below_one, positive};

/// The most parameters of a model: several times those of RoBERTa-large, which has 355 million.
const MAX_PARAMETERS: i64 = 1 << 32;

impl ModelConfig {
    /// Checks that the fields fit together.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another family or activation, [`LmcError::InvalidParameter`] for sizes
    /// and labels.
    pub fn check(&self) -> Result<()> {
        known("model_type", &self.model_type, &Self::FAMILIES)?;
        Activation::named(&self.hidden_act)?;
        self.check_sizes()?;
        if !(self.layer_norm_eps >= 0.0 && self.layer_norm_eps.is_finite()) {
            return Err(LmcError::invalid("layer_norm_eps", self.layer_norm_eps, "a number, 0 or more"));
        }
        positive("initializer_range", self.initializer_range, "a positive number")?;
        below_one("hidden_dropout_prob", self.hidden_dropout_prob)?;
        below_one("attention_probs_dropout_prob", self.attention_probs_dropout_prob)?;
        self.check_labels()
    }

    fn check_sizes(&self) -> Result<()> {
        for (field, value) in [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ] {
            let least = if field == "type_vocab_size" { self.family().config.least_segments } else { 1 };
            if !(least..=1 << 24).contains(&value) {
                return Err(LmcError::invalid(field, value, format!("{least} to 2^24")));
            }
        }
        if !(0..=MAX_LAYERS).contains(&self.num_hidden_layers) {
            let expected = format!("0 to {MAX_LAYERS}");
            return Err(LmcError::invalid("num_hidden_layers", self.num_hidden_layers, expected));
        }
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err(LmcError::invalid(
                "num_attention_heads",
                self.num_attention_heads,
                format!("a divisor of hidden_size = {}", self.hidden_size),
            ));
        }
        self.check_family()?;
        let lowest = if self.skips_padding() { -1 } else { -self.vocab_size };
        if !(lowest..self.vocab_size).contains(&self.pad_id()) {
            let expected = format!("a token's id below vocab_size = {}, or -1 for none", self.vocab_size);
            return Err(LmcError::invalid("pad_token_id", self.pad_id(), expected));
        }
        if self.max_len() == 0 {
            let first = self.first_position();
            let expected = format!("more than {first}, the first position (pad_token_id + 1)");
            return Err(LmcError::invalid("max_position_embeddings", self.max_position_embeddings, expected));
        }
        let rows = self.vocab_size + self.max_position_embeddings + self.type_vocab_size;
        let fields = self.disentangled();
        let layer = (4 + self.own_by_distance().iter().flatten().count() as i64) * self.hidden_size
            + self.intermediate_size
            + self.up_width();
        let by_distance = 2 * fields.span(self.max_position_embeddings);
        let n_layers = self.family().layer_names(self).len() as i64;
        let n = rows
            .saturating_mul(self.embedding_width())
            .saturating_add((n_layers * layer + by_distance).saturating_mul(self.hidden_size));
        if n > MAX_PARAMETERS {
            return Err(LmcError::invalid(
                "config",
                format!("{n} parameters"),
                format!("at most {MAX_PARAMETERS}"),
            ));
        }
        Ok(())
    }

    /// Checks the fields that not every family has.
    fn check_family(&self) -> Result<()> {
        let family = self.family();
        let within = |field, value: Option<i64>, [least, most]: [i64; 2]| {
            let wrong = value.filter(|value| family.has(field) && !(least..=most).contains(value));
            wrong.map_or(Ok(()), |got| Err(LmcError::invalid(field, got, format!("{least} to {most}"))))
        };
        within("embedding_size", self.embedding_size, [1, 1 << 24])?;
        within("relative_attention_num_buckets", self.relative_attention_num_buckets, [N_BUCKETS, 1 << 24])?;
        self.disentangled().check(self.max_position_embeddings)?;
        if let Some(own) = self.modern() {
            own.check(self.num_hidden_layers)?;
            if self.hidden_size / self.num_attention_heads % 2 != 0 {
                let expected = format!("heads of an even width for hidden_size = {}", self.hidden_size);
                return Err(LmcError::invalid("num_attention_heads", self.num_attention_heads, expected));
            }
        }
        if matches!(family.layers, Layers::Shared(_)) {
            let depths = self.num_hidden_layers;
            within("num_hidden_layers", Some(depths), [1, MAX_LAYERS])?;
            within("num_hidden_groups", self.num_hidden_groups, [1, depths])?;
            within("inner_group_num", self.inner_group_num, [1, MAX_LAYERS / depths])?;
        }
        Ok(())
    }

    pub(super) fn check_labels(&self) -> Result<()> {
        let Some(labels) = &self.id2label else { return Ok(()) };
        if labels.is_empty() || labels.keys().enumerate().any(|(i, &id)| i != id) {
            let expected = "a label for each of 0, 1, ... without a gap";
            return Err(LmcError::invalid("id2label", format!("{labels:?}"), expected));
        }
        Ok(())
    }
}

/// Checks that the name is one of those known.
fn known(kind: &'static str, name: &str, known: &[&str]) -> Result<()> {
    known.contains(&name).then_some(()).ok_or_else(|| LmcError::UnknownName {
        kind,
        name: name.to_owned(),
        known: known.iter().map(|&name| name.to_owned()).collect(),
    })
}
