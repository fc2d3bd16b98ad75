//! BERT (Devlin et al. 2019).

use super::{Family, HeadNames, Keys, LayerNames, Layers, Positions};

pub(super) const BERT: Family = Family {
    model_type: "bert",
    class: "Bert",
    prefix: "bert.",
    parts: &["embeddings", "encoder", "pooler"],
    unused: &[],
    has_segments: true,
    positions: Positions::FromZero,
    projection: None,
    layers: Layers::Own("encoder.layer"),
    names: LayerNames {
        query: "attention.self.query",
        key: "attention.self.key",
        value: "attention.self.value",
        attention_output: "attention.output.dense",
        attention_norm: "attention.output.LayerNorm",
        up: "intermediate.dense",
        down: "output.dense",
        output_norm: "output.LayerNorm",
    },
    relative_bias: None,
    drops: [true, true],
    pooler: Some("pooler.dense"),
    head: HeadNames { dense: None, out: "classifier" },
    config: Keys {
        renamed: &[],
        aliases: &[],
        absent: &["embedding_size", "num_hidden_groups", "inner_group_num", "relative_attention_num_buckets"],
        vocab_size: 30_522,
        hidden_size: 768,
        embedding_size: 768,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        intermediate_size: 3072,
        type_vocab_size: 2,
        hidden_act: "gelu",
        dropout: 0.1,
        pad_token_id: 0,
    },
};
