//! One stack in training, or several in company; they go on where an interrupt stopped them.

use std::ops::Range;
use std::path::PathBuf;

use tch::{Device, Tensor};

use super::start::Start;
use super::writer::behind;
use super::{Wanted, updates};
use crate::compute::within_memory;
use crate::error::{LmcError, Result};
use crate::file::{read_sealed, remove, tidy, write_sealed};
use crate::model::Classifier;
use crate::progress::{Progress, note};
use crate::spec::{Recipe, RunSpec, Trained};
use crate::store::{CheckpointInfo, Store};
use crate::train::{Place, Schedule, Snapshot, Training, TrainingSet, TrainingState, UpdateLog};
use crate::weights::Weights;

/// The most by which the training loss of the same copy may differ from one training to the next, as a share.
const SAME: f64 = 1e-3;

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
    pub wanted: Wanted,
    pub classifier: &'a Classifier,
    pub set: TrainingSet<'a>,
    pub recipe: &'a Recipe,
    pub schedule: Schedule,
    pub checkpoints: &'a [u32],
    pub start: Start<'a>,
    pub progress: &'a Progress,
}

impl Work<'_> {
    /// Trains stacks in company to their end, or to an interrupt, after which the state of each is kept. All
    /// must have made the same updates.
    ///
    /// If there is too little memory for all of them, each half is trained by itself.
    pub fn train(&self, company: &[&Stack<'_>], place: Place) -> Result<()> {
        if place.is_exact() && company.len() > 1 {
            // Beside devices the CPU may get a company; there each stack has bits of its own.
            return company.iter().try_for_each(|stack| self.train(&[stack], place));
        }
        let seeds: Vec<u64> = company.iter().flat_map(|stack| stack.seeds).copied().collect();
        let runs: Vec<&RunSpec> = company.iter().flat_map(|stack| &stack.runs).collect();
        let too_little = |error| match error {
            LmcError::OutOfMemory { asked, .. } => {
                LmcError::OutOfMemory { what: format!("finetuning of seeds {seeds:?}"), asked }
            }
            other => other,
        };
        let mut training = match within_memory(|| self.begin(&seeds, &runs, company, place)) {
            Err(LmcError::OutOfMemory { .. }) if company.len() > 1 => {
                note("finetuning: memory is short for so many copies, half of them are trained first");
                let (first, second) = company.split_at(company.len() / 2);
                self.train(first, place)?;
                return self.train(second, place);
            }
            begun => begun.map_err(too_little)?,
        };
        let tick = |loss: f64| {
            self.progress.tick(|| format!("loss {loss:.3}"));
            Ok(())
        };
        let trained = if place.is_exact() {
            let as_it_is = |theta: &Tensor| Ok(theta.shallow_clone());
            within_memory(|| training.run(|snapshot| self.keep(&runs, &snapshot, as_it_is), tick))
        } else {
            let host = Host::new(self.classifier, place.device);
            let write =
                |snapshot: Snapshot<'_>| self.keep(&runs, &snapshot, |theta: &Tensor| host.copied(theta));
            behind(write, |keep| training.run(keep, tick))
        };
        if matches!(trained, Err(LmcError::Interrupted { .. })) {
            let state = training.state()?;
            for (stack, models) in company.iter().zip(ranges(company)) {
                let parts = state.of_models(models).to_parts()?;
                write_sealed(&stack.state, &parts.each_ref().map(Vec::as_slice))?;
            }
        }
        trained.map_err(too_little)?;
        company.iter().try_for_each(|stack| remove(&stack.state))
    }

    /// Makes the training of stacks in company, from their states if they have any.
    fn begin<'t>(
        &'t self,
        seeds: &'t [u64],
        runs: &[&RunSpec],
        company: &[&Stack<'_>],
        place: Place,
    ) -> Result<Training<'t>> {
        let theta = self.start.weights(runs)?;
        let training = Training::on(self.classifier, theta, seeds, self.set, self.recipe, place)?;
        let begun: Vec<TrainingState> =
            company.iter().filter_map(|stack| self.begun(stack).transpose()).collect::<Result<_>>()?;
        if begun.len() < company.len() {
            return Ok(training);
        }
        let begun = TrainingState::together(begun)?;
        self.progress.found(begun.step().into());
        Ok(training.resumed(begun))
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
        Ok((goes_on && self.wanted.is_kept(self.store, runs, &passed)?).then_some(found))
    }

    /// Returns the number of updates that an interrupted training of the stack kept, or 0 if that is unknown.
    pub fn updates_kept(&self, stack: &Stack<'_>) -> u64 {
        self.begun(stack).ok().flatten().map_or(0, |state| state.step().into())
    }

    /// Keeps the updates of a run up to a checkpoint, if all are known, and returns whether its weights are
    /// wanted too. `loss` is the mean training loss since the checkpoint before.
    fn record(&self, run: &RunSpec, (step, loss): (u32, f64), log: Option<&UpdateLog>) -> Result<bool> {
        let is_first = self.wanted == Wanted::Checkpoints;
        let Some(log) = log else { return Ok(is_first) };
        let kept = if is_first { None } else { self.store.checkpoint_info(run, step)? };
        // Dropout has other masks on another device: then the copy in the store had other updates.
        let is_same = kept.is_none_or(|kept| (kept.train_loss - loss).abs() <= SAME * kept.train_loss.abs());
        if !is_same {
            note(&format!("seed {}: another device trained this copy, its updates are not known", run.seed));
        }
        let nothing = UpdateLog::default();
        updates::save(self.store, run, step, if is_same { log } else { &nothing }, &self.schedule)?;
        Ok(is_first)
    }

    /// Writes a checkpoint of every model of a stack; `on_host` brings the weights of one into the host's
    /// memory.
    fn keep(
        &self,
        runs: &[&RunSpec],
        snapshot: &Snapshot<'_>,
        on_host: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<()> {
        let &Snapshot { step, theta, train_loss, logs, skipped, seconds } = snapshot;
        for (i, (run, &train_loss)) in runs.iter().zip(train_loss).enumerate() {
            if !self.record(run, (step, train_loss), logs.get(i))? {
                continue;
            }
            let weights = Weights::new(self.classifier.layout().clone(), on_host(&theta.get(i as i64))?)?;
            let skipped = skipped.get(i).copied().unwrap_or(0);
            self.store.save_checkpoint(
                run,
                &weights,
                &CheckpointInfo { step, train_loss, seconds, skipped },
            )?;
        }
        Ok(())
    }
}

/// Memory of the host through which weights leave a device.
struct Host {
    size: i64,
    device: Device,
}

impl Host {
    fn new(classifier: &Classifier, device: Device) -> Self {
        Self { size: classifier.layout().n_parameters(), device }
    }

    /// Returns weights, `[n_parameters]`, in the host's memory; from a CUDA device they come into pinned
    /// memory, which libtorch keeps for the next ones.
    fn copied(&self, theta: &Tensor) -> Result<Tensor> {
        if !self.device.is_cuda() {
            return Ok(theta.shallow_clone());
        }
        let empty = Tensor::f_empty([self.size], (theta.kind(), Device::Cpu))?;
        let mut pinned = empty.f_internal_pin_memory(self.device)?;
        pinned.f_copy_(theta)?;
        Ok(pinned)
    }
}

/// Returns the models of each stack among those of all.
fn ranges(company: &[&Stack<'_>]) -> Vec<Range<usize>> {
    let ends = company.iter().scan(0, |end, stack| {
        *end += stack.seeds.len();
        Some(*end - stack.seeds.len()..*end)
    });
    ends.collect()
}
