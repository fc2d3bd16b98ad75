//! Running a plan: each unit is found in the store or computed and written there.

use tch::Device;

use super::job::{SweepJob, fitting};
use super::precision;
use super::resident::Resident;
use super::unit::Sampled;
use super::work::UnitWork;
use lmc_base::error::Result;
use lmc_base::file::tidy;
use lmc_base::interrupt;
use lmc_base::options::Options;
use lmc_base::progress::{self, Progress, Unit};
use lmc_model::compute::{Precision, within_memory};
use lmc_model::parallel::run_on_workers;

/// The shortest work, in seconds, whose cost is printed before it starts.
const WORTH_SAYING: f64 = 10.0;

/// Returns the samples of every unit, in the order of the plan.
///
/// Units that are done are read from the store. All workers compute the others side by side, and write each
/// as soon as it is done. Any number of processes may work on one store, and share the units between them.
/// Weights are read when a unit needs them and stay as long as there is room. In any precision but float32, a
/// sample of the units is first computed in both and the difference printed.
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
    Ok(complete(job, &progress_of(job))?.into_iter().filter_map(UnitWork::into_sampled).collect())
}

/// Checks that all units are in the store: [`execute`] without the results, for which the models' own
/// outcomes are not needed.
///
/// # Errors
/// Those of [`execute`].
pub fn fill(job: &SweepJob<'_>) -> Result<()> {
    job.check(job.ends.len())?;
    complete(job, &progress_of(job)).map(|_| ())
}

fn progress_of(job: &SweepJob<'_>) -> Progress {
    let heading =
        format!("interpolating {} {} on {}", job.plan.units().len(), job.noun(), job.set.dataset.name);
    Progress::new(heading, Unit::Points, job.plan.n_interior() as u64)
}

fn complete<'a>(job: &'a SweepJob<'a>, progress: &'a Progress) -> Result<Vec<UnitWork<'a>>> {
    let units = job.plan.units();
    let missing = job.missing().len();
    // Units that are only read may have been computed on other devices.
    if missing > 0 || job.compute.devices.is_empty() {
        job.compute.validate()?;
    }
    if missing > 0 {
        let cost = job.cost_of(missing)?;
        if cost.seconds() > WORTH_SAYING {
            progress::say(&cost.to_string());
        }
        if job.compute.precision != Precision::Float32 {
            precision::check(job)?;
        }
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
    let equip = |&device: &Device| Ok((job.worker(device, job.compute.precision)?, resident(device)));
    let works: Vec<UnitWork> = units.iter().map(|unit| UnitWork::new(job, unit, progress)).collect();
    // A unit that another process works on is left to the end, when it is read or, if nothing came of it,
    // computed.
    let pass = |waits: bool| {
        let left = job.plan.order(job.room()).into_iter().filter(|&unit| !works[unit].is_done());
        let pieces = left.flat_map(|unit| works[unit].pieces().map(move |piece| (unit, piece))).collect();
        run_on_workers(&job.compute.workers(), pieces, equip, |(worker, weights), _, (unit, piece)| {
            within_memory(|| works[unit].take(worker, weights, piece, waits))
        })
    };
    tidy(&job.folder());
    interrupt::settle(pass(false).and_then(|_| pass(true)), |_| {
        let kept = units.iter().filter(|unit| job.path(unit).exists()).count();
        interrupt::in_store(kept as u64, units.len() as u64, job.noun())
    })?;
    Ok(works)
}
