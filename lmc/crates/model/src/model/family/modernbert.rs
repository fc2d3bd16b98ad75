//! ModernBERT (Warner et al. 2024): norms stand before attention and feed-forward layers, attention turns
//! queries and keys by their places and looks near in most layers, feed-forward layers are gated, and layers
//! have no biases unless the config says so.

use super::bert::BERT;
use super::{Dense, EmbeddingNames, Family, HeadNames, Keys, LayerNames, Layers, Norms, Positions, Qkv};
use crate::model::activation::Activation;

pub(super) const MODERNBERT: Family = Family {
    model_type: "modernbert",
    class: "ModernBert",
    prefix: "model.",
    parts: &["embeddings", "layers", "final_norm"],
    has_segments: false,
    positions: Positions::Turned,
    embeddings: EmbeddingNames { word: "tok_embeddings", norm: "norm" },
    layers: Layers::Own("layers"),
    names: LayerNames {
        qkv: Qkv::Joined("attn.Wqkv"),
        attention_output: "attn.Wo",
        attention_norm: "attn_norm",
        up: "mlp.Wi",
        down: "mlp.Wo",
        output_norm: "mlp_norm",
    },
    norms: Norms::Before("final_norm"),
    is_gated: true,
    drops: [true, true, false],
    pooler: None,
    head: HeadNames {
        dense: Some(Dense {
            name: "head.dense",
            activation: Activation::Gelu,
            drops_input: false,
            norm: Some("head.norm"),
        }),
        out: "classifier",
    },
    config: Keys {
        renamed: &[
            ("hidden_act", "hidden_activation"),
            ("layer_norm_eps", "norm_eps"),
            ("hidden_dropout_prob", "mlp_dropout"),
            ("attention_probs_dropout_prob", "attention_dropout"),
        ],
        absent: &[
            "embedding_size",
            "num_hidden_groups",
            "inner_group_num",
            "relative_attention_num_buckets",
            "disentangled",
            "type_vocab_size",
        ],
        vocab_size: 50_368,
        num_hidden_layers: 22,
        intermediate_size: 1152,
        max_position_embeddings: 8192,
        type_vocab_size: 1,
        layer_norm_eps: 1e-5,
        dropout: 0.0,
        pad_token_id: 50_283,
        ..BERT.config
    },
    ..BERT
};
