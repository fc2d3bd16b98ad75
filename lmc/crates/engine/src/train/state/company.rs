//! States of stacks that are trained together on a device, each kept by itself.

use std::ops::Range;

use tch::Tensor;

use super::{Numbers, TrainingState};
use crate::train::scaling::Scales;
use lmc_base::error::{LmcError, Result};

impl TrainingState {
    /// Returns the state of some of the models, as if they had been trained without the others.
    pub fn of_models(&self, models: Range<usize>) -> Self {
        let part = |tensor: &Tensor| tensor.narrow(0, models.start as i64, models.len() as i64);
        let Numbers { seeds, step, since, sums, logs, dropout, seconds, scales, side_by_side } =
            &self.numbers;
        let numbers = Numbers {
            seeds: seeds[models.clone()].to_vec(),
            step: *step,
            since: *since,
            sums: sums[models.clone()].to_vec(),
            logs: logs.get(models.clone()).unwrap_or_default().to_vec(),
            dropout: dropout.clone(),
            seconds: *seconds,
            scales: scales.as_ref().map(|scales| scales.of_models(models.clone())),
            side_by_side: *side_by_side,
        };
        Self { numbers, theta: part(&self.theta), first: part(&self.first), second: part(&self.second) }
    }

    /// Returns the state of several stacks as that of one, in their order. Each goes on with its own masks of
    /// dropout, which is so on devices alone.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for none, or for stacks that have not made the same updates.
    pub fn together(states: Vec<Self>) -> Result<Self> {
        let Some(first) = states.first() else {
            return Err(LmcError::invalid("states", "none", "at least one"));
        };
        let made = (first.numbers.step, first.numbers.since);
        if let Some(other) = states.iter().find(|state| (state.numbers.step, state.numbers.since) != made) {
            let got = format!("{} and {} updates", made.0, other.numbers.step);
            return Err(LmcError::invalid("states", got, "stacks that made the same updates"));
        }
        let joined = |tensor: fn(&Self) -> &Tensor| -> Result<Tensor> {
            let tensors: Vec<&Tensor> = states.iter().map(tensor).collect();
            Ok(Tensor::f_cat(&tensors, 0)?)
        };
        let numbers = || states.iter().map(|state| &state.numbers);
        Ok(Self {
            numbers: Numbers {
                seeds: numbers().flat_map(|n| n.seeds.iter().copied()).collect(),
                step: made.0,
                since: made.1,
                sums: numbers().flat_map(|n| n.sums.iter().copied()).collect(),
                logs: numbers().flat_map(Numbers::all_logs).collect(),
                dropout: first.numbers.dropout.clone(),
                seconds: numbers().map(|n| n.seconds).fold(0.0, f64::max),
                scales: numbers()
                    .map(|n| n.scales.as_ref())
                    .collect::<Option<Vec<_>>>()
                    .map(Scales::together),
                side_by_side: numbers().filter_map(|n| n.side_by_side).max(),
            },
            theta: joined(|state| &state.theta)?,
            first: joined(|state| &state.first)?,
            second: joined(|state| &state.second)?,
        })
    }
}
