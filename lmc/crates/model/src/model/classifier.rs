//! A sequence classifier: an encoder and a head. The head is the last part of theta.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::config::ModelConfig;
use super::dropout::{Counted, Dropout, Masks};
use super::encoder::{Affine, Encoder, Tokens};
use super::head::{self, Head};
use crate::encode::{Encoded, Extent, PackedTokens, StackedTokens, TokenTable};
use crate::guard::guarded;
use crate::weights::{Layout, Parameters};
use lmc_base::error::{LmcError, Result};

/// A sequence classifier of one of [`ModelConfig::FAMILIES`] with the layout of its theta, in Hugging Face's
/// names.
///
/// BERT's features are its pooled output, a tanh layer over the first token that is part of the pretrained
/// encoder, and its head is linear; so it is in ALBERT. Elsewhere features are the first token itself, and
/// the head has two layers, with tanh between them in RoBERTa and MPNet, GELU in ELECTRA, ReLU in DistilBERT,
/// the `pooler_hidden_act` of the config in DeBERTa and the `classifier_activation` in ModernBERT. The head
/// of ModernBERT has a norm too, and reads the mean of all tokens if the config says so.
#[derive(Debug)]
pub struct Classifier {
    layout: Arc<Layout>,
    encoder: Encoder,
    pooler: Option<Affine>,
    head: Head,
    head_layout: Arc<Layout>,
    /// The operands of the head in the layout of the head alone.
    head_alone: Head,
    n_labels: i64,
    origin: Option<PathBuf>,
}

impl Classifier {
    /// Makes a classifier over `n_labels` classes. A classifier whose config [`ModelConfig::check`] refuses
    /// computes nothing.
    pub fn new(config: &ModelConfig, n_labels: usize) -> Self {
        let (mut layout, mut head_layout) = (Layout::default(), Layout::default());
        let encoder = Encoder::new(config, &mut layout, config.prefix());
        let d = config.hidden_size;
        let pooler = config.pooler().map(|name| Affine::push(&mut layout, &name, d, d));
        let n_labels = i64::try_from(n_labels).unwrap_or(i64::MAX);
        let head = Head::push(config, n_labels, &mut layout);
        let head_alone = Head::push(config, n_labels, &mut head_layout);
        let (layout, head_layout) = (Arc::new(layout), Arc::new(head_layout));
        Self { layout, encoder, pooler, head, head_layout, head_alone, n_labels, origin: None }
    }

    /// Returns the same classifier with the folder of its model, which errors name.
    pub fn found_in(self, folder: &Path) -> Self {
        Self { origin: Some(folder.to_owned()), ..self }
    }

    /// Returns the folder of its model, if that is known.
    pub fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }

    /// Checks that the model has all that texts of that extent need: rows for their tokens, segments and
    /// places.
    ///
    /// # Errors
    /// [`LmcError::OutsideTable`] with the folder of the model.
    pub fn check_extent(&self, extent: &Extent) -> Result<()> {
        self.config().check_extent(extent, self.origin())
    }

    /// Checks that a label is one of `n_labels`, or of the classes of the classifier.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`].
    #[doc(hidden)]
    pub fn check_labels(&self, extent: &Extent, n_labels: Option<usize>) -> Result<()> {
        let n = n_labels.map_or(self.n_labels, |n| n as i64);
        let Some([least, greatest]) = extent.labels else { return Ok(()) };
        match [greatest, least].into_iter().find(|label| !(0..n).contains(label)) {
            None => Ok(()),
            Some(label) => {
                let origin =
                    self.origin().map(|origin| format!(" of {}", origin.display())).unwrap_or_default();
                Err(LmcError::invalid("label", label, format!("0 to {}, one of the classes{origin}", n - 1)))
            }
        }
    }

    /// Returns the layout of theta.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns the layout of the head alone: the last tensors of theta, in the same order.
    pub fn head_layout(&self) -> &Arc<Layout> {
        &self.head_layout
    }

    /// Returns the place in theta at which the head starts; it goes to the end.
    pub fn head_offset(&self) -> i64 {
        self.layout.n_parameters() - self.head_layout.n_parameters()
    }

    /// Returns the architecture of the encoder.
    pub fn config(&self) -> &ModelConfig {
        self.encoder.config()
    }

    /// Returns the number of classes.
    pub fn n_labels(&self) -> i64 {
        self.n_labels
    }

    /// Returns whether a tensor with that name belongs to the head, which no pretrained encoder brings.
    pub fn is_head(name: &str) -> bool {
        ["classifier.", "pre_classifier.", "pooler.", "head."].iter().any(|part| name.starts_with(part))
    }

    /// Returns the logits, `[stack, batch, n_labels]`: [`Classifier::head_logits`] of
    /// [`Classifier::features`].
    ///
    /// # Errors
    /// The errors of [`Classifier::features`].
    pub fn logits(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Result<Tensor> {
        let features = self.features(p, tokens, dropout)?;
        guarded(|| Ok(self.head.logits(p, features, dropout)))
    }

    /// Returns the encoder's output for each sequence, `[stack, batch, width]`: all that the head sees.
    ///
    /// # Errors
    /// The errors of [`Encoder::forward`], with the folder of the model.
    pub fn features(&self, p: &Parameters, tokens: &Tokens, dropout: &Dropout) -> Result<Tensor> {
        let hidden = self.encoder.forward(p, tokens, dropout).map_err(|error| self.told(error))?;
        guarded(|| Ok(self.pooled(p, self.encoder.pooled(&hidden, tokens))))
    }

    /// Returns [`Classifier::logits`] for packed tokens, the same for every model of the stack:
    /// `[stack, n_sequences, n_labels]`.
    ///
    /// # Errors
    /// The errors of [`Classifier::features`].
    pub fn packed_logits(&self, p: &Parameters, tokens: &PackedTokens, dropout: &Dropout) -> Result<Tensor> {
        let features = self.packed_features(p, tokens, dropout)?;
        guarded(|| Ok(self.head.logits(p, features, dropout)))
    }

    /// Returns [`Classifier::features`] for packed tokens, the same for every model of the stack:
    /// `[stack, n_sequences, width]`.
    ///
    /// Only the parts that the head sees are computed: of the last layer, the first token of each sequence,
    /// unless the head reads the mean of all.
    ///
    /// # Errors
    /// The errors of [`Classifier::features`].
    pub fn packed_features(
        &self,
        p: &Parameters,
        tokens: &PackedTokens,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        let first = self.encoder.packed_first_tokens(p, tokens, dropout).map_err(|error| self.told(error))?;
        guarded(|| Ok(self.pooled(p, first)))
    }

    /// Lays out the tokens of examples on a device for [`Classifier::stacked_logits`].
    ///
    /// # Errors
    /// [`LmcError::OutsideTable`] if the model has no row for a token, with the folder of the model;
    /// [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    #[doc(hidden)]
    pub fn token_table(&self, examples: &[Encoded], device: Device) -> Result<TokenTable> {
        self.check_extent(&Extent::of(examples))?;
        let config = self.config();
        guarded(|| Ok(TokenTable::new(examples, |ids| config.positions(ids), config.pad_id(), device)))
    }

    /// Returns [`Classifier::logits`] where each model of the stack reads other texts, from a table that
    /// [`Classifier::token_table`] made: `[stack, n_sequences, n_labels]`. The masks are those of
    /// [`Classifier::stacked_dropout`].
    ///
    /// # Errors
    /// The errors of [`ModelConfig::check`]; [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    #[doc(hidden)]
    pub fn stacked_logits(
        &self,
        p: &Parameters,
        tokens: &StackedTokens,
        dropout: &Dropout,
    ) -> Result<Tensor> {
        let first = self.encoder.stacked_first_tokens(p, tokens, dropout)?;
        guarded(|| Ok(self.head.logits(p, self.pooled(p, first), dropout)))
    }

    /// Returns the masks of [`Classifier::stacked_logits`] for a batch.
    ///
    /// # Errors
    /// [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    #[doc(hidden)]
    pub fn stacked_dropout(&self, tokens: &StackedTokens, masks: &Masks) -> Result<Dropout> {
        guarded(|| Ok(Dropout::made(self.encoder.masks(tokens, masks, self.head.n_sites()))))
    }

    /// Returns the masks of [`Classifier::head_logits`] for `batch` features of each model.
    ///
    /// # Errors
    /// [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    #[doc(hidden)]
    pub fn head_dropout(&self, batch: i64, masks: &Masks) -> Result<Dropout> {
        guarded(|| Ok(Dropout::made(self.encoder.head_masks(batch, masks, self.head.n_sites()))))
    }

    /// Returns dropout with that probability, counted for models of those seeds that read texts of at most
    /// `longest` tokens and compute in that kind; `None` if nothing is dropped.
    ///
    /// # Errors
    /// [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    #[doc(hidden)]
    pub fn counted_dropout(
        &self,
        probability: f64,
        seeds: &[u64],
        longest: i64,
        kind: Kind,
        device: Device,
    ) -> Result<Option<Counted>> {
        // Attention pads lengths by less than eight.
        let widest = self.config().hidden_size.max(self.config().embedding_width());
        let units = if self.config().family().drops[1] { self.config().intermediate_size } else { 0 };
        let widest = widest.max(longest.saturating_add(8)).max(units);
        let sizes = [widest, self.encoder.n_sites(self.head.n_sites())[2]];
        guarded(|| Ok(Counted::new(probability, seeds, sizes, kind, device)))
    }

    /// Returns the same error, with the folder of the model if the error has a place for it.
    fn told(&self, error: LmcError) -> LmcError {
        match (error, self.origin()) {
            (LmcError::OutsideTable { origin: None, what, got, size, field, remedy }, Some(origin)) => {
                LmcError::OutsideTable { origin: Some(origin.to_owned()), what, got, size, field, remedy }
            }
            (error, _) => error,
        }
    }

    /// Returns the floating-point operations of [`Classifier::packed_features`] in matrix products, for one
    /// model.
    pub fn packed_flop(&self, tokens: &PackedTokens) -> f64 {
        let d = self.config().hidden_size as f64;
        let pooler = if self.pooler.is_some() { 2.0 * d * d * tokens.starts.numel() as f64 } else { 0.0 };
        self.encoder.packed_flop(tokens) + pooler
    }

    fn pooled(&self, p: &Parameters, first: Tensor) -> Tensor {
        match &self.pooler {
            Some(pooler) => pooler.linear(p, &first).tanh(),
            None => first,
        }
    }

    /// Returns the logits, `[stack, batch, n_labels]`, of features, `[stack, batch, width]`; `head` are the
    /// operands of the head alone, in the layout of [`Classifier::head_layout`].
    ///
    /// # Errors
    /// [`LmcError::Torch`], [`LmcError::OutOfMemory`].
    pub fn head_logits(&self, head: &Parameters, features: &Tensor, dropout: &Dropout) -> Result<Tensor> {
        guarded(|| Ok(self.head_alone.logits(head, features.shallow_clone(), dropout)))
    }

    /// Returns a fresh head: weights normal with standard deviation `std`, biases zero, from a named
    /// sub-seed.
    pub fn init_head(&self, seed: u64, std: f64) -> Vec<(String, Tensor)> {
        head::init(self.head_layout.entries(), (seed, "head"), std)
    }

    /// Returns a fresh pooler for an encoder that has none, drawn like the head but from another named
    /// sub-seed. It is empty for families without a pooler.
    pub(super) fn init_pooler(&self, seed: u64, std: f64) -> Vec<(String, Tensor)> {
        let config = self.config();
        let pooler = self.layout.entries().iter().filter(|entry| config.is_pooler(&entry.name));
        head::init(pooler, (seed, "pooler"), std)
    }
}
