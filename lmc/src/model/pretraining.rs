//! The pretraining model: masked language modelling and next-sentence prediction (Devlin et al. 2019, section 3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::{Kind, Reduction, Tensor};

use super::config::ModelConfig;
use super::dropout::Dropout;
use super::encoder::{Affine, Encoder, Tokens};
use super::normal_tensor;
use crate::error::Result;
use crate::weights::{BlockId, Layout, Parameters, Weights};

/// What a pretraining batch asks for.
#[derive(Debug)]
pub struct PretrainingTargets {
    /// Positions in the flattened batch whose token was masked, `[n_masked]` i64.
    pub positions: Tensor,
    /// The tokens that stood there, `[n_masked]` i64.
    pub tokens: Tensor,
    /// 0 where the second segment really follows the first, else 1, `[batch]` i64.
    pub is_random: Tensor,
}

/// An encoder with the two pretraining heads; the masked-LM decoder shares the word embeddings.
#[derive(Debug)]
pub struct PretrainingModel {
    layout: Arc<Layout>,
    encoder: Encoder,
    pooler: Affine,
    transform: Affine,
    transform_norm: Affine,
    decoder_bias: BlockId,
    next_sentence: Affine,
}

impl PretrainingModel {
    /// A pretraining model of that architecture.
    pub fn new(config: &ModelConfig) -> Self {
        let mut layout = Layout::default();
        let d = config.hidden_size;
        let encoder = Encoder::new(config, &mut layout, "bert.");
        let pooler = Affine::push(&mut layout, "bert.pooler.dense", d, d);
        let transform = Affine::push(&mut layout, "cls.predictions.transform.dense", d, d);
        let transform_norm = Affine::push_norm(&mut layout, "cls.predictions.transform.LayerNorm", d);
        let decoder_bias = layout.push("cls.predictions.bias", &[config.vocab_size]);
        let next_sentence = Affine::push(&mut layout, "cls.seq_relationship", 2, d);
        Self {
            layout: Arc::new(layout),
            encoder,
            pooler,
            transform,
            transform_norm,
            decoder_bias,
            next_sentence,
        }
    }

    /// The layout of theta.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Fresh weights: matrices normal with the config's `initializer_range`, biases 0, layer norms 1.
    ///
    /// # Errors
    /// None with a layout of this model; the signature is that of the assembly it uses.
    pub fn init(&self, seed: u64) -> Result<Weights> {
        let mut rng = crate::seed::rng(seed, "pretraining init");
        let std = self.encoder.config().initializer_range;
        let named: BTreeMap<String, Tensor> = self
            .layout
            .entries()
            .iter()
            .map(|e| {
                let tensor = if e.name.ends_with("LayerNorm.weight") {
                    Tensor::ones(&e.shape[..], (Kind::Float, tch::Device::Cpu))
                } else if e.shape.len() == 2 {
                    normal_tensor(&mut rng, &e.shape, std)
                } else {
                    Tensor::zeros(&e.shape[..], (Kind::Float, tch::Device::Cpu))
                };
                (e.name.clone(), tensor)
            })
            .collect();
        Weights::from_named(self.layout.clone(), named)
    }

    /// The sum over the batch of both losses in nats, as (masked LM, next sentence), for a stack of one.
    pub fn losses(&self, p: &Parameters, tokens: &Tokens, targets: &PretrainingTargets) -> (Tensor, Tensor) {
        let hidden = self.encoder.forward(p, tokens, &Dropout::NONE);
        let eps = self.encoder.config().layer_norm_eps;
        let masked = hidden.index_select(1, &targets.positions);
        let transformed =
            self.transform_norm.norm(p, &self.transform.linear(p, &masked).gelu("none"), eps).squeeze_dim(0);
        let words = p.get(self.encoder.word_embeddings()).squeeze_dim(0);
        let logits = transformed.linear(&words, Some(p.get(self.decoder_bias).squeeze_dim(0)));
        let no_weight = None::<Tensor>;
        let masked_lm =
            logits.cross_entropy_loss(&targets.tokens, no_weight.as_ref(), Reduction::Sum, -100, 0.0);
        let pooled = self.pooler.linear(p, &self.encoder.first_token(&hidden, tokens)).tanh();
        let next = self.next_sentence.linear(p, &pooled).squeeze_dim(0).cross_entropy_loss(
            &targets.is_random,
            no_weight.as_ref(),
            Reduction::Sum,
            -100,
            0.0,
        );
        (masked_lm, next)
    }
}
