//! The choice of the examples on which points inside lines are evaluated.

use std::rc::Rc;

use clap::Args;
use lmc::compute::Precision;
use lmc::slurm::Slurm;
use lmc::study::{Models, SampleOptions, Study, Submission, Sweep as Swept};
use lmc::{LmcError, Options, Result};

use crate::output::say;
use crate::sweep::Interpolation;

/// The large in-domain set of the embedded task.
const LARGE: &str = "id-large";

/// The options for sampling examples.
#[derive(Args)]
pub struct Sampling {
    /// Evaluate points inside lines on about this many examples of the set, drawn where the models differ, and
    /// estimate the means of the whole set. Without it, all examples are evaluated; but without --set, mini-nli
    /// takes 512 of the 4096 examples of id-large. At least 30, in float32.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
}

impl Sampling {
    /// Checks the number, and the precision beside it.
    pub fn check(&self, precision: Precision) -> Result<()> {
        let Some(n_examples) = self.sample else { return Ok(()) };
        if precision != Precision::Float32 {
            let (got, expected) = (precision.to_string(), "float32 beside --sample".to_owned());
            return Err(LmcError::InvalidParameter { field: "compute.precision", got, expected });
        }
        SampleOptions { n_examples, ..SampleOptions::default() }.validate()
    }

    /// Returns the set that is swept, and how it is sampled; `None` for all examples.
    pub fn set<'a>(&self, lines: &'a Interpolation, study: &Study) -> (&'a str, Option<SampleOptions>) {
        let options = |n_examples| SampleOptions { n_examples, ..SampleOptions::default() };
        let is_usual = lines.names_no_set() && study.task().set(LARGE).is_ok() && study.spec().is_embedded();
        match is_usual {
            // Other precisions need all examples, unless a sample is asked for, which is refused then.
            true if self.sample.is_none() && study.compute().precision != Precision::Float32 => (LARGE, None),
            true => (LARGE, Some(self.sample.map_or_else(SampleOptions::default, options))),
            false => (lines.set(study), self.sample.map(options)),
        }
    }

    /// Sweeps all lines, by tasks of an array if there are options of Slurm.
    pub fn sweep(
        &self,
        lines: &Interpolation,
        study: &Rc<Study>,
        models: &Models,
        slurm: Option<&Slurm>,
    ) -> Result<Swept> {
        let (set, options) = self.set(lines, study);
        let grid = lines.grid()?;
        let sweep = match (slurm, &options) {
            (None, None) => models.sweep(set, grid),
            (None, Some(options)) => models.sweep_sampled(set, grid, options),
            (Some(slurm), None) => models.sweep_on(slurm, set, grid),
            (Some(slurm), Some(options)) => models.sweep_sampled_on(slurm, set, grid, options),
        }?;
        if let Some(sample) = &sweep.sample {
            let (n, all) = (sample.examples.len(), sweep.labels.len());
            say(format_args!(
                "points inside lines: {n} of the {all} examples of {set}, drawn where models differ"
            ));
        }
        Ok(sweep)
    }

    /// Returns the array that the sweep would submit now.
    pub fn submission(
        &self,
        lines: &Interpolation,
        study: &Rc<Study>,
        models: &Models,
        slurm: &Slurm,
    ) -> Result<Submission> {
        let (set, options) = self.set(lines, study);
        let grid = lines.grid()?;
        match options {
            None => models.sweep_submission(slurm, set, grid),
            Some(options) => models.sweep_sampled_submission(slurm, set, grid, &options),
        }
    }
}
