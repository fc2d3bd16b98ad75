//! Runs the real command on inputs that real users have, and checks its results, its exit code and its
//! messages.
//!
//! Every area is a file of [`Case`]s. A case makes its input in an empty folder and runs `lmc` on it. An
//! input is either handled (exit code 0) or refused with a reason (one line). The last line counts both.

mod addresses;
mod case;
#[allow(dead_code, reason = "it serves other tests too")]
#[path = "../../../tests/src/certificates.rs"]
mod certificates;
mod clusters;
mod configs;
mod corpus;
mod devices;
mod evaluate;
mod files;
mod guide;
mod hub;
mod labels;
mod lengths;
mod logs;
mod messages;
mod model;
mod numbers;
mod output;
mod own_data;
mod scores;
#[allow(dead_code, reason = "it serves other tests too")]
#[path = "../../../tests/src/server.rs"]
mod server;
mod sound;
mod specs;
mod stories;
#[allow(dead_code, reason = "it serves other tests too")]
#[path = "../../../tests/src/tls.rs"]
mod tls;
mod tokenizers;

use std::process::ExitCode;

use case::Case;
use libtest_mimic::{Arguments, Trial};

/// The cases of every area.
const AREAS: &[&[Case]] = &[
    addresses::CASES,
    clusters::CASES,
    configs::CASES,
    devices::CASES,
    evaluate::CASES,
    files::CASES,
    guide::CASES,
    hub::CASES,
    labels::CASES,
    lengths::CASES,
    logs::CASES,
    messages::CASES,
    numbers::CASES,
    output::CASES,
    own_data::CASES,
    scores::CASES,
    sound::CASES,
    specs::CASES,
    stories::CASES,
    tokenizers::CASES,
];

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
