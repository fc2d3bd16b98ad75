//! Surfaces around several models by tasks of a Slurm array.

use serde::{Deserialize, Serialize};

use super::around::Around;
use super::{SurfaceOptions, SurfaceSample};
use crate::error::Result;
use crate::options::{Options, Valid};
use crate::slurm::Slurm;
use crate::study::{AnalysisShare, Models, Submission, Units};

/// The verb in plans.
pub(crate) const VERB: &str = "surface";

/// The surfaces as a plan describes them to tasks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    /// The models around which they lie, by number.
    around: Vec<usize>,
    options: SurfaceOptions,
}

impl Models {
    /// Returns the loss around several models, given by number, by tasks of a Slurm array: one at most for each
    /// model.
    ///
    /// # Errors
    /// The errors of [`Study::finetune_on`](crate::study::Study::finetune_on) and [`Models::surface`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::surfaces::SurfaceOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let (slurm, options) = (Slurm::default(), SurfaceOptions::default());
    /// let surfaces = models.surfaces_on(&slurm, "id", &[0, 4], &options)?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn surfaces_on(
        &self,
        slurm: &Slurm,
        dataset: &str,
        around: &[usize],
        options: &SurfaceOptions,
    ) -> Result<Vec<SurfaceSample>> {
        self.surface_units(dataset, around, options)?.bring_about(slurm)?;
        around.iter().map(|&model| self.surface(dataset, model, options)).collect()
    }

    /// Returns the array that [`Models::surfaces_on`] would submit now.
    ///
    /// # Errors
    /// The errors of [`Models::sweep_submission`] and [`Models::surface`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::surfaces::SurfaceOptions;
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let (slurm, options) = (Slurm::default(), SurfaceOptions::default());
    /// println!("{}", models.surfaces_submission(&slurm, "id", &[0, 4], &options)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn surfaces_submission(
        &self,
        slurm: &Slurm,
        dataset: &str,
        around: &[usize],
        options: &SurfaceOptions,
    ) -> Result<Submission> {
        self.surface_units(dataset, around, options)?.submission(slurm)
    }

    fn surface_units<'a>(
        &'a self,
        dataset: &'a str,
        around: &[usize],
        options: &SurfaceOptions,
    ) -> Result<Units<'a>> {
        let options: Valid<SurfaceOptions> = options.check()?;
        let (mut files, mut n_points) = (Vec::new(), 0);
        for &model in around {
            let around = Around::new(self, model, &options)?;
            n_points = around.grid.points().count();
            files.extend(around.files(self, dataset)?);
        }
        let planned = Planned { around: around.to_vec(), options: *options };
        Units::new(self, dataset, [VERB, "surfaces"], &planned, files, n_points)
    }
}

/// Does the share of a task.
pub(crate) fn work(share: &AnalysisShare) -> Result<()> {
    let Planned { around, options } = share.options()?;
    let options = options.check()?;
    share.units(around.len())?.iter().try_for_each(|&unit| {
        let around = Around::new(&share.models, around[unit], &options)?;
        around.outcomes(&share.models, &share.dataset).map(|_| ())
    })
}
