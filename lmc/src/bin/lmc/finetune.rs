//! `lmc finetune`: copies of an encoder, and how good they are.

use clap::Args;
use lmc::study::StudySpec;
use lmc::table::Table;
use lmc::{LmcError, Result, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print, say};
use crate::slurm::SlurmArgs;
use crate::study::StudyArgs;
use crate::training::training_figure;

#[derive(Args)]
pub struct Finetune {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Computing for Finetune {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Finetune {
    pub fn check(&self) -> Result<()> {
        if self.study.spec()?.models.is_some() {
            let (got, expected) =
                ("models from elsewhere".to_owned(), "a study: models are as they are".into());
            return Err(LmcError::InvalidParameter { field: "STUDY", got, expected });
        }
        self.slurm.check_with(&self.compute)
    }

    pub fn run(self) -> Result<()> {
        let study = self.slurm.open(&self.study, &self.compute)?;
        let out = self.output.open("finetune")?;
        let models = match self.slurm.slurm(self.compute.devices()) {
            Some(slurm) if self.slurm.is_dry_run() => {
                say(study.finetune_submission(&slurm)?);
                return Ok(());
            }
            Some(slurm) => study.finetune_on(&slurm)?,
            None => study.finetune()?,
        };
        let table = models.table()?;
        print(&table)?;
        if !out.is_named() {
            return Ok(());
        }
        let training = models.training()?;
        let figures = training_figure(&models, &training, None)?;
        let tables = [(&table::MODELS, &table), (&table::TRAINING, &training)];
        out.write(&identity(&models), &tables, &figures)
    }
}
