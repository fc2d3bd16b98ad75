//! The comparison of ways to merge by tasks of a Slurm array.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::works::Works;
use super::{MergeBase, MergeMethod, Merges, MergingOptions};
use crate::basin::Basins;
use crate::error::Result;
use crate::options::Options;
use crate::slurm::Slurm;
use crate::study::{AnalysisShare, Models, Submission, Sweep, Units};

/// The verb in plans.
pub(crate) const VERB: &str = "merges";

/// The merges as a plan describes them to tasks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    methods: Vec<MergeMethod>,
    seed: u64,
    /// The models of each merge.
    chosen: Vec<Vec<usize>>,
    /// The folder or the name of the base; none for the encoder of the study.
    base: Option<PathBuf>,
}

impl Planned {
    fn works<'a>(&'a self, models: &'a Models, base: Option<&'a MergeBase>) -> Result<Works<'a>> {
        Works::new(models, &self.methods, self.seed, &self.chosen, base)
    }
}

impl Models {
    /// Does the same as [`Models::merges`] by tasks of a Slurm array for each set, which merge and evaluate what is
    /// not in the store.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`](crate::study::Study::finetune_on) and [`Models::merges`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::MergingOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let sweep = models.sweep_on(&slurm, "id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let options = MergingOptions::new(Metric::Accuracy);
    /// let merges = models.merges_on(&slurm, &sweep, &basins, &["id", "lo"], None, &options)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn merges_on(
        &self,
        slurm: &Slurm,
        sweep: &Sweep,
        basins: &Basins,
        datasets: &[&str],
        base: Option<&MergeBase>,
        options: &MergingOptions,
    ) -> Result<Merges> {
        self.merge_units(sweep, basins, datasets, base, options)?
            .iter()
            .try_for_each(|units| units.bring_about(slurm))?;
        self.merges(sweep, basins, datasets, base, options)
    }

    /// Returns the array that [`Models::merges_on`] would submit now: that of the first set on which merged models
    /// are missing.
    ///
    /// # Errors
    /// The errors of [`Models::sweep_submission`] and [`Models::merges`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::merging::MergingOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let options = MergingOptions::new(Metric::Accuracy);
    /// println!("{}", models.merges_submission(&slurm, &sweep, &basins, &["id"], None, &options)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn merges_submission(
        &self,
        slurm: &Slurm,
        sweep: &Sweep,
        basins: &Basins,
        datasets: &[&str],
        base: Option<&MergeBase>,
        options: &MergingOptions,
    ) -> Result<Submission> {
        Units::first_submission(&self.merge_units(sweep, basins, datasets, base, options)?, slurm)
    }

    /// Returns the merged models on each set as shared work.
    fn merge_units<'a>(
        &'a self,
        sweep: &Sweep,
        basins: &Basins,
        datasets: &[&'a str],
        base: Option<&MergeBase>,
        options: &MergingOptions,
    ) -> Result<Vec<Units<'a>>> {
        let options = options.check()?;
        let own = MergeBase::of_study(self);
        let base = base.or(own.as_ref());
        let choices = self.choices(sweep, basins, datasets, base, &options)?;
        let planned = Planned {
            methods: options.methods.clone(),
            seed: options.seed,
            chosen: choices.into_iter().map(|choice| choice.models).collect(),
            base: base.and_then(MergeBase::opened).map(PathBuf::from),
        };
        let works = planned.works(self, base)?;
        let units = |dataset: &&'a str| {
            let files = self.study().outcome_files(dataset, works.keys())?;
            Units::new(self, dataset, [VERB, "merged models"], &planned, files, 1)
        };
        datasets.iter().map(units).collect()
    }
}

/// Does the share of a task.
pub(crate) fn work(share: &AnalysisShare) -> Result<()> {
    let planned: Planned = share.options()?;
    let base = match &planned.base {
        Some(base) => Some(MergeBase::open(base, &share.models)?),
        None => MergeBase::of_study(&share.models),
    };
    let works = planned.works(&share.models, base.as_ref())?;
    works.outcomes(&share.dataset, share.units(works.len())?).map(|_| ())
}
