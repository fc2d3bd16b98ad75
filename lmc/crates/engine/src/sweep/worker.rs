//! The tools of one thread that evaluates points: the batches on its device and a buffer that every point is
//! written to.

use tch::{Device, Kind, Tensor};

use lmc_base::error::{LmcError, Result};
use lmc_model::compute::within_memory;
use lmc_model::encode::Placement;
use lmc_model::eval::{EvaluationSet, Outcome, Tile, evaluate_stack, say_once};
use lmc_model::model::Classifier;
use lmc_model::path::Combination;
use lmc_model::weights::Parameters;

/// The most parameters in a stack of points: a small model is evaluated at several points at once.
const MAX_STACKED: i64 = 2_000_000;

/// Just below the largest block that glibc's threshold for mapping memory follows, 32 MiB.
const KEPT_BYTES: i64 = 31 << 20;

/// Evaluates points between models on one device: fewer at once, and then in smaller batches, if it has too
/// little memory.
pub(super) struct Worker<'a> {
    classifier: &'a Classifier,
    set: &'a EvaluationSet,
    tile: Tile<'a>,
    placement: Placement,
    /// Points in float32, `[stack, n_parameters]`.
    points: Tensor,
    /// The same buffer in the precision of the evaluation, if that is another.
    rounded: Option<Tensor>,
}

impl<'a> Worker<'a> {
    /// Makes a worker for up to `n_points` points of a unit at once, if they are small.
    pub fn new(
        classifier: &'a Classifier,
        set: &'a EvaluationSet,
        placement: Placement,
        n_points: usize,
    ) -> Result<Self> {
        if placement.device == Device::Cpu {
            // A block of this size, given back, makes glibc keep memory that is freed from now on:
            // activations are then not mapped and cleared again by every operation, which takes 3 % of the
            // time.
            let _ = Tensor::f_empty([KEPT_BYTES], (Kind::Uint8, Device::Cpu));
        }
        let (tile, points) = (Tile::new(set, placement)?, Tensor::new());
        let mut worker = Self { classifier, set, tile, placement, points, rounded: None };
        worker.make_room(Self::stack(classifier, n_points) as i64)?;
        Ok(worker)
    }

    /// Makes buffers for that many points, or for as many as there is memory for.
    fn make_room(&mut self, n_points: i64) -> Result<()> {
        let buffer = |kind| {
            let shape = [n_points, self.classifier.layout().n_parameters()];
            Ok::<_, LmcError>(Tensor::f_zeros(shape, (kind, self.placement.device))?)
        };
        let kind = self.placement.precision.kind();
        let rounded = || if kind == Kind::Float { Ok(None) } else { buffer(kind).map(Some) };
        // The old buffers are given back first.
        (self.points, self.rounded) = (Tensor::new(), None);
        match buffer(Kind::Float).and_then(|points| Ok((points, rounded()?))) {
            Ok(buffers) => {
                (self.points, self.rounded) = buffers;
                Ok(())
            }
            Err(error @ LmcError::OutOfMemory { .. }) if n_points > 1 => {
                say_once(&error);
                self.make_room(n_points / 2)
            }
            Err(error) => Err(error),
        }
    }

    /// Reduces the work that is done at once: to half of the points or, if there is one point, to half of the
    /// batch.
    fn shrink(&mut self, error: LmcError) -> Result<()> {
        match self.points.size()[0] {
            0 | 1 => self.tile.shrink(error),
            n => {
                say_once(&error);
                self.make_room(n / 2)
            }
        }
    }

    /// Returns the result of work, which is done again with less at once if there is too little memory.
    fn fitting<T>(&mut self, work: impl Fn(&Self) -> Result<T>) -> Result<T> {
        loop {
            match within_memory(|| work(self)) {
                Err(error @ LmcError::OutOfMemory { .. }) => self.shrink(error)?,
                other => return other,
            }
        }
    }

    /// Returns how many of `n_points` are evaluated at once.
    pub fn stack(classifier: &Classifier, n_points: usize) -> usize {
        let fitting = MAX_STACKED / classifier.layout().n_parameters();
        usize::try_from(fitting).unwrap_or(1).clamp(1, n_points.max(1))
    }

    /// Returns the outcome of each point between control models, each `[n_parameters]` f32 on this worker's
    /// device; `tick` is called with the number of points that were done.
    ///
    /// # Errors
    /// The errors of [`evaluate_stack`], which name the first point of the stack that failed;
    /// [`LmcError::OutOfMemory`] if there is too little memory for one example at one point.
    pub fn outcomes(
        &mut self,
        controls: &[Tensor],
        points: &[&Combination],
        tick: impl Fn(usize),
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(points.len());
        while outcomes.len() < points.len() {
            let left = &points[outcomes.len()..];
            let found = self.fitting(|worker| {
                let n = left.len().min(worker.points.size()[0] as usize);
                worker.evaluate(controls, &left[..n])
            })?;
            tick(found.len());
            outcomes.extend(found);
        }
        Ok(outcomes)
    }

    /// Returns the outcome of as many points as there is room for.
    fn evaluate(&self, controls: &[Tensor], points: &[&Combination]) -> Result<Vec<Outcome>> {
        for (row, point) in points.iter().enumerate() {
            point.write(&self.points.get(row as i64), controls)?;
        }
        let theta = match &self.rounded {
            None => self.points.shallow_clone(),
            Some(rounded) => {
                rounded.shallow_clone().f_copy_(&self.points)?;
                rounded.shallow_clone()
            }
        };
        let theta = theta.narrow(0, 0, points.len() as i64);
        let parameters = Parameters::views(&theta, self.classifier.layout())?;
        let (n, map) = (self.set.encoded.len(), self.set.label_map.as_ref());
        evaluate_stack(self.classifier, &parameters, self.tile.batches(), n, map)
    }

    /// Evaluates the batch of middle length alone at the points that the buffer holds, and returns the
    /// floating-point operations that this took.
    ///
    /// # Errors
    /// The errors of the forward pass.
    pub fn evaluate_middle_batch(&mut self) -> Result<f64> {
        self.fitting(|worker| {
            let theta = worker.rounded.as_ref().unwrap_or(&worker.points);
            let batches = worker.tile.batches();
            let middle = batches.len() / 2;
            let batch = &batches[middle..(middle + 1).min(batches.len())];
            let parameters = Parameters::views(theta, worker.classifier.layout())?;
            evaluate_stack(worker.classifier, &parameters, batch, worker.set.encoded.len(), None)?;
            let flop: f64 = batch.iter().map(|batch| worker.classifier.packed_flop(&batch.tokens)).sum();
            Ok(flop * theta.size()[0] as f64)
        })
    }
}
