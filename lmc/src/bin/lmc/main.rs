//! `lmc`: the verbs of the library for a shell or a cluster node.

mod basins;
mod confidence;
mod convexity;
mod evaluate;
mod fetch;
mod figures;
mod finetune;
mod notes;
mod output;
mod replay;
mod slurm;
mod soup;
mod spec;
mod study;
mod sweep;
mod work;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use lmc::study::{pretrain_mini, pretrain_mini_roberta};
use lmc::train::PretrainRecipe;
use lmc::{LmcError, interrupt};

/// What ends every help text.
const AFTER: &str = "\
Verbs that take a STUDY share every run with each other and with notebooks: what is in the store is not computed again.
After Ctrl-C the same command goes on where it was.

Exit codes: 0 done, 1 an error (one line says what and what to do), 2 wrong usage, 130 interrupted.";

#[derive(Parser)]
#[command(version, about = "Linear mode connectivity of finetuned text classifiers", after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a study with all its settings as TOML, to be changed and given to the other verbs.
    Spec(spec::Spec),
    /// Finetune the copies of a study.
    Finetune(finetune::Finetune),
    /// Evaluate the copies of a study, or classifiers that were finetuned elsewhere.
    Evaluate(evaluate::Evaluate),
    /// Sample the losses along the lines between all pairs of copies.
    Sweep(sweep::Sweep),
    /// Cluster the copies by convexity gap, and test whether the clusters say anything about generalisation.
    Basins(basins::Basins),
    /// Measure eps-convexity of more than pairs: convex combinations inside the clusters and across them, and triangles.
    Convexity(convexity::Convexity),
    /// Average weights inside the clusters, across them and greedily, beside single copies and ensembles.
    Soup(soup::Soup),
    /// Finetune, evaluate, interpolate and cluster, and write every table and figure.
    Figures(figures::Figures),
    /// Do the share of one task of a plan: what the jobs of --slurm run.
    Work(work::Work),
    /// Cluster models from logs of interpolations that others ran, without a model at hand.
    Replay(replay::Replay),
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
    /// Print the completions of a shell, for example `lmc completions bash > ~/.local/share/bash-completion/completions/lmc`.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// The family of a pretrained encoder.
#[derive(Clone, Copy, ValueEnum)]
enum Family {
    Bert,
    Roberta,
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
        Command::Spec(spec) => spec.run(),
        Command::Finetune(finetune) => finetune.run(),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Sweep(sweep) => sweep.run(),
        Command::Basins(basins) => basins.run(),
        Command::Convexity(convexity) => convexity.run(),
        Command::Soup(soup) => soup.run(),
        Command::Figures(figures) => figures.run(),
        Command::Work(work) => work.run(),
        Command::Replay(replay) => replay.run(),
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
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "lmc", &mut io::stdout());
            Ok(())
        }
    }
}
