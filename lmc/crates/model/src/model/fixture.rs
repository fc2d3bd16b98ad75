//! A tiny classifier with random weights and examples, for tests.

use rand::Rng;
use tch::Tensor;

use super::{
    Classifier, Disentangled, DistanceNorm, DistanceTerm, LayerType, ModelConfig, Modern, Pooling, is_norm,
    normal_tensor,
};
use crate::encode::Encoded;
use crate::weights::Weights;

/// Returns a BERT of 2 layers, width 8, 2 heads, 20 words, 10 positions.
pub fn config() -> ModelConfig {
    ModelConfig {
        hidden_size: 8,
        num_attention_heads: 2,
        intermediate_size: 16,
        max_position_embeddings: 10,
        ..ModelConfig::mini(20)
    }
}

/// Returns the same architecture as a RoBERTa: the positions of its 10 tokens are the last of 12, and there
/// is one segment.
pub fn roberta() -> ModelConfig {
    ModelConfig {
        model_type: "roberta".into(),
        max_position_embeddings: 12,
        type_vocab_size: 1,
        layer_norm_eps: 1e-5,
        pad_token_id: Some(1),
        ..config()
    }
}

/// Returns the same sizes in the other families: ELECTRA and ALBERT with narrower embeddings, ALBERT with two
/// groups for three depths, and all with their own positions and segments; DeBERTa with layers for distances
/// or without, which share rows from 2 on; ModernBERT with a window of 2 tokens on each side, without biases
/// and with all of them and the mean of tokens.
pub fn others() -> [ModelConfig; 8] {
    let of = |model_type: &str| ModelConfig { model_type: model_type.into(), ..config() };
    [
        ModelConfig { embedding_size: Some(4), ..of("electra") },
        ModelConfig { type_vocab_size: 1, ..of("distilbert") },
        ModelConfig { type_vocab_size: 1, max_position_embeddings: 12, ..of("mpnet") },
        ModelConfig {
            embedding_size: Some(4),
            num_hidden_layers: 3,
            num_hidden_groups: Some(2),
            ..of("albert")
        },
        ModelConfig { disentangled: Some(disentangled()), type_vocab_size: 0, ..of("deberta-v2") },
        ModelConfig {
            embedding_size: Some(4),
            disentangled: Some(Disentangled {
                position_buckets: -1,
                max_relative_positions: 4,
                share_att_key: false,
                norm_rel_ebd: DistanceNorm::None,
                position_biased_input: true,
                ..disentangled()
            }),
            ..of("deberta-v2")
        },
        modernbert(),
        ModelConfig {
            num_hidden_layers: 3,
            modern: Some(Modern {
                layer_types: vec![
                    LayerType::SlidingAttention,
                    LayerType::FullAttention,
                    LayerType::SlidingAttention,
                ],
                norm_bias: true,
                attention_bias: true,
                mlp_bias: true,
                classifier_bias: true,
                classifier_pooling: Pooling::Mean,
                local_attention: 5,
                ..Modern::with_layers(3)
            }),
            ..modernbert()
        },
    ]
}

/// Returns a ModernBERT of the same sizes whose second layer looks near.
fn modernbert() -> ModelConfig {
    ModelConfig {
        model_type: "modernbert".into(),
        type_vocab_size: 1,
        modern: Some(Modern { local_attention: 5, ..Modern::with_layers(2) }),
        ..config()
    }
}

/// Returns the fields of attention by distance as DeBERTa-v3 has them, with ranges from 2 on.
fn disentangled() -> Disentangled {
    Disentangled {
        relative_attention: true,
        pos_att_type: vec![DistanceTerm::C2p, DistanceTerm::P2c],
        position_buckets: 4,
        share_att_key: true,
        norm_rel_ebd: DistanceNorm::LayerNorm,
        position_biased_input: false,
        ..Disentangled::default()
    }
}

/// Returns a classifier of the first architecture over two classes.
pub fn classifier() -> Classifier {
    Classifier::new(&config(), 2)
}

/// Returns weights drawn from a seed, far enough from zero that every part of the model matters.
pub fn weights(classifier: &Classifier, seed: u64) -> Weights {
    let mut rng = lmc_base::seed::rng(seed, "test weights");
    let layout = classifier.layout();
    let noise = normal_tensor(&mut rng, &[layout.n_parameters()], 0.3);
    Weights::new(layout.clone(), noise + layout.mask(|name| is_norm(name) && name.ends_with(".weight")))
        .unwrap()
}

/// Returns the weights of several seeds as a stack, `[seeds.len(), n_parameters]`.
pub fn stack(classifier: &Classifier, seeds: &[u64]) -> Tensor {
    let thetas: Vec<Tensor> = seeds.iter().map(|&s| weights(classifier, s).theta().copy()).collect();
    Tensor::stack(&thetas, 0)
}

/// Returns examples of 3 to 8 tokens.
pub fn examples(n: usize, seed: u64) -> Vec<Encoded> {
    let mut rng = lmc_base::seed::rng(seed, "test examples");
    let example = |_| {
        let length = rng.random_range(3..=8);
        Encoded {
            ids: (0..length).map(|_| rng.random_range(1..20)).collect(),
            segments: (0..length).map(|i| i64::from(i > 3)).collect(),
            label: rng.random_range(0..2),
        }
    };
    (0..n).map(example).collect()
}
