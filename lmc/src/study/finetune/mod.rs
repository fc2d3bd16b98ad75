//! Training of the copies that a study lacks, stack by stack; an interrupted stack goes on where it stopped.

mod company;
mod stack;
mod start;
mod updates;
mod wanted;
mod writer;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use lmc_base::show::counted;
use lmc_engine::kept::Kept;
use tch::Device;

use super::portable::SMALL;
use super::{Models, Study};
use crate::error::Result;
use crate::progress::{Progress, Unit};
use crate::spec::{Recipe, Trained};
use crate::store::Claim;
use crate::train::{Features, Place, Schedule, TrainingSet};
use company::{companies, most_copies};
use stack::{Stack, Work};
use start::Start;
pub(crate) use updates::read as updates;
pub(super) use wanted::Wanted;

impl Models {
    /// Trains the missing copies and returns all copies at the last checkpoint.
    pub(super) fn finetune(study: &Rc<Study>) -> Result<Self> {
        let recipe = &study.spec.recipe;
        train(study, recipe, Wanted::Checkpoints)?;
        Self::load(study, recipe.n_updates(study.task.train.len()))
    }
}

impl Study {
    /// Brings the updates of all copies into the store. Small copies that an earlier lmc finetuned, without a
    /// record of their updates, are trained again for it and stay what they are; large ones have none.
    pub(crate) fn ensure_updates(&self) -> Result<()> {
        match self.task.classifier.layout().n_parameters() {
            n if n <= SMALL => train(self, &self.spec.recipe, Wanted::Updates),
            _ => Ok(()),
        }
    }
}

/// Trains the copies of a recipe of which the store lacks what is wanted, after those that the recipe before
/// it lacks.
fn train(study: &Study, recipe: &Recipe, wanted: Wanted) -> Result<()> {
    let checkpoints = recipe.checkpoints(study.task.train.len());
    let last = recipe.n_updates(study.task.train.len());
    let n_stacks = study.spec.stacks().count();
    let mut missing = Vec::new();
    for seeds in study.spec.stacks() {
        if !wanted.is_kept(&study.store, &study.run_specs(recipe, seeds), &checkpoints)? {
            missing.push(seeds);
        }
    }
    if let Some(before) = recipe.after.as_deref().filter(|_| !missing.is_empty()) {
        train(study, before, Wanted::Checkpoints)?;
    }
    let features = match recipe.trained {
        Trained::Head if !missing.is_empty() => Some(frozen_features(study)?),
        _ => None,
    };
    let n = match wanted {
        Wanted::Checkpoints => study.spec.seeds.len(),
        Wanted::Updates if missing.is_empty() => return Ok(()),
        Wanted::Updates => missing.iter().map(|seeds| seeds.len()).sum(),
    };
    let what = heading(wanted, recipe.trained, n);
    let mut stacks = Vec::new();
    for seeds in missing {
        stacks.push(Stack::new(&study.store, seeds, study.run_specs(recipe, seeds))?);
    }
    if !stacks.is_empty() && study.task.classifier.layout().n_parameters() > SMALL {
        study.compute.say_unused_card();
    }
    let workers = study.training_compute().training_workers();
    let places: Vec<Place> = workers.iter().map(|&device| place(study, device)).collect();
    let silent = Progress::new("", Unit::Updates, 0);
    let mut work = Work {
        store: &study.store,
        wanted,
        classifier: &study.task.classifier,
        set: features.as_ref().map_or(TrainingSet::Examples(&study.task.train), TrainingSet::Features),
        recipe,
        schedule: Schedule::new(recipe, study.task.train.len()),
        checkpoints: &checkpoints,
        start: Start::new(study, recipe)?,
        progress: &silent,
    };
    let companies = if places.iter().all(Place::is_exact) {
        (0..stacks.len()).map(|stack| vec![stack]).collect()
    } else {
        let sizes: Vec<(usize, u64)> =
            stacks.iter().map(|stack| (stack.runs.len(), work.updates_kept(stack))).collect();
        let most = most_copies(&study.compute, study.task.classifier.layout().n_parameters());
        companies(&sizes, most, places.len())
    };
    // A company makes its updates for all of its stacks at once.
    let found = u64::from(last) * (n_stacks - stacks.len()) as u64;
    let progress = Progress::new(what, Unit::Updates, found + u64::from(last) * companies.len() as u64);
    progress.found(found);
    work.progress = &progress;
    let files: Vec<PathBuf> = companies.iter().map(|company| stacks[company[0]].state.clone()).collect();
    let left = AtomicBool::new(false);
    let is_kept = |stack: &Stack<'_>| wanted.is_kept(work.store, &stack.runs, &checkpoints);
    let kept = Kept {
        files: &files,
        find: &|i| {
            let kept =
                companies[i].iter().map(|&stack| is_kept(&stacks[stack])).collect::<Result<Vec<_>>>()?;
            Ok(kept.into_iter().all(|kept| kept).then_some(()))
        },
        workers: &places,
        equip: &|&place| Ok(place),
        progress: &progress,
        size: last.into(),
        noun: "updates",
        begun: Some(&|i| work.updates_kept(&stacks[companies[i][0]])),
    };
    kept.bring_about(|&mut place, i| {
        // The first stack is claimed; what another process has taken of the others is left to it.
        let (mut company, mut claims) = (Vec::new(), Vec::new());
        for (number, stack) in companies[i].iter().map(|&stack| &stacks[stack]).enumerate() {
            let claim = if number == 0 { None } else { Claim::of(&stack.state, false)? };
            let is_free = number == 0 || claim.is_some();
            left.fetch_or(!is_free, Ordering::Relaxed);
            if is_free && (companies[i].len() == 1 || !is_kept(stack)?) {
                company.push(stack);
                claims.extend(claim);
            }
        }
        if company.is_empty() { Ok(()) } else { work.train(&company, place) }
    })?;
    drop(progress);
    if left.into_inner() { train(study, recipe, wanted) } else { Ok(()) }
}

/// Returns the heading of the progress of `n` copies.
fn heading(wanted: Wanted, trained: Trained, n: usize) -> String {
    let copies = counted(n, "copy");
    match (wanted, trained) {
        (Wanted::Updates, _) => format!("finetuning {copies} once more, for the record of updates"),
        (Wanted::Checkpoints, Trained::All) => format!("finetuning {copies}"),
        (Wanted::Checkpoints, Trained::Head) if n == 1 => format!("training the head of {copies}"),
        (Wanted::Checkpoints, Trained::Head) => format!("training the heads of {copies}"),
    }
}

/// Returns where a worker of a study trains.
fn place(study: &Study, device: Device) -> Place {
    Place::new(device, study.compute.training).with_attention(study.compute.attention)
}

/// Returns the features of the training set by the pretrained encoder, which are the same for every head.
fn frozen_features(study: &Study) -> Result<Features> {
    let examples = &study.task.train;
    let progress = Progress::new("encoding the training set", Unit::Examples, examples.len() as u64);
    let classifier = &study.task.classifier;
    let encoder = study.task.encoder()?.with_head(classifier, 0, study.spec.recipe.head_std)?;
    let tick = |n| progress.advance(n as u64, String::new);
    Features::on(classifier, encoder.theta(), examples, &study.training_compute().workers(), tick)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_copy_is_not_several() {
        let said = |trained, n| heading(Wanted::Checkpoints, trained, n);
        assert_eq!(
            (said(Trained::All, 1), said(Trained::All, 2)),
            ("finetuning 1 copy".into(), "finetuning 2 copies".into())
        );
        assert_eq!(said(Trained::Head, 1), "training the head of 1 copy");
        assert_eq!(said(Trained::Head, 3), "training the heads of 3 copies");
    }
}
