//! Reading the fields of attention by distance.

use serde_json::Value;

use super::Fields;
use crate::model::config::{Disentangled, DistanceNorm, DistanceTerm};
use lmc_base::error::Result;

impl Fields<'_> {
    /// Returns the fields of attention by distance, in one spelling, if the family has them.
    pub(super) fn disentangled(&self) -> Result<Option<Disentangled>> {
        if !self.family.has("disentangled") {
            return Ok(None);
        }
        let defaults = Disentangled::default();
        let fields = Disentangled {
            relative_attention: self.flag("relative_attention", defaults.relative_attention)?,
            pos_att_type: self.terms()?,
            max_relative_positions: self.whole("max_relative_positions", defaults.max_relative_positions)?,
            position_buckets: self.whole("position_buckets", defaults.position_buckets)?,
            share_att_key: self.flag("share_att_key", defaults.share_att_key)?,
            norm_rel_ebd: self.norm()?,
            position_biased_input: self.flag("position_biased_input", defaults.position_biased_input)?,
            pooler_hidden_act: self.word("pooler_hidden_act", &defaults.pooler_hidden_act)?,
        };
        Ok(Some(fields.spelt()))
    }

    /// Checks that no field that is not read makes another model of it, for that width and number of heads.
    pub(super) fn check_disentangled(&self, hidden_size: i64, n_heads: i64) -> Result<()> {
        if !self.family.has("disentangled") {
            return Ok(());
        }
        let kernel = self.fields.get("conv_kernel_size").filter(|value| !value.is_null());
        if let Some(value) = kernel.filter(|value| value.as_f64().is_none_or(|size| size > 0.0)) {
            let expected =
                "0, an encoder without the convolution of DeBERTa-v2-xlarge, which lmc does not have";
            return Err(self.wrong("conv_kernel_size", value, expected));
        }
        let of_head = hidden_size.checked_div(n_heads).unwrap_or(0);
        for (field, size, told) in [
            ("attention_head_size", of_head, "hidden_size / num_attention_heads"),
            ("pooler_hidden_size", hidden_size, "hidden_size"),
        ] {
            if let Some(value) = self.fields.get(field).filter(|value| value.as_i64() != Some(size)) {
                return Err(self.wrong(field, value, &format!("{size}, which is {told}")));
            }
        }
        Ok(())
    }

    /// Returns the terms, which are a list of names or a text of names apart by `|`.
    fn terms(&self) -> Result<Vec<DistanceTerm>> {
        let Some(value) = self.get("pos_att_type").filter(|value| !value.is_null()) else {
            return Ok(Vec::new());
        };
        let wrong = || self.wrong("pos_att_type", value, "c2p, p2c, or both as \"p2c|c2p\" or a list");
        let names: Vec<String> = match value {
            Value::String(text) => parts(text),
            Value::Array(names) => {
                let name = |name: &Value| name.as_str().map(str::to_owned).ok_or_else(wrong);
                names.iter().map(name).collect::<Result<_>>()?
            }
            _ => return Err(wrong()),
        };
        let term = |name: &String| match name.as_str() {
            "c2p" => Ok(Some(DistanceTerm::C2p)),
            "p2c" => Ok(Some(DistanceTerm::P2c)),
            // An empty text has no term; so transformers reads it.
            "" => Ok(None),
            _ => Err(wrong()),
        };
        names.iter().filter_map(|name| term(name).transpose()).collect()
    }

    /// Returns the norm of the table by distance.
    fn norm(&self) -> Result<DistanceNorm> {
        let text = self.word("norm_rel_ebd", "none")?;
        let mut norm = DistanceNorm::None;
        for part in parts(&text) {
            match part.as_str() {
                "layer_norm" => norm = DistanceNorm::LayerNorm,
                "none" | "" => {}
                _ => return Err(self.wrong("norm_rel_ebd", &Value::String(text), "none or layer_norm")),
            }
        }
        Ok(norm)
    }
}

/// Returns the names in a text that stand apart by `|`.
fn parts(text: &str) -> Vec<String> {
    text.to_lowercase().split('|').map(|part| part.trim().to_owned()).collect()
}
