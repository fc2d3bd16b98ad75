//! Units of an analysis as shared work: tasks make a few each.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::evaluations::point_seconds;
use super::plan::{OfAnalysis, OnSet, Plan, Share, Work};
use super::{Shared, Submission};
use crate::compute::Devices;
use crate::error::{LmcError, Result};
use crate::progress::Unit;
use crate::slurm::{Missing, Slurm};
use crate::study::Models;

/// Units of an analysis of models on one set. Each is a file in the store.
pub(crate) struct Units<'a> {
    models: &'a Models,
    dataset: &'a str,
    /// The verb of the analysis.
    verb: &'static str,
    /// The word for its units: "averages".
    noun: &'static str,
    /// The options that tasks need beside the models and the set.
    options: Value,
    files: Vec<PathBuf>,
    /// The points that are evaluated for each unit.
    n_points: usize,
}

impl<'a> Units<'a> {
    /// Makes the units of an analysis, whose results are in `files`; its tasks read `options`.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for options that are no JSON.
    pub fn new(
        models: &'a Models,
        dataset: &'a str,
        [verb, noun]: [&'static str; 2],
        options: &impl Serialize,
        files: Vec<PathBuf>,
        n_points: usize,
    ) -> Result<Self> {
        let options = serde_json::to_value(options)
            .map_err(|error| LmcError::invalid("options", error, "options that are written as JSON"))?;
        Ok(Self { models, dataset, verb, noun, options, files, n_points })
    }

    /// Makes the units that are not in the store by tasks of a Slurm array.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`](crate::study::Study::finetune_on).
    pub fn bring_about(&self, slurm: &Slurm) -> Result<()> {
        self.models.study().bring_about(self, slurm)
    }

    /// Returns the array that [`Units::bring_about`] would submit now.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_submission`](crate::study::Study::finetune_submission).
    pub fn submission(&self, slurm: &Slurm) -> Result<Submission> {
        self.models.study().submission(self, slurm)
    }

    /// Returns the array that the first of several works would submit now of which a unit is missing; of the last
    /// if none is.
    ///
    /// # Errors
    /// The errors of [`Units::submission`]; [`LmcError::InvalidParameter`] if there is no work.
    pub fn first_submission(all: &[Self], slurm: &Slurm) -> Result<Submission> {
        let is_missing = |units: &&Self| !units.missing_units().is_empty();
        match all.iter().find(is_missing).or(all.last()) {
            Some(units) => units.submission(slurm),
            None => Err(LmcError::invalid("datasets", "none", "at least one evaluation set")),
        }
    }

    fn missing_units(&self) -> Vec<usize> {
        (0..self.files.len()).filter(|&unit| !self.files[unit].exists()).collect()
    }
}

impl Shared for Units<'_> {
    fn identity(&self) -> (&'static str, String) {
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        (self.verb, files.join("\n"))
    }

    fn pieces(&self) -> (usize, Unit, String) {
        (self.files.len(), Unit::Models, format!("{} on {}", self.noun, self.dataset))
    }

    fn heading(&self) -> String {
        format!("{} on {}", self.verb, self.dataset)
    }

    fn parts(&self) -> Result<(usize, Option<f64>)> {
        match self.missing_units().len() {
            0 => Ok((0, None)),
            n => {
                let set = self.models.study().task().set(self.dataset)?;
                let one = point_seconds(self.models, set)?;
                Ok((n, one.map(|seconds| seconds * self.n_points as f64)))
            }
        }
    }

    fn plan(&self, n_tasks: usize, devices: &Devices) -> Result<Plan> {
        let mut shares = vec![Share::default(); n_tasks];
        Share::deal(self.missing_units(), &mut shares, |share| &mut share.units);
        let study = self.models.study();
        let set = study.task().set(self.dataset)?;
        let work = Work::Analysis(OfAnalysis {
            on: OnSet::new(self.models, self.dataset, set),
            verb: self.verb.to_owned(),
            options: self.options.clone(),
        });
        Plan::new(study, devices, work, shares)
    }

    fn missing(&self, plan: &Plan) -> Result<Vec<Missing>> {
        let is_missing = |unit: &&usize| self.files.get(**unit).is_none_or(|file| !file.exists());
        let left =
            |share: &Share| Missing { counted: share.units.iter().filter(is_missing).count(), beside: 0 };
        Ok(plan.shares().iter().map(left).collect())
    }
}
