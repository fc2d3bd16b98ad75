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
    /// Units of the tanh layer under the classifier.
    Pooler,
}

/// Units that may be exchanged without a change of the function: `n_blocks` blocks of `width` units.
///
/// Blocks may be exchanged whole, and within each block the units of every set by a permutation of the set's
/// own. A symmetry without a block structure is one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    /// The kind of units.
    pub units: Units,
    /// The layer, from 0; the number of layers for the part after the last layer.
    pub layer: i64,
    /// The number of blocks: the number of heads for attention, otherwise 1.
    pub n_blocks: usize,
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
/// - Units within a head: query and key share one permutation, value rows and output columns another.
/// - Units of the tanh layer under the classifier: its rows with their biases, columns of the classifier.
///
/// The residual stream could be permuted as well, but the pretrained encoder fixes it for all its copies.
/// Symmetries that are not permutations are not covered: the sign of a unit of the tanh layer, any invertible
/// map between query and key or between value and output of a head, biases of keys, which softmax cancels.
pub fn symmetries(config: &ModelConfig) -> Vec<Symmetry> {
    let prefix = config.prefix();
    let (d, heads) = (config.hidden_size as usize, config.num_attention_heads as usize);
    let mut all = Vec::new();
    for layer in 0..config.num_hidden_layers {
        let l = format!("{prefix}encoder.layer.{layer}");
        let within = |name: &str| rows(&format!("{l}.attention.self.{name}"));
        all.push(Symmetry {
            units: Units::Attention,
            layer,
            n_blocks: heads,
            width: d / heads,
            sets: vec![
                [within("query"), within("key")].concat(),
                [within("value"), columns(&format!("{l}.attention.output.dense"))].concat(),
            ],
        });
        all.push(Symmetry {
            units: Units::FeedForward,
            layer,
            n_blocks: 1,
            width: config.intermediate_size as usize,
            sets: vec![
                [rows(&format!("{l}.intermediate.dense")), columns(&format!("{l}.output.dense"))].concat(),
            ],
        });
    }
    let (dense, out) = match config.is_roberta() {
        true => ("classifier.dense", "classifier.out_proj"),
        false => ("bert.pooler.dense", "classifier"),
    };
    all.push(Symmetry {
        units: Units::Pooler,
        layer: config.num_hidden_layers,
        n_blocks: 1,
        width: d,
        sets: vec![[rows(dense), columns(out)].concat()],
    });
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
