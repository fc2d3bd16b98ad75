//! One stack in training: it goes on where an interrupt stopped it.

use std::path::PathBuf;

use super::all_kept;
use super::start::Start;
use crate::compute::within_memory;
use crate::error::{LmcError, Result};
use crate::file::{read_sealed, remove, tidy, write_sealed};
use crate::model::Classifier;
use crate::progress::Progress;
use crate::spec::{Recipe, RunSpec, Trained};
use crate::store::{CheckpointInfo, Store};
use crate::train::{Snapshot, Training, TrainingSet, TrainingState};
use crate::weights::Weights;

/// Runs that are trained together.
pub(super) struct Stack<'a> {
    seeds: &'a [u64],
    pub runs: Vec<RunSpec>,
    /// The file of its state.
    pub state: PathBuf,
}

impl<'a> Stack<'a> {
    pub fn new(store: &Store, seeds: &'a [u64], runs: Vec<RunSpec>) -> Result<Self> {
        for run in &runs {
            tidy(&store.run_folder(run)?);
        }
        Ok(Self { seeds, state: store.state_path(&runs[0])?, runs })
    }
}

/// The parts that all threads share.
pub(super) struct Work<'a> {
    pub store: &'a Store,
    pub classifier: &'a Classifier,
    pub set: TrainingSet<'a>,
    pub recipe: &'a Recipe,
    pub checkpoints: &'a [u32],
    pub start: Start<'a>,
    pub progress: &'a Progress,
}

impl Work<'_> {
    /// Trains a stack to its end, or to an interrupt, after which its state is kept.
    pub fn train(&self, stack: &Stack<'_>) -> Result<()> {
        let Stack { seeds, runs, state } = stack;
        let too_little = |error| match error {
            LmcError::OutOfMemory { asked, .. } => {
                LmcError::OutOfMemory { what: format!("finetuning of seeds {seeds:?}"), asked }
            }
            other => other,
        };
        let theta = within_memory(|| self.start.weights(runs)).map_err(too_little)?;
        let mut training = Training::new(self.classifier, theta, seeds, self.set, self.recipe)?;
        if let Some(begun) = self.begun(stack)? {
            self.progress.found(begun.step().into());
            training = training.resumed(begun);
        }
        let tick = |loss: f64| {
            self.progress.tick(|| format!("loss {loss:.3}"));
            Ok(())
        };
        let trained = within_memory(|| training.run(|snapshot| self.keep(runs, &snapshot), tick));
        if matches!(trained, Err(LmcError::Interrupted { .. })) {
            let parts = training.state().to_parts()?;
            write_sealed(state, &parts.each_ref().map(Vec::as_slice))?;
        }
        trained.map_err(too_little)?;
        remove(state)
    }

    /// Returns the state that an interrupted training of the stack left, if training can go on from it.
    fn begun(&self, stack: &Stack<'_>) -> Result<Option<TrainingState>> {
        let Stack { seeds, runs, state } = stack;
        let Some(bytes) = read_sealed(state, TrainingState::REMEDY)? else { return Ok(None) };
        let trained = match self.recipe.trained {
            Trained::All => self.classifier.layout(),
            Trained::Head => self.classifier.head_layout(),
        };
        let found = TrainingState::from_bytes(&bytes, state, seeds, trained.n_parameters())?;
        // If an earlier checkpoint is missing, the stack must pass there again.
        let passed: Vec<u32> =
            self.checkpoints.iter().copied().filter(|&step| step <= found.step()).collect();
        let goes_on = self.checkpoints.last().is_some_and(|&last| found.step() < last);
        Ok((goes_on && all_kept(self.store, runs, &passed)?).then_some(found))
    }

    /// Returns the number of updates that an interrupted training of the stack kept, or 0 if that is unknown.
    pub fn updates_kept(&self, stack: &Stack<'_>) -> u64 {
        self.begun(stack).ok().flatten().map_or(0, |state| state.step().into())
    }

    /// Writes a checkpoint of every model of a stack.
    fn keep(&self, runs: &[RunSpec], snapshot: &Snapshot<'_>) -> Result<()> {
        let &Snapshot { step, theta, train_loss, seconds } = snapshot;
        for (i, (run, &train_loss)) in runs.iter().zip(train_loss).enumerate() {
            let weights = Weights::new(self.classifier.layout().clone(), theta.get(i as i64))?;
            self.store.save_checkpoint(run, &weights, &CheckpointInfo { step, train_loss, seconds })?;
        }
        Ok(())
    }
}
