//! The choice of the examples on which points inside lines are evaluated.

use std::rc::Rc;

use clap::Args;
use lmc::study::{Models, SampleOptions, Study, Sweep as Swept};
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
    /// takes 512 of the 4096 examples of id-large (on Slurm all of id).
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
}

impl Sampling {
    /// Checks the number, and that a study whose lines go to Slurm is not sampled.
    pub fn check(&self, is_on_slurm: bool) -> Result<()> {
        let Some(n_examples) = self.sample else { return Ok(()) };
        if is_on_slurm {
            let expected = "no --sample with --slurm: jobs evaluate whole sets, such as --set id".to_owned();
            return Err(LmcError::InvalidParameter { field: "OPTION", got: "--sample".into(), expected });
        }
        SampleOptions { n_examples, ..SampleOptions::default() }.validate()
    }

    /// Returns the set that is swept, and how it is sampled; `None` for all examples.
    pub fn set<'a>(&self, lines: &'a Interpolation, study: &Study) -> (&'a str, Option<SampleOptions>) {
        let options = |n_examples| SampleOptions { n_examples, ..SampleOptions::default() };
        let is_usual = lines.names_no_set() && study.task().set(LARGE).is_ok() && study.spec().is_embedded();
        match is_usual {
            true => (LARGE, Some(self.sample.map_or_else(SampleOptions::default, options))),
            false => (lines.set(study), self.sample.map(options)),
        }
    }

    /// Sweeps all lines.
    pub fn sweep(&self, lines: &Interpolation, study: &Rc<Study>, models: &Models) -> Result<Swept> {
        let (set, options) = self.set(lines, study);
        let Some(options) = options else { return lines.sweep(study, models) };
        let sweep = models.sweep_sampled(set, lines.grid()?, &options)?;
        if let Some(sample) = &sweep.sample {
            let (n, all) = (sample.examples.len(), sweep.labels.len());
            say(format_args!(
                "points inside lines: {n} of the {all} examples of {set}, drawn where models differ"
            ));
        }
        Ok(sweep)
    }
}
