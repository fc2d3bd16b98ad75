//! Sweeps over the copies of a study.

use std::collections::BTreeMap;

use super::evaluating::Load;
use super::{Model, Models, Study, Sweep};
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome};
use crate::path::Combination;
use crate::sweep::{Cost, Grid, Profile, Sampled, SweepJob, SweepPlan, execute};

impl Models {
    /// Returns the losses along the lines between all pairs of copies, on the evaluation set of that name.
    ///
    /// # Errors
    /// The errors of [`Models::sample`]; [`LmcError::InvalidParameter`] for fewer than two copies.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// println!("{}", sweep.gaps()?.head(Some(5)));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep(&self, dataset: &str, grid: Grid) -> Result<Sweep> {
        self.along(dataset, &SweepPlan::lines(self.len(), grid)?)
    }

    /// Returns the losses along the lines between each copy and each landmark, by number; for
    /// [`Sweep::landmark_gaps`].
    ///
    /// # Errors
    /// The errors of [`Models::sample`] and [`SweepPlan::lines_to`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// // Basins from the gaps to four of the copies.
    /// let landmarks = basin::choose_landmarks(models.len(), 4, 0)?;
    /// let sweep = models.sweep_to(&landmarks, "id", Grid::TENTHS)?;
    /// let gaps = sweep.landmark_gaps(Measure::ConvexityGap, &landmarks)?;
    /// let basins = basin::cluster_landmarks(&gaps, &ClusterOptions::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_to(&self, landmarks: &[usize], dataset: &str, grid: Grid) -> Result<Sweep> {
        self.along(dataset, &SweepPlan::lines_to(self.len(), landmarks, grid)?)
    }

    /// Returns the sweep with two more points on each line, halfway from its highest point to the neighbours
    /// of that; again and again it closes in on a maximum.
    ///
    /// # Errors
    /// The errors of [`Models::sample`]; [`LmcError::InvalidParameter`] for a sweep over other models, or one
    /// of sampled examples.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let finer = models.refine(&models.refine(&sweep)?)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn refine(&self, sweep: &Sweep) -> Result<Sweep> {
        let pairs = self.pairs(sweep)?;
        sweep.check_whole()?;
        // Lines that are highest at the same point are one plan.
        let mut plans: BTreeMap<[u64; 2], Vec<usize>> = BTreeMap::new();
        for (line, profile) in sweep.profiles.iter().enumerate() {
            plans.entry(profile.finer()?.map(f64::to_bits)).or_default().push(line);
        }
        let ends = self.ends(&sweep.dataset)?;
        let mut refined = sweep.clone();
        for (alphas, lines) in plans {
            let alphas = alphas.map(f64::from_bits);
            let units = lines.iter().map(|&line| pairs[line].to_vec()).collect();
            let points = alphas.map(Combination::on_line).to_vec();
            let plan = SweepPlan::new(self.len(), units, points)?;
            let sampled = self.with_job(&sweep.dataset, &plan, &ends, execute)?;
            for (line, sampled) in lines.into_iter().zip(sampled) {
                let profile = refined.profiles[line].clone();
                refined.profiles[line] = profile.with_points(alphas.into_iter().zip(sampled.outcomes));
            }
        }
        Ok(refined)
    }

    /// Returns the numbers of the models of each line.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a sweep over other models.
    pub(crate) fn pairs(&self, sweep: &Sweep) -> Result<Vec<[usize; 2]>> {
        let number = |name: &String| {
            let other = || LmcError::invalid("sweep", format!("model {name}"), "models of this study");
            self.models().iter().position(|model| model.name == *name).ok_or_else(other)
        };
        sweep.profiles.iter().map(|profile| Ok([number(&profile.a)?, number(&profile.b)?])).collect()
    }

    pub(crate) fn along(&self, dataset: &str, plan: &SweepPlan) -> Result<Sweep> {
        let sampled = self.sample(dataset, plan)?;
        let models: Vec<String> = self.names();
        let profiles = sampled.into_iter().map(|line| Profile::of(line, plan, &models)).collect();
        let labels = self.study().task().set(dataset)?.labels();
        let imprecision = self.with_job(dataset, plan, &[], |job| Ok(job.imprecision()))?;
        Ok(Sweep {
            models,
            dataset: dataset.to_owned(),
            labels,
            profiles,
            imprecision: imprecision.unwrap_or(0.0),
            sample: None,
        })
    }

    /// Returns the samples of every unit of a plan over the copies, on the evaluation set of that name; see
    /// [`execute`].
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`] and [`execute`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// // The centre of three copies, which is their average.
    /// let centre = Combination::new(vec![1.0 / 3.0; 3])?;
    /// let plan = SweepPlan::new(models.len(), vec![vec![0, 1, 2]], vec![centre])?;
    /// println!("{} nats", models.sample("id", &plan)?[0].outcomes[0].mean_loss());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sample(&self, dataset: &str, plan: &SweepPlan) -> Result<Vec<Sampled>> {
        self.with_job(dataset, plan, &self.ends(dataset)?, execute)
    }

    /// Does the same as [`Models::sample`] with the copies' own outcomes at hand.
    pub(crate) fn sample_between(
        &self,
        dataset: &str,
        plan: &SweepPlan,
        ends: &[Outcome],
    ) -> Result<Vec<Sampled>> {
        self.with_job(dataset, plan, ends, execute)
    }

    pub(crate) fn ends(&self, dataset: &str) -> Result<Vec<Outcome>> {
        Ok(self.evaluate(dataset)?.into_iter().map(|evaluation| evaluation.outcome).collect())
    }

    /// Returns the remaining cost of a plan over the copies: operations, time on these devices, bytes read
    /// and written.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] for an unknown set; those of [`SweepJob::cost`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let plan = SweepPlan::lines(models.len(), Grid::TENTHS)?;
    /// println!("{:.0} seconds", models.cost("id", &plan)?.seconds());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn cost(&self, dataset: &str, plan: &SweepPlan) -> Result<Cost> {
        self.with_job(dataset, plan, &[], |job| job.cost())
    }

    pub(crate) fn with_job<T>(
        &self,
        dataset: &str,
        plan: &SweepPlan,
        ends: &[Outcome],
        run: impl FnOnce(&SweepJob<'_>) -> Result<T>,
    ) -> Result<T> {
        self.with_job_on(self.study().task().set(dataset)?, plan, ends, run)
    }

    /// Does the same as [`Models::with_job`] on any set.
    pub(super) fn with_job_on<T>(
        &self,
        set: &EvaluationSet,
        plan: &SweepPlan,
        ends: &[Outcome],
        run: impl FnOnce(&SweepJob<'_>) -> Result<T>,
    ) -> Result<T> {
        let names: Vec<String> = self.models().iter().map(Model::key).collect();
        run(&self.study().job(set, plan, &names, &self.loader(), ends))
    }
}

impl Study {
    /// Returns the job of a plan between any weights of the study's architecture: their names in the store, how
    /// to load them, and their own outcomes.
    pub(crate) fn job<'a>(
        &'a self,
        set: &'a EvaluationSet,
        plan: &'a SweepPlan,
        models: &'a [String],
        load: Load<'a>,
        ends: &'a [Outcome],
    ) -> SweepJob<'a> {
        let (store, classifier, compute) = (self.store(), &self.task().classifier, self.compute());
        SweepJob { store, classifier, set, models, load, ends, plan, compute }
    }
}
