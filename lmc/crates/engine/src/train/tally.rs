//! The losses of a stack since its last checkpoint.

use super::log::UpdateLog;
use super::window::UpdateNumbers;

/// The losses of each model of a stack since the last checkpoint.
#[derive(Debug)]
pub(super) struct Tally {
    sums: Vec<f64>,
    /// The updates that were made.
    since: u32,
    logs: Vec<UpdateLog>,
    last_loss: f64,
}

impl Tally {
    /// Makes that of a stack of so many models at a checkpoint.
    pub fn new(n_models: usize) -> Self {
        let logs = vec![UpdateLog::default(); n_models];
        Self { sums: vec![0.0; n_models], since: 0, logs, last_loss: f64::NAN }
    }

    /// Returns that of a stack which was put aside, from the bits of its sums.
    pub fn resumed(sums: &[u64], since: u32, logs: Vec<UpdateLog>) -> Self {
        let sums = sums.iter().copied().map(f64::from_bits).collect();
        Self { sums, since, logs, last_loss: f64::NAN }
    }

    /// Counts an update as made; its losses may be read later.
    pub fn end_update(&mut self) {
        self.since += 1;
    }

    /// Takes up the numbers of an update.
    pub fn count(&mut self, numbers: &UpdateNumbers) {
        let UpdateNumbers { losses, gradient_norms } = numbers;
        self.sums.iter_mut().zip(losses).for_each(|(sum, &loss)| *sum += f64::from(loss));
        let of_models = losses.iter().zip(gradient_norms);
        self.logs.iter_mut().zip(of_models).for_each(|(log, (&loss, &norm))| log.push(loss, norm));
        self.last_loss = f64::from(losses.iter().sum::<f32>()) / losses.len() as f64;
    }

    /// Forgets the updates: a checkpoint was reached.
    pub fn clear(&mut self) {
        self.sums.fill(0.0);
        self.since = 0;
        self.logs.iter_mut().for_each(UpdateLog::clear);
    }

    /// Returns the bits of the sum of each model's losses.
    pub fn sums(&self) -> Vec<u64> {
        self.sums.iter().map(|sum| sum.to_bits()).collect()
    }

    /// Returns the updates that were made.
    pub fn since(&self) -> u32 {
        self.since
    }

    /// Returns the updates of each model, as far as they are known.
    pub fn logs(&self) -> &[UpdateLog] {
        &self.logs
    }

    /// Returns the updates of each model; nothing if some are not known, as an earlier version put the stack
    /// aside.
    pub fn whole_logs(&self) -> &[UpdateLog] {
        let is_whole = self.logs.iter().all(|log| log.len() == self.since as usize);
        if is_whole { &self.logs } else { &[] }
    }

    /// Returns the mean loss of each model.
    pub fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / f64::from(self.since)).collect()
    }

    /// Returns the mean over the models of the loss that was last read; not a number before that.
    pub fn last_loss(&self) -> f64 {
        self.last_loss
    }
}
