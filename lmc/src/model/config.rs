//! The architecture: the fields of a Hugging Face `config.json` that a BERT encoder needs.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{LmcError, Result};

/// A BERT encoder's architecture, read from and written to `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The family; `bert` is supported.
    pub model_type: String,
    /// The number of tokens in the vocabulary.
    pub vocab_size: i64,
    /// The width of the residual stream.
    pub hidden_size: i64,
    /// The number of layers.
    pub num_hidden_layers: i64,
    /// The number of attention heads; divides `hidden_size`.
    pub num_attention_heads: i64,
    /// The width of the feed-forward layers.
    pub intermediate_size: i64,
    /// The longest sequence.
    pub max_position_embeddings: i64,
    /// The number of segments.
    #[serde(default = "two")]
    pub type_vocab_size: i64,
    /// The feed-forward activation; `gelu` (exact) is supported.
    #[serde(default = "gelu")]
    pub hidden_act: String,
    /// The epsilon of every layer norm.
    #[serde(default = "bert_eps")]
    pub layer_norm_eps: f64,
    /// The standard deviation of freshly initialised weights.
    #[serde(default = "bert_std")]
    pub initializer_range: f64,
    /// The label of each class index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id2label: Option<std::collections::BTreeMap<String, String>>,
}

fn two() -> i64 {
    2
}
fn gelu() -> String {
    "gelu".into()
}
fn bert_eps() -> f64 {
    1e-12
}
fn bert_std() -> f64 {
    0.02
}

impl ModelConfig {
    /// The tiny BERT of the embedded task: 2 layers, width 64, 4 heads, feed-forward 256, 16 positions.
    pub fn mini(vocab_size: i64) -> Self {
        Self {
            model_type: "bert".into(),
            vocab_size,
            hidden_size: 64,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            intermediate_size: 256,
            max_position_embeddings: 16,
            type_vocab_size: 2,
            hidden_act: gelu(),
            layer_norm_eps: bert_eps(),
            initializer_range: 0.07,
            id2label: None,
        }
    }

    /// The config in a file.
    ///
    /// # Errors
    /// [`LmcError::Io`], [`LmcError::Format`] with the line, or those of [`ModelConfig::check`].
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&std::fs::read_to_string(path).map_err(LmcError::io("read", path))?, path)
    }

    /// The config in the text of a `config.json`; `path` is named in errors.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let config: Self = serde_json::from_str(text).map_err(|e| LmcError::Format {
            path: path.to_owned(),
            line: Some(e.line()),
            problem: e.to_string(),
            remedy: "give the config.json of a Hugging Face BERT",
        })?;
        config.check()?;
        Ok(config)
    }

    /// What stands in front of the encoder's tensor names in a classifier.
    pub(crate) fn prefix(&self) -> &'static str {
        "bert."
    }

    /// Nothing, when the fields fit together.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another family or activation, [`LmcError::InvalidParameter`] for sizes.
    pub fn check(&self) -> Result<()> {
        let known = |kind, name: &str, known: &str| {
            (name == known).then_some(()).ok_or_else(|| LmcError::UnknownName {
                kind,
                name: name.to_owned(),
                known: vec![known.to_owned()],
            })
        };
        known("model_type", &self.model_type, "bert")?;
        known("hidden_act", &self.hidden_act, "gelu")?;
        for (field, value) in [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ] {
            if !(1..=1 << 24).contains(&value) {
                return Err(LmcError::invalid(field, value, "1 to 2^24"));
            }
        }
        for (field, value) in
            [("layer_norm_eps", self.layer_norm_eps), ("initializer_range", self.initializer_range)]
        {
            if !(value > 0.0 && value.is_finite()) {
                return Err(LmcError::invalid(field, value, "a positive number"));
            }
        }
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err(LmcError::invalid(
                "num_attention_heads",
                self.num_attention_heads,
                format!("a divisor of hidden_size = {}", self.hidden_size),
            ));
        }
        Ok(())
    }
}
