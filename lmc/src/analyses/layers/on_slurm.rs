//! Averages in some layers by tasks of a Slurm array.

use super::mixtures::Mixtures;
use super::{LayerOptions, Layers};
use crate::error::Result;
use crate::options::Options;
use crate::slurm::Slurm;
use crate::study::{AnalysisShare, Models, Submission, Units};

/// The verb in plans.
pub(crate) const VERB: &str = "layers";

impl Models {
    /// Does the same as [`Models::layers`] by tasks of a Slurm array, which evaluate the averages that are not in
    /// the store.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`](crate::study::Study::finetune_on) and [`Models::layers`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::layers::LayerOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let layers = models.layers_on(&slurm, "id", &LayerOptions::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn layers_on(&self, slurm: &Slurm, dataset: &str, options: &LayerOptions) -> Result<Layers> {
        self.layer_units(dataset, options)?.bring_about(slurm)?;
        self.layers(dataset, options)
    }

    /// Returns the array that [`Models::layers_on`] would submit now.
    ///
    /// # Errors
    /// The errors of [`Models::sweep_submission`] and [`Models::layers`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::layers::LayerOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// println!("{}", models.layers_submission(&slurm, "id", &LayerOptions::default())?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn layers_submission(
        &self,
        slurm: &Slurm,
        dataset: &str,
        options: &LayerOptions,
    ) -> Result<Submission> {
        self.layer_units(dataset, options)?.submission(slurm)
    }

    fn layer_units<'a>(&'a self, dataset: &'a str, options: &LayerOptions) -> Result<Units<'a>> {
        let options = options.check()?;
        let mixtures = Mixtures::new(self, &options)?;
        let files = self.study().outcome_files(dataset, mixtures.keys())?;
        Units::new(self, dataset, [VERB, "evaluations of mixed layers"], &*options, files, 1)
    }
}

/// Does the share of a task.
pub(crate) fn work(share: &AnalysisShare) -> Result<()> {
    let options = share.options::<LayerOptions>()?.check()?;
    let mixtures = Mixtures::new(&share.models, &options)?;
    mixtures.outcomes(&share.dataset, share.units(mixtures.len())?).map(|_| ())
}
