//! Training of the copies that a study lacks, stack by stack; an interrupted stack goes on where it stopped.

mod stack;
mod start;

use std::path::PathBuf;
use std::rc::Rc;

use lmc_engine::kept::Kept;

use super::{Models, Study};
use crate::error::Result;
use crate::parallel::n_threads;
use crate::progress::{Progress, Unit};
use crate::spec::{Recipe, RunSpec, Trained};
use crate::store::Store;
use crate::train::{Features, TrainingSet};
use stack::{Stack, Work};
use start::Start;

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
    let mut stacks = Vec::new();
    for seeds in missing {
        stacks.push(Stack::new(&study.store, seeds, study.run_specs(recipe, seeds))?);
    }
    let files: Vec<PathBuf> = stacks.iter().map(|stack| stack.state.clone()).collect();
    let work = Work {
        store: &study.store,
        classifier: &study.task.classifier,
        set: features.as_ref().map_or(TrainingSet::Examples(&study.task.train), TrainingSet::Features),
        recipe,
        checkpoints: &checkpoints,
        start: Start::new(study, recipe),
        progress: &progress,
    };
    let kept = Kept {
        files: &files,
        find: &|i| Ok(all_kept(work.store, &stacks[i].runs, &checkpoints)?.then_some(())),
        workers: &vec![(); n_threads()],
        equip: &|()| Ok(()),
        progress: &progress,
        size: last.into(),
        noun: "updates",
        begun: Some(&|i| work.updates_kept(&stacks[i])),
    };
    kept.bring_about(|(), i| work.train(&stacks[i])).map(|_| ())
}

/// Returns the features of the training set by the pretrained encoder, which are the same for every head.
fn frozen_features(study: &Study) -> Result<Features> {
    let examples = &study.task.train;
    let progress = Progress::new("encoding the training set", Unit::Examples, examples.len() as u64);
    let classifier = &study.task.classifier;
    let encoder = study.task.pretrained.with_head(classifier, 0, study.spec.recipe.head_std)?;
    Features::new(classifier, encoder.theta(), examples, |n| progress.advance(n as u64, String::new))
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
