//! ELECTRA (Clark et al. 2020): embeddings may be narrower than layers. The `summary_` keys of its config
//! concern multiple choice alone.

use super::bert::BERT;
use super::{Dense, Family, HeadNames, Keys, Projection};
use crate::model::activation::Activation;

pub(super) const ELECTRA: Family = Family {
    model_type: "electra",
    class: "Electra",
    prefix: "electra.",
    parts: &["embeddings", "embeddings_project", "encoder"],
    projection: Some(Projection { name: "embeddings_project", always: false, before_norm: false }),
    pooler: None,
    head: HeadNames {
        dense: Some(Dense {
            name: "classifier.dense",
            activation: Activation::Gelu,
            drops_input: true,
            norm: None,
        }),
        out: "classifier.out_proj",
    },
    config: Keys {
        absent: &[
            "num_hidden_groups",
            "inner_group_num",
            "relative_attention_num_buckets",
            "disentangled",
            "modern",
        ],
        hidden_size: 256,
        embedding_size: Some(128),
        num_attention_heads: 4,
        intermediate_size: 1024,
        ..BERT.config
    },
    ..BERT
};
