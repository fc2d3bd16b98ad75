//! `lmc finetune`: copies of an encoder, and how good they are.

use clap::Args;
use lmc::{Result, table};

use crate::output::{Output, print};
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
    pub fn run(self) -> Result<()> {
        let study = self.study.open()?;
        let models = match self.slurm.slurm() {
            Some(slurm) if self.slurm.is_dry_run() => {
                println!("{}", study.finetune_submission(&slurm)?);
                return Ok(());
            }
            Some(slurm) => study.finetune_on(&slurm)?,
            None => study.finetune()?,
        };
        let models = models.table()?;
        print(&models)?;
        self.output.write(&[(&table::MODELS, &models)], &[])
    }
}
