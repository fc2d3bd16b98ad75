//! The families of encoders as data. Each has a file with a [`Family`]: names of tensors, where positions
//! begin, segments, projection, head, keys of `config.json`. The encoder itself is one for all of them.

mod albert;
mod bert;
mod deberta;
mod distilbert;
mod electra;
mod modernbert;
mod mpnet;
mod roberta;

use super::activation::Activation;
use super::config::{MAX_LAYERS, ModelConfig};

/// The buckets of distances that attention tells apart where it has a bias by distance.
pub(crate) const N_BUCKETS: i64 = 32;

/// Every family, in the order in which messages list them.
pub(crate) const ALL: [&Family; 10] = [
    &bert::BERT,
    &roberta::ROBERTA,
    &roberta::XLM_ROBERTA,
    &roberta::CAMEMBERT,
    &electra::ELECTRA,
    &distilbert::DISTILBERT,
    &mpnet::MPNET,
    &albert::ALBERT,
    &deberta::DEBERTA,
    &modernbert::MODERNBERT,
];

/// Returns the `model_type` of every family.
pub(crate) const fn names() -> [&'static str; ALL.len()] {
    let mut names = [""; ALL.len()];
    let mut i = 0;
    while i < ALL.len() {
        names[i] = ALL[i].model_type;
        i += 1;
    }
    names
}

/// A family of encoders with its sequence classifier.
#[derive(Debug)]
pub(crate) struct Family {
    /// The `model_type` in `config.json`.
    pub model_type: &'static str,
    /// The start of the names of transformers' classes.
    pub class: &'static str,
    /// The prefix of the encoder's tensors in a classifier, with the dot.
    pub prefix: &'static str,
    /// The first words of the encoder's tensors behind the prefix.
    pub parts: &'static [&'static str],
    /// First words of tensors that checkpoints may have and that no classifier of the family uses.
    pub unused: &'static [&'static str],
    /// Whether each token has the embedding of its segment, if the config has any segments.
    pub has_segments: bool,
    pub positions: Positions,
    pub embeddings: EmbeddingNames,
    /// The linear layer between embeddings and layers.
    pub projection: Option<Projection>,
    pub layers: Layers,
    pub names: LayerNames,
    pub norms: Norms,
    /// Whether the first feed-forward layer has a second half, which multiplies the activation of the first.
    pub is_gated: bool,
    /// The table of a bias for each head and each bucket of distances, shared by all layers.
    pub relative_bias: Option<&'static str>,
    /// The terms by distance of the scores of attention.
    pub disentangled: Option<DistanceNames>,
    /// Whether transformers drops units of the output of attention, those between the feed-forward layers,
    /// and those of the output of the feed-forward layers.
    pub drops: [bool; 3],
    /// The tanh layer over the first token that comes with a pretrained encoder.
    pub pooler: Option<&'static str>,
    pub head: HeadNames,
    pub config: Keys,
}

/// The row of a token in the table of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Positions {
    /// Its place, from 0.
    FromZero,
    /// Its place among the tokens that have not the id for padding, counted from that id on. The row of that
    /// id is for tokens that have it.
    BehindPadding,
    /// None: attention turns queries and keys by their places.
    Turned,
}

/// The names of the tables and the norm of embeddings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmbeddingNames {
    pub word: &'static str,
    pub norm: &'static str,
}

/// The places of norms in a layer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Norms {
    /// Each is behind a sum.
    Behind,
    /// Each is before a part, except that the attention of the first layer has none. One of this name is
    /// behind the last layer.
    Before(&'static str),
}

/// The linear layer from the width of embeddings to that of layers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection {
    pub name: &'static str,
    /// Whether it is there although the widths are the same.
    pub always: bool,
    /// Whether it comes before the norm of embeddings. It has no bias there.
    pub before_norm: bool,
}

/// The places of layers among the names of tensors.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layers {
    /// Each depth has a layer of its own, numbered behind that name.
    Own(&'static str),
    /// Neighbouring depths share a group of layers, which is run as a whole at each: the name of groups, and
    /// that of layers in a group.
    Shared([&'static str; 2]),
}

/// The names of the parts of a layer, behind its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerNames {
    pub qkv: Qkv,
    pub attention_output: &'static str,
    pub attention_norm: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub output_norm: &'static str,
}

/// The names of the layers of queries, keys and values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Qkv {
    /// There are three.
    Apart([&'static str; 3]),
    /// They are the rows of one, in that order.
    Joined(&'static str),
}

/// The names of what the terms by distance need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DistanceNames {
    /// The table with a row for each distance or range of distances.
    pub table: &'static str,
    pub norm: &'static str,
    /// The layers of keys and of queries over the table, behind the number of a layer.
    pub own: [&'static str; 2],
}

/// The head of a sequence classifier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadNames {
    /// A layer below the linear one that makes logits.
    pub dense: Option<Dense>,
    /// The linear layer whose rows are the classes.
    pub out: &'static str,
}

/// The first layer of a head of two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense {
    pub name: &'static str,
    /// The activation, unless the config names one.
    pub activation: Activation,
    /// Whether its input is dropped in training, as its output is.
    pub drops_input: bool,
    /// The norm behind its activation.
    pub norm: Option<&'static str>,
}

/// The keys of `config.json` and the values of those that are missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    /// Fields of [`ModelConfig`] with the key that this family has for each, where the two differ.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Those of them that the family's config also takes by BERT's name.
    pub aliases: &'static [&'static str],
    /// Fields that the family does not have: it always has their defaults.
    pub absent: &'static [&'static str],
    pub vocab_size: i64,
    pub hidden_size: i64,
    /// None if it is `hidden_size`.
    pub embedding_size: Option<i64>,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    pub max_position_embeddings: i64,
    pub type_vocab_size: i64,
    /// The least `type_vocab_size`.
    pub least_segments: i64,
    pub hidden_act: &'static str,
    pub layer_norm_eps: f64,
    pub dropout: f64,
    pub pad_token_id: i64,
}

impl Family {
    /// Returns the family of that `model_type`.
    pub fn named(model_type: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|family| family.model_type == model_type)
    }

    /// Returns the key in `config.json` of a field of [`ModelConfig`].
    pub fn key<'a>(&self, field: &'a str) -> &'a str {
        self.config.renamed.iter().find(|(name, _)| *name == field).map_or(field, |(_, key)| key)
    }

    /// Returns whether the family has a field of [`ModelConfig`].
    pub fn has(&self, field: &str) -> bool {
        !self.config.absent.contains(&field)
    }

    /// Returns the names of the layers that have parameters, in the order in which they lie in theta.
    pub fn layer_names(&self, config: &ModelConfig) -> Vec<String> {
        let (prefix, [n, groups, inner]) = (self.prefix, sizes(config));
        match self.layers {
            Layers::Own(name) => (0..n).map(|i| format!("{prefix}{name}.{i}")).collect(),
            Layers::Shared([outer, name]) => {
                let of_group = |group| (0..inner).map(move |i| format!("{prefix}{outer}.{group}.{name}.{i}"));
                (0..groups).flat_map(of_group).take(MAX_LAYERS as usize).collect()
            }
        }
    }

    /// Returns which of [`Family::layer_names`] works at each depth.
    pub fn order(&self, config: &ModelConfig) -> Vec<usize> {
        let [n, groups, inner] = sizes(config);
        let at = |depth: usize| {
            // The division is that of transformers, rounding included.
            let group = (depth as f64 / (n as f64 / groups as f64)) as usize;
            (0..inner).map(move |i| group * inner + i)
        };
        match self.layers {
            Layers::Own(_) => (0..n).collect(),
            Layers::Shared(_) => (0..n).flat_map(at).take(MAX_LAYERS as usize).collect(),
        }
    }

    /// Returns whether a name, in its words behind the prefix, is that of a layer which a model of that config
    /// does not have.
    pub fn is_beyond(&self, words: &[&str], config: &ModelConfig) -> bool {
        let [n, groups, inner] = sizes(config);
        let number = |word: Option<&&str>| word.and_then(|word| word.parse::<usize>().ok());
        let (outer, limit) = match self.layers {
            Layers::Own(name) => (name, n),
            Layers::Shared([outer, _]) => (outer, groups),
        };
        let words_of = outer.split('.').count();
        if !words.iter().copied().take(words_of).eq(outer.split('.')) {
            return false;
        }
        let is_above = number(words.get(words_of)).is_some_and(|i| i >= limit);
        let is_inner =
            matches!(self.layers, Layers::Shared([_, name]) if words.get(words_of + 1) == Some(&name));
        is_above || is_inner && number(words.get(words_of + 2)).is_some_and(|i| i >= inner)
    }
}

/// Returns the number of depths, of groups and of layers in a group. A config with more than there may be is
/// refused before anything is computed.
fn sizes(config: &ModelConfig) -> [usize; 3] {
    let within = |n: i64, least| n.clamp(least, MAX_LAYERS) as usize;
    [
        within(config.num_hidden_layers, 0),
        within(config.num_hidden_groups.unwrap_or(1), 1),
        within(config.inner_group_num.unwrap_or(1), 1),
    ]
}

#[cfg(test)]
mod tests;
