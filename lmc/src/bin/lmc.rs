//! The verbs of the library for a shell or a cluster node.
use clap::{Parser, Subcommand};
use lmc::train::PretrainRecipe;
use std::path::PathBuf;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Pretrain the encoder of the embedded task.
    Pretrain {
        /// The folder to write, in Hugging Face's layout.
        folder: PathBuf,
        /// The seed.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Optimiser updates.
        #[arg(long)]
        steps: Option<u32>,
    },
}

fn main() -> lmc::Result<()> {
    match Cli::parse().command {
        Command::Pretrain { folder, seed, steps } => {
            let mut recipe = PretrainRecipe::mini();
            recipe.n_steps = steps.unwrap_or(recipe.n_steps);
            tch::set_num_threads(1);
            let t = std::time::Instant::now();
            lmc::study::pretrain_mini(&folder, seed, &recipe)?;
            println!("{:.1} s", t.elapsed().as_secs_f64());
        }
    }
    Ok(())
}
