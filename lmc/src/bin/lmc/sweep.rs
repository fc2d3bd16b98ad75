//! `lmc sweep`: losses along the lines between all pairs of copies.

use std::rc::Rc;

use clap::Args;
use lmc::slurm::Slurm;
use lmc::study::{Models, Study, StudySpec, Submission, Sweep as Swept};
use lmc::sweep::{Grid, SweepPlan};
use lmc::table::Table;
use lmc::{Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print, say};
use crate::sampling::Sampling;
use crate::slurm::{SlurmArgs, models, say_missing_copies};
use crate::study::StudyArgs;

/// The options for interpolating lines.
#[derive(Args)]
pub struct Interpolation {
    /// The evaluation set; the task's in-domain one, of a large set a sample of 512, if absent.
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// Points on each line, both ends counted.
    #[arg(long, default_value_t = 11, value_name = "N")]
    points: usize,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

impl Interpolation {
    /// Returns whether no set was named.
    pub fn names_no_set(&self) -> bool {
        self.set.is_none()
    }

    /// Returns the set that is swept.
    pub fn set<'a>(&'a self, study: &Study) -> &'a str {
        self.set.as_deref().unwrap_or(study.spec().swept())
    }

    /// Checks a study with a line at least, and the numbers.
    pub fn check(&self, study: &StudyArgs) -> Result<()> {
        let spec = study.spec()?;
        spec.check_count(2, "a line")?;
        self.check_numbers(&spec)
    }

    /// Checks the numbers.
    pub fn check_numbers(&self, spec: &StudySpec) -> Result<()> {
        self.check_grid(spec)?;
        self.compute.check()
    }

    /// Checks the numbers and the options of Slurm.
    pub fn check_with(&self, spec: &StudySpec, slurm: &SlurmArgs) -> Result<()> {
        self.check_grid(spec)?;
        slurm.check_with(&self.compute)
    }

    /// Opens a study on these devices, or for work that other machines do, and checks that it can be swept
    /// before anything is computed.
    pub fn open_with(&self, study: &StudyArgs, slurm: &SlurmArgs) -> Result<Rc<Study>> {
        self.checked(slurm.open(study, &self.compute)?)
    }

    /// Checks the numbers but for the devices.
    fn check_grid(&self, spec: &StudySpec) -> Result<()> {
        SweepPlan::check_models(spec.n_models())?;
        self.grid().map(|_| ())
    }

    /// Opens a study on these devices, and checks that it can be swept like that before anything is computed.
    pub fn open(&self, study: &StudyArgs) -> Result<Rc<Study>> {
        self.checked(study.open()?.on(self.compute.compute()?)?)
    }

    fn checked(&self, study: Rc<Study>) -> Result<Rc<Study>> {
        study.task().set(self.set(&study))?;
        self.check_grid(study.spec())?;
        Ok(study)
    }

    /// Returns the number of examples of the set that is swept.
    pub fn n_examples(&self, study: &Study) -> Result<usize> {
        n_examples(study, self.set(study))
    }

    /// Sweeps all lines.
    pub fn sweep(&self, study: &Rc<Study>, models: &Models) -> Result<Swept> {
        models.sweep(self.set(study), self.grid()?)
    }

    /// Sweeps all lines, by tasks of an array if there are options of Slurm.
    pub fn sweep_with(&self, study: &Rc<Study>, models: &Models, slurm: Option<&Slurm>) -> Result<Swept> {
        match slurm {
            Some(slurm) => models.sweep_on(slurm, self.set(study), self.grid()?),
            None => self.sweep(study, models),
        }
    }

    /// Returns the array that the sweep would submit now.
    pub fn submission(&self, study: &Rc<Study>, models: &Models, slurm: &Slurm) -> Result<Submission> {
        models.sweep_submission(slurm, self.set(study), self.grid()?)
    }

    /// Returns the points on each line.
    pub fn grid(&self) -> Result<Grid> {
        Grid::new(self.points)
    }
}

/// Returns the number of examples of an evaluation set.
pub fn n_examples(study: &Study, set: &str) -> Result<usize> {
    Ok(study.task().set(set)?.encoded.len())
}

#[derive(Args)]
pub struct Sweep {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Computing for Sweep {
    fn compute(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Sweep {
    pub fn check(&self) -> Result<()> {
        let spec = self.study.spec()?;
        spec.check_count(2, "a line")?;
        self.sampling.check(self.interpolation.compute.precision())?;
        self.interpolation.check_with(&spec, &self.slurm)
    }

    pub fn run(self) -> Result<()> {
        let study = self.interpolation.open_with(&self.study, &self.slurm)?;
        let out = self.output.open("sweep")?;
        let slurm = self.slurm.slurm(self.interpolation.compute.devices());
        if let Some(slurm) = slurm.as_ref().filter(|_| self.slurm.is_dry_run()) {
            return self.say_what_is_submitted(&study, slurm);
        }
        let models = models(&study, slurm.as_ref())?;
        let sweep = self.sampling.sweep(&self.interpolation, &study, &models, slurm.as_ref())?;
        let (profiles, gaps) = (sweep.table()?, sweep.gaps()?);
        print(&gaps)?;
        let curves = figure::curves(&profiles, None, &[])?;
        let of = identity(&models);
        out.write(&of, &[(&table::PROFILES, &profiles), (&table::GAPS, &gaps)], &[("curves", curves)])
    }

    /// Prints what would be submitted first: the copies or, if they are there, their lines.
    fn say_what_is_submitted(&self, study: &Rc<Study>, slurm: &Slurm) -> Result<()> {
        if !say_missing_copies(study, slurm, "The lines follow")? {
            say(self.sampling.submission(&self.interpolation, study, &study.models()?, slurm)?);
        }
        Ok(())
    }
}
