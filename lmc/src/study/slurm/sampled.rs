//! Sampled sweeps on Slurm: an array evaluates the models, and a second one the lines on drawn examples.

use super::Submission;
use super::evaluations::Evaluations;
use super::lines::Lines;
use crate::error::Result;
use crate::options::Options;
use crate::slurm::Slurm;
use crate::study::{Models, SampleOptions, Sweep};
use crate::sweep::Grid;

impl Models {
    /// Does the same as [`Models::sweep_sampled`] by tasks of two Slurm arrays: the first evaluates the models
    /// on the whole set, the second the lines on the examples that are drawn then.
    ///
    /// Models that are in the store need no first array. Everything else is as for [`Models::sweep_on`].
    ///
    /// # Errors
    /// The errors of [`Models::sweep_on`] and [`Models::sweep_sampled`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::study::SampleOptions;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let options = SampleOptions::default();
    /// let sweep = models.sweep_sampled_on(&slurm, "id-large", Grid::TENTHS, &options)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_sampled_on(
        &self,
        slurm: &Slurm,
        dataset: &str,
        grid: Grid,
        options: &SampleOptions,
    ) -> Result<Sweep> {
        let options = options.check()?;
        let evaluations = Evaluations::new(self, dataset)?;
        if evaluations.set().encoded.len() <= options.n_examples {
            return self.sweep_on(slurm, dataset, grid);
        }
        self.check_precision()?;
        self.study().bring_about(&evaluations, slurm)?;
        let (sample, _) = self.drawn(dataset, &options)?;
        self.study().bring_about(&Lines::on_drawn(evaluations, &sample.examples, grid)?, slurm)?;
        self.sweep_sampled(dataset, grid, &options)
    }

    /// Returns the array that [`Models::sweep_sampled_on`] would submit now: the evaluations, or the lines if
    /// the evaluations are in the store.
    ///
    /// # Errors
    /// The errors of [`Models::sweep_submission`] and [`Models::sweep_sampled`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::study::SampleOptions;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let slurm = Slurm { tasks: Some(8), ..Slurm::default() };
    /// let options = SampleOptions::default();
    /// println!("{}", models.sweep_sampled_submission(&slurm, "id-large", Grid::TENTHS, &options)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn sweep_sampled_submission(
        &self,
        slurm: &Slurm,
        dataset: &str,
        grid: Grid,
        options: &SampleOptions,
    ) -> Result<Submission> {
        let options = options.check()?;
        let evaluations = Evaluations::new(self, dataset)?;
        if evaluations.set().encoded.len() <= options.n_examples {
            return self.sweep_submission(slurm, dataset, grid);
        }
        if !evaluations.missing_copies().is_empty() {
            return self.study().submission(&evaluations, slurm);
        }
        let (sample, _) = self.drawn(dataset, &options)?;
        self.study().submission(&Lines::on_drawn(evaluations, &sample.examples, grid)?, slurm)
    }
}
