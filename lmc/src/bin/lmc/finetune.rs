//! `lmc finetune`: copies of an encoder, and how good they are.

use std::collections::BTreeSet;

use clap::Args;
use lmc::figure::{self, Figure};
use lmc::polars::prelude::DataFrame;
use lmc::study::{Models, StudySpec};
use lmc::table::{Table, TrainingColumns};
use lmc::terminal::tell;
use lmc::{LmcError, Result, table};
use lmc_base::show::counted;

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print, say};
use crate::slurm::SlurmArgs;
use crate::study::StudyArgs;

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

/// Returns the figure of the updates of copies; there is none if the store has no update of a copy, which is said.
pub fn training_figure(
    models: &Models,
    training: &DataFrame,
    basins: Option<&DataFrame>,
) -> Result<Vec<(&'static str, Figure)>> {
    let known: BTreeSet<String> = TrainingColumns::model(training)?.into_iter().collect();
    let n_unknown = models.len() - known.len();
    if n_unknown > 0 && models.study().spec().models.is_none() {
        let copies = counted(n_unknown, "copy");
        tell(&format!("note: no updates of {copies} are in the store: an earlier lmc finetuned them"));
    }
    match known.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![("training", figure::training_curves(training, basins)?)]),
    }
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
        match self.slurm.is_used() {
            true => self.compute.check_elsewhere()?,
            false => self.compute.check()?,
        }
        self.slurm.check()
    }

    pub fn run(self) -> Result<()> {
        let study = match self.slurm.is_used() {
            true => self.study.open()?.elsewhere(self.compute.elsewhere()),
            false => self.study.open()?.on(self.compute.compute()?)?,
        };
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
