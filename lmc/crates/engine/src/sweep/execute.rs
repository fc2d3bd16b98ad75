//! Running a plan: each unit is found in the store or computed and written there.

use tch::Device;

use super::job::{SweepJob, fitting};
use super::precision;
use super::resident::Resident;
use super::unit::{Sampled, read_unit, write_unit};
use super::worker::Worker;
use crate::kept::Kept;
use lmc_base::error::Result;
use lmc_base::options::Options;
use lmc_base::progress::{self, Progress, Unit};
use lmc_model::compute::Precision;
use lmc_model::eval::Outcome;

/// The shortest work, in seconds, whose cost is printed before it starts.
const WORTH_SAYING: f64 = 10.0;

/// Returns the samples of every unit, in the order of the plan.
///
/// Units that are done are read from the store. A line on a grid is found from either end. All
/// workers compute the others side by side, and write each as soon as it is done. Any number of processes may
/// work on one store, and share the units between them. Weights are read when a unit needs them and stay as
/// long as there is room. In any precision but float32, a sample of the units is first computed in both and
/// the difference printed.
///
/// # Errors
/// The first error of a unit: [`LmcError::NonFiniteLoss`], [`LmcError::Io`], [`LmcError::Format`], those of
/// `load`; [`LmcError::OutOfMemory`] if there is too little memory for one example at one point;
/// [`LmcError::Imprecise`]; those of [`Compute::check`]; or [`LmcError::Interrupted`]. Finished units stay in
/// the store.
///
/// [`LmcError::NonFiniteLoss`]: lmc_base::error::LmcError::NonFiniteLoss
/// [`LmcError::Io`]: lmc_base::error::LmcError::Io
/// [`LmcError::Format`]: lmc_base::error::LmcError::Format
/// [`LmcError::Imprecise`]: lmc_base::error::LmcError::Imprecise
/// [`LmcError::OutOfMemory`]: lmc_base::error::LmcError::OutOfMemory
/// [`LmcError::Interrupted`]: lmc_base::error::LmcError::Interrupted
/// [`Compute::check`]: lmc_base::options::Options::check
pub fn execute(job: &SweepJob<'_>) -> Result<Vec<Sampled>> {
    job.check(job.plan.n_models())?;
    let units = job.plan.units().iter().zip(complete(job)?);
    let sampled = |(unit, (distances, inner)): (&Vec<usize>, _)| Sampled {
        models: unit.clone(),
        distances,
        outcomes: job.with_ends(unit, inner),
    };
    Ok(units.map(sampled).collect())
}

/// Checks that all units are in the store: [`execute`] without the results, for which the models' own
/// outcomes are not needed.
///
/// # Errors
/// The errors of [`execute`].
pub fn fill(job: &SweepJob<'_>) -> Result<()> {
    job.check(job.ends.len())?;
    complete(job).map(|_| ())
}

/// Returns the distances of every unit's models, and the outcomes at its points that are not models.
fn complete(job: &SweepJob<'_>) -> Result<Vec<(Vec<f64>, Vec<Outcome>)>> {
    let missing = job.missing().len();
    let progress = Progress::new(job.heading(), Unit::Points, job.plan.n_interior() as u64);
    // Units that are only read may have been computed on other devices.
    if missing > 0 || job.compute.devices.is_empty() {
        job.compute.validate()?;
    }
    if missing > 0 {
        let cost = job.cost_of(missing)?;
        if cost.seconds() > WORTH_SAYING {
            job.compute.say_unused_card();
            progress::say(&cost.to_string());
            if let Some(advice) = job.compute.advice() {
                progress::note(advice);
            }
        }
        if job.compute.precision != Precision::Float32 {
            precision::check(job)?;
        }
    } else if job.compute.precision != Precision::Float32 {
        precision::check_known(job)?;
    }
    let read = job.read_to_host();
    let on_host = Resident::new(fitting(job.compute.host_memory, job.bytes()), &read);
    let devices = &job.compute.devices;
    let moves: Vec<_> = devices.iter().map(|&device| job.moved_to(device, &on_host)).collect();
    let on_device: Vec<Resident> = moves.iter().map(|load| Resident::new(job.room(), load)).collect();
    let resident = |device: Device| match devices.iter().position(|&other| other == device) {
        Some(i) if device.is_cuda() => &on_device[i],
        _ => &on_host,
    };
    let (units, points): (_, Vec<_>) = (job.plan.units(), job.plan.interior().collect());
    let files = job.files();
    // A part of a unit is as many points as are evaluated at once.
    let stack = Worker::stack(job.classifier, points.len());
    let kept = Kept {
        files: &files,
        find: &|unit| {
            let Some((file, is_turned)) = job.found(&units[unit]) else { return Ok(None) };
            let (distances, mut outcomes) = read_unit(&file, &points, job.set.encoded.len())?;
            if is_turned {
                outcomes.reverse();
            }
            Ok(Some((distances, outcomes)))
        },
        workers: &job.compute.workers(),
        equip: &|&device| Ok((job.worker(device, job.compute.precision)?, resident(device))),
        progress: &progress,
        size: points.len() as u64,
        noun: &format!("{}s", job.noun()),
        begun: None,
    };
    kept.bring_about_in_parts(
        &job.plan.order(job.room()),
        points.len().div_ceil(stack).max(1),
        |(worker, weights), unit, part| {
            let part: Vec<_> =
                points.iter().skip(part * stack).take(stack).map(|(_, point)| *point).collect();
            let tick = |n| progress.advance(n as u64, String::new);
            job.sample(worker, weights, &units[unit], &part, tick)
        },
        |(_, weights), unit, parts| {
            let distances = job.distances(weights, &units[unit])?;
            let inner: Vec<Outcome> = parts.into_iter().flatten().collect();
            write_unit(&files[unit], &points, &distances, &inner)?;
            Ok((distances, inner))
        },
    )
}
