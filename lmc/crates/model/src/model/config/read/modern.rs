//! Reading the fields of ModernBERT, in the spellings of old and new files.

use serde_json::{Map, Value};

use super::Fields;
use crate::model::config::labels::shortened;
use crate::model::config::{LayerType, MAX_LAYERS, Modern, Pooling};
use lmc_base::error::Result;

/// The two kinds of attention, by the names that `rope_parameters` has for them.
const KINDS: [&str; 2] = ["full_attention", "sliding_attention"];

impl Fields<'_> {
    /// Returns the fields of ModernBERT, if the family has them, for that number of layers.
    pub(super) fn modern(&self, n_layers: i64) -> Result<Option<Modern>> {
        if !self.family.has("modern") {
            return Ok(None);
        }
        let n_layers = n_layers.clamp(0, MAX_LAYERS) as usize;
        let defaults = Modern::with_layers(n_layers);
        let thetas = [
            ("global_rope_theta", defaults.global_rope_theta),
            ("local_rope_theta", defaults.local_rope_theta),
        ];
        let [global, local] = thetas.map(|(field, default)| self.number(field, default));
        let [global, local] = self.thetas([global?, local?])?;
        Ok(Some(Modern {
            layer_types: self.layer_types(n_layers)?,
            local_attention: self.whole("local_attention", defaults.local_attention)?,
            global_rope_theta: global,
            local_rope_theta: local,
            norm_bias: self.flag("norm_bias", defaults.norm_bias)?,
            attention_bias: self.flag("attention_bias", defaults.attention_bias)?,
            mlp_bias: self.flag("mlp_bias", defaults.mlp_bias)?,
            classifier_bias: self.flag("classifier_bias", defaults.classifier_bias)?,
            classifier_pooling: match self.word("classifier_pooling", "cls")?.as_str() {
                "cls" => Pooling::Cls,
                "mean" => Pooling::Mean,
                other => {
                    return Err(self.wrong("classifier_pooling", &Value::from(other), "cls or mean"));
                }
            },
            classifier_activation: self.word("classifier_activation", &defaults.classifier_activation)?,
        }))
    }

    /// Checks that no field that is not read makes another model of it, for that width and number of heads.
    pub(super) fn check_modern(&self, hidden_size: i64, n_heads: i64) -> Result<()> {
        let of_head = hidden_size.checked_div(n_heads).unwrap_or(0);
        let width = self.fields.get("head_dim").filter(|value| self.family.has("modern") && !value.is_null());
        match width.filter(|value| value.as_i64() != Some(of_head)) {
            Some(value) => {
                let expected = format!("{of_head}, which is hidden_size / num_attention_heads");
                Err(self.wrong("head_dim", value, &expected))
            }
            None => Ok(()),
        }
    }

    /// Returns the types of layers: a list of them, or every how manyth layer looks at the whole text.
    fn layer_types(&self, n_layers: usize) -> Result<Vec<LayerType>> {
        let Some(value) = self.get("layer_types").filter(|value| !value.is_null()) else {
            let every = self.whole("global_attn_every_n_layers", 3)?;
            return match usize::try_from(every) {
                Ok(every) if every > 0 => Ok(Modern::every(every, n_layers)),
                _ => Err(self.wrong("global_attn_every_n_layers", &Value::from(every), "1 or more")),
            };
        };
        let of = |name: &Value| match name.as_str() {
            Some("full_attention") => Some(LayerType::FullAttention),
            Some("sliding_attention") => Some(LayerType::SlidingAttention),
            _ => None,
        };
        let types = value.as_array().and_then(|names| names.iter().map(of).collect::<Option<Vec<_>>>());
        types.ok_or_else(|| {
            self.wrong("layer_types", value, "full_attention or sliding_attention for each layer")
        })
    }

    /// Returns the bases of angles by `rope_parameters`, or else those given.
    fn thetas(&self, mut thetas: [f64; 2]) -> Result<[f64; 2]> {
        for field in ["rope_parameters", "rope_scaling"] {
            let Some(value) = self.fields.get(field).filter(|value| !value.is_null()) else { continue };
            let wrong = |expected: &str| self.wrong(field, value, expected);
            let Some(all) = value.as_object() else {
                return Err(wrong("an object for each of full_attention and sliding_attention"));
            };
            if field == "rope_scaling" {
                self.check_plain(field, all)?;
                if let Some(other) = all.keys().find(|key| !["rope_type", "type"].contains(&key.as_str())) {
                    return Err(wrong(&format!("a `rope_type` of default alone, not `{other}`")));
                }
                continue;
            }
            if let Some(other) = all.keys().find(|key| !KINDS.contains(&key.as_str())) {
                let expected = format!("full_attention and sliding_attention alone, not `{other}`");
                return Err(wrong(&expected));
            }
            for (kind, theta) in KINDS.into_iter().zip(&mut thetas) {
                let Some(of_kind) = all.get(kind).filter(|of_kind| !of_kind.is_null()) else { continue };
                let Some(of_kind) = of_kind.as_object() else {
                    return Err(wrong("an object for each of full_attention and sliding_attention"));
                };
                self.check_plain(field, of_kind)?;
                if let Some(given) = of_kind.get("rope_theta") {
                    let Some(given) = given.as_f64().filter(|given| *given > 0.0) else {
                        let got = shortened(given);
                        return Err(wrong(&format!("a positive `rope_theta` of {kind}, not {got}")));
                    };
                    *theta = given;
                }
            }
        }
        Ok(thetas)
    }

    /// Checks that angles are those of a place by powers of the base alone.
    fn check_plain(&self, field: &str, parameters: &Map<String, Value>) -> Result<()> {
        let stated = ["rope_type", "type"].into_iter().find_map(|key| parameters.get(key));
        match stated.filter(|stated| stated.as_str() != Some("default")) {
            Some(stated) => Err(self.wrong(field, stated, "a `rope_type` of default, lmc scales no angles")),
            None => Ok(()),
        }
    }
}
