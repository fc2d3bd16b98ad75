//! Text as the arguments of the command: they are read and checked, and nothing is run.
#![no_main]
#![allow(dead_code, missing_docs)]

#[path = "../../src/bin/lmc/basins.rs"]
mod basins;
#[path = "../../src/bin/lmc/cli.rs"]
mod cli;
#[path = "../../src/bin/lmc/confidence.rs"]
mod confidence;
#[path = "../../src/bin/lmc/convexity.rs"]
mod convexity;
#[path = "../../src/bin/lmc/evaluate.rs"]
mod evaluate;
#[path = "../../src/bin/lmc/fetch.rs"]
mod fetch;
#[path = "../../src/bin/lmc/figures.rs"]
mod figures;
#[path = "../../src/bin/lmc/finetune.rs"]
mod finetune;
#[path = "../../src/bin/lmc/notes.rs"]
mod notes;
#[path = "../../src/bin/lmc/output.rs"]
mod output;
#[path = "../../src/bin/lmc/pretrain.rs"]
mod pretrain;
#[path = "../../src/bin/lmc/replay.rs"]
mod replay;
#[path = "../../src/bin/lmc/result_files.rs"]
mod result_files;
#[path = "../../src/bin/lmc/results.rs"]
mod results;
#[path = "../../src/bin/lmc/slurm.rs"]
mod slurm;
#[path = "../../src/bin/lmc/soup.rs"]
mod soup;
#[path = "../../src/bin/lmc/spec.rs"]
mod spec;
#[path = "../../src/bin/lmc/study.rs"]
mod study;
#[path = "../../src/bin/lmc/sweep.rs"]
mod sweep;
#[path = "../../src/bin/lmc/work.rs"]
mod work;

use clap::Parser;
use libfuzzer_sys::fuzz_target;
use lmc_fuzz as _;

fuzz_target!(|text: &str| {
    // A study in a file is read while it is checked: other targets read files.
    let arguments = text.split_ascii_whitespace().filter(|argument| !argument.ends_with(".toml"));
    if let Ok(cli) = cli::Cli::try_parse_from(std::iter::once("lmc").chain(arguments))
        && let Err(error) = cli.check()
    {
        let message = error.to_string();
        assert!(message.lines().count() == 1 && message.len() < 4 * text.len() + 2000, "{message}");
    }
});
