//! The error of a precision, measured on a sample of the units in it and in float32.

use serde::{Deserialize, Serialize};
use tch::Device;

use super::job::SweepJob;
use super::resident::Resident;
use lmc_base::error::{LmcError, Result};
use lmc_base::file::write_atomic;
use lmc_base::progress;
use lmc_maths::gap::convexity_gap;
use lmc_model::compute::Precision;
use lmc_model::eval::Outcome;
use lmc_model::path::Combination;

/// The number of units from which on the sample is two units instead of one.
const MANY_UNITS: usize = 100;

/// The largest differences from float32 in a sample, in nats per example.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Difference {
    n_units: usize,
    loss: f64,
    /// 0 if units are not lines.
    convexity_gap: f64,
}

/// Computes a sample of the units in both precisions and prints the largest difference of a mean loss and, on
/// lines, of a convexity gap. The differences are kept beside the units, so that they are computed once.
///
/// The first device computes both, except for tf32: where that is allowed, libtorch computes no float32 on
/// CUDA, and the CPU does.
///
/// # Errors
/// [`LmcError::Imprecise`] if one is above the tolerance.
pub(super) fn check(job: &SweepJob<'_>) -> Result<()> {
    let difference = match known(job) {
        Some(difference) => difference,
        None => {
            let difference = measured(job)?;
            let json = serde_json::to_vec(&difference)
                .map_err(|e| LmcError::invalid("precision", e, "serialisable"))?;
            write_atomic(&job.folder().join("precision.json"), &json)?;
            difference
        }
    };
    let Difference { n_units, loss, convexity_gap } = difference;
    let precision = job.compute.precision;
    progress::say(&format!(
        "{precision} against float32 on {n_units} of {} units: loss off by at most {loss:.1e}, convexity gap by {convexity_gap:.1e} nats",
        job.plan.units().len()
    ));
    difference.within(job)
}

/// Checks the differences that an earlier sweep measured, if all units are there already.
///
/// # Errors
/// [`LmcError::Imprecise`] if one is above the tolerance of this sweep.
pub(super) fn check_known(job: &SweepJob<'_>) -> Result<()> {
    known(job).map_or(Ok(()), |difference| difference.within(job))
}

impl Difference {
    /// Checks that no difference is above the tolerance.
    fn within(self, job: &SweepJob<'_>) -> Result<()> {
        let (precision, tolerance) = (job.compute.precision.to_string(), job.compute.tolerance);
        let found = [("loss", self.loss), ("convexity gap", self.convexity_gap)];
        match found.into_iter().find(|&(_, got)| got.is_nan() || got > tolerance) {
            None => Ok(()),
            Some((what, got)) => Err(LmcError::Imprecise { precision, what, got, tolerance }),
        }
    }
}

/// Returns the differences that were measured before.
fn known(job: &SweepJob<'_>) -> Option<Difference> {
    serde_json::from_slice(&std::fs::read(job.folder().join("precision.json")).ok()?).ok()
}

/// Returns the largest difference of a convexity gap or a loss that [`check`] found, or `None` if it has not
/// looked.
pub(super) fn found(job: &SweepJob<'_>) -> Option<f64> {
    known(job).map(|difference| difference.loss.max(difference.convexity_gap))
}

fn measured(job: &SweepJob<'_>) -> Result<Difference> {
    let (units, compute) = (job.plan.units(), job.compute);
    let device = compute.devices[0];
    let exact_device = match compute.precision {
        Precision::TensorFloat32 => Device::Cpu,
        _ => device,
    };
    let n_units = if units.len() < MANY_UNITS { 1 } else { 2 };
    let all: Vec<&Combination> = job.plan.points().iter().collect();
    let losses = |device: Device, precision, unit: &[usize]| -> Result<Vec<f64>> {
        let load = |model| Ok((job.load)(model)?.theta().to_device(device));
        let weights = Resident::new(8, &load);
        let outcomes = job.sample(&mut job.worker(device, precision)?, &weights, unit, &all, |_| ())?;
        Ok(outcomes.iter().map(Outcome::mean_loss).collect())
    };
    let is_line =
        job.plan.points().len() > 2 && job.plan.points().iter().all(|point| point.weights().len() == 2);
    let mut difference = Difference { n_units, loss: 0.0, convexity_gap: 0.0 };
    for unit in units.iter().step_by(units.len().div_ceil(n_units)) {
        let exact = losses(exact_device, Precision::Float32, unit)?;
        let rounded = losses(device, compute.precision, unit)?;
        let largest = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        difference.loss = difference.loss.max(largest);
        if is_line {
            let gap = (convexity_gap(&exact)? - convexity_gap(&rounded)?).abs();
            difference.convexity_gap = difference.convexity_gap.max(gap);
        }
    }
    Ok(difference)
}
