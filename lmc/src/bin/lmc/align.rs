//! `lmc align`: lines to models whose units are brought into the order of the other model.

use clap::Args;
use lmc::study::StudySpec;
use lmc::table::Table;
use lmc::{Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print};
use crate::study::StudyArgs;
use crate::sweep::Interpolation;

#[derive(Args)]
pub struct Align {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    interpolation: Interpolation,
    #[command(flatten)]
    output: Output,
}

impl Computing for Align {
    fn compute(&self) -> &ComputeArgs {
        &self.interpolation.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Align {
    pub fn check(&self) -> Result<()> {
        self.interpolation.check(&self.study)
    }

    pub fn run(self) -> Result<()> {
        let study = self.interpolation.open(&self.study)?;
        let out = self.output.open("align")?;
        let models = study.models()?;
        let sweep = self.interpolation.sweep(&study, &models)?;
        let aligned = models.sweep_aligned(&sweep)?.table()?;
        print(&aligned)?;
        let figure = figure::alignment_scatter(&aligned)?;
        out.write(&identity(&models), &[(&table::ALIGNMENT, &aligned)], &[("alignment", figure)])
    }
}
