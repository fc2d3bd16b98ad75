//! Classifiers: configurations, tokenizers, weights, combinations of weights, loading, saving and evaluation.

pub use lmc_model::encode::{
    Batch, Encoded, Extent, Group, LONGEST, PackedTokens, PaddedBatch, Placement, digest, encode,
    load_tokenizer, longest_example, model_max_length, n_special, packed_batches, padded_batch,
};
pub use lmc_model::eval::{
    EvaluationSet, Logits, Outcome, evaluate, evaluate_logits, evaluate_mapped, evaluate_stack, map_logits,
};
pub use lmc_model::model::*;
pub use lmc_model::path::Combination;
pub use lmc_model::weights::{BlockId, Entry, Layout, Parameters, Weights};
