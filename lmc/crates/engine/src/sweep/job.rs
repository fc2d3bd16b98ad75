//! The inputs of a sweep, and the questions that its parts ask of it.

use std::path::PathBuf;

use tch::{Device, Kind, Tensor};

use super::plan::SweepPlan;
use super::resident::Resident;
use super::unit::pairs;
use super::worker::Worker;
use crate::store::Store;
use lmc_base::error::{LmcError, Result};
use lmc_base::show::counted;
use lmc_model::compute::{Compute, Precision};
use lmc_model::encode::Placement;
use lmc_model::eval::{EvaluationSet, Outcome};
use lmc_model::model::Classifier;
use lmc_model::path::Combination;
use lmc_model::weights::Weights;

/// The inputs of a sweep.
pub struct SweepJob<'a> {
    /// The store in which units are found and kept.
    pub store: &'a Store,
    /// The architecture of all models.
    pub classifier: &'a Classifier,
    /// The examples that are evaluated, the same at every point.
    pub set: &'a EvaluationSet,
    /// The models' names in the store.
    pub models: &'a [String],
    /// Loads a model's weights; called whenever they are needed and not in memory.
    pub load: &'a (dyn Fn(usize) -> Result<Weights> + Sync),
    /// The models' own outcomes on the set; [`fill`](super::fill) and [`SweepJob::cost`] do without them.
    pub ends: &'a [Outcome],
    /// The units and points.
    pub plan: &'a SweepPlan,
    /// Devices, precision and memory.
    pub compute: &'a Compute,
}

impl<'a> SweepJob<'a> {
    /// Checks that there are as many models as in the plan, that many of their own outcomes, and an output
    /// for each label.
    pub(super) fn check(&self, n_ends: usize) -> Result<()> {
        let got = vec![self.models.len(), self.ends.len()];
        let expected = vec![self.plan.n_models(), n_ends];
        if got != expected {
            let what = "models and their own evaluations in a sweep".into();
            return Err(LmcError::ShapeMismatch { what, got, expected });
        }
        self.set.check_outputs(self.classifier.n_labels())
    }

    /// Returns the units that are not in the store.
    #[doc(hidden)]
    pub fn missing(&self) -> Vec<usize> {
        let units = self.plan.units().iter().enumerate();
        units.filter(|(_, unit)| self.found(unit).is_none()).map(|(number, _)| number).collect()
    }

    /// Returns the word for units in messages.
    pub(super) fn noun(&self) -> &'static str {
        match self.plan.points().first().map_or(0, |point| point.weights().len()) {
            2 => "line",
            _ => "unit",
        }
    }

    /// Returns the heading of the progress: "interpolating 120 lines on id".
    pub(super) fn heading(&self) -> String {
        format!(
            "interpolating {} on {}",
            counted(self.plan.units().len(), self.noun()),
            self.set.dataset.name
        )
    }

    /// Returns the name of the folder of the units.
    fn key(&self) -> String {
        format!("{}-{}{}", self.set.key, self.plan.name(), self.compute.precision.suffix())
    }

    /// Returns the largest difference from float32 of a convexity gap or a loss on a sample, in nats per
    /// example. It is `None` in float32, and before the job was executed.
    #[doc(hidden)]
    pub fn imprecision(&self) -> Option<f64> {
        (self.compute.precision != Precision::Float32).then(|| super::precision::found(self)).flatten()
    }

    /// Returns the folder of the units.
    pub(super) fn folder(&self) -> PathBuf {
        self.store.sweep_folder(&self.key())
    }

    /// Returns the file of a unit.
    pub(super) fn path(&self, unit: &[usize]) -> PathBuf {
        let names: Vec<&str> = unit.iter().map(|&model| self.models[model].as_str()).collect();
        self.store.sweep_path(&self.key(), &names)
    }

    /// Returns the file of every unit, in the order of the plan.
    #[doc(hidden)]
    pub fn files(&self) -> Vec<PathBuf> {
        self.plan.units().iter().map(|unit| self.path(unit)).collect()
    }

    /// Returns the file in the store that has a unit, and whether it has the line from its other end; other
    /// units have no other end.
    pub(super) fn found(&self, unit: &[usize]) -> Option<(PathBuf, bool)> {
        let own = self.path(unit);
        if own.exists() {
            return Some((own, false));
        }
        let turned: Vec<usize> = unit.iter().rev().copied().collect();
        let turned = self.plan.are_lines().then(|| self.path(&turned)).filter(|path| path.exists());
        turned.map(|path| (path, true))
    }

    /// Returns a function that reads a model. If there is a CUDA device, it reads into memory from which the
    /// device copies without waiting.
    pub(super) fn read_to_host(&self) -> impl Fn(usize) -> Result<Tensor> + Sync + 'a {
        let (load, cuda) = (self.load, self.compute.devices.iter().copied().find(|device| device.is_cuda()));
        move |model| {
            let weights = load(model)?;
            Ok(match cuda {
                Some(device) => weights.theta().f_internal_pin_memory(device)?,
                None => weights.theta().shallow_clone(),
            })
        }
    }

    pub(super) fn moved_to<'h>(
        &self,
        device: Device,
        host: &'h Resident<'_>,
    ) -> impl Fn(usize) -> Result<Tensor> + Sync + 'h {
        move |model| Ok(host.get(model)?.f_to_device_(device, Kind::Float, true, false)?)
    }

    /// Returns the number of models that the devices have room for.
    pub(super) fn room(&self) -> usize {
        let memory = match self.compute.devices.iter().any(|device| device.is_cuda()) {
            true => self.compute.device_memory,
            false => self.compute.host_memory,
        };
        fitting(memory, self.bytes())
    }

    /// Returns the bytes of a model's weights.
    pub(super) fn bytes(&self) -> u64 {
        4 * self.classifier.layout().n_parameters() as u64
    }

    /// Makes a worker on that device.
    pub(super) fn worker(&self, device: Device, precision: Precision) -> Result<Worker<'a>> {
        let placement = Placement::new(device, precision, self.compute.attention);
        Worker::new(self.classifier, self.set, placement, self.plan.interior().count())
    }

    /// Returns the outcomes of those points in a unit.
    pub(super) fn sample(
        &self,
        worker: &mut Worker<'_>,
        weights: &Resident<'_>,
        unit: &[usize],
        points: &[&Combination],
        tick: impl Fn(usize),
    ) -> Result<Vec<Outcome>> {
        let controls = unit.iter().map(|&model| weights.get(model)).collect::<Result<Vec<_>>>()?;
        let names: Vec<&str> = unit.iter().map(|&model| self.models[model].as_str()).collect();
        worker
            .outcomes(&controls, points, tick)
            .map_err(|error| error.of(format!("between {}", names.join(" and "))))
    }

    /// Returns the distance of each two control models of a unit.
    pub(super) fn distances(&self, weights: &Resident<'_>, unit: &[usize]) -> Result<Vec<f64>> {
        let controls = unit.iter().map(|&model| weights.get(model)).collect::<Result<Vec<_>>>()?;
        pairs(controls.len()).map(|(i, j)| distance(&controls[i], &controls[j])).collect()
    }

    /// Returns the outcomes at all points: those evaluated and the control models' own.
    pub(super) fn with_ends(&self, unit: &[usize], inner: Vec<Outcome>) -> Vec<Outcome> {
        let mut inner = inner.into_iter();
        let at = |point: &Combination| match point.vertex() {
            Some(control) => Some(self.ends[unit[control]].clone()),
            None => inner.next(),
        };
        self.plan.points().iter().filter_map(at).collect()
    }
}

/// Returns how many items of `bytes` each fit; at least one.
pub(super) fn fitting(memory: u64, bytes: u64) -> usize {
    usize::try_from(memory / bytes.max(1)).unwrap_or(usize::MAX).max(1)
}

/// Returns the Euclidean distance of two models, `[n_parameters]` each, summed in float64 without a copy of
/// the whole.
fn distance(a: &Tensor, b: &Tensor) -> Result<f64> {
    const CHUNK: i64 = 1 << 20;
    let _no_grad = tch::no_grad_guard();
    let n = a.size()[0];
    let mut sum = 0.0;
    for start in (0..n).step_by(CHUNK as usize) {
        let part = |t: &Tensor| t.narrow(0, start, CHUNK.min(n - start));
        let difference = (part(a) - part(b)).f_to_kind(Kind::Double)?;
        sum += difference.dot(&difference).double_value(&[]);
    }
    Ok(sum.sqrt())
}
