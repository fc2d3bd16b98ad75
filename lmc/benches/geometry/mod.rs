//! The architectures that are timed.

use lmc::model::ModelConfig;

/// Returns an architecture by its name.
pub fn config(geometry: &str) -> Result<ModelConfig, String> {
    let (layers, width, heads) = match geometry {
        "bert-base" => (12, 768, 12),
        "minilm" => (6, 384, 12),
        "mini" => (2, 64, 2),
        other => return Err(format!("{other} is none of bert-base, minilm and mini")),
    };
    Ok(ModelConfig {
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        intermediate_size: 4 * width,
        max_position_embeddings: 512,
        ..ModelConfig::mini(30_522)
    })
}
