//! The architecture: the fields of a Hugging Face `config.json` that a BERT or RoBERTa classifier needs.

mod labels;
mod read;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use labels::Labels;
#[doc(hidden)]
pub use read::ConfigFile;
pub(super) use read::TENSORFLOW;

use super::activation::Activation;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::{below_one, positive};

/// The most layers and parameters of a model: several times those of BERT-large and RoBERTa-large (24 layers,
/// 355 million).
pub(super) const MAX_LAYERS: i64 = 1024;
const MAX_PARAMETERS: i64 = 1 << 32;

/// An encoder's architecture, read from and written to `config.json`: BERT (Devlin et al. 2019) or RoBERTa
/// (Liu et al. 2019), which differ in where positions start and in the head of their classifiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The family: `bert` or `roberta`.
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
    /// The number of position embeddings; [`ModelConfig::max_len`] says how many a sequence can use.
    pub max_position_embeddings: i64,
    /// The number of segments.
    #[serde(default = "two")]
    pub type_vocab_size: i64,
    /// The feed-forward activation, by the name that transformers gives it: `gelu` is the exact one, by the
    /// error function. All of transformers' that have no parameters are known.
    #[serde(default = "gelu")]
    pub hidden_act: String,
    /// The epsilon of every layer norm.
    #[serde(default = "bert_eps")]
    pub layer_norm_eps: f64,
    /// The standard deviation of freshly initialised weights.
    #[serde(default = "bert_std")]
    pub initializer_range: f64,
    /// The id of the token for padding; the default is 0 for BERT and 1 for RoBERTa. RoBERTa counts positions
    /// from it on, and gives no position to tokens of that id in a text. An id below 0 belongs to no token.
    /// DIFFERENCE: in transformers an id below 0 also stops the gradient of a row counted from the end of the
    /// table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad_token_id: Option<i64>,
    /// The share of hidden units that transformers drops when it trains the model. Runs of this crate drop
    /// the share of their recipe.
    #[serde(default = "tenth")]
    pub hidden_dropout_prob: f64,
    /// The share of attention weights that transformers drops when it trains the model.
    #[serde(default = "tenth")]
    pub attention_probs_dropout_prob: f64,
    /// The label of each class index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id2label: Option<BTreeMap<usize, String>>,
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

fn tenth() -> f64 {
    0.1
}

impl ModelConfig {
    /// Returns the tiny BERT of the embedded task: 2 layers, width 64, 4 heads, feed-forward 256, 16
    /// positions.
    ///
    /// # Examples
    /// ```
    /// # extern crate lmc_model as lmc;
    /// use lmc::model::{Classifier, ModelConfig};
    /// let classifier = Classifier::new(&ModelConfig::mini(100), 3);
    /// assert_eq!(classifier.layout().n_parameters(), 112_003);
    /// ```
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
            pad_token_id: Some(0),
            hidden_dropout_prob: tenth(),
            attention_probs_dropout_prob: tenth(),
            id2label: None,
        }
    }

    /// Returns [`ModelConfig::mini`] as a RoBERTa: one segment, and positions for sequences of 48 tokens,
    /// since a word is several.
    pub fn mini_roberta(vocab_size: i64) -> Self {
        Self {
            model_type: "roberta".into(),
            max_position_embeddings: 50,
            type_vocab_size: 1,
            layer_norm_eps: 1e-5,
            pad_token_id: Some(1),
            ..Self::mini(vocab_size)
        }
    }

    /// Reads the config in a file. Fields that it does not have are those of transformers' `BertConfig` and
    /// `RobertaConfig`; fields that do not matter to an encoder and its classifier are ignored, and `NaN` and
    /// `Infinity`, as Python writes them, are allowed.
    ///
    /// # Errors
    /// [`LmcError::Io`]; [`LmcError::Format`] with the line if the file is damaged, a field has a value that
    /// no BERT or RoBERTa of this crate has (see [`ModelConfig::check`]), or `id2label` cannot be the names
    /// of a classifier's outputs.
    pub fn read(path: &Path) -> Result<Self> {
        ConfigFile::read(path)?.with_usable_labels()
    }

    /// Reads the config in the text of a `config.json`; `path` is named in errors.
    #[cfg(test)]
    #[doc(hidden)]
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        ConfigFile::parse(text, path)?.with_usable_labels()
    }

    /// Returns the same architecture for a classifier with these labels, in the order of their class indices.
    pub fn with_labels<S: Into<String>>(self, labels: impl IntoIterator<Item = S>) -> Self {
        let id2label = labels.into_iter().map(Into::into).enumerate().collect();
        Self { id2label: Some(id2label), ..self }
    }

    /// Returns the labels of a classifier over `n_labels` classes: those of `id2label` in the order of their
    /// indices, or `LABEL_0`, `LABEL_1`, ... if there are none.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if `id2label` has another number of labels or leaves an index out.
    pub fn labels(&self, n_labels: usize) -> Result<Vec<String>> {
        self.check_labels()?;
        match &self.id2label {
            None => Ok((0..n_labels).map(|i| format!("LABEL_{i}")).collect()),
            Some(labels) if labels.len() == n_labels => Ok(labels.values().cloned().collect()),
            Some(labels) => {
                let got = format!("{} labels ({:?})", labels.len(), labels.values());
                Err(LmcError::invalid(
                    "id2label",
                    got,
                    format!("{n_labels}, one for each output of the head"),
                ))
            }
        }
    }

    /// Returns the longest sequence in tokens, special ones included. RoBERTa counts positions from
    /// `pad_token_id` + 1, so that it cannot use the first embeddings: 512 of 514.
    pub fn max_len(&self) -> usize {
        usize::try_from(self.max_position_embeddings.saturating_sub(self.first_position())).unwrap_or(0)
    }

    /// Returns the position of the first token.
    pub(super) fn first_position(&self) -> i64 {
        if self.is_roberta() { self.pad_id().saturating_add(1) } else { 0 }
    }

    /// Returns the row of each token of a text in the table of positions; in RoBERTa tokens with the id for
    /// padding are not counted.
    pub(super) fn positions(&self, ids: &[i64]) -> Vec<i64> {
        let mut next = self.first_position();
        let position = |&id: &i64| {
            if self.is_roberta() && id == self.pad_id() {
                return self.pad_id();
            }
            next += 1;
            next - 1
        };
        ids.iter().map(position).collect()
    }

    /// Returns the id of the token for padding.
    pub fn pad_id(&self) -> i64 {
        self.pad_token_id.unwrap_or(i64::from(self.is_roberta()))
    }

    /// Returns whether the family is RoBERTa.
    #[doc(hidden)]
    pub fn is_roberta(&self) -> bool {
        self.model_type == "roberta"
    }

    /// Returns the prefix of the encoder's tensor names in a classifier.
    #[doc(hidden)]
    pub fn prefix(&self) -> &'static str {
        if self.is_roberta() { "roberta." } else { "bert." }
    }

    /// Checks that the fields fit together.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another family or activation, [`LmcError::InvalidParameter`] for sizes
    /// and labels.
    pub fn check(&self) -> Result<()> {
        known("model_type", &self.model_type, &["bert", "roberta"])?;
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
            if !(1..=1 << 24).contains(&value) {
                return Err(LmcError::invalid(field, value, "1 to 2^24"));
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
        let lowest = if self.is_roberta() { -1 } else { -self.vocab_size };
        if !(lowest..self.vocab_size).contains(&self.pad_id()) {
            let expected = format!("a token's id below vocab_size = {}, or -1 for none", self.vocab_size);
            return Err(LmcError::invalid("pad_token_id", self.pad_id(), expected));
        }
        if self.max_len() == 0 {
            let first = self.first_position();
            let expected = format!("more than {first}, RoBERTa's first position (pad_token_id + 1)");
            return Err(LmcError::invalid("max_position_embeddings", self.max_position_embeddings, expected));
        }
        let rows = self.vocab_size + self.max_position_embeddings + self.type_vocab_size;
        let layer = 4 * self.hidden_size + 2 * self.intermediate_size;
        let n = (rows + self.num_hidden_layers * layer).saturating_mul(self.hidden_size);
        if n > MAX_PARAMETERS {
            return Err(LmcError::invalid(
                "config",
                format!("{n} parameters"),
                format!("at most {MAX_PARAMETERS}"),
            ));
        }
        Ok(())
    }

    fn check_labels(&self) -> Result<()> {
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

#[cfg(test)]
mod tests;
