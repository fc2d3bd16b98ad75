//! `lmc`: the verbs of the library for a shell or a cluster node.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod align;
mod arguments;
mod basins;
mod caught;
mod cli;
mod compute;
mod computing;
mod confidence;
mod connect;
mod convexity;
mod drift;
mod evaluate;
mod fetch;
mod figures;
mod finetune;
mod layers;
mod members;
mod merge;
mod merges;
mod method;
mod notes;
mod output;
#[cfg(test)]
mod pages;
mod planes;
mod pretrain;
mod replay;
mod report;
mod restart;
mod result_files;
mod results;
mod sampling;
mod sharpness;
mod slurm;
mod soup;
mod spec;
mod study;
mod surface;
mod sweep;
mod task;
mod training;
mod work;

use std::process::ExitCode;

use clap::Parser;
use lmc::{LmcError, interrupt, terminal};

use crate::cli::Cli;

fn main() -> ExitCode {
    caught::listen();
    let code = match Cli::try_parse_from(arguments::joined(std::env::args_os())) {
        Ok(cli) => match caught::caught(|| interrupt::listen().and_then(|()| cli.run())) {
            Ok(Ok(())) => 0,
            Ok(Err(error)) => {
                // The end of a task's log has lines.
                let has_lines = matches!(error, LmcError::SlurmTask { .. });
                let told = if has_lines { error.to_string() } else { terminal::one_line(&error.to_string()) };
                say(&format!("lmc: {told}"));
                if matches!(error, LmcError::Interrupted { .. }) { interrupt::EXIT_CODE } else { 1 }
            }
            Err(panicked) => {
                say(&format!("lmc: internal error: {panicked}; please report it, finished work is kept"));
                1
            }
        },
        // Help, the version, or the problem with the arguments.
        Err(told) => {
            let printed = told.print().and_then(|()| std::io::Write::flush(&mut std::io::stdout()));
            printed.unwrap_or_else(terminal::output_failed);
            u8::try_from(told.exit_code()).unwrap_or(1)
        }
    };
    // The work was finished; failing to print all of it is a failure of its own.
    match terminal::failure() {
        Some(failure) if code == 0 => {
            say(&format!("lmc: {failure}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::from(code),
    }
}

/// Prints a line to the standard error or, if that fails, to the standard output.
fn say(line: &str) {
    terminal::tell(line);
    if terminal::is_mute() {
        terminal::print(&format!("{line}\n"));
    }
}
