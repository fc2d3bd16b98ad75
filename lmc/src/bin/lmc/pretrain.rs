//! `lmc pretrain`: the encoders of the embedded task, made again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lmc::compute::{Compute, Devices};
use lmc::model::Replace;
use lmc::study::{pretrain_mini, pretrain_mini_roberta};
use lmc::tch::Device;
use lmc::train::PretrainRecipe;
use lmc::{LmcError, Result};

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
    /// The device: cpu, or a CUDA device such as cuda:0.
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Devices,
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
        let Self { folder, seed, family, device, force } = self;
        let device = one(&device)?;
        let replace = Replace::models_if(force);
        match family {
            Family::Bert => pretrain_mini(&folder, seed, &PretrainRecipe::mini(), device, replace)?,
            Family::Roberta => {
                pretrain_mini_roberta(&folder, seed, &PretrainRecipe::mini_roberta(), device, replace)?
            }
        };
        say(format_args!("wrote {}", folder.display()));
        Ok(())
    }
}

/// Returns the one device among those.
fn one(devices: &Devices) -> Result<Device> {
    match Compute::cpu().on(devices)?.devices[..] {
        [device] => Ok(device),
        _ => Err(LmcError::invalid("--device", devices, "one device, such as cuda:0")),
    }
}
