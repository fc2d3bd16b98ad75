//! Checkpoints that are written while training goes on.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tch::Tensor;

use crate::compute::within_memory;
use crate::error::{LmcError, Result};
use crate::train::{Snapshot, UpdateLog};

/// A checkpoint of a stack, with a copy of the weights of its own.
struct Checkpoint {
    step: u32,
    /// `[stack, n_parameters]`, where the stack is trained.
    theta: Tensor,
    train_loss: Vec<f64>,
    logs: Vec<UpdateLog>,
    skipped: Vec<u32>,
    seconds: f64,
}

impl Checkpoint {
    fn of(snapshot: &Snapshot<'_>) -> Self {
        let &Snapshot { step, theta, train_loss, logs, skipped, seconds } = snapshot;
        let (train_loss, logs, skipped) = (train_loss.to_vec(), logs.to_vec(), skipped.to_vec());
        Self { step, theta: theta.copy(), train_loss, logs, skipped, seconds }
    }

    fn snapshot(&self) -> Snapshot<'_> {
        let Self { step, theta, train_loss, logs, skipped, seconds } = self;
        Snapshot { step: *step, theta, train_loss, logs, skipped, seconds: *seconds }
    }
}

/// Trains by `train`, which gets the function that keeps a checkpoint, and writes checkpoints by `write` on
/// another thread. At most one checkpoint waits while one is written; all are written before this returns.
///
/// # Errors
/// The error of the first checkpoint that could not be written, which ends the training; otherwise that of
/// `train`.
pub(super) fn behind(
    write: impl Fn(Snapshot<'_>) -> Result<()> + Send,
    train: impl FnOnce(&mut dyn FnMut(Snapshot<'_>) -> Result<()>) -> Result<()>,
) -> Result<()> {
    thread::scope(|scope| {
        let (sender, checkpoints) = sync_channel::<Checkpoint>(1);
        let writer = scope.spawn(move || {
            tch::set_num_threads(1);
            checkpoints.into_iter().try_for_each(|checkpoint| within_memory(|| write(checkpoint.snapshot())))
        });
        let trained = within_memory(|| train(&mut |snapshot| handed_on(&sender, &snapshot)));
        drop(sender);
        match writer.join() {
            Ok(written) => written.and(trained),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn handed_on(sender: &SyncSender<Checkpoint>, snapshot: &Snapshot<'_>) -> Result<()> {
    let stopped = |_| LmcError::Interrupted { finished: "a checkpoint could not be written".into() };
    sender.send(Checkpoint::of(snapshot)).map_err(stopped)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    fn snapshot(theta: &Tensor, step: u32) -> Snapshot<'_> {
        Snapshot { step, theta, train_loss: &[0.5], logs: &[], skipped: &[], seconds: 1.0 }
    }

    #[test]
    fn every_checkpoint_is_written_as_it_was_even_if_training_ends_early() {
        let written = Mutex::new(Vec::new());
        let write = |checkpoint: Snapshot<'_>| {
            thread::sleep(Duration::from_millis(5));
            written.lock().unwrap().push((checkpoint.step, checkpoint.theta.double_value(&[0])));
            Ok(())
        };
        let theta = Tensor::from_slice(&[0.0f32]);
        let interrupted = behind(write, |keep| {
            for step in 1..=4 {
                let _ = theta.shallow_clone().fill_(f64::from(step));
                keep(snapshot(&theta, step))?;
            }
            let _ = theta.shallow_clone().fill_(9.0);
            Err(LmcError::Interrupted { finished: String::new() })
        });
        assert!(matches!(interrupted, Err(LmcError::Interrupted { .. })));
        assert_eq!(written.into_inner().unwrap(), [1, 2, 3, 4].map(|step| (step, f64::from(step))));
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_ends_the_training() {
        let write = |checkpoint: Snapshot<'_>| match checkpoint.step {
            2 => Err(LmcError::Figure("the disk is full".into())),
            _ => Ok(()),
        };
        let (theta, mut made) = (Tensor::from_slice(&[0.0f32]), 0);
        let error = behind(write, |keep| {
            for step in 1..1000 {
                keep(snapshot(&theta, step))?;
                made = step;
            }
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), "figure: the disk is full");
        assert!(made < 999);
        let other = behind(|_| Ok(()), |_| Err(LmcError::Figure("other".into())));
        assert_eq!(other.unwrap_err().to_string(), "figure: other");
    }
}
