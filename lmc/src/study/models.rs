//! Finetuned copies and what can be asked of them.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tch::Tensor;

use super::{Study, Sweep};
use crate::error::{LmcError, Result};
use crate::eval::{Outcome, evaluate};
use crate::model::Classifier;
use crate::parallel::run_units;
use crate::progress::Progress;
use crate::spec::RunSpec;
use crate::store::{CheckpointInfo, Store};
use crate::sweep::{Grid, SweepPlan, execute, read_outcomes, write_outcomes};
use crate::train::{Snapshot, train_stack};
use crate::weights::Weights;

/// One finetuned copy at one checkpoint.
#[derive(Debug, Clone)]
pub struct Model {
    /// The name in tables, such as `s100`.
    pub name: String,
    /// Everything that decided its weights.
    pub spec: RunSpec,
    /// The checkpoint.
    pub info: CheckpointInfo,
}

impl Model {
    /// The name in the store: run and checkpoint.
    pub fn key(&self) -> String {
        format!("{}-{}it", self.spec.run_id(), self.info.step)
    }
}

/// The copies of a study at one checkpoint, in the order of its seeds.
#[derive(Debug, Clone)]
pub struct Models {
    study: Rc<Study>,
    step: u32,
    models: Vec<Model>,
}

/// One model's results on one evaluation set.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The model's name.
    pub model: String,
    /// The set's name.
    pub dataset: String,
    /// Losses and predictions of every example.
    pub outcome: Outcome,
    /// The label of every example.
    pub labels: Arc<Vec<i64>>,
}

impl Models {
    /// Trains what is missing and returns the copies at the last checkpoint.
    pub(super) fn finetune(study: &Rc<Study>) -> Result<Self> {
        let checkpoints = study.spec.recipe.checkpoints(study.task.train.len());
        let last = checkpoints.last().copied().unwrap_or(0);
        let (mut stacks, mut specs) = (Vec::new(), Vec::new());
        for seeds in study.spec.stacks() {
            let runs = study.run_specs(seeds);
            if !all_kept(&study.store, &runs, &checkpoints)? {
                stacks.push(seeds);
                specs.push(runs);
            }
        }
        let updates = u64::from(last) * stacks.len() as u64;
        let n_copies: usize = stacks.iter().map(|seeds| seeds.len()).sum();
        let progress = Progress::new(format!("finetuning {n_copies} copies"), updates);
        let units = stacks.iter().map(|seeds| study.initial(seeds)).collect::<Result<Vec<Tensor>>>()?;
        let (classifier, train) = (&study.task.classifier, &study.task.train);
        let (recipe, store) = (&study.spec.recipe, &study.store);
        run_units(units, |i, mut theta| {
            let started = Instant::now();
            let keep = |snapshot: Snapshot<'_>| keep_stack(store, &specs[i], classifier, &snapshot, started);
            let tick = |loss: f64| {
                progress.tick(|| format!("loss {loss:.3}"));
                Ok(())
            };
            train_stack(classifier, &mut theta, stacks[i], train, recipe, keep, tick)
        })?;
        Self::load(study, last)
    }

    /// The copies at the checkpoint after that many updates.
    fn load(study: &Rc<Study>, step: u32) -> Result<Self> {
        let models = study
            .spec
            .stacks()
            .flat_map(|seeds| study.run_specs(seeds))
            .map(|spec| {
                let info = study.store.checkpoint_info(&spec, step)?.ok_or_else(|| {
                    let kept = study.spec.recipe.checkpoints(study.task.train.len());
                    LmcError::invalid("step", step, format!("one of the checkpoints {kept:?}"))
                })?;
                Ok(Model { name: format!("s{}", spec.seed), spec, info })
            })
            .collect::<Result<_>>()?;
        Ok(Self { study: study.clone(), step, models })
    }

    /// The study they belong to.
    pub fn study(&self) -> &Rc<Study> {
        &self.study
    }

    /// The updates made when these checkpoints were kept.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// The copies.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The same copies at every checkpoint of the recipe, earliest first.
    ///
    /// # Errors
    /// Those of reading the store.
    pub fn stages(&self) -> Result<Vec<Models>> {
        let steps = self.study.spec.recipe.checkpoints(self.study.task.train.len());
        steps.into_iter().map(|step| Self::load(&self.study, step)).collect()
    }

    /// The weights of every copy.
    ///
    /// # Errors
    /// [`LmcError::Format`] naming a damaged checkpoint.
    pub fn weights(&self) -> Result<Vec<Weights>> {
        let layout = self.study.task.classifier.layout();
        self.models.iter().map(|m| self.study.store.load_checkpoint(&m.spec, self.step, layout)).collect()
    }

    /// Every copy's results on the evaluation set of that name; finished ones are read from the store.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for an unknown set; [`LmcError::NonFiniteLoss`]; those of the store.
    pub fn evaluate(&self, dataset: &str) -> Result<Vec<Evaluation>> {
        self.evaluate_weights(dataset, &self.weights()?)
    }

    fn evaluate_weights(&self, dataset: &str, weights: &[Weights]) -> Result<Vec<Evaluation>> {
        let set = self.study.task.set(dataset)?;
        let (n, labels) = (set.encoded.len(), Arc::new(set.labels()));
        let thetas: Vec<Tensor> = weights.iter().map(|w| w.theta().shallow_clone()).collect();
        let progress = Progress::new(format!("evaluating on {dataset}"), self.models.len() as u64);
        let (classifier, store) = (&self.study.task.classifier, &self.study.store);
        let models = &self.models;
        run_units(thetas, |i, theta| {
            let path = store.evaluation_path(&set.key, &models[i].key());
            let outcome = if path.exists() {
                read_outcomes(&path, &[0], n)?.swap_remove(0)
            } else {
                let outcome = evaluate(classifier, &theta, &set.batches(), n)
                    .map_err(|e| e.of(format!("{} on {dataset}", models[i].key())))?;
                write_outcomes(&path, &[(0, &outcome)])?;
                outcome
            };
            progress.tick(String::new);
            let labels = labels.clone();
            Ok(Evaluation { model: models[i].name.clone(), dataset: dataset.to_owned(), outcome, labels })
        })
    }

    /// The losses along the lines between all pairs of copies, on the evaluation set of that name.
    ///
    /// # Errors
    /// As [`Models::evaluate`]; [`LmcError::InvalidParameter`] for fewer than two copies.
    pub fn sweep(&self, dataset: &str, grid: Grid) -> Result<Sweep> {
        let plan = SweepPlan::new(self.models.len(), grid)?;
        let weights = self.weights()?;
        let evaluations = self.evaluate_weights(dataset, &weights)?;
        let ends: Vec<Outcome> = evaluations.into_iter().map(|e| e.outcome).collect();
        let named = self.models.iter().map(Model::key).zip(weights).collect::<Vec<_>>();
        let set = self.study.task.set(dataset)?;
        let mut profiles =
            execute(&self.study.store, &self.study.task.classifier, set, &named, &ends, &plan)?;
        for (profile, (a, b)) in profiles.iter_mut().zip(plan.pairs()) {
            profile.a = self.models[a].name.clone();
            profile.b = self.models[b].name.clone();
        }
        let models = self.models.iter().map(|m| m.name.clone()).collect();
        Ok(Sweep { models, dataset: dataset.to_owned(), labels: set.labels(), profiles })
    }
}

/// Whether every checkpoint of every run of a stack is in the store.
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

/// Writes a checkpoint of every model of a stack.
fn keep_stack(
    store: &Store,
    specs: &[RunSpec],
    classifier: &Classifier,
    snapshot: &Snapshot<'_>,
    started: Instant,
) -> Result<()> {
    for (i, spec) in specs.iter().enumerate() {
        let weights = Weights::new(classifier.layout().clone(), snapshot.theta.get(i as i64))?;
        let info = CheckpointInfo {
            step: snapshot.step,
            train_loss: snapshot.train_loss[i],
            seconds: started.elapsed().as_secs_f64(),
        };
        store.save_checkpoint(spec, &weights, &info)?;
    }
    Ok(())
}
