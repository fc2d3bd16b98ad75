//! RoBERTa (Liu et al. 2019), and its architecture trained on other languages: XLM-RoBERTa (Conneau et al.
//! 2020) and CamemBERT (Martin et al. 2020).

use super::bert::BERT;
use super::{Dense, Family, HeadNames, Keys, Positions};
use crate::model::activation::Activation;

pub(super) const ROBERTA: Family = Family {
    model_type: "roberta",
    class: "Roberta",
    prefix: "roberta.",
    parts: &["embeddings", "encoder"],
    unused: &["pooler"],
    positions: Positions::BehindPadding,
    pooler: None,
    head: HeadNames {
        dense: Some(Dense {
            name: "classifier.dense",
            activation: Activation::Tanh,
            drops_input: true,
            norm: None,
        }),
        out: "classifier.out_proj",
    },
    config: Keys { vocab_size: 50_265, pad_token_id: 1, ..BERT.config },
    ..BERT
};

pub(super) const XLM_ROBERTA: Family = Family {
    model_type: "xlm-roberta",
    class: "XLMRoberta",
    config: Keys { vocab_size: 30_522, ..ROBERTA.config },
    ..ROBERTA
};

pub(super) const CAMEMBERT: Family = Family { model_type: "camembert", class: "Camembert", ..XLM_ROBERTA };
