//! What a precision costs: a sample of the units in it and in float32.

use super::job::SweepJob;
use super::resident::Resident;
use crate::compute::Precision;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::gap::convexity_gap;
use crate::progress;

/// The most units in the sample.
const N_UNITS: usize = 2;

/// Computes the first and the middle unit in both precisions on the first device and prints the largest difference of a mean
/// loss and, on lines, of a convexity gap.
///
/// # Errors
/// [`LmcError::Imprecise`] when one is above the tolerance.
pub(super) fn check(job: &SweepJob<'_>) -> Result<()> {
    let (units, compute) = (job.plan.units(), job.compute);
    let Some(&device) = compute.devices.first() else { return Ok(()) };
    let load = |model| Ok((job.load)(model)?.theta().to_device(device));
    let weights = Resident::new(2 * N_UNITS, &load);
    let losses = |precision, unit: &[usize]| -> Result<Vec<f64>> {
        let all = 0..job.plan.interior().count();
        let inner = job.sample(&job.worker(device, precision)?, &weights, unit, all, |_| ())?;
        Ok(job.with_ends(unit, inner).iter().map(Outcome::mean_loss).collect())
    };
    let is_line = job.plan.points().iter().all(|point| point.weights().len() == 2);
    let (mut loss, mut gap) = (0.0f64, 0.0f64);
    for unit in units.iter().step_by(units.len().div_ceil(N_UNITS)) {
        let (exact, rounded) = (losses(Precision::Float32, unit)?, losses(compute.precision, unit)?);
        loss = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs()).fold(loss, f64::max);
        if is_line {
            gap = gap.max((convexity_gap(&exact)? - convexity_gap(&rounded)?).abs());
        }
    }
    let sample = units.len().min(N_UNITS);
    progress::say(&format!(
        "{} against float32 on {sample} of {} units: loss off by at most {loss:.1e}, convexity gap by {gap:.1e} nats",
        compute.precision,
        units.len()
    ));
    match [("loss", loss), ("convexity gap", gap)].into_iter().find(|&(_, got)| got > compute.tolerance) {
        None => Ok(()),
        Some((what, got)) => Err(LmcError::Imprecise {
            precision: compute.precision.to_string(),
            what,
            got,
            tolerance: compute.tolerance,
        }),
    }
}
