//! `lmc finetune`: copies of an encoder, and how good they are.

use clap::Args;
use lmc::{Result, table};

use crate::output::{Output, print};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Finetune {
    #[command(flatten)]
    study: StudyArgs,
    #[command(flatten)]
    output: Output,
}

impl Finetune {
    pub fn run(self) -> Result<()> {
        let models = self.study.open()?.finetune()?.table()?;
        print(&models)?;
        self.output.write(&[(&table::MODELS, &models)], &[])
    }
}
