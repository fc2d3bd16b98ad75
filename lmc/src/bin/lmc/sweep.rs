//! `lmc sweep`: losses along the lines between all pairs of copies.

use std::rc::Rc;

use clap::Args;
use lmc::compute::{Compute, Precision};
use lmc::options::Options;
use lmc::slurm::Slurm;
use lmc::study::{Models, Study, StudySpec, Sweep as Swept};
use lmc::sweep::{Grid, SweepPlan};
use lmc::table::Table;
use lmc::{Result, figure, table};

use crate::output::{Output, identity, print, say};
use crate::slurm::SlurmArgs;
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
    /// The numbers in which points are evaluated: float32, bf16 or, on CUDA, tf32.
    #[arg(long, default_value = "float32")]
    precision: Precision,
    /// The most that a loss or a convexity gap may be off by from float32's on a sample, in nats.
    #[arg(long, default_value_t = 1e-3, value_name = "NATS")]
    tolerance: f64,
}

impl Interpolation {
    /// Returns the set that is swept.
    pub fn set<'a>(&'a self, study: &Study) -> &'a str {
        self.set.as_deref().unwrap_or(study.spec().swept())
    }

    /// Checks the numbers.
    pub fn check_numbers(&self, spec: &StudySpec) -> Result<()> {
        SweepPlan::check_models(spec.seeds.len())?;
        self.grid()?;
        self.compute().validate()
    }

    /// Opens a study on these devices, and checks that it can be swept like that before anything is computed.
    pub fn open(&self, study: &StudyArgs) -> Result<Rc<Study>> {
        let study = study.open()?.on(self.compute())?;
        study.task().set(self.set(&study))?;
        self.check_numbers(study.spec())?;
        Ok(study)
    }

    /// Returns the number of examples of the set that is swept.
    pub fn n_examples(&self, study: &Study) -> Result<usize> {
        Ok(study.task().set(self.set(study))?.encoded.len())
    }

    /// Sweeps all lines.
    pub fn sweep(&self, study: &Rc<Study>, models: &Models) -> Result<Swept> {
        models.sweep(self.set(study), self.grid()?)
    }

    fn grid(&self) -> Result<Grid> {
        Grid::new(self.points)
    }

    /// Returns the devices and the precision.
    fn compute(&self) -> Compute {
        Compute { tolerance: self.tolerance, ..Compute::auto().with_precision(self.precision) }
    }
}

#[derive(Args)]
pub struct Sweep {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Sweep {
    pub fn check(&self) -> Result<()> {
        let spec = self.study.spec()?;
        spec.check_count(2, "a line")?;
        self.interpolation.check_numbers(&spec)?;
        self.slurm.check()
    }

    pub fn run(self) -> Result<()> {
        let study = self.interpolation.open(&self.study)?;
        let out = self.output.open("sweep")?;
        let (models, sweep) = match self.slurm.slurm() {
            Some(slurm) if self.slurm.is_dry_run() => return self.say_what_is_submitted(&study, &slurm),
            Some(slurm) => {
                let grid = self.interpolation.grid()?;
                let models = study.finetune_on(&slurm)?;
                let sweep = models.sweep_on(&slurm, self.interpolation.set(&study), grid)?;
                (models, sweep)
            }
            None => {
                let models = study.finetune()?;
                let sweep = self.interpolation.sweep(&study, &models)?;
                (models, sweep)
            }
        };
        let (profiles, gaps) = (sweep.table()?, sweep.gaps()?);
        print(&gaps)?;
        let curves = figure::curves(&profiles, None, &[])?;
        let of = identity(&models);
        out.write(&of, &[(&table::PROFILES, &profiles), (&table::GAPS, &gaps)], &[("curves", curves)])
    }

    /// Prints what would be submitted first: the copies or, if they are there, their lines.
    fn say_what_is_submitted(&self, study: &Rc<Study>, slurm: &Slurm) -> Result<()> {
        let copies = study.finetune_submission(slurm)?;
        if copies.n_tasks > 0 {
            say(format_args!("{copies}\nThe lines follow when the copies are there."));
            return Ok(());
        }
        let (set, grid) = (self.interpolation.set(study), self.interpolation.grid()?);
        say(study.finetune()?.sweep_submission(slurm, set, grid)?);
        Ok(())
    }
}
