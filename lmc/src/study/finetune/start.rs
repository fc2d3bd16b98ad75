//! The weights that stacks start from.

use std::sync::{Mutex, PoisonError};

use tch::Tensor;

use crate::error::Result;
use crate::model::Classifier;
use crate::model::load::Pretrained;
use crate::spec::{Recipe, RunSpec};
use crate::store::Store;
use crate::study::Study;
use crate::weights::Weights;

/// The weights before the first update of a recipe, for any thread.
pub(super) struct Start<'a> {
    store: &'a Store,
    classifier: &'a Classifier,
    recipe: &'a Recipe,
    /// The updates of the recipe that comes before, if there is one.
    step: u32,
    /// The pretrained encoder. One thread at a time may use its tensors.
    encoder: Mutex<Pretrained>,
}

impl<'a> Start<'a> {
    pub fn new(study: &'a Study, recipe: &'a Recipe) -> Result<Self> {
        Ok(Self {
            store: &study.store,
            classifier: &study.task.classifier,
            recipe,
            step: recipe.after.as_ref().map_or(0, |before| before.n_updates(study.task.train.len())),
            encoder: Mutex::new(study.task.encoder()?.shallow_clone()),
        })
    }

    /// Returns the weights of the runs of a stack, `[runs.len(), n_parameters]`.
    ///
    /// # Errors
    /// The errors of loading the checkpoints of the recipe before.
    pub fn weights(&self, runs: &[&RunSpec]) -> Result<Tensor> {
        let weights = runs.iter().map(|run| match &self.recipe.after {
            Some(before) => {
                let run = RunSpec { recipe: (**before).clone(), ..(*run).clone() };
                self.store.load_checkpoint(&run, self.step, self.classifier.layout())
            }
            None => self.fresh(run.seed),
        });
        let weights = weights.collect::<Result<Vec<_>>>()?;
        let thetas: Vec<&Tensor> = weights.iter().map(Weights::theta).collect();
        Ok(Tensor::f_stack(&thetas, 0)?)
    }

    /// Returns the pretrained encoder with a fresh head.
    fn fresh(&self, seed: u64) -> Result<Weights> {
        let head_seed = if self.recipe.head_by_seed { seed } else { 0 };
        let encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        encoder.with_head(self.classifier, head_seed, self.recipe.head_std)
    }
}
