//! The pretraining model: masked language modelling, and for BERT next-sentence prediction (Devlin et al.
//! 2019, section 3.1), which RoBERTa leaves out (Liu et al. 2019, section 4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::{Kind, Reduction, Tensor};

use super::activation::Activation;
use super::config::ModelConfig;
use super::dropout::Dropout;
use super::encoder::{Affine, Encoder, Tokens};
use super::normal_tensor;
use crate::guard::guarded;
use crate::weights::{BlockId, Layout, Parameters, Weights};
use lmc_base::error::{LmcError, Result};

/// The targets of a pretraining batch.
#[derive(Debug)]
pub struct PretrainingTargets {
    /// Positions in the flattened batch whose token was masked, `[n_masked]` i64.
    pub positions: Tensor,
    /// The tokens that stood there, `[n_masked]` i64.
    pub tokens: Tensor,
    /// 0 if the second segment really follows the first, otherwise 1, `[batch]` i64; RoBERTa does not need
    /// it.
    pub is_random: Tensor,
}

/// An encoder with the pretraining heads of its family; the masked-LM decoder shares the word embeddings.
#[derive(Debug)]
pub struct PretrainingModel {
    layout: Arc<Layout>,
    encoder: Encoder,
    next_sentence: Option<NextSentence>,
    transform: Affine,
    transform_norm: Affine,
    decoder_bias: BlockId,
}

/// The head of BERT's next-sentence prediction.
#[derive(Debug)]
struct NextSentence {
    pooler: Affine,
    out: Affine,
}

impl PretrainingModel {
    /// Makes a pretraining model with that architecture. One of another family than BERT and RoBERTa computes
    /// nothing.
    pub fn new(config: &ModelConfig) -> Self {
        let mut layout = Layout::default();
        let d = config.hidden_size;
        let encoder = Encoder::new(config, &mut layout, config.prefix());
        let is_roberta = config.is_roberta();
        let pooler = config.pooler().map(|name| Affine::push(&mut layout, &name, d, d));
        let [dense, norm, bias] = if is_roberta {
            ["lm_head.dense", "lm_head.layer_norm", "lm_head.bias"]
        } else {
            ["cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"]
        };
        let transform = Affine::push(&mut layout, dense, d, d);
        let transform_norm = Affine::push_norm(&mut layout, norm, d, true);
        let decoder_bias = layout.push(bias, &[config.vocab_size]);
        let next_sentence = pooler.map(|pooler| NextSentence {
            pooler,
            out: Affine::push(&mut layout, "cls.seq_relationship", 2, d),
        });
        Self { layout: Arc::new(layout), encoder, next_sentence, transform, transform_norm, decoder_bias }
    }

    /// Returns the layout of theta.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns fresh weights: matrices normal with the config's `initializer_range`, biases 0, layer norms 1.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for another family than BERT and RoBERTa.
    pub fn init(&self, seed: u64) -> Result<Weights> {
        self.check_family()?;
        let mut rng = lmc_base::seed::rng(seed, "pretraining init");
        let std = self.encoder.config().initializer_range;
        let named: BTreeMap<String, Tensor> = self
            .layout
            .entries()
            .iter()
            .map(|e| {
                let tensor = if is_norm(&e.name) && e.name.ends_with(".weight") {
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

    /// Returns the sum over the batch of the losses in nats, as (masked LM, next sentence), for a stack of
    /// one; RoBERTa has only the first.
    ///
    /// # Errors
    /// The errors of [`Encoder::forward`]; [`LmcError::UnknownName`] for another family than BERT and RoBERTa.
    pub fn losses(
        &self,
        p: &Parameters,
        tokens: &Tokens,
        targets: &PretrainingTargets,
    ) -> Result<(Tensor, Option<Tensor>)> {
        self.check_family()?;
        let hidden = self.encoder.forward(p, tokens, &Dropout::NONE)?;
        guarded(|| self.losses_of(p, &hidden, tokens, targets))
    }

    /// Checks that the family is one whose pretraining heads are known.
    fn check_family(&self) -> Result<()> {
        let config = self.encoder.config();
        if config.is_roberta() || config.prefix() == "bert." {
            return Ok(());
        }
        Err(LmcError::UnknownName {
            kind: "family to pretrain",
            name: config.model_type.clone(),
            known: ["bert", "roberta", "xlm-roberta", "camembert"].map(str::to_owned).to_vec(),
        })
    }

    fn losses_of(
        &self,
        p: &Parameters,
        hidden: &Tensor,
        tokens: &Tokens,
        targets: &PretrainingTargets,
    ) -> Result<(Tensor, Option<Tensor>)> {
        // The head of RoBERTa's masked language model has its own.
        let activation = match &self.next_sentence {
            Some(_) => Activation::named(&self.encoder.config().hidden_act)?,
            None => Activation::Gelu,
        };
        let eps = self.encoder.config().layer_norm_eps;
        let masked = hidden.index_select(1, &targets.positions);
        let transformed = activation.apply(&self.transform.linear(p, &masked));
        let transformed = self.transform_norm.norm(p, &transformed, eps).squeeze_dim(0);
        let words = p.get(self.encoder.word_embeddings()).squeeze_dim(0);
        let logits = transformed.linear(&words, Some(p.get(self.decoder_bias).squeeze_dim(0)));
        let masked_lm = summed_loss(&logits, &targets.tokens);
        let next = self.next_sentence.as_ref().map(|NextSentence { pooler, out }| {
            let pooled = pooler.linear(p, &self.encoder.pooled(hidden, tokens)).tanh();
            summed_loss(&out.linear(p, &pooled).squeeze_dim(0), &targets.is_random)
        });
        Ok((masked_lm, next))
    }
}

fn summed_loss(logits: &Tensor, targets: &Tensor) -> Tensor {
    let no_weight = None::<Tensor>;
    logits.cross_entropy_loss(targets, no_weight.as_ref(), Reduction::Sum, -100, 0.0)
}

/// Returns whether a tensor with that name belongs to a layer norm.
#[doc(hidden)]
pub fn is_norm(name: &str) -> bool {
    let is_part = name.rsplit('.').nth(1).is_some_and(|part| part.ends_with("norm"));
    is_part || name.contains("LayerNorm") || name.contains("layer_norm")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture;

    #[test]
    fn each_family_has_its_heads() {
        let names = |config| {
            let model = PretrainingModel::new(&config);
            model.layout().entries().iter().map(|entry| entry.name.clone()).collect::<Vec<_>>()
        };
        let of = |names: &[String], prefix: &str| names.iter().filter(|n| n.starts_with(prefix)).count();
        let (bert, roberta) = (names(fixture::config()), names(fixture::roberta()));
        assert_eq!([of(&bert, "bert.pooler."), of(&bert, "cls."), of(&bert, "lm_head.")], [2, 7, 0]);
        let heads = ["roberta.pooler.", "cls.", "lm_head."];
        assert_eq!(heads.map(|prefix| of(&roberta, prefix)), [0, 0, 5]);
        assert_eq!(of(&bert, "bert.encoder."), of(&roberta, "roberta.encoder."));
    }

    #[test]
    fn layer_norms_start_as_the_identity() {
        for config in [fixture::config(), fixture::roberta()] {
            let weights = PretrainingModel::new(&config).init(1).unwrap();
            let norms: Vec<_> = weights.named().into_iter().filter(|(name, _)| is_norm(name)).collect();
            // Embeddings, twice in each of two layers, the masked-LM head; weight and bias.
            assert_eq!(norms.len(), 12);
            for (name, tensor) in norms {
                let expected = if name.ends_with(".weight") { 1.0 } else { 0.0 };
                assert!(tensor.eq(expected).all().int64_value(&[]) == 1, "{name}");
            }
        }
    }
}
