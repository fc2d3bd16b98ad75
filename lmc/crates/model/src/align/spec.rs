//! The permutation symmetries of an architecture as data: which axes of which tensors carry which
//! permutation.

use crate::model::ModelConfig;

/// One axis of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The name of the tensor as Hugging Face spells it.
    pub tensor: String,
    /// 0 for rows, 1 for columns.
    pub axis: i64,
}

/// The kind of units that a symmetry exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Neurons of a feed-forward layer.
    FeedForward,
    /// Attention heads, and the units within each.
    Attention,
    /// Units of the layer under the classifier: tanh, in ELECTRA and DeBERTa GELU, in DistilBERT ReLU.
    Pooler,
}

/// Units that may be exchanged without a change of the function: `n_blocks` blocks of `width` units.
///
/// Blocks may be exchanged whole if they move, and within each block the units of every set by a permutation of the set's
/// own. A symmetry without a block structure is one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    /// The kind of units.
    pub units: Units,
    /// The layer, from 0; the number of layers for the part after the last layer.
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
}

/// Returns the permutation symmetries of a classifier of that architecture that leave the residual stream as
/// it is.
///
/// - Neurons of each feed-forward layer: rows of its first matrix with their biases, columns of its second.
/// - Attention heads of each layer: blocks of query, key and value rows with their biases, blocks of output
///   columns.
/// - Units within a head: query and key share one permutation, value rows and output columns another. Layers
///   of DeBERTa that make keys and queries of distances go with query and key.
/// - Units of the layer under the classifier, the pooler or the first one of the head: its rows with their biases, columns of the classifier.
///
/// Layers that several depths share, as in ALBERT, are one layer here. Heads stay where they are in MPNet, whose
/// bias by distance has a column for each head and serves all layers.
///
/// The residual stream could be permuted as well, but the pretrained encoder fixes it for all its copies.
/// Symmetries that are not permutations are not covered: the sign of a unit of the tanh layer, any invertible
/// map between query and key or between value and output of a head, biases of keys, which softmax cancels.
pub fn symmetries(config: &ModelConfig) -> Vec<Symmetry> {
    let (family, names) = (config.family(), &config.family().names);
    let (d, heads) = (config.hidden_size as usize, config.num_attention_heads as usize);
    let layers = family.layer_names(config);
    let after_last = layers.len() as i64;
    let mut all = Vec::new();
    for (l, layer) in layers.iter().zip(0..) {
        let within = |name: &str| rows(&format!("{l}.{name}"));
        let own = config.own_by_distance().into_iter().flatten().flat_map(within).collect();
        all.push(Symmetry {
            units: Units::Attention,
            layer,
            n_blocks: heads,
            blocks_move: family.relative_bias.is_none(),
            width: d / heads,
            sets: vec![
                [within(names.query), within(names.key), own].concat(),
                [within(names.value), columns(&format!("{l}.{}", names.attention_output))].concat(),
            ],
        });
        all.push(Symmetry {
            units: Units::FeedForward,
            layer,
            n_blocks: 1,
            blocks_move: true,
            width: config.intermediate_size as usize,
            sets: vec![[within(names.up), columns(&format!("{l}.{}", names.down))].concat()],
        });
    }
    let pooler = family.pooler.map(|name| format!("{}{name}", family.prefix));
    let dense = pooler.or_else(|| family.head.dense.map(|dense| dense.name.to_owned()));
    all.extend(dense.map(|dense| Symmetry {
        units: Units::Pooler,
        layer: after_last,
        n_blocks: 1,
        blocks_move: true,
        width: d,
        sets: vec![[rows(&dense), columns(family.head.out)].concat()],
    }));
    all
}

/// Returns the rows of a linear layer with their biases.
fn rows(layer: &str) -> Vec<Axis> {
    ["weight", "bias"].map(|what| Axis { tensor: format!("{layer}.{what}"), axis: 0 }).to_vec()
}

/// Returns the columns of a linear layer.
fn columns(layer: &str) -> Vec<Axis> {
    vec![Axis { tensor: format!("{layer}.weight"), axis: 1 }]
}
