//! Text as a data manifest.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lmc::data::manifest::Manifest;
use lmc_fuzz as _;

fuzz_target!(|text: &str| {
    if let Err(error) = Manifest::parse(text, Path::new("fuzz.toml")) {
        assert!(error.to_string().len() < 4 * text.len() + 1000, "an endless message");
    }
});
