//! Evaluations of copies as shared work: tasks evaluate a few copies each.

use lmc_base::show::counted;

use super::Shared;
use super::plan::{OnSet, Plan, Share, Work};
use crate::compute::{Compute, Devices};
use crate::error::Result;
use crate::eval::EvaluationSet;
use crate::progress::Unit;
use crate::slurm::Missing;
use crate::study::{Model, Models};
use crate::sweep::{Grid, SweepPlan};

/// The evaluations of models on a set.
pub(super) struct Evaluations<'a> {
    models: &'a Models,
    dataset: &'a str,
    set: &'a EvaluationSet,
    /// The name under which they are kept.
    kept: String,
}

impl<'a> Evaluations<'a> {
    pub fn new(models: &'a Models, dataset: &'a str) -> Result<Self> {
        let set = models.study().task().set(dataset)?;
        Ok(Self { models, dataset, set, kept: models.study().key_of(set) })
    }

    pub fn models(&self) -> &'a Models {
        self.models
    }

    pub fn dataset(&self) -> &'a str {
        self.dataset
    }

    /// Returns the whole set.
    pub fn set(&self) -> &'a EvaluationSet {
        self.set
    }

    /// Returns what a plan says of the models on `set`, which is the set or a part of it.
    pub fn on(&self, set: &EvaluationSet) -> OnSet {
        OnSet::new(self.models, self.dataset, set)
    }

    /// Returns the copies whose evaluations are not in the store.
    pub fn missing_copies(&self) -> Vec<usize> {
        let store = self.models.study().store();
        let is_there = |model: &Model| store.evaluation_path(&self.kept, &model.key()).exists();
        let models = self.models.models();
        (0..models.len()).filter(|&copy| !is_there(&models[copy])).collect()
    }
}

/// Returns the seconds that one evaluation takes here, whatever the nodes compute on and in; `None` for a model
/// alone, which has no line to tell it from.
pub(super) fn point_seconds(models: &Models, set: &EvaluationSet) -> Result<Option<f64>> {
    if models.len() < 2 {
        return Ok(None);
    }
    // It takes as long as the only point inside a line of three.
    let midpoints = SweepPlan::lines(models.len(), Grid::new(3)?)?;
    let one = models.on(Compute::auto())?.with_job_on(set, &midpoints, &[], |job| job.cost_of(1))?;
    Ok(Some(one.seconds()))
}

impl Shared for Evaluations<'_> {
    fn identity(&self) -> (&'static str, String) {
        let models: Vec<String> = self.models.models().iter().map(Model::key).collect();
        ("evaluate", format!("{}\n{}", self.kept, models.join("\n")))
    }

    fn pieces(&self) -> (usize, Unit, String) {
        (self.models.len(), Unit::Copies, format!("evaluations on {}", self.dataset))
    }

    fn heading(&self) -> String {
        format!("evaluating {} on {}", counted(self.models.len(), "model"), self.dataset)
    }

    fn parts(&self) -> Result<(usize, Option<f64>)> {
        let missing = self.missing_copies().len();
        if missing == 0 {
            return Ok((0, None));
        }
        Ok((missing, point_seconds(self.models, self.set)?))
    }

    fn plan(&self, n_tasks: usize, devices: &Devices) -> Result<Plan> {
        let mut shares = vec![Share::default(); n_tasks];
        Share::deal(self.missing_copies(), &mut shares, |share| &mut share.copies);
        Plan::new(self.models.study(), devices, Work::Evaluations(self.on(self.set)), shares)
    }

    fn missing(&self, plan: &Plan) -> Result<Vec<Missing>> {
        let missing = self.missing_copies();
        let left = |share: &Share| Missing { counted: share.n_copies_among(&missing), beside: 0 };
        Ok(plan.shares().iter().map(left).collect())
    }
}
