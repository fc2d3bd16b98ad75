//! The permutation symmetries of an architecture as data: which axes of which tensors carry which
//! permutation.

use crate::model::ModelConfig;
use crate::model::family::{Positions, Qkv};

/// One axis of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The name of the tensor as Hugging Face spells it.
    pub tensor: String,
    /// 0 for rows, 1 for columns.
    pub axis: i64,
    /// Which of how many equal parts of the axis is meant, counted from 0; `[0, 1]` is all of it.
    pub part: [i64; 2],
}

/// The kind of units that a symmetry exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Neurons of a feed-forward layer.
    FeedForward,
    /// Attention heads, and the units within each.
    Attention,
    /// Units of the layer under the classifier: tanh, in ELECTRA and DeBERTa GELU, in DistilBERT ReLU. In
    /// ModernBERT it has the activation of the config and a norm behind it.
    Pooler,
    /// Units of the residual stream, which all layers share, and of what it begins with:
    /// [`stream_symmetries`](super::stream_symmetries).
    Stream,
}

/// Units that may be exchanged without a change of the function: `n_blocks` blocks of `width` units.
///
/// Blocks may be exchanged whole if they move, and within each block the units of every set by a permutation of the set's
/// own. A symmetry without a block structure is one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    /// The kind of units.
    pub units: Units,
    /// The layer, from 0; the number of layers for the part after the last layer, -1 for units that all layers
    /// share.
    pub layer: i64,
    /// The number of blocks: the number of heads for attention, otherwise 1.
    pub n_blocks: usize,
    /// Whether blocks may be exchanged. Heads may not where a bias by distance, which all layers share, knows
    /// them by their numbers.
    pub blocks_move: bool,
    /// The units of each set in a block.
    pub width: usize,
    /// The axes that carry the permutation of each set.
    pub sets: Vec<Vec<Axis>>,
    /// The number of sets, the first ones, whose units stay where they are in their block: queries and keys
    /// that attention turns by their places.
    pub n_fixed: usize,
}

/// Returns the permutation symmetries of a classifier of that architecture that leave the residual stream as
/// it is.
///
/// - Neurons of each feed-forward layer: rows of its first matrix with their biases, columns of its second.
///   In ModernBERT a neuron has two rows, one in each half.
/// - Attention heads of each layer: blocks of query, key and value rows with their biases, blocks of output
///   columns.
/// - Units within a head: query and key share one permutation, value rows and output columns another. Layers
///   of DeBERTa that make keys and queries of distances go with query and key. In ModernBERT, which turns
///   them by place, units of query and key stay.
/// - Units of the layer under the classifier, the pooler or the first one of the head: its rows with their
///   biases, those of the norm behind it, columns of the classifier.
///
/// Layers that several depths share, as in ALBERT, are one layer here. Heads stay where they are in MPNet, whose
/// bias by distance has a column for each head and serves all layers.
///
/// The pretrained encoder fixes the residual stream for all its copies. Between encoders that were pretrained
/// separately it may be permuted as well: [`stream_symmetries`](super::stream_symmetries).
/// Symmetries that are not permutations are not covered: the sign of a unit of the tanh layer, any invertible
/// map between query and key or between value and output of a head, biases of keys, which softmax cancels.
pub fn symmetries(config: &ModelConfig) -> Vec<Symmetry> {
    let (family, names) = (config.family(), &config.family().names);
    let (d, heads) = (config.hidden_size as usize, config.num_attention_heads as usize);
    let layers = family.layer_names(config);
    let after_last = layers.len() as i64;
    let mut all = Vec::new();
    let biases = config.biases();
    for (l, layer) in layers.iter().zip(0..) {
        let of = |name: &str| format!("{l}.{name}");
        let within = |name: &str| rows(&of(name), [0, 1], biases.attention);
        let own = config.own_by_distance().into_iter().flatten().flat_map(within).collect();
        let [query, key, value] = match names.qkv {
            Qkv::Apart(parts) => parts.map(within),
            Qkv::Joined(name) => [0, 1, 2].map(|part| rows(&of(name), [part, 3], biases.attention)),
        };
        all.push(Symmetry {
            units: Units::Attention,
            layer,
            n_blocks: heads,
            blocks_move: family.relative_bias.is_none(),
            width: d / heads,
            sets: vec![[query, key, own].concat(), [value, columns(&of(names.attention_output))].concat()],
            n_fixed: usize::from(family.positions == Positions::Turned),
        });
        let n_halves = if family.is_gated { 2 } else { 1 };
        let up = (0..n_halves).flat_map(|half| rows(&of(names.up), [half, n_halves], biases.feed_forward));
        all.push(Symmetry {
            units: Units::FeedForward,
            layer,
            n_blocks: 1,
            blocks_move: true,
            width: config.intermediate_size as usize,
            sets: vec![up.chain(columns(&of(names.down))).collect()],
            n_fixed: 0,
        });
    }
    let pooler = family.pooler.map(|name| format!("{}{name}", family.prefix));
    let dense = pooler.or_else(|| family.head.dense.map(|dense| dense.name.to_owned()));
    let norm = family.head.dense.and_then(|dense| dense.norm);
    let norm = norm.map(|norm| rows(norm, [0, 1], biases.norms)).unwrap_or_default();
    all.extend(dense.map(|dense| Symmetry {
        units: Units::Pooler,
        layer: after_last,
        n_blocks: 1,
        blocks_move: true,
        width: d,
        sets: vec![[rows(&dense, [0, 1], biases.head), norm, columns(family.head.out)].concat()],
        n_fixed: 0,
    }));
    all
}

/// Returns a part of the rows of a layer with their biases, if it has any.
pub(super) fn rows(layer: &str, part: [i64; 2], has_bias: bool) -> Vec<Axis> {
    let of = |what: &&str| Axis { tensor: format!("{layer}.{what}"), axis: 0, part };
    ["weight", "bias"][..if has_bias { 2 } else { 1 }].iter().map(of).collect()
}

/// Returns the columns of a linear layer.
pub(super) fn columns(layer: &str) -> Vec<Axis> {
    vec![Axis { tensor: format!("{layer}.weight"), axis: 1, part: [0, 1] }]
}
