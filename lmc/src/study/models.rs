//! Finetuned copies and what can be asked of them.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use tch::Tensor;

use super::{Study, Sweep};
use crate::error::{LmcError, Result};
use crate::eval::{Outcome, evaluate_mapped};
use crate::interrupt;
use crate::parallel::run_units;
use crate::progress::{Progress, Unit};
use crate::spec::RunSpec;
use crate::store::CheckpointInfo;
use crate::sweep::{Grid, SweepPlan, execute, read_outcomes, write_outcomes};
use crate::weights::Weights;

/// One finetuned copy at one checkpoint.
#[derive(Clone)]
pub struct Model {
    /// The name in tables, such as `s100`.
    pub name: String,
    /// Everything that decided its weights.
    pub spec: RunSpec,
    /// The checkpoint.
    pub info: CheckpointInfo,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({}, {})", self.name, self.key())
    }
}

impl Model {
    /// The name in the store: run and checkpoint.
    pub fn key(&self) -> String {
        format!("{}-{}it", self.spec.run_id(), self.info.step)
    }
}

/// The copies of a study at one checkpoint, in the order of its seeds.
#[derive(Clone)]
pub struct Models {
    study: Rc<Study>,
    step: u32,
    models: Vec<Model>,
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (task, recipe) = (self.study.spec.task.name(), &self.study.spec.recipe.name);
        write!(f, "Models({} copies on {task}, recipe {recipe}, {} updates)", self.models.len(), self.step)
    }
}

/// One model's results on one evaluation set.
#[derive(Clone)]
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

impl fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evaluation({} on {}, mean loss {:.4})", self.model, self.dataset, self.outcome.mean_loss())
    }
}

impl Models {
    /// The copies at the checkpoint after that many updates.
    pub(super) fn load(study: &Rc<Study>, step: u32) -> Result<Self> {
        let models = study
            .spec
            .stacks()
            .flat_map(|seeds| study.run_specs(&study.spec.recipe, seeds))
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
    /// [`LmcError::UnknownName`] for an unknown set; [`LmcError::NonFiniteLoss`]; [`LmcError::Interrupted`]; those of the
    /// store.
    pub fn evaluate(&self, dataset: &str) -> Result<Vec<Evaluation>> {
        self.evaluate_weights(dataset, &self.weights()?)
    }

    fn evaluate_weights(&self, dataset: &str, weights: &[Weights]) -> Result<Vec<Evaluation>> {
        let set = self.study.task.set(dataset)?;
        let (n, labels) = (set.encoded.len(), Arc::new(set.labels()));
        let thetas: Vec<Tensor> = weights.iter().map(|w| w.theta().shallow_clone()).collect();
        let progress =
            Progress::new(format!("evaluating on {dataset}"), Unit::Copies, self.models.len() as u64);
        let (classifier, store) = (&self.study.task.classifier, &self.study.store);
        let models = &self.models;
        let path = |i: usize| store.evaluation_path(&set.key, &models[i].key());
        let evaluations = run_units(thetas, |i, theta| {
            let path = path(i);
            let outcome = if path.exists() {
                let outcome = read_outcomes(&path, &[0], n)?.swap_remove(0);
                progress.found(1);
                outcome
            } else {
                let map = set.label_map.as_ref();
                let outcome = evaluate_mapped(classifier, &theta, &set.batches(), n, map)
                    .map_err(|e| e.of(format!("{} on {dataset}", models[i].key())))?;
                write_outcomes(&path, &[(0, &outcome)])?;
                progress.tick(String::new);
                outcome
            };
            let labels = labels.clone();
            Ok(Evaluation { model: models[i].name.clone(), dataset: dataset.to_owned(), outcome, labels })
        });
        interrupt::settle(evaluations, |_| {
            let kept = (0..models.len()).filter(|&i| path(i).exists()).count();
            let unit = format!("evaluations on {dataset}");
            interrupt::in_store(kept as u64, models.len() as u64, &unit)
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
