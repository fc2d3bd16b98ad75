//! The launcher of the Jupyter kernel "Rust (lmc)".
//!
//! It prepares everything that a notebook needs (libtorch, a folder in which every dependency is already
//! compiled), starts evcxr's kernel there, and stands between it and Jupyter. Setting up, checking and
//! removing the kernel are its other commands.

mod cache;
mod cargo;
mod cells;
mod doctor;
mod environment;
mod install;
mod jupyter;
mod pool;
// The kernel does not link `lmc`; this file needs nothing of it.
#[path = "../../lmc/crates/model/src/compute/portable.rs"]
#[allow(dead_code, reason = "the rest is for `lmc`")]
mod portable;
mod relay;
mod runtime;
mod serve;
mod stamp;
mod template;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "lmc-kernel", version, about = "The Jupyter kernel \"Rust (lmc)\"")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Register the kernel with Jupyter
    Install {
        /// The folder whose share/jupyter gets the kernel (default: the virtual environment in the cache)
        #[arg(long)]
        prefix: Option<PathBuf>,
        /// Register it for every Jupyter of this user instead
        #[arg(long, conflicts_with = "prefix")]
        user: bool,
    },
    /// Remove the kernel from Jupyter; what is compiled stays in the cache
    Uninstall {
        /// As for install
        #[arg(long)]
        prefix: Option<PathBuf>,
        /// As for install
        #[arg(long, conflicts_with = "prefix")]
        user: bool,
    },
    /// Say what is set up and what is missing, with remedies
    Doctor,
    /// Compile what notebooks need, so that their first cell takes seconds
    Warm {
        /// The clone of lmc (default: the one around the current folder)
        #[arg(long)]
        clone: Option<PathBuf>,
    },
    /// Run the kernel: what Jupyter calls
    Serve {
        /// The connection file that Jupyter wrote
        #[arg(long = "control_file")]
        control_file: PathBuf,
    },
    /// The part of `warm` that runs in the prepared environment
    #[command(hide = true)]
    WarmCells {
        #[arg(long)]
        clone: PathBuf,
    },
    /// The part of `doctor` that runs in the prepared environment
    #[command(hide = true)]
    ProbeCells {
        #[arg(long)]
        clone: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = cargo::hook().unwrap_or_else(|| dispatch().map(|()| ExitCode::SUCCESS));
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs the part of this program that it was started for: evcxr's kernel is this program, started by the
/// relay, and it is started again by that kernel to run the cells.
fn dispatch() -> Result<()> {
    runtime::hook()?;
    evcxr::runtime_hook();
    if std::env::args().nth(1).as_deref() == Some(relay::EVCXR) {
        runtime::follow_parent()?;
        return evcxr_jupyter::main();
    }
    run()
}

fn run() -> Result<()> {
    match Cli::parse().command {
        Command::Install { prefix, user } => install::install(prefix, user),
        Command::Uninstall { prefix, user } => install::uninstall(prefix, user),
        Command::Doctor => doctor::doctor(),
        Command::Warm { clone } => template::warm(clone),
        Command::Serve { control_file } => serve::serve(&control_file),
        Command::WarmCells { clone } => cells::warm(&clone),
        Command::ProbeCells { clone } => cells::probe(&clone),
    }
}
