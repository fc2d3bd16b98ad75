//! The fields of a `config.json` that ModernBERT has beside BERT's (Warner et al. 2024).

use serde::{Deserialize, Serialize};

use crate::model::activation::Activation;
use lmc_base::error::{LmcError, Result};

/// The fields that ModernBERT's config has beside BERT's, by the names of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Modern {
    /// How far attention looks in each layer.
    pub layer_types: Vec<LayerType>,
    /// The width of the window of attention that looks near: a token looks at those that are at most half of
    /// it away, rounded down.
    pub local_attention: i64,
    /// The base of the angles by which attention to the whole text turns queries and keys.
    pub global_rope_theta: f64,
    /// That of attention that looks near.
    pub local_rope_theta: f64,
    /// Whether norms have biases.
    pub norm_bias: bool,
    /// Whether the linear layers of attention have biases.
    pub attention_bias: bool,
    /// Whether the feed-forward layers have biases.
    pub mlp_bias: bool,
    /// Whether the first layer of the head has a bias. The last one always has.
    pub classifier_bias: bool,
    /// What the head reads of a text.
    pub classifier_pooling: Pooling,
    /// The activation of the first layer of the head.
    pub classifier_activation: String,
}

/// How far the attention of a layer looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerType {
    /// At the whole text.
    FullAttention,
    /// At tokens within a window.
    SlidingAttention,
}

/// What the head reads of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Its first token.
    Cls,
    /// The mean of its tokens.
    Mean,
}

impl Modern {
    /// Returns the fields that `ModernBertConfig` has by default for that number of layers: the first and
    /// every third layer behind it look at the whole text.
    pub fn with_layers(num_hidden_layers: usize) -> Self {
        Self {
            layer_types: Self::every(3, num_hidden_layers),
            local_attention: 128,
            global_rope_theta: 160_000.0,
            local_rope_theta: 10_000.0,
            norm_bias: false,
            attention_bias: false,
            mlp_bias: false,
            classifier_bias: false,
            classifier_pooling: Pooling::Cls,
            classifier_activation: "gelu".into(),
        }
    }

    /// Returns the types of that many layers, of which the first and every `n`-th behind it look at the whole
    /// text.
    pub(super) fn every(n: usize, n_layers: usize) -> Vec<LayerType> {
        let of = |layer: usize| match layer.checked_rem(n) {
            Some(0) | None => LayerType::FullAttention,
            Some(_) => LayerType::SlidingAttention,
        };
        (0..n_layers).map(of).collect()
    }

    /// Returns how far a token looks in a layer that looks near.
    pub(in crate::model) fn reach(&self) -> i64 {
        self.local_attention / 2
    }

    /// Checks the fields for that number of layers.
    pub(super) fn check(&self, n_layers: i64) -> Result<()> {
        if self.layer_types.len() as i64 != n_layers {
            let got = format!("{} types", self.layer_types.len());
            return Err(LmcError::invalid("layer_types", got, format!("{n_layers}, one for each layer")));
        }
        if !(0..=1 << 24).contains(&self.local_attention) {
            return Err(LmcError::invalid("local_attention", self.local_attention, "0 to 2^24"));
        }
        for (field, theta) in
            [("global_rope_theta", self.global_rope_theta), ("local_rope_theta", self.local_rope_theta)]
        {
            lmc_base::options::positive(field, theta, "a positive number")?;
        }
        match Activation::named(&self.classifier_activation) {
            Err(LmcError::UnknownName { name, known, .. }) => {
                Err(LmcError::UnknownName { kind: "classifier_activation", name, known })
            }
            _ => Ok(()),
        }
    }
}

/// Which of the layers that a family may have without biases have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Biases {
    pub norms: bool,
    pub attention: bool,
    pub feed_forward: bool,
    /// That of the first layer of the head.
    pub head: bool,
}
