//! Bytes as a safetensors file, and as the index of one in shards.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lmc::model::load::{CheckpointFormat, ShardIndex};
use lmc_fuzz::n_elements;

fuzz_target!(|bytes: &[u8]| {
    n_elements(CheckpointFormat::Safetensors.tensors(bytes, Path::new("fuzz.safetensors")));
    if let Ok(index) = ShardIndex::parse(bytes, Path::new("fuzz.safetensors.index.json")) {
        assert!(index.shards().all(|(shard, names)| !shard.contains('/') && !names.is_empty()));
    }
});
