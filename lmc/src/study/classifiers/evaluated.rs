//! Evaluating classifiers: each result is found in the store or evaluated and kept there, and a failure costs
//! only its own result.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lmc_engine::kept::{Turn, turn};
use tch::{Device, Tensor};

use super::{Classifiers, Evaluation, Looked, evaluation};
use crate::compute::within_memory;
use crate::encode::Placement;
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome, Tile, evaluate_counted, read_outcome, write_outcome};
use crate::file::tidy;
use crate::interrupt;
use crate::model::Classifier;
use crate::parallel::{n_threads, run_on_workers};
use crate::progress::{Progress, Unit};
use crate::store::Store;
use crate::study::reading::side_by_side;

/// The fewest parameters of a model that several threads share: they wait for each other longer than a
/// smaller one takes.
const WORTH_SHARING: i64 = 4_000_000;

/// The outcome of evaluating classifiers: the results, and the errors that prevented the others.
#[derive(Debug)]
#[must_use = "what failed is said in it"]
pub struct Evaluated {
    /// The results that are finished, in the order of the models and for each in that of the sets.
    pub evaluations: Vec<Evaluation>,
    /// The errors, in the order of the models. If an error stopped all work, it comes last. Empty if all
    /// results are there.
    pub errors: Vec<LmcError>,
}

impl Evaluated {
    /// Returns all results.
    ///
    /// # Errors
    /// The last one of [`Evaluated::errors`], if there is any.
    pub fn all(mut self) -> Result<Vec<Evaluation>> {
        self.errors.pop().map_or(Ok(self.evaluations), Err)
    }
}

/// A result, or the error that prevented it, once either is known.
type Slot = Option<Result<Outcome>>;

/// One evaluation of all classifiers on all sets.
struct Work<'a> {
    classifiers: &'a Classifiers,
    store: Option<&'a Store>,
    progress: Progress,
    /// By the number of the result.
    slots: Mutex<Vec<Slot>>,
}

pub(super) fn evaluate(classifiers: &Classifiers, store: Option<&Store>) -> Evaluated {
    let n_sets = classifiers.names.len();
    let units = || classifiers.models.iter().flat_map(|model| model.sets.iter().map(move |set| (model, set)));
    let examples: usize = units().map(|(_, set)| set.encoded.len()).sum();
    let models = classifiers.models.len();
    let what =
        if models == 1 { classifiers.models[0].model.name.clone() } else { format!("{models} models") };
    let heading = format!("evaluating {what} on {}", classifiers.names.join(", "));
    let work = Work {
        classifiers,
        store,
        progress: Progress::new(heading, Unit::Examples, examples as u64),
        slots: Mutex::new((0..classifiers.n_units()).map(|_| None).collect()),
    };
    let stopped = work.run(n_sets).err();
    let slots = work.slots.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut evaluations, mut errors) = (Vec::new(), Vec::new());
    for ((model, set), slot) in units().zip(slots) {
        match slot {
            Some(Ok(outcome)) => evaluations.push(evaluation(&model.model, set, outcome)),
            Some(Err(error)) => errors.push(error),
            None => {}
        }
    }
    errors.extend(stopped);
    Evaluated { evaluations, errors }
}

impl Work<'_> {
    fn run(&self, n_sets: usize) -> Result<()> {
        if let Some(store) = self.store {
            for set in self.classifiers.models.iter().flat_map(|model| &model.sets) {
                if let Some(folder) = store.evaluation_path(&self.key_of(set), "x").parent() {
                    tidy(folder);
                }
            }
        }
        // Results that another process evaluates are left to the end; then they are read or, if that process
        // made none, evaluated.
        for waits in [false, true] {
            let slots = self.slots();
            let is_left = |&model: &usize| slots[model * n_sets..][..n_sets].iter().any(Option::is_none);
            let left: Vec<usize> = (0..self.classifiers.models.len()).filter(is_left).collect();
            drop(slots);
            let (workers, threads) = self.workers(left.len());
            let equip = |&device: &Device| {
                tch::set_num_threads(threads);
                Ok(device)
            };
            let done = run_on_workers(&workers, left, equip, |&mut device, _, model| {
                within_memory(|| self.model(model, n_sets, device, waits))
            });
            interrupt::settle(done, |_| {
                let n = self.slots().iter().flatten().filter(|slot| slot.is_ok()).count() as u64;
                match self.store {
                    Some(_) => interrupt::in_store(n, self.classifiers.n_units() as u64, "evaluations"),
                    None => {
                        format!("{n} of {} evaluations are done; none is kept", self.classifiers.n_units())
                    }
                }
            })?;
        }
        Ok(())
    }

    /// Returns the device of each worker and the threads that it has for its models: as many workers as there
    /// are models to share, and room for.
    fn workers(&self, n_models: usize) -> (Vec<Device>, i32) {
        let compute = &self.classifiers.compute;
        let largest = self.classifiers.models.iter().map(|model| model.seen.n_parameters).max().unwrap_or(0);
        let room = side_by_side(compute.host_memory, 4 * largest as u64);
        let mut workers = compute.workers();
        workers.truncate(n_models.min(room).max(1));
        let threads = if largest < WORTH_SHARING { 1 } else { n_threads() / workers.len() };
        (workers, i32::try_from(threads.max(1)).unwrap_or(1))
    }

    /// Returns the name under which evaluations on a set are kept.
    fn key_of(&self, set: &EvaluationSet) -> String {
        format!("{}{}", set.key, self.classifiers.compute.precision.suffix())
    }

    /// Evaluates one model on all sets.
    fn model(&self, model: usize, n_sets: usize, device: Device, waits: bool) -> Result<()> {
        let looked = &self.classifiers.models[model];
        let mut loaded = None;
        for (number, set) in looked.sets.iter().enumerate() {
            let unit = model * n_sets + number;
            if self.slots()[unit].is_some() {
                continue;
            }
            let one = One { work: self, looked, set, unit, device };
            match one.made(&mut loaded, waits) {
                Err(error) if costs_itself_alone(&error) => self.slots()[unit] = Some(Err(error)),
                other => other?,
            }
        }
        Ok(())
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether other models may still be evaluated after this error.
fn costs_itself_alone(error: &LmcError) -> bool {
    matches!(error, LmcError::NonFiniteLoss { .. } | LmcError::Format { .. } | LmcError::Tensors { .. })
}

/// One result: a model on a set.
struct One<'a> {
    work: &'a Work<'a>,
    looked: &'a Looked,
    set: &'a EvaluationSet,
    unit: usize,
    device: Device,
}

impl One<'_> {
    /// Finds the result in the store, or evaluates it and keeps it there, unless another process does and the
    /// caller does not wait (`waits`).
    fn made(&self, loaded: &mut Option<(Classifier, Tensor)>, waits: bool) -> Result<()> {
        let of_set = self.work.key_of(self.set);
        let path = self.work.store.map(|store| store.evaluation_path(&of_set, &self.looked.seen.key));
        let _claim = match &path {
            None => None,
            Some(path) => match turn(path, waits, || self.find(path))? {
                Turn::Found(outcome) => {
                    self.work.progress.found(self.set.encoded.len() as u64);
                    self.keep(outcome);
                    return Ok(());
                }
                Turn::Claimed(claim) => Some(claim),
                Turn::Elsewhere => return Ok(()),
            },
        };
        let (classifier, theta) = match loaded {
            Some(loaded) => loaded,
            empty => {
                let (classifier, weights) = self.looked.load()?;
                let kind = self.work.classifiers.compute.precision.kind();
                empty.insert((classifier, weights.theta().f_to_device(self.device)?.f_to_kind(kind)?))
            }
        };
        let outcome = self.evaluate(classifier, theta)?;
        // A result that cannot be kept is still a result.
        let written = path.map_or(Ok(()), |path| write_outcome(&path, &outcome));
        self.keep(outcome);
        written
    }

    fn find(&self, path: &Path) -> Result<Option<Outcome>> {
        path.exists().then(|| read_outcome(path, self.set.encoded.len())).transpose()
    }

    fn evaluate(&self, classifier: &Classifier, theta: &Tensor) -> Result<Outcome> {
        let (set, n) = (self.set, self.set.encoded.len());
        // The progress of a single model does not need a name: the heading has it.
        let name = if self.work.classifiers.models.len() == 1 { "" } else { &self.looked.model.name };
        let counted = Counted::new(&self.work.progress, name);
        let placement = Placement::of(&self.work.classifiers.compute, self.device);
        let outcome = Tile::new(set, placement)?.fitting(|batches| {
            counted.again();
            evaluate_counted(classifier, theta, batches, n, set.label_map.as_ref(), &|n| counted.count(n))
        });
        outcome.map_err(|error| error.of(format!("{} on {}", self.looked.model.name, set.dataset.name)))
    }

    fn keep(&self, outcome: Outcome) {
        self.work.slots()[self.unit] = Some(Ok(outcome));
    }
}

/// Counts examples as done once, though they are evaluated again in smaller batches.
struct Counted<'a> {
    progress: &'a Progress,
    name: &'a str,
    /// The examples done since the last new start, and the most that were ever done.
    done: Mutex<(usize, usize)>,
}

impl<'a> Counted<'a> {
    fn new(progress: &'a Progress, name: &'a str) -> Self {
        Self { progress, name, done: Mutex::new((0, 0)) }
    }

    fn again(&self) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).0 = 0;
    }

    fn count(&self, n: usize) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0 += n;
        let more = done.0.saturating_sub(done.1);
        done.1 += more;
        if more > 0 {
            self.progress.advance(more as u64, || self.name.to_owned());
        }
    }
}
