//! What one thread keeps at hand to evaluate points: the batches on its device and a buffer that every point is written to.

use tch::{Kind, Tensor};

use crate::compute::{Precision, batch_tokens};
use crate::encode::Batch;
use crate::error::Result;
use crate::eval::{EvaluationSet, Outcome, evaluate_stack};
use crate::model::Classifier;
use crate::path::Combination;
use crate::weights::Parameters;

/// The most parameters in a stack of points: a small model is evaluated at several points at once.
const MAX_STACKED: i64 = 2_000_000;

/// Just below the largest block that glibc's threshold for mapping memory follows, 32 MiB.
const KEPT_BYTES: i64 = 31 << 20;

/// Evaluates points between models on one device.
pub(super) struct Worker<'a> {
    classifier: &'a Classifier,
    set: &'a EvaluationSet,
    batches: Vec<Batch>,
    /// Points in float32, `[stack, n_parameters]`.
    points: Tensor,
    /// The same in the precision of the evaluation, where that is another.
    rounded: Option<Tensor>,
}

impl<'a> Worker<'a> {
    /// A worker for up to `n_points` points of a unit at once, as far as they are small.
    pub fn new(
        classifier: &'a Classifier,
        set: &'a EvaluationSet,
        device: tch::Device,
        precision: Precision,
        n_points: usize,
    ) -> Result<Self> {
        let n_parameters = classifier.layout().n_parameters();
        let stack = Self::stack(classifier, n_points) as i64;
        if device == tch::Device::Cpu {
            // A block of this size, given back, is the sign for glibc to keep what is freed from now on: activations are then not
            // mapped and cleared anew by every operation, which takes 3 % of the time.
            drop(Tensor::f_empty([KEPT_BYTES], (Kind::Uint8, device))?);
        }
        let buffer = |kind| Tensor::f_zeros([stack, n_parameters], (kind, device));
        let kind = precision.kind();
        let batches = set.batches_of(batch_tokens(device));
        Ok(Self {
            classifier,
            set,
            batches: batches.iter().map(|batch| batch.to_device(device)).collect(),
            points: buffer(Kind::Float)?,
            rounded: if kind == Kind::Float { None } else { Some(buffer(kind)?) },
        })
    }

    /// How many of `n_points` are evaluated at once.
    pub fn stack(classifier: &Classifier, n_points: usize) -> usize {
        let fitting = MAX_STACKED / classifier.layout().n_parameters();
        usize::try_from(fitting).unwrap_or(1).clamp(1, n_points.max(1))
    }

    /// The outcome of each point between control models, each `[n_parameters]` f32 on this worker's device; `tick` is called
    /// with the number of points that were done.
    ///
    /// # Errors
    /// Those of [`evaluate_stack`], which name the first point of the stack that failed.
    pub fn outcomes(
        &self,
        controls: &[Tensor],
        points: &[&Combination],
        tick: impl Fn(usize),
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(points.len());
        for stacked in points.chunks(self.points.size()[0] as usize) {
            for (row, point) in stacked.iter().enumerate() {
                point.write(&self.points.get(row as i64), controls)?;
            }
            let theta = match &self.rounded {
                None => self.points.shallow_clone(),
                Some(rounded) => {
                    rounded.shallow_clone().f_copy_(&self.points)?;
                    rounded.shallow_clone()
                }
            };
            let theta = theta.narrow(0, 0, stacked.len() as i64);
            let parameters = Parameters::views(&theta, self.classifier.layout());
            let (n, map) = (self.set.encoded.len(), self.set.label_map.as_ref());
            outcomes.extend(evaluate_stack(self.classifier, &parameters, &self.batches, n, map)?);
            tick(stacked.len());
        }
        Ok(outcomes)
    }

    /// Evaluates the batch of middle length alone at the points that the buffer holds, and returns the floating-point operations
    /// that this took.
    ///
    /// # Errors
    /// Those of the forward pass.
    pub fn evaluate_middle_batch(&self) -> Result<f64> {
        let theta = self.rounded.as_ref().unwrap_or(&self.points);
        let middle = self.batches.len() / 2;
        let batch = &self.batches[middle..(middle + 1).min(self.batches.len())];
        let parameters = Parameters::views(theta, self.classifier.layout());
        evaluate_stack(self.classifier, &parameters, batch, self.set.encoded.len(), None)?;
        let flop: f64 = batch.iter().map(|batch| self.classifier.packed_flop(&batch.tokens)).sum();
        Ok(flop * theta.size()[0] as f64)
    }
}
