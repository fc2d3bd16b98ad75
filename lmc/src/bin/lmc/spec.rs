//! `lmc spec`: a study as TOML.

use clap::Args;
use lmc::{Result, terminal};

use crate::study::StudyArgs;

#[derive(Args)]
pub struct Spec {
    #[command(flatten)]
    study: StudyArgs,
}

impl Spec {
    pub fn check(&self) -> Result<()> {
        self.study.spec().map(|_| ())
    }

    pub fn run(self) -> Result<()> {
        terminal::print(&self.study.spec()?.to_toml()?);
        Ok(())
    }
}
