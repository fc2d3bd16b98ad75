//! DistilBERT (Sanh et al. 2019): no segments, no pooler, and names of its own. Its sinusoidal positions are
//! a table like any other, which its checkpoints hold.

use super::bert::BERT;
use super::{Dense, Family, HeadNames, Keys, LayerNames, Layers, Qkv};
use crate::model::activation::Activation;

pub(super) const DISTILBERT: Family = Family {
    model_type: "distilbert",
    class: "DistilBert",
    prefix: "distilbert.",
    parts: &["embeddings", "transformer"],
    has_segments: false,
    layers: Layers::Own("transformer.layer"),
    names: LayerNames {
        qkv: Qkv::Apart(["attention.q_lin", "attention.k_lin", "attention.v_lin"]),
        attention_output: "attention.out_lin",
        attention_norm: "sa_layer_norm",
        up: "ffn.lin1",
        down: "ffn.lin2",
        output_norm: "output_layer_norm",
    },
    drops: [false, false, true],
    pooler: None,
    head: HeadNames {
        dense: Some(Dense {
            name: "pre_classifier",
            activation: Activation::Relu,
            drops_input: false,
            norm: None,
        }),
        out: "classifier",
    },
    config: Keys {
        renamed: &[
            ("hidden_size", "dim"),
            ("num_hidden_layers", "n_layers"),
            ("num_attention_heads", "n_heads"),
            ("intermediate_size", "hidden_dim"),
            ("hidden_act", "activation"),
            ("hidden_dropout_prob", "dropout"),
            ("attention_probs_dropout_prob", "attention_dropout"),
        ],
        aliases: &["hidden_size", "num_hidden_layers", "num_attention_heads"],
        absent: &[
            "embedding_size",
            "num_hidden_groups",
            "inner_group_num",
            "relative_attention_num_buckets",
            "disentangled",
            "modern",
            "type_vocab_size",
            "layer_norm_eps",
        ],
        num_hidden_layers: 6,
        type_vocab_size: 1,
        ..BERT.config
    },
    ..BERT
};
