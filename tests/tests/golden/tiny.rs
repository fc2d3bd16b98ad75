//! The tiny classifiers and texts of tests/golden/tiny_bert.py.

use lmc::encode::Encoded;
use lmc::model::{Classifier, ModelConfig};
use serde_json::Value;

/// Returns the architecture.
pub fn config() -> ModelConfig {
    ModelConfig {
        hidden_size: 8,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 10,
        layer_norm_eps: 1e-12,
        ..ModelConfig::mini(20)
    }
}

/// Returns the classifier, of three classes.
pub fn classifier() -> Classifier {
    Classifier::new(&config(), 3)
}

/// Returns the texts that a generator wrote down.
pub fn texts(facts: &Value) -> Vec<Encoded> {
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    let text = |text: &Value| Encoded { ids: numbers(&text[0]), segments: numbers(&text[1]), label: 0 };
    facts["texts"].as_array().unwrap().iter().map(text).collect()
}
