//! Inputs that real users have, each through the real command: what comes of it, its exit code and what it says.
//!
//! Every area is a file of [`Case`]s. A case makes its input in an empty folder and runs `lmc` on it. An input is either
//! handled (exit code 0) or refused with a reason (one line). The last line counts both.

mod case;
mod corpus;
mod labels;
mod model;
mod tokenizers;

use std::process::ExitCode;

use case::Case;
use libtest_mimic::{Arguments, Trial};

/// The cases of every area.
const AREAS: &[&[Case]] = &[labels::CASES, tokenizers::CASES];

fn main() -> ExitCode {
    let trials = AREAS.iter().copied().flatten().map(|case| {
        let name = format!("{}: {}", case.row, case.what);
        Trial::test(name, || {
            case.run();
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials.collect());
    println!("{}", case::count());
    conclusion.exit_code()
}
