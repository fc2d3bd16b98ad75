//! MPNet (Song et al. 2020): a bias by distance on the scores of attention, no segments. The id for padding
//! is 1 whatever the config says, as in transformers.

use super::roberta::ROBERTA;
use super::{Family, Keys, LayerNames, Qkv};

pub(super) const MPNET: Family = Family {
    model_type: "mpnet",
    class: "MPNet",
    prefix: "mpnet.",
    has_segments: false,
    names: LayerNames {
        qkv: Qkv::Apart(["attention.attn.q", "attention.attn.k", "attention.attn.v"]),
        attention_output: "attention.attn.o",
        attention_norm: "attention.LayerNorm",
        ..ROBERTA.names
    },
    relative_bias: Some("encoder.relative_attention_bias"),
    config: Keys {
        absent: &[
            "embedding_size",
            "num_hidden_groups",
            "inner_group_num",
            "disentangled",
            "modern",
            "type_vocab_size",
            "pad_token_id",
        ],
        vocab_size: 30_527,
        type_vocab_size: 1,
        ..ROBERTA.config
    },
    ..ROBERTA
};
