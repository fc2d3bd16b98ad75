//! A sequence classifier: encoder, tanh pooler over the first token, linear head.

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::config::ModelConfig;
use super::dropout::Dropout;
use super::encoder::{Affine, Encoder, Tokens};
use crate::weights::{Layout, Parameters};

/// A BERT sequence classifier with the layout of its theta, in Hugging Face's names.
#[derive(Debug)]
pub struct Classifier {
    layout: Arc<Layout>,
    encoder: Encoder,
    pooler: Affine,
    head: Affine,
    n_labels: i64,
}

impl Classifier {
    /// A classifier over `n_labels` classes.
    pub fn new(config: &ModelConfig, n_labels: usize) -> Self {
        let mut layout = Layout::default();
        let encoder = Encoder::new(config, &mut layout, config.prefix());
        let d = config.hidden_size;
        let pooler = Affine::push(&mut layout, "bert.pooler.dense", d, d);
        let head = Affine::push(&mut layout, "classifier", n_labels as i64, d);
        Self { layout: Arc::new(layout), encoder, pooler, head, n_labels: n_labels as i64 }
    }

    /// The layout of theta.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The architecture of the encoder.
    pub fn config(&self) -> &ModelConfig {
        self.encoder.config()
    }

    /// The number of classes.
    pub fn n_labels(&self) -> i64 {
        self.n_labels
    }

    /// Whether a tensor of that name belongs to the head, which no pretrained encoder brings.
    pub fn is_head(name: &str) -> bool {
        name.starts_with("classifier.")
    }

    /// Logits, `[stack, batch, n_labels]`.
    pub fn logits(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Tensor {
        let hidden = self.encoder.forward(p, tokens, dropout);
        let pooled = self.pooler.linear(p, &self.encoder.first_token(&hidden, tokens)).tanh();
        self.head.linear(p, &dropout.apply(pooled))
    }

    /// A fresh head: weights normal with standard deviation `std`, bias zero, from a named sub-seed.
    pub fn init_head(&self, seed: u64, std: f64) -> Vec<(String, Tensor)> {
        let d = self.config().hidden_size;
        let weight =
            crate::model::normal_tensor(&mut crate::seed::rng(seed, "head"), &[self.n_labels, d], std);
        vec![
            ("classifier.weight".into(), weight),
            ("classifier.bias".into(), Tensor::zeros([self.n_labels], (Kind::Float, Device::Cpu))),
        ]
    }
}
