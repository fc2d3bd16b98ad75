//! One task of an array: its share of a plan.

use std::path::Path;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::plan::{OfAnalysis, OnLines, OnSet, Plan, Share, Work};
use crate::error::{LmcError, Result};
use crate::eval::EvaluationSet;
use crate::store::Store;
use crate::study::{Model, Models, Study, StudySpec};
use crate::sweep::{Grid, SweepPlan, fill};

/// The share of a task of an analysis.
pub(crate) struct AnalysisShare {
    pub models: Models,
    pub dataset: String,
    pub verb: String,
    /// The units, by number.
    units: Vec<usize>,
    options: Value,
}

impl AnalysisShare {
    /// Returns the number of units.
    pub fn n_units(&self) -> usize {
        self.units.len()
    }

    /// Returns the units, by number, of an analysis that has `n` in all.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a unit that does not exist.
    pub fn units(&self, n: usize) -> Result<&[usize]> {
        match self.units.iter().find(|&&unit| unit >= n) {
            Some(unit) => {
                let expected = format!("a number below {n}, the units of {} in the plan", self.verb);
                Err(LmcError::invalid("units", unit, expected))
            }
            None => Ok(&self.units),
        }
    }

    /// Returns what the plan says beside the models and the set.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for options of another form.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.options.clone())
            .map_err(|error| LmcError::invalid("options", error, format!("options of {}", self.verb)))
    }
}

/// Does the share of a task of the plan in a file, and returns in words what the store then holds. Results that
/// are there already are not computed again. `analysis` does the share of an analysis.
///
/// # Errors
/// The errors of reading the plan; [`LmcError::InvalidParameter`] for a task that it does not have;
/// [`LmcError::SpecMismatch`] if data or encoder are others here, or for a device that is not there; those of
/// finetuning, sweeps and the analysis.
pub(crate) fn work(
    path: &Path,
    task: usize,
    analysis: impl FnOnce(&AnalysisShare) -> Result<String>,
) -> Result<String> {
    let plan = Plan::read(path)?;
    let share = plan.share(task)?;
    let spec = StudySpec::from_toml(&plan.study, path)?;
    let store = Store::open(&plan.store)?;
    match &plan.work {
        Work::Finetuning => finetune(path, &plan, share, spec, store),
        Work::Evaluations(on) => {
            let study = Study::open_in(spec, store)?.on(plan.compute.here()?)?;
            let set = study.task.set(&on.dataset)?;
            evaluate(&models(path, &plan, on, set, &study)?, on, share)?;
            Ok(format!("{} evaluations on {}", share.copies.len(), on.dataset))
        }
        Work::Lines(lines) => {
            let study = Study::open_in(spec, store)?.on(plan.compute.here()?)?;
            interpolate(path, &plan, share, lines, &study)
        }
        Work::Analysis(OfAnalysis { on, verb, options }) => {
            let study = Study::open_in(spec, store)?.on(plan.compute.here()?)?;
            let models = models(path, &plan, on, study.task.set(&on.dataset)?, &study)?;
            let (dataset, verb) = (on.dataset.clone(), verb.clone());
            let (units, options) = (share.units.clone(), options.clone());
            analysis(&AnalysisShare { models, dataset, verb, units, options })
        }
    }
}

/// Returns whether the plan in a file has work in tf32, for which libtorch has to be started in another way.
///
/// # Errors
/// The errors of reading the plan.
#[doc(hidden)]
pub fn plan_uses_tf32(path: &Path) -> Result<bool> {
    Ok(Plan::read(path)?.compute.uses_tf32())
}

fn finetune(path: &Path, plan: &Plan, share: &Share, spec: StudySpec, store: Store) -> Result<String> {
    let stacks: Vec<&[u64]> = spec.stacks().collect();
    let of_share = share.stacks.iter().filter_map(|&stack| stacks.get(stack));
    let seeds: Vec<u64> = of_share.flat_map(|seeds| seeds.iter().copied()).collect();
    let numbers = seeds.iter().filter_map(|seed| spec.seeds.iter().position(|other| other == seed));
    let planned: Vec<String> = numbers.filter_map(|number| plan.runs.get(number).cloned()).collect();
    let n = seeds.len();
    // Only the last stack of all may be smaller than the others, and it comes last here too: stacks stay as
    // they are.
    let study = Study::open_in(spec.with_seeds(seeds), store)?.on(plan.compute.here()?)?;
    Plan::check_names(path, "runs", &planned, &study.identities())?;
    study.finetune()?;
    Ok(format!("{n} copies"))
}

/// Returns the models of a plan, after a check that they and the set are those that it was made for.
fn models(path: &Path, plan: &Plan, on: &OnSet, set: &EvaluationSet, study: &Rc<Study>) -> Result<Models> {
    Plan::check_names(path, "runs", &plan.runs, &study.identities())?;
    Plan::check_names(path, "set", std::slice::from_ref(&on.set), std::slice::from_ref(&set.key))?;
    Models::load(study, on.step)
}

/// Evaluates the copies of a share on their whole set.
fn evaluate(models: &Models, on: &OnSet, share: &Share) -> Result<()> {
    let copies: Vec<&Model> = share.copies.iter().filter_map(|&copy| models.models().get(copy)).collect();
    let keys: Vec<String> = copies.iter().map(|model| model.key()).collect();
    let study = models.study();
    let (store, layout) = (&study.store, study.task.classifier.layout());
    study.outcomes(&on.dataset, &keys, &|i| copies[i].load(store, layout)).map(|_| ())
}

fn interpolate(
    path: &Path,
    plan: &Plan,
    share: &Share,
    lines: &OnLines,
    study: &Rc<Study>,
) -> Result<String> {
    let OnLines { on, points, examples } = lines;
    let whole = study.task.set(&on.dataset)?;
    let drawn = (!examples.is_empty()).then(|| whole.subset(examples)).transpose()?;
    let set = drawn.as_ref().unwrap_or(whole);
    let models = models(path, plan, on, set, study)?;
    evaluate(&models, on, share)?;
    if !share.lines.is_empty() {
        let lines = SweepPlan::lines_between(models.len(), &share.lines, Grid::new(*points)?)?;
        models.with_job_on(set, &lines, &[], fill)?;
    }
    let (n_lines, n_copies) = (share.lines.len(), share.copies.len());
    Ok(format!("{n_lines} lines and {n_copies} evaluations on {}", on.dataset))
}
