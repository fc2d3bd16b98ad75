//! `lmc work`: the command that a task of a Slurm array runs.

use std::path::PathBuf;

use clap::Args;
use lmc::{Result, analyses, interrupt, study};

use crate::output::say;

#[derive(Args)]
pub struct Work {
    /// The plan, which --slurm wrote into the store.
    #[arg(value_name = "PLAN.json")]
    plan: PathBuf,
    /// The number of the task, from 0.
    #[arg(long, value_name = "N")]
    task: usize,
}

impl Work {
    /// Returns whether the plan has work in tf32.
    pub fn uses_tf32(&self) -> Result<bool> {
        study::plan_uses_tf32(&self.plan)
    }

    pub fn run(self) -> Result<()> {
        // Slurm sends SIGTERM before it takes a node away: the training so far is kept.
        interrupt::listen_to_termination()?;
        say(format_args!("task {}: {} in the store", self.task, analyses::work(&self.plan, self.task)?));
        Ok(())
    }
}
