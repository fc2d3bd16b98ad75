//! The architecture: the fields of a Hugging Face `config.json` that an encoder and its classifier need.

mod check;
mod disentangled;
mod labels;
mod modern;
mod read;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use disentangled::{Disentangled, DistanceNorm, DistanceTerm};
pub(crate) use labels::Labels;
pub(super) use modern::Biases;
pub use modern::{LayerType, Modern, Pooling};
#[doc(hidden)]
pub use read::ConfigFile;
pub(super) use read::TENSORFLOW;

use super::activation::Activation;
use super::family::{self, Family, Positions};
use lmc_base::error::{LmcError, Result};

/// The most layers of a model: several times those of BERT-large and RoBERTa-large, which have 24.
pub(super) const MAX_LAYERS: i64 = 1024;

/// An encoder's architecture, read from and written to `config.json`: that of a family, such as BERT (Devlin et
/// al. 2019), with its sizes. The fields have BERT's names; a family's own, as DistilBERT has them, are those of
/// its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// The family: one of [`ModelConfig::FAMILIES`].
    pub model_type: String,
    /// The number of tokens in the vocabulary.
    pub vocab_size: i64,
    /// The width of the residual stream.
    pub hidden_size: i64,
    /// The number of layers, one above the other.
    pub num_hidden_layers: i64,
    /// The number of attention heads; divides `hidden_size`.
    pub num_attention_heads: i64,
    /// The width of the feed-forward layers.
    pub intermediate_size: i64,
    /// The number of position embeddings; [`ModelConfig::max_len`] says how many a sequence can use.
    pub max_position_embeddings: i64,
    /// The number of segments; 1 for families that know none. A DeBERTa with 0 knows none.
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
    /// The id of the token for padding; the default is 1 for the families of RoBERTa, otherwise 0. Those of
    /// RoBERTa count positions from it on, and give no position to tokens of that id in a text. An id below 0
    /// belongs to no token.
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
    /// The width of embeddings, if a family has it apart from that of layers (ELECTRA, ALBERT, DeBERTa).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_size: Option<i64>,
    /// The number of groups of layers that are shared (ALBERT).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_hidden_groups: Option<i64>,
    /// The number of layers in each of these groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner_group_num: Option<i64>,
    /// The rows of the table of biases by distance (MPNet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_attention_num_buckets: Option<i64>,
    /// The fields of attention by distance (DeBERTa).
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub disentangled: Option<Disentangled>,
    /// The fields of ModernBERT.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub modern: Option<Modern>,
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
    /// The families that are known, by their `model_type`.
    pub const FAMILIES: [&'static str; 10] = family::names();

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
            embedding_size: None,
            num_hidden_groups: None,
            inner_group_num: None,
            relative_attention_num_buckets: None,
            disentangled: None,
            modern: None,
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

    /// Reads the config in a file. Fields that it does not have are those of its family's config in
    /// transformers, such as `BertConfig`; fields that do not matter to an encoder and its classifier are ignored,
    /// and `NaN` and `Infinity`, as Python writes them, are allowed.
    ///
    /// # Errors
    /// [`LmcError::Io`]; [`LmcError::Format`] with the line if the file is damaged, a field has a value that
    /// no model of this crate has (see [`ModelConfig::check`]), or `id2label` cannot be the names of a
    /// classifier's outputs.
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
    /// DIFFERENCE: in transformers a DeBERTa without embeddings of positions, and every ModernBERT, takes
    /// longer ones too.
    pub fn max_len(&self) -> usize {
        usize::try_from(self.max_position_embeddings.saturating_sub(self.first_position())).unwrap_or(0)
    }

    /// Returns the position of the first token.
    pub(super) fn first_position(&self) -> i64 {
        if self.skips_padding() { self.pad_id().saturating_add(1) } else { 0 }
    }

    /// Returns the row of each token of a text in the table of positions; families like RoBERTa do not count
    /// tokens with the id for padding.
    pub(super) fn positions(&self, ids: &[i64]) -> Vec<i64> {
        let mut next = self.first_position();
        let position = |&id: &i64| {
            if self.skips_padding() && id == self.pad_id() {
                return self.pad_id();
            }
            next += 1;
            next - 1
        };
        ids.iter().map(position).collect()
    }

    /// Returns whether tokens with the id for padding have no position.
    pub(super) fn skips_padding(&self) -> bool {
        self.family().positions == Positions::BehindPadding
    }

    /// Returns the id of the token for padding.
    pub fn pad_id(&self) -> i64 {
        let keys = &self.family().config;
        let own = self.pad_token_id.filter(|_| !keys.absent.contains(&"pad_token_id"));
        own.unwrap_or(keys.pad_token_id)
    }

    /// Returns the width of embeddings.
    pub(crate) fn embedding_width(&self) -> i64 {
        self.embedding_size.filter(|_| self.family().has("embedding_size")).unwrap_or(self.hidden_size)
    }

    /// Returns the description of the family. That of BERT stands in for a family that is not known, which
    /// [`ModelConfig::check`] refuses.
    pub(crate) fn family(&self) -> &'static Family {
        Family::named(&self.model_type).unwrap_or(family::ALL[0])
    }

    /// Returns whether the architecture is that of RoBERTa.
    #[doc(hidden)]
    pub fn is_roberta(&self) -> bool {
        self.family().prefix == "roberta."
    }

    /// Returns whether tokens have segments.
    #[doc(hidden)]
    pub fn has_segments(&self) -> bool {
        self.family().has_segments && self.type_vocab_size > 0
    }

    /// Returns the fields of attention by distance; other families than DeBERTa have those without any term.
    pub(crate) fn disentangled(&self) -> Disentangled {
        let own = self.disentangled.clone().filter(|_| self.family().has("disentangled"));
        own.unwrap_or_default()
    }

    /// Returns the names of the layers of keys and of queries of distances, behind the number of a layer,
    /// where layers have their own.
    pub(crate) fn own_by_distance(&self) -> [Option<&'static str>; 2] {
        let (fields, names) = (self.disentangled(), self.family().disentangled);
        let own =
            names.filter(|_| !fields.share_att_key).map(|names| names.own.map(Some)).unwrap_or_default();
        let [keys, queries] = own;
        [keys.filter(|_| fields.has(DistanceTerm::C2p)), queries.filter(|_| fields.has(DistanceTerm::P2c))]
    }

    /// Returns the activation of the first layer of the head, if the config names it. A name that is not
    /// known is refused by [`ModelConfig::check`].
    pub(super) fn head_activation(&self) -> Option<Activation> {
        if let Some(own) = self.modern() {
            return Activation::named(&own.classifier_activation).ok();
        }
        let own = self.disentangled.as_ref().filter(|_| self.family().has("disentangled"))?;
        Activation::named(&own.pooler_hidden_act).ok()
    }

    /// Returns the fields of ModernBERT; `None` for other families.
    pub(crate) fn modern(&self) -> Option<Modern> {
        let of_defaults = || Modern::with_layers(self.num_hidden_layers.clamp(0, MAX_LAYERS) as usize);
        self.family().has("modern").then(|| self.modern.clone().unwrap_or_else(of_defaults))
    }

    /// Returns which layers have biases.
    pub(crate) fn biases(&self) -> Biases {
        match self.modern() {
            None => Biases { norms: true, attention: true, feed_forward: true, head: true },
            Some(own) => Biases {
                norms: own.norm_bias,
                attention: own.attention_bias,
                feed_forward: own.mlp_bias,
                head: own.classifier_bias,
            },
        }
    }

    /// Returns what the head reads of a text.
    pub(super) fn pooling(&self) -> Pooling {
        self.modern().map_or(Pooling::Cls, |own| own.classifier_pooling)
    }

    /// Returns whether tokens have embeddings of their positions.
    pub(crate) fn has_positions(&self) -> bool {
        self.family().positions != Positions::Turned && self.disentangled().position_biased_input
    }

    /// Returns the width of the first feed-forward layer.
    pub(super) fn up_width(&self) -> i64 {
        self.intermediate_size.saturating_mul(if self.family().is_gated { 2 } else { 1 })
    }

    /// Returns whether the model has no place for a tensor that transformers passes over, by its words behind
    /// the prefix.
    pub(super) fn is_unused(&self, words: &[&str]) -> bool {
        let family = self.family();
        if words.first().is_some_and(|first| family.unused.contains(first)) {
            return true;
        }
        let fields = self.disentangled();
        match words {
            ["embeddings", "position_embeddings", ..] => !fields.position_biased_input,
            ["encoder", "rel_embeddings", ..] => family.has("disentangled") && !fields.is_relative(),
            ["encoder", "LayerNorm", ..] => family.has("disentangled") && !fields.has_norm(),
            _ => false,
        }
    }

    /// Returns the prefix of the encoder's tensor names in a classifier.
    #[doc(hidden)]
    pub fn prefix(&self) -> &'static str {
        self.family().prefix
    }

    /// Returns the name of the tanh layer that comes with the encoder, if the family has one.
    pub(super) fn pooler(&self) -> Option<String> {
        self.family().pooler.map(|name| format!("{}{name}", self.prefix()))
    }

    /// Returns whether a tensor with that name belongs to it.
    pub(super) fn is_pooler(&self, name: &str) -> bool {
        let tensor = self.pooler().and_then(|pooler| name.strip_prefix(&*pooler));
        tensor.is_some_and(|rest| rest.starts_with('.'))
    }

    /// Returns the fields as the family's `config.json` has them.
    pub(super) fn to_json(&self) -> Result<Value> {
        let wrong = |error| LmcError::invalid("config", error, "a serialisable config");
        let family = self.family();
        // Unless it is written, transformers takes another width than that of layers.
        let embedding_size = family.has("embedding_size").then(|| self.embedding_width());
        let disentangled = family.has("disentangled").then(|| self.disentangled().spelt());
        let whole = Self { embedding_size, disentangled, modern: self.modern(), ..self.clone() };
        let mut json = serde_json::to_value(whole).map_err(wrong)?;
        if let Value::Object(fields) = &mut json {
            fields.retain(|field, _| family.has(field));
            for (field, key) in family.config.renamed {
                if let Some(value) = fields.remove(*field) {
                    fields.insert((*key).to_owned(), value);
                }
            }
        }
        Ok(json)
    }
}

#[cfg(test)]
mod families;
#[cfg(test)]
mod tests;
