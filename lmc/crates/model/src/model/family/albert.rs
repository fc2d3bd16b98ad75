//! ALBERT (Lan et al. 2020): depths share layers, which theta has once, and embeddings are narrower than
//! layers.

use super::bert::BERT;
use super::{Family, Keys, LayerNames, Layers, Projection, Qkv};

pub(super) const ALBERT: Family = Family {
    model_type: "albert",
    class: "Albert",
    prefix: "albert.",
    projection: Some(Projection {
        name: "encoder.embedding_hidden_mapping_in",
        always: true,
        before_norm: false,
    }),
    layers: Layers::Shared(["encoder.albert_layer_groups", "albert_layers"]),
    names: LayerNames {
        qkv: Qkv::Apart(["attention.query", "attention.key", "attention.value"]),
        attention_output: "attention.dense",
        attention_norm: "attention.LayerNorm",
        up: "ffn",
        down: "ffn_output",
        output_norm: "full_layer_layer_norm",
    },
    drops: [true, false, false],
    pooler: Some("pooler"),
    config: Keys {
        absent: &["relative_attention_num_buckets", "disentangled", "modern"],
        vocab_size: 30_000,
        hidden_size: 4096,
        embedding_size: Some(128),
        num_attention_heads: 64,
        intermediate_size: 16_384,
        hidden_act: "gelu_new",
        dropout: 0.0,
        ..BERT.config
    },
    ..BERT
};
