//! `lmc pretrain`: the encoders of the embedded task, made again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lmc::Result;
use lmc::model::Replace;
use lmc::study::{pretrain_mini, pretrain_mini_roberta};
use lmc::train::PretrainRecipe;

use crate::output::say;

#[derive(Args)]
pub struct Pretrain {
    /// The folder to write.
    folder: PathBuf,
    /// The seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The family: `bert` is lmc/assets/mini-bert, `roberta` lmc/assets/mini-roberta.
    #[arg(long, default_value = "bert")]
    family: Family,
    /// Replace another model in the folder.
    #[arg(long)]
    force: bool,
}

/// The family of a pretrained encoder.
#[derive(Clone, Copy, ValueEnum)]
enum Family {
    Bert,
    Roberta,
}

impl Pretrain {
    pub fn run(self) -> Result<()> {
        let Self { folder, seed, family, force } = self;
        let replace = Replace::models_if(force);
        match family {
            Family::Bert => pretrain_mini(&folder, seed, &PretrainRecipe::mini(), replace)?,
            Family::Roberta => {
                pretrain_mini_roberta(&folder, seed, &PretrainRecipe::mini_roberta(), replace)?
            }
        };
        say(format_args!("wrote {}", folder.display()));
        Ok(())
    }
}
