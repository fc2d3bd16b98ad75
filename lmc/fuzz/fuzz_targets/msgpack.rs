//! Bytes as a `flax_model.msgpack`.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lmc::model::load::CheckpointFormat;
use lmc_fuzz::n_elements;

fuzz_target!(|bytes: &[u8]| {
    n_elements(CheckpointFormat::Flax.tensors(bytes, Path::new("fuzz.msgpack")));
});
