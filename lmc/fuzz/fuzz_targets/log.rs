//! Bytes as a log of interpolations.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lmc::replay::{Replay, ReplayOptions};
use lmc_fuzz as _;

fuzz_target!(|bytes: &[u8]| {
    match Replay::parse(bytes, Path::new("fuzz.log"), &ReplayOptions::new("id")) {
        Ok(replay) => {
            let rows = replay.lines.len() * replay.n_points();
            assert_eq!(replay.table().expect("what was read is a table").height(), rows);
            assert_eq!(replay.gaps().expect("what was read has gaps").height(), replay.lines.len());
        }
        Err(error) => assert!(error.to_string().len() < 4000, "an endless message"),
    }
});
