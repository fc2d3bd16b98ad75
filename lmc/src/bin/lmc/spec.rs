//! `lmc spec`: a study as TOML.

use clap::Args;
use lmc::Result;

use crate::study::StudyArgs;

#[derive(Args)]
pub struct Spec {
    #[command(flatten)]
    study: StudyArgs,
}

impl Spec {
    pub fn run(self) -> Result<()> {
        print!("{}", self.study.spec()?.to_toml()?);
        Ok(())
    }
}
