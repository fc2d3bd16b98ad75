//! Training of the copies that a study lacks, stack by stack; an interrupted stack goes on where it stopped.

use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::Tensor;

use super::{Models, Study};
use crate::compute::within_memory;
use crate::error::{LmcError, Result};
use crate::file::{read_sealed, remove, tidy, write_sealed};
use crate::interrupt;
use crate::model::Classifier;
use crate::parallel::{n_threads, run_units};
use crate::progress::{Progress, Unit};
use crate::spec::{Recipe, RunSpec, Trained};
use crate::store::{CheckpointInfo, Claim, Store};
use crate::train::{Features, Snapshot, Training, TrainingSet, TrainingState};
use crate::weights::Weights;

/// A stack that is not finished: its starting point and its runs.
struct Stack<'a> {
    seeds: &'a [u64],
    runs: Vec<RunSpec>,
    theta: Tensor,
}

impl Models {
    /// Trains the missing copies and returns all copies at the last checkpoint.
    pub(super) fn finetune(study: &Rc<Study>) -> Result<Self> {
        let recipe = &study.spec.recipe;
        train(study, recipe)?;
        Self::load(study, recipe.n_updates(study.task.train.len()))
    }
}

/// Trains the copies that a recipe lacks, after those that the recipe before it lacks.
fn train(study: &Study, recipe: &Recipe) -> Result<()> {
    let checkpoints = recipe.checkpoints(study.task.train.len());
    let last = recipe.n_updates(study.task.train.len());
    let n_stacks = study.spec.stacks().count();
    let mut missing = Vec::new();
    for seeds in study.spec.stacks() {
        if !all_kept(&study.store, &study.run_specs(recipe, seeds), &checkpoints)? {
            missing.push(seeds);
        }
    }
    if let Some(before) = recipe.after.as_deref().filter(|_| !missing.is_empty()) {
        train(study, before)?;
    }
    let features = match recipe.trained {
        Trained::Head if !missing.is_empty() => Some(frozen_features(study)?),
        _ => None,
    };
    let total = u64::from(last) * n_stacks as u64;
    let what = match recipe.trained {
        Trained::All => format!("finetuning {} copies", study.spec.seeds.len()),
        Trained::Head => format!("training the heads of {} copies", study.spec.seeds.len()),
    };
    let progress = Progress::new(what, Unit::Updates, total);
    progress.found(total - u64::from(last) * missing.len() as u64);
    let work = Work {
        store: &study.store,
        classifier: &study.task.classifier,
        set: features.as_ref().map_or(TrainingSet::Examples(&study.task.train), TrainingSet::Features),
        recipe,
        checkpoints: &checkpoints,
        progress: &progress,
    };
    // A stack that another process trains is left to the end, when it is found or, if nothing came of it,
    // trained.
    for waits in [false, true] {
        let mut of_others = Vec::new();
        // No more stacks are in memory than are worked on.
        for wave in missing.chunks(n_threads()) {
            let mut stacks = Vec::new();
            for &seeds in wave {
                let (runs, theta) = (study.run_specs(recipe, seeds), study.initial(recipe, seeds)?);
                stacks.push(Stack { seeds, runs, theta });
            }
            let counted: Vec<AtomicBool> = wave.iter().map(|_| AtomicBool::new(false)).collect();
            let trained = run_units(stacks, |i, stack| work.train(stack, waits, &counted[i]));
            let trained = interrupt::settle(trained, |_| {
                // The kept updates of stacks that this call had not come to.
                let others =
                    wave.iter().zip(&counted).filter(|(_, counted)| !counted.load(Ordering::Relaxed));
                let kept = others.map(|(seeds, _)| work.updates_kept(seeds, &study.run_specs(recipe, seeds)));
                interrupt::in_store(progress.done() + kept.sum::<u64>(), total, "updates")
            })?;
            of_others
                .extend(wave.iter().zip(trained).filter(|(_, trained)| !trained).map(|(seeds, _)| *seeds));
        }
        missing = of_others;
    }
    Ok(())
}

/// Returns the features of the training set by the pretrained encoder, which are the same for every head.
fn frozen_features(study: &Study) -> Result<Features> {
    let examples = &study.task.train;
    let progress = Progress::new("encoding the training set", Unit::Examples, examples.len() as u64);
    let encoder = study.fresh(&study.spec.recipe, 0)?;
    Features::new(&study.task.classifier, encoder.theta(), examples, |n| {
        progress.advance(n as u64, String::new)
    })
}

/// Returns whether every one of those checkpoints of every run of a stack is in the store.
pub(super) fn all_kept(store: &Store, runs: &[RunSpec], checkpoints: &[u32]) -> Result<bool> {
    for run in runs {
        for &step in checkpoints {
            if store.checkpoint_info(run, step)?.is_none() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The parts that all threads share.
struct Work<'a> {
    store: &'a Store,
    classifier: &'a Classifier,
    set: TrainingSet<'a>,
    recipe: &'a Recipe,
    checkpoints: &'a [u32],
    progress: &'a Progress,
}

impl Work<'_> {
    /// Trains a stack to its end, or to an interrupt, after which its state is kept. Returns false if another
    /// process trains it, unless this one `waits` for that. Sets `counted` once the progress includes the
    /// kept updates of the stack.
    fn train(&self, stack: Stack<'_>, waits: bool, counted: &AtomicBool) -> Result<bool> {
        let Stack { seeds, runs, theta } = stack;
        let path = self.store.state_path(&runs[0])?;
        for run in &runs {
            tidy(&self.store.run_folder(run)?);
        }
        let Some(_claim) = Claim::of(&path, waits)? else { return Ok(false) };
        if all_kept(self.store, &runs, self.checkpoints)? {
            self.progress.found(self.checkpoints.last().copied().unwrap_or(0).into());
            counted.store(true, Ordering::Relaxed);
            return Ok(true);
        }
        let mut training = Training::new(self.classifier, theta, seeds, self.set, self.recipe)?;
        if let Some(state) = self.state(&path, seeds, &runs)? {
            self.progress.found(state.step().into());
            training = training.resumed(state);
        }
        counted.store(true, Ordering::Relaxed);
        let tick = |loss: f64| {
            self.progress.tick(|| format!("loss {loss:.3}"));
            Ok(())
        };
        let trained = within_memory(|| training.run(|snapshot| self.keep(&runs, &snapshot), tick));
        match trained {
            Ok(()) => remove(&path).map(|()| true),
            Err(interrupted @ LmcError::Interrupted { .. }) => {
                let parts = training.state().to_parts()?;
                write_sealed(&path, &parts.each_ref().map(Vec::as_slice))?;
                Err(interrupted)
            }
            Err(LmcError::OutOfMemory { asked, .. }) => {
                Err(LmcError::OutOfMemory { what: format!("finetuning of seeds {seeds:?}"), asked })
            }
            Err(failed) => Err(failed),
        }
    }

    /// Returns the state that an interrupted training of the stack left, if training can go on from it.
    fn state(&self, path: &Path, seeds: &[u64], runs: &[RunSpec]) -> Result<Option<TrainingState>> {
        let Some(bytes) = read_sealed(path, TrainingState::REMEDY)? else { return Ok(None) };
        let trained = match self.recipe.trained {
            Trained::All => self.classifier.layout(),
            Trained::Head => self.classifier.head_layout(),
        };
        let found = TrainingState::from_bytes(&bytes, path, seeds, trained.n_parameters())?;
        // If an earlier checkpoint is missing, the stack must pass there again.
        let passed: Vec<u32> =
            self.checkpoints.iter().copied().filter(|&step| step <= found.step()).collect();
        let goes_on = self.checkpoints.last().is_some_and(|&last| found.step() < last);
        Ok((goes_on && all_kept(self.store, runs, &passed)?).then_some(found))
    }

    /// Returns the number of updates that an interrupted training of the stack kept, or 0 if that is unknown.
    fn updates_kept(&self, seeds: &[u64], runs: &[RunSpec]) -> u64 {
        let state = self.store.state_path(&runs[0]).and_then(|path| self.state(&path, seeds, runs));
        state.ok().flatten().map_or(0, |state| state.step().into())
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
