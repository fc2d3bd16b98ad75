//! The set that a stack learns from: examples, or the features that a frozen encoder made of them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use tch::{Device, Tensor};

use lmc_base::error::Result;
use lmc_base::interrupt;
use lmc_model::compute::batch_tokens;
use lmc_model::encode::{Encoded, Extent, PackedTokens, packed_batches};
use lmc_model::guard::guarded;
use lmc_model::model::{Classifier, Dropout, Tokens};
use lmc_model::parallel::{n_threads, run_on_workers};
use lmc_model::weights::{Layout, Parameters};

/// The most tokens in a batch of the frozen encoder on the CPU: as many as stay in a core's cache.
const MAX_TOKENS: usize = 512;

/// The training set of a stack, which decides which parameters are trained.
#[derive(Debug, Clone, Copy)]
pub enum TrainingSet<'a> {
    /// Examples, from which all parameters are trained.
    Examples(&'a [Encoded]),
    /// Features of examples, from which the head is trained.
    Features(&'a Features),
}

impl TrainingSet<'_> {
    /// Returns the number of examples.
    pub fn n_examples(&self) -> usize {
        match self {
            Self::Examples(examples) => examples.len(),
            Self::Features(features) => features.labels.len(),
        }
    }

    /// Returns the layout of the trained parameters.
    pub(super) fn layout<'c>(&self, classifier: &'c Classifier) -> &'c Layout {
        match self {
            Self::Examples(_) => classifier.layout(),
            Self::Features(_) => classifier.head_layout(),
        }
    }

    /// Returns the place in theta at which the trained part starts; it goes to the end.
    pub(super) fn offset(&self, classifier: &Classifier) -> i64 {
        match self {
            Self::Examples(_) => 0,
            Self::Features(_) => classifier.head_offset(),
        }
    }

    /// Returns the logits, `[stack, batch, n_labels]`, and labels, `[stack, batch]`, of one list of examples
    /// for each model, in an order that is the same in both.
    pub(super) fn logits(
        &self,
        classifier: &Classifier,
        trained: &Parameters,
        batch: &[&[usize]],
        dropout: &Dropout,
    ) -> Result<(Tensor, Tensor)> {
        Ok(match self {
            Self::Examples(examples) => match batch {
                [one] => {
                    let (tokens, labels) = packed_batch(examples, one);
                    (classifier.packed_logits(trained, &tokens, dropout)?, labels)
                }
                _ => {
                    let (tokens, labels) = stacked_batch(examples, batch);
                    (classifier.logits(trained, &tokens, dropout)?, labels)
                }
            },
            Self::Features(features) => {
                let (features, labels) = features.stacked_batch(batch);
                (classifier.head_logits(trained, &features, dropout)?, labels)
            }
        })
    }

    /// Checks that the model has a row for every token and a class for every label.
    pub(super) fn check(&self, classifier: &Classifier) -> Result<()> {
        let extent = match self {
            Self::Examples(examples) => Extent::of(*examples),
            Self::Features(features) => {
                Extent { labels: Extent::range(&features.labels), ..Extent::default() }
            }
        };
        classifier.check_extent(&extent)?;
        classifier.check_labels(&extent, None)
    }
}

/// The outputs of a frozen encoder for each example of a training set.
pub struct Features {
    /// `[n_examples, width]`, row by row; in the host's memory, from where threads share it.
    values: Vec<f32>,
    width: usize,
    labels: Vec<i64>,
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({} examples, width {})", self.labels.len(), self.width)
    }
}

impl Features {
    /// Makes the features of every example by the encoder in `theta`, `[n_parameters]`, without dropout, on
    /// the CPU; `tick` is called with the number of examples in every batch.
    ///
    /// # Errors
    /// The errors of [`Features::on`].
    pub fn new(
        classifier: &Classifier,
        theta: &Tensor,
        examples: &[Encoded],
        tick: impl Fn(usize) + Sync,
    ) -> Result<Self> {
        Self::on(classifier, theta, examples, &vec![Device::Cpu; n_threads()], tick)
    }

    /// Makes the same in float32 on the devices of some workers, a thread for each.
    ///
    /// # Errors
    /// [`LmcError::OutsideTable`](lmc_base::error::LmcError::OutsideTable) if the model has no row for a
    /// token; [`LmcError::Interrupted`](lmc_base::error::LmcError::Interrupted) between two batches, and then
    /// nothing is kept; [`LmcError::Torch`](lmc_base::error::LmcError::Torch).
    pub fn on(
        classifier: &Classifier,
        theta: &Tensor,
        examples: &[Encoded],
        workers: &[Device],
        tick: impl Fn(usize) + Sync,
    ) -> Result<Self> {
        classifier.check_extent(&Extent::of(examples))?;
        let card = workers.iter().copied().find(|device| device.is_cuda());
        let batches = packed_batches(examples, card.map_or(MAX_TOKENS, batch_tokens));
        let thetas: Vec<_> =
            workers.iter().map(|&device| (device, Mutex::new(theta.shallow_clone()))).collect();
        let equip = |(device, theta): &(Device, Mutex<Tensor>)| {
            let theta = theta.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| {
                let theta = theta.to_device(*device).unsqueeze(0);
                Ok((*device, Parameters::views(&theta, classifier.layout())?))
            })
        };
        let parts = run_on_workers(&thetas, batches, equip, |(device, parameters), _, batch| {
            interrupt::check(|| "the features of the frozen encoder are computed again".to_owned())?;
            let _no_grad = tch::no_grad_guard();
            let tokens = batch.tokens.to_device(*device);
            let features = classifier.packed_features(parameters, &tokens, &Dropout::NONE)?;
            tick(batch.indices.len());
            Ok((batch.indices, Vec::<f32>::try_from(features.reshape([-1]))?))
        })?;
        let width = usize::try_from(classifier.config().hidden_size).unwrap_or_default();
        let mut values = vec![0.0; examples.len() * width];
        for (indices, rows) in parts {
            for (index, row) in indices.into_iter().zip(rows.chunks(width)) {
                values[index * width..][..width].copy_from_slice(row);
            }
        }
        Ok(Self { values, width, labels: examples.iter().map(|example| example.label).collect() })
    }

    /// Returns the features of an example, `[width]`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..][..self.width]
    }

    /// Returns the features of all examples, `[n_examples, width]`, and their labels, `[n_examples]`.
    pub(super) fn tensors(&self) -> (Tensor, Tensor) {
        let values = Tensor::from_slice(&self.values).view([-1, self.width.max(1) as i64]);
        (values, Tensor::from_slice(&self.labels))
    }

    /// Returns the features, `[stack, batch, width]`, and labels, `[stack, batch]`.
    fn stacked_batch(&self, batch: &[&[usize]]) -> (Tensor, Tensor) {
        let (stack, size) = (batch.len() as i64, batch.first().map_or(0, |b| b.len()) as i64);
        let indices = || batch.iter().flat_map(|b| b.iter().copied());
        let rows: Vec<f32> = indices().flat_map(|i| self.row(i)).copied().collect();
        let labels: Vec<i64> = indices().map(|i| self.labels[i]).collect();
        let features = Tensor::from_slice(&rows).view([stack, size, self.width as i64]);
        (features, Tensor::from_slice(&labels).view([stack, size]))
    }
}

/// Returns the tokens of a list of examples, packed, the shortest first, and their labels `[1, batch]`.
pub(super) fn packed_batch(examples: &[Encoded], batch: &[usize]) -> (PackedTokens, Tensor) {
    let mut batch: Vec<&Encoded> = batch.iter().map(|&i| &examples[i]).collect();
    batch.sort_by_key(|example| example.ids.len());
    let labels: Vec<i64> = batch.iter().map(|example| example.label).collect();
    (PackedTokens::new(batch), Tensor::from_slice(&labels).unsqueeze(0))
}

/// Returns padded tokens `[stack, batch, seq]` and labels `[stack, batch]`, for one list of examples per
/// model.
///
/// Padding is filled with id 0 whatever the tokenizer's is: under the mask no real token looks there, so that
/// neither logits nor gradients depend on it.
fn stacked_batch(examples: &[Encoded], batch: &[&[usize]]) -> (Tokens, Tensor) {
    let (stack, size) = (batch.len(), batch.first().map_or(0, |b| b.len()));
    let seq = batch.iter().flat_map(|b| b.iter()).map(|&i| examples[i].ids.len()).max().unwrap_or(0);
    let mut ids = vec![0i64; stack * size * seq];
    let mut segments = vec![0i64; stack * size * seq];
    let (mut labels, mut lengths) = (Vec::new(), Vec::new());
    for (row, &i) in batch.iter().flat_map(|b| b.iter()).enumerate() {
        let example = &examples[i];
        ids[row * seq..][..example.ids.len()].copy_from_slice(&example.ids);
        segments[row * seq..][..example.ids.len()].copy_from_slice(&example.segments);
        labels.push(example.label);
        lengths.push(example.ids.len() as i64);
    }
    let (s, b, t) = (stack as i64, size as i64, seq as i64);
    let shape = |v: &[i64]| Tensor::from_slice(v).view([s, b, t]);
    let lengths = Tensor::from_slice(&lengths).view([s, b]);
    (Tokens::padded(shape(&ids), shape(&segments), &lengths), Tensor::from_slice(&labels).view([s, b]))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use lmc_model::model::fixture::{classifier, examples, stack, weights};

    fn features(classifier: &Classifier, examples: &[Encoded]) -> Features {
        let counted = AtomicUsize::new(0);
        let theta = weights(classifier, 1).theta().copy();
        let count = |n| {
            counted.fetch_add(n, Ordering::Relaxed);
        };
        let features = Features::new(classifier, &theta, examples, count).unwrap();
        assert_eq!(counted.into_inner(), examples.len());
        features
    }

    #[test]
    fn features_are_those_of_each_example_alone() {
        let (classifier, examples) = (classifier(), examples(30, 1));
        let features = features(&classifier, &examples);
        let theta = stack(&classifier, &[1]);
        let parameters = Parameters::views(&theta, classifier.layout()).unwrap();
        for (i, example) in examples.iter().enumerate() {
            let row = |v: &[i64]| Tensor::from_slice(v).unsqueeze(0);
            let tokens = Tokens::shared(&row(&example.ids), &row(&example.segments), 1);
            let alone = classifier.features(&parameters, &tokens, &Dropout::NONE).unwrap().reshape([-1]);
            let alone = Vec::<f32>::try_from(alone).unwrap();
            assert!(alone.iter().zip(features.row(i)).all(|(a, b)| (a - b).abs() < 1e-5), "example {i}");
        }
    }

    #[test]
    fn logits_from_features_are_those_from_tokens() {
        let (classifier, examples) = (classifier(), examples(12, 2));
        let features = features(&classifier, &examples);
        // Two heads on one encoder.
        let (offset, n) = (classifier.head_offset(), classifier.head_layout().n_parameters());
        let theta = stack(&classifier, &[1, 1]);
        let second = theta.narrow(1, offset, n).get(1).copy() * -0.5;
        theta.narrow(1, offset, n).get(1).copy_(&second);
        let batch: [&[usize]; 2] = [&[3, 0, 11], &[5, 5, 1]];
        let logits = |set: TrainingSet<'_>| {
            let trained = theta.narrow(1, set.offset(&classifier), set.layout(&classifier).n_parameters());
            let leaves = Parameters::leaves(&trained, set.layout(&classifier)).unwrap();
            set.logits(&classifier, &leaves, &batch, &Dropout::NONE).unwrap()
        };
        let (from_tokens, labels) = logits(TrainingSet::Examples(&examples));
        let (from_features, same) = logits(TrainingSet::Features(&features));
        assert_eq!(labels, same);
        assert_eq!(from_features.size(), [2, 3, 2]);
        assert!((from_tokens - from_features).abs().max().double_value(&[]) < 1e-5);
    }
}
