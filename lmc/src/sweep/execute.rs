//! Running a plan: each unit is found in the store or computed and written there.

use std::path::PathBuf;

use tch::{Device, Kind, Tensor};

use super::plan::SweepPlan;
use super::precision;
use super::resident::Resident;
use super::unit::{Sampled, pairs, read_unit, write_unit};
use super::worker::Worker;
use crate::compute::Compute;
use crate::compute::Precision;
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome};
use crate::interrupt;
use crate::model::Classifier;
use crate::parallel::run_on_workers;
use crate::path::Combination;
use crate::progress::{self, Progress, Unit};
use crate::store::{Claim, Store};
use crate::weights::Weights;

/// The shortest work, in seconds, whose cost is printed before it starts.
const WORTH_SAYING: f64 = 10.0;

/// Everything that a sweep takes.
pub struct SweepJob<'a> {
    /// Where units are found and kept.
    pub store: &'a Store,
    /// The architecture of all models.
    pub classifier: &'a Classifier,
    /// What is evaluated, the same at every point.
    pub set: &'a EvaluationSet,
    /// The models' names in the store.
    pub models: &'a [String],
    /// What brings a model's weights, whenever they are needed and not in memory.
    pub load: &'a (dyn Fn(usize) -> Result<Weights> + Sync),
    /// The models' own outcomes on the set.
    pub ends: &'a [Outcome],
    /// The units and points.
    pub plan: &'a SweepPlan,
    /// Devices, precision and memory.
    pub compute: &'a Compute,
}

/// What was sampled in every unit, in the order of the plan.
///
/// Units that are done are read from the store, others computed by all workers side by side and written as they are done; any
/// number of processes may work on one store, and share the units between them. Weights are read when a unit needs them and stay as long
/// as there is room. In another precision than float32 a sample of the units is first computed in both and the difference
/// printed.
///
/// # Errors
/// The first error of a unit: [`LmcError::NonFiniteLoss`], [`LmcError::Io`], [`LmcError::Format`], those of `load`;
/// [`LmcError::Imprecise`]; those of [`Compute::check`]; or [`LmcError::Interrupted`]. Finished units stay in the store.
pub fn execute(job: &SweepJob<'_>) -> Result<Vec<Sampled>> {
    job.check()?;
    let units = job.plan.units();
    if units.iter().any(|unit| !job.path(unit).exists()) {
        let cost = job.cost()?;
        if cost.seconds() > WORTH_SAYING {
            progress::say(&cost.to_string());
        }
        if job.compute.precision != Precision::Float32 {
            precision::check(job)?;
        }
    }
    let heading = format!("interpolating {} {} on {}", units.len(), job.noun(), job.set.dataset.name);
    let progress = Progress::new(heading, Unit::Points, job.plan.n_interior() as u64);
    let read = job.read_to_host();
    let on_host = Resident::new(fitting(job.compute.host_memory, job.bytes()), &read);
    let devices = &job.compute.devices;
    let moves: Vec<_> = devices.iter().map(|&device| job.moved_to(device, &on_host)).collect();
    let on_device: Vec<Resident> = moves.iter().map(|load| Resident::new(job.room(), load)).collect();
    let resident = |device: Device| match devices.iter().position(|&other| other == device) {
        Some(i) if device.is_cuda() => &on_device[i],
        _ => &on_host,
    };
    let points: Vec<_> = job.plan.interior().collect();
    // A unit that another process works on is left to the end, when it is read or, if nothing came of it, computed.
    let take = |numbers: Vec<usize>, waits: bool| {
        run_on_workers(
            &job.compute.workers(),
            numbers,
            |&device| Ok((job.worker(device, job.compute.precision)?, resident(device))),
            |(worker, weights), _, number| {
                let unit = &units[number];
                let path = job.path(unit);
                let claim = match Claim::of(&path, waits)? {
                    _ if path.exists() => None,
                    Some(claim) => Some(claim),
                    None => return Ok((number, None)),
                };
                let (distances, inner) = if claim.is_some() {
                    let tick = |n| progress.advance(n as u64, String::new);
                    let (distances, inner) = job.sample(worker, weights, unit, tick)?;
                    write_unit(&path, &points, &distances, &inner)?;
                    (distances, inner)
                } else {
                    let found = read_unit(&path, &points, job.set.encoded.len())?;
                    progress.found(points.len() as u64);
                    found
                };
                let outcomes = job.with_ends(unit, inner);
                Ok((number, Some(Sampled { models: unit.clone(), distances, outcomes })))
            },
        )
    };
    let order = job.plan.order(job.room());
    let sampled = take(order, false).and_then(|mut taken| {
        let left = taken.extract_if(.., |(_, sampled)| sampled.is_none()).map(|(number, _)| number).collect();
        taken.extend(take(left, true)?);
        Ok(taken)
    });
    let mut sorted = interrupt::settle(sampled, |_| {
        let kept = units.iter().filter(|unit| job.path(unit).exists()).count();
        interrupt::in_store(kept as u64, units.len() as u64, job.noun())
    })?;
    sorted.sort_by_key(|(number, _)| *number);
    Ok(sorted.into_iter().filter_map(|(_, sampled)| sampled).collect())
}

impl<'a> SweepJob<'a> {
    fn check(&self) -> Result<()> {
        self.compute.check()?;
        let (got, n) = (vec![self.models.len(), self.ends.len()], self.plan.n_models());
        if got != [n, n] {
            let what = "models and their own evaluations in a sweep".into();
            return Err(LmcError::ShapeMismatch { what, got, expected: vec![n; 2] });
        }
        Ok(())
    }

    /// What units are called.
    fn noun(&self) -> &'static str {
        match self.plan.points().first().map_or(0, |point| point.weights().len()) {
            2 => "lines",
            _ => "units",
        }
    }

    /// The file of a unit.
    pub(super) fn path(&self, unit: &[usize]) -> PathBuf {
        let names: Vec<&str> = unit.iter().map(|&model| self.models[model].as_str()).collect();
        let precision = match self.compute.precision {
            Precision::Float32 => String::new(),
            other => format!("-{other}"),
        };
        let key = format!("{}-{}{precision}", self.set.key, self.plan.name());
        self.store.sweep_path(&key, &names)
    }

    /// What reads a model: into memory that a CUDA device copies from without waiting, if there is one.
    fn read_to_host(&self) -> impl Fn(usize) -> Result<Tensor> + Sync + 'a {
        let (load, cuda) = (self.load, self.compute.devices.iter().copied().find(|device| device.is_cuda()));
        move |model| {
            let weights = load(model)?;
            Ok(match cuda {
                Some(device) => weights.theta().f_pin_memory(device)?,
                None => weights.theta().shallow_clone(),
            })
        }
    }

    fn moved_to<'h>(
        &self,
        device: Device,
        host: &'h Resident<'_>,
    ) -> impl Fn(usize) -> Result<Tensor> + Sync + 'h {
        move |model| Ok(host.get(model)?.f_to_device_(device, Kind::Float, true, false)?)
    }

    /// How many models the devices have room for.
    pub(super) fn room(&self) -> usize {
        let memory = match self.compute.devices.iter().any(|device| device.is_cuda()) {
            true => self.compute.device_memory,
            false => self.compute.host_memory,
        };
        fitting(memory, self.bytes())
    }

    /// The bytes of a model's weights.
    pub(super) fn bytes(&self) -> u64 {
        4 * self.classifier.layout().n_parameters() as u64
    }

    /// A worker on that device.
    pub(super) fn worker(&self, device: Device, precision: Precision) -> Result<Worker<'a>> {
        Worker::new(self.classifier, self.set, device, precision, self.plan.interior().count())
    }

    /// The distances and interior outcomes of a unit.
    pub(super) fn sample(
        &self,
        worker: &Worker<'_>,
        weights: &Resident<'_>,
        unit: &[usize],
        tick: impl Fn(usize),
    ) -> Result<(Vec<f64>, Vec<Outcome>)> {
        let controls = unit.iter().map(|&model| weights.get(model)).collect::<Result<Vec<_>>>()?;
        let distances = pairs(controls.len()).map(|(i, j)| distance(&controls[i], &controls[j]));
        let distances = distances.collect::<Result<_>>()?;
        let points: Vec<&Combination> = self.plan.interior().map(|(_, point)| point).collect();
        let names: Vec<&str> = unit.iter().map(|&model| self.models[model].as_str()).collect();
        let outcomes = worker
            .outcomes(&controls, &points, tick)
            .map_err(|error| error.of(format!("between {}", names.join(" and "))))?;
        Ok((distances, outcomes))
    }

    /// The outcomes at all points: those evaluated and the control models' own.
    pub(super) fn with_ends(&self, unit: &[usize], inner: Vec<Outcome>) -> Vec<Outcome> {
        let mut inner = inner.into_iter();
        let at = |point: &Combination| match point.vertex() {
            Some(control) => Some(self.ends[unit[control]].clone()),
            None => inner.next(),
        };
        self.plan.points().iter().filter_map(at).collect()
    }
}

/// How many of `bytes` each fit; at least one.
fn fitting(memory: u64, bytes: u64) -> usize {
    usize::try_from(memory / bytes.max(1)).unwrap_or(usize::MAX).max(1)
}

/// The Euclidean distance of two models, `[n_parameters]` each, summed in float64 without a copy of the whole.
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
