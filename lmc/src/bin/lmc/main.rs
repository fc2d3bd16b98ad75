//! `lmc`: the verbs of the library for a shell or a cluster node.

mod evaluate;
mod fetch;
mod finetune;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lmc::basin::{ClusterOptions, Delta};
use lmc::compute::{Compute, Precision};
use lmc::study::{Study, StudySpec, pretrain_mini, pretrain_mini_roberta};
use lmc::table::Metric;
use lmc::train::PretrainRecipe;
use lmc::{LmcError, interrupt};

use crate::evaluate::Evaluate;
use crate::finetune::Finetune;

#[derive(Parser)]
#[command(version, about = "Linear mode connectivity of finetuned text classifiers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Finetune, evaluate, interpolate and cluster copies of the embedded encoder on the embedded task.
    Study {
        /// The task.
        #[arg(default_value = "mini-nli")]
        task: String,
        /// Draws the data and the seeds; 0 is the study of the notebooks.
        #[arg(long, default_value_t = 0)]
        master_seed: u64,
        /// Another encoder: mini-roberta, which is embedded too, or a folder made by `lmc pretrain`.
        #[arg(long)]
        encoder: Option<PathBuf>,
        #[command(flatten)]
        interpolation: Interpolation,
        #[command(flatten)]
        output: Output,
    },
    /// Finetune a Hugging Face encoder on a corpus, evaluate it in and out of domain and interpolate all pairs.
    Finetune(Finetune),
    /// Evaluate finetuned classifiers on splits of a corpus.
    Evaluate(Evaluate),
    /// Pretrain the encoder of the embedded task and write it as a Hugging Face folder.
    Pretrain {
        /// The folder to write.
        folder: PathBuf,
        /// The seed.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// The family: `bert` is lmc/assets/mini-bert, `roberta` lmc/assets/mini-roberta.
        #[arg(long, default_value = "bert")]
        family: Family,
    },
    /// Fetch corpora and models, and say where they lie, how large they are and under which licence.
    Fetch {
        /// Their names (`lmc manifests` lists them), `qqp-berts-12` or `qqp-berts-12@15000` for a member of a collection, or
        /// paths of manifests that end in .toml.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// A folder or file at hand, which is checked and used instead.
        #[arg(long)]
        data: Option<PathBuf>,
        /// The lock file that says what may be fetched; else the one in the store.
        #[arg(long)]
        lock: Option<PathBuf>,
        /// A link to make to the folder.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// List the corpora and models that are known.
    Manifests,
}

/// The family of a pretrained encoder.
#[derive(Clone, Copy, ValueEnum)]
enum Family {
    Bert,
    Roberta,
}

/// How lines are interpolated.
#[derive(Args)]
struct Interpolation {
    /// The numbers in which points on lines are evaluated: float32, bf16 or, on CUDA, tf32.
    #[arg(long, default_value = "float32")]
    precision: Precision,
    /// The most that a loss or a convexity gap may be off by from float32's on a sample, in nats.
    #[arg(long, default_value_t = 1e-3)]
    tolerance: f64,
}

impl Interpolation {
    fn compute(&self) -> Compute {
        Compute { tolerance: self.tolerance, ..Compute::auto().with_precision(self.precision) }
    }
}

#[derive(Args)]
struct Output {
    /// The folder for tables (Parquet) and figures (PNG).
    #[arg(long, default_value = "lmc-results")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match interrupt::listen().and_then(|()| run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lmc: {error}");
            let interrupted = matches!(error, LmcError::Interrupted { .. });
            if interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Command) -> lmc::Result<()> {
    match command {
        Command::Study { task, master_seed, encoder, interpolation, output } => {
            let spec = StudySpec { encoder, ..StudySpec::named(&task, master_seed)? };
            let options = ClusterOptions { delta: Delta::Auto, ..ClusterOptions::default() };
            let (study, compute) = (Study::open(spec)?, interpolation.compute());
            report::clusters(&study, "id", ("lo", Metric::Accuracy), &options, &compute, &output.out)
        }
        Command::Finetune(finetune) => finetune.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Pretrain { folder, seed, family } => {
            match family {
                Family::Bert => pretrain_mini(&folder, seed, &PretrainRecipe::mini())?,
                Family::Roberta => pretrain_mini_roberta(&folder, seed, &PretrainRecipe::mini_roberta())?,
            };
            println!("wrote {}", folder.display());
            Ok(())
        }
        Command::Fetch { names, data, lock, out } => fetch::fetch(&fetch::Wanted { names, data, lock, out }),
        Command::Manifests => fetch::list(),
    }
}
