//! `lmc sweep`: losses along the lines between all pairs of copies.

use std::rc::Rc;

use clap::Args;
use lmc::compute::{Compute, Precision};
use lmc::study::{Models, Study, Sweep as Swept};
use lmc::sweep::Grid;
use lmc::{Result, figure, table};

use crate::output::{Output, print};
use crate::study::StudyArgs;

/// How lines are interpolated.
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
    /// The set that is swept.
    pub fn set<'a>(&'a self, study: &Study) -> &'a str {
        self.set.as_deref().unwrap_or(study.spec().swept())
    }

    /// Nothing, when the study can be swept like that: what is wrong is said before anything is computed.
    pub fn check(&self, study: &Study) -> Result<()> {
        study.task().set(self.set(study))?;
        Grid::new(self.points)?;
        self.compute().check()
    }

    /// Sweeps all lines.
    pub fn sweep(&self, study: &Rc<Study>, models: &Models) -> Result<Swept> {
        models.sweep_with(self.set(study), Grid::new(self.points)?, &self.compute())
    }

    /// The devices and the precision.
    pub fn compute(&self) -> Compute {
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
}

impl Sweep {
    pub fn run(self) -> Result<()> {
        let study = self.study.open()?;
        self.interpolation.check(&study)?;
        let sweep = self.interpolation.sweep(&study, &study.finetune()?)?;
        let (profiles, gaps) = (sweep.table()?, sweep.gaps()?);
        print(&gaps)?;
        let curves = figure::curves(&profiles, None, &[])?;
        self.output.write(&[(&table::PROFILES, &profiles), (&table::GAPS, &gaps)], &[("curves", curves)])
    }
}
