//! `lmc finetune`: copies of an encoder, and how good they are.

use clap::Args;
use lmc::table::Table;
use lmc::{Result, table};

use crate::output::{Output, identity, print, say};
use crate::slurm::SlurmArgs;
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Finetune {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Finetune {
    pub fn check(&self) -> Result<()> {
        self.study.spec()?;
        self.slurm.check()
    }

    pub fn run(self) -> Result<()> {
        let study = self.study.open()?;
        let out = self.output.open("finetune")?;
        let models = match self.slurm.slurm() {
            Some(slurm) if self.slurm.is_dry_run() => {
                say(study.finetune_submission(&slurm)?);
                return Ok(());
            }
            Some(slurm) => study.finetune_on(&slurm)?,
            None => study.finetune()?,
        };
        let table = models.table()?;
        print(&table)?;
        out.write(&identity(&models), &[(&table::MODELS, &table)], &[])
    }
}
