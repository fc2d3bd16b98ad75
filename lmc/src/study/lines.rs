//! Sweeps over the copies of a study.

use super::{Model, Models, Sweep};
use crate::compute::Compute;
use crate::error::Result;
use crate::eval::Outcome;
use crate::sweep::{Cost, Grid, Profile, Sampled, SweepJob, SweepPlan, execute};

impl Models {
    /// The losses along the lines between all pairs of copies, on the evaluation set of that name.
    ///
    /// # Errors
    /// As [`Models::sweep_with`].
    pub fn sweep(&self, dataset: &str, grid: Grid) -> Result<Sweep> {
        self.sweep_with(dataset, grid, &Compute::auto())
    }

    /// The same on those devices and in that precision.
    ///
    /// # Errors
    /// As [`Models::sample`]; [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for fewer than two copies.
    pub fn sweep_with(&self, dataset: &str, grid: Grid, compute: &Compute) -> Result<Sweep> {
        let plan = SweepPlan::lines(self.models().len(), grid)?;
        let sampled = self.sample(dataset, &plan, compute)?;
        let models: Vec<String> = self.models().iter().map(|m| m.name.clone()).collect();
        let profiles = sampled.into_iter().map(|line| Profile::of(line, &plan, &models)).collect();
        let labels = self.study().task().set(dataset)?.labels();
        Ok(Sweep { models, dataset: dataset.to_owned(), labels, profiles })
    }

    /// What was sampled in every unit of a plan over the copies, on the evaluation set of that name; see [`execute`].
    ///
    /// # Errors
    /// As [`Models::evaluate`] and [`execute`].
    pub fn sample(&self, dataset: &str, plan: &SweepPlan, compute: &Compute) -> Result<Vec<Sampled>> {
        let ends: Vec<Outcome> = self.evaluate(dataset)?.into_iter().map(|e| e.outcome).collect();
        self.with_job(dataset, plan, compute, &ends, execute)
    }

    /// What a plan over the copies will still take: operations, time on these devices, bytes read and written.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`](crate::LmcError::UnknownName) for an unknown set; those of [`SweepJob::cost`].
    pub fn cost(&self, dataset: &str, plan: &SweepPlan, compute: &Compute) -> Result<Cost> {
        self.with_job(dataset, plan, compute, &[], |job| job.cost())
    }

    fn with_job<T>(
        &self,
        dataset: &str,
        plan: &SweepPlan,
        compute: &Compute,
        ends: &[Outcome],
        run: impl FnOnce(&SweepJob<'_>) -> Result<T>,
    ) -> Result<T> {
        let (store, task) = (self.study().store(), self.study().task());
        let (models, step, layout) = (self.models(), self.step(), task.classifier.layout());
        let names: Vec<String> = models.iter().map(Model::key).collect();
        let load = |model: usize| store.load_checkpoint(&models[model].spec, step, layout);
        let set = task.set(dataset)?;
        run(&SweepJob {
            store,
            classifier: &task.classifier,
            set,
            models: &names,
            load: &load,
            ends,
            plan,
            compute,
        })
    }
}
