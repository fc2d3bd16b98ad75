//! DeBERTa-v2 and v3 (He et al. 2021, 2023): scores of attention have terms by distance, whose rows are made
//! by the layer itself. Positions and segments may be missing.

use super::bert::BERT;
use super::{Dense, DistanceNames, Family, HeadNames, Keys, LayerNames, Projection, Qkv};
use crate::model::activation::Activation;

pub(super) const DEBERTA: Family = Family {
    model_type: "deberta-v2",
    class: "DebertaV2",
    prefix: "deberta.",
    parts: &["embeddings", "encoder"],
    projection: Some(Projection { name: "embeddings.embed_proj", always: false, before_norm: true }),
    names: LayerNames {
        qkv: Qkv::Apart([
            "attention.self.query_proj",
            "attention.self.key_proj",
            "attention.self.value_proj",
        ]),
        ..BERT.names
    },
    disentangled: Some(DistanceNames {
        table: "encoder.rel_embeddings",
        norm: "encoder.LayerNorm",
        own: ["attention.self.pos_key_proj", "attention.self.pos_query_proj"],
    }),
    pooler: None,
    head: HeadNames {
        dense: Some(Dense {
            name: "pooler.dense",
            activation: Activation::Gelu,
            drops_input: false,
            norm: None,
        }),
        out: "classifier",
    },
    config: Keys {
        absent: &["num_hidden_groups", "inner_group_num", "relative_attention_num_buckets", "modern"],
        vocab_size: 128_100,
        hidden_size: 1536,
        num_hidden_layers: 24,
        num_attention_heads: 24,
        intermediate_size: 6144,
        type_vocab_size: 0,
        least_segments: 0,
        layer_norm_eps: 1e-7,
        ..BERT.config
    },
    ..BERT
};
