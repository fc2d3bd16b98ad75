//! Training what a study lacks, stack by stack; an interrupted stack goes on where it was.

use std::rc::Rc;

use tch::Tensor;

use super::{Models, Study};
use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::file::{read_sealed, remove, write_sealed};
use crate::interrupt;
use crate::model::Classifier;
use crate::parallel::run_units;
use crate::progress::{Progress, Unit};
use crate::spec::{Recipe, RunSpec};
use crate::store::{CheckpointInfo, Store};
use crate::train::{Snapshot, Training, TrainingState};
use crate::weights::Weights;

/// A stack that is not finished: what it starts from and the runs it consists of.
struct Stack<'a> {
    seeds: &'a [u64],
    runs: Vec<RunSpec>,
    theta: Tensor,
    state: Option<TrainingState>,
}

impl Models {
    /// Trains what is missing and returns the copies at the last checkpoint.
    pub(super) fn finetune(study: &Rc<Study>) -> Result<Self> {
        let checkpoints = study.spec.recipe.checkpoints(study.task.train.len());
        let last = checkpoints.last().copied().unwrap_or(0);
        let n_stacks = study.spec.stacks().count();
        let mut stacks = Vec::new();
        for seeds in study.spec.stacks() {
            stacks.extend(unfinished(study, seeds, &checkpoints)?);
        }
        let total = u64::from(last) * n_stacks as u64;
        let left: u64 =
            stacks.iter().map(|s| u64::from(last - s.state.as_ref().map_or(0, TrainingState::step))).sum();
        let progress =
            Progress::new(format!("finetuning {} copies", study.spec.seeds.len()), Unit::Updates, total);
        progress.found(total - left);
        let work = Work {
            store: &study.store,
            classifier: &study.task.classifier,
            examples: &study.task.train,
            recipe: &study.spec.recipe,
            progress: &progress,
        };
        let trained = run_units(stacks, |_, stack| work.train(stack));
        interrupt::settle(trained, |_| interrupt::in_store(progress.done(), total, "updates"))?;
        Self::load(study, last)
    }
}

/// The stack of those seeds as far as it was trained, or nothing when all its checkpoints are in the store.
fn unfinished<'a>(study: &Study, seeds: &'a [u64], checkpoints: &[u32]) -> Result<Option<Stack<'a>>> {
    let runs = study.run_specs(seeds);
    if all_kept(&study.store, &runs, checkpoints)? {
        return Ok(None);
    }
    let mut state = None;
    let path = study.store.state_path(&runs[0])?;
    if let Some(bytes) = read_sealed(&path, TrainingState::REMEDY)? {
        let n_parameters = study.task.classifier.layout().n_parameters();
        let found = TrainingState::from_bytes(&bytes, &path, seeds, n_parameters)?;
        // Where an earlier checkpoint is gone, the stack must pass there again.
        let passed: Vec<u32> = checkpoints.iter().copied().filter(|&step| step <= found.step()).collect();
        let goes_on = checkpoints.last().is_some_and(|&last| found.step() < last);
        state = (goes_on && all_kept(&study.store, &runs, &passed)?).then_some(found);
    }
    Ok(Some(Stack { seeds, runs, theta: study.initial(seeds)?, state }))
}

/// Whether every one of those checkpoints of every run of a stack is in the store.
fn all_kept(store: &Store, runs: &[RunSpec], checkpoints: &[u32]) -> Result<bool> {
    for run in runs {
        for &step in checkpoints {
            if store.checkpoint_info(run, step)?.is_none() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What all threads share.
struct Work<'a> {
    store: &'a Store,
    classifier: &'a Classifier,
    examples: &'a [Encoded],
    recipe: &'a Recipe,
    progress: &'a Progress,
}

impl Work<'_> {
    /// Trains a stack to its end, or to an interrupt: then its state is kept.
    fn train(&self, stack: Stack<'_>) -> Result<()> {
        let Stack { seeds, runs, theta, state } = stack;
        let mut training = Training::new(self.classifier, theta, seeds, self.examples, self.recipe);
        if let Some(state) = state {
            training = training.resumed(state);
        }
        let tick = |loss: f64| {
            self.progress.tick(|| format!("loss {loss:.3}"));
            Ok(())
        };
        let path = self.store.state_path(&runs[0])?;
        match training.run(|snapshot| self.keep(&runs, &snapshot), tick) {
            Ok(()) => remove(&path),
            Err(interrupted @ LmcError::Interrupted { .. }) => {
                let parts = training.state().to_parts()?;
                write_sealed(&path, &parts.each_ref().map(Vec::as_slice))?;
                Err(interrupted)
            }
            Err(failed) => Err(failed),
        }
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
