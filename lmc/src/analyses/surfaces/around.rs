//! The points around a model, and their evaluation.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use lmc_engine::sweep::execute;

use super::SurfaceOptions;
use super::axes::Axes;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::options::Valid;
use crate::path::{Combination, PlaneGrid};
use crate::study::Models;
use crate::sweep::SweepPlan;
use crate::weights::Weights;

/// The points around a model.
pub(super) struct Around {
    /// The name of the model.
    pub name: String,
    pub grid: PlaneGrid,
    /// The models on the plane, with their places.
    pub placed: Vec<(String, [f64; 2])>,
    /// The share of the variance of the checkpoints along each direction.
    pub shares: Option<[f64; 2]>,
    /// The names in the store of the models that span the plane, and their weights; the first is its own. Tensors of
    /// libtorch may be used by one thread at a time.
    keys: Vec<String>,
    spanning: Vec<Mutex<Weights>>,
    plan: SweepPlan,
}

impl Around {
    /// Makes the points around a model, given by number.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number that is not a model; those of the directions.
    pub fn new(models: &Models, model: usize, options: &Valid<SurfaceOptions>) -> Result<Self> {
        let Some(own) = models.models().get(model) else {
            return Err(LmcError::invalid("model", model, format!("a number below {}", models.len())));
        };
        let Axes { centre, keys, ends, step, grid, models: placed, shares } =
            Axes::new(models, model, options)?;
        let keys: Vec<String> = [own.key()].into_iter().chain(keys).collect();
        let point = |(x, y): (f64, f64)| match options.n_directions {
            1 => Combination::on_line(1.0 - x / step),
            _ => Combination::in_plane(x / step, y / step),
        };
        let plan =
            SweepPlan::new(keys.len(), vec![(0..keys.len()).collect()], grid.points().map(point).collect())?;
        let spanning = [centre].into_iter().chain(ends).map(Mutex::new).collect();
        Ok(Self { name: own.name.clone(), grid, placed, shares, keys, spanning, plan })
    }

    /// Returns the outcome at every point, found in the store or evaluated.
    pub fn outcomes(&self, models: &Models, dataset: &str) -> Result<Vec<Outcome>> {
        let (study, load) = (models.study(), |i: usize| self.load(i));
        let ends = study.outcomes(dataset, &self.keys, &load)?;
        let set = study.task().set(dataset)?;
        let sampled = execute(&study.job(set, &self.plan, &self.keys, &load, &ends))?;
        Ok(sampled.into_iter().flat_map(|unit| unit.outcomes).collect())
    }

    /// Returns the files in which the outcomes are kept: one.
    pub fn files(&self, models: &Models, dataset: &str) -> Result<Vec<PathBuf>> {
        let (study, load) = (models.study(), |i: usize| self.load(i));
        Ok(study.job(study.task().set(dataset)?, &self.plan, &self.keys, &load, &[]).files())
    }

    fn load(&self, i: usize) -> Result<Weights> {
        Ok(self.spanning[i].lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
