//! Bytes as a file of `torch.save`, and as the pickle in one whose storages are those of a tiny BERT.
#![no_main]

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lmc::model::load::CheckpointFormat;
use lmc_fuzz::n_elements;
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

const GOLDEN: &[u8] = include_bytes!("../../../tests/golden/checkpoints/torch/pytorch_model.bin");

/// The archive without its pickle.
static STORAGES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut golden = ZipArchive::new(Cursor::new(GOLDEN)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..golden.len() {
        let entry = golden.by_index(i).unwrap();
        if !entry.name().unwrap().ends_with("data.pkl") {
            zip.raw_copy_file(entry).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
});

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz.bin");
    n_elements(CheckpointFormat::Torch.tensors(bytes, path));
    let mut zip = ZipWriter::new_append(Cursor::new(STORAGES.clone())).unwrap();
    zip.start_file("pytorch_model/data.pkl", SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    let archive = zip.finish().unwrap().into_inner();
    n_elements(CheckpointFormat::Torch.tensors(&archive, path));
});
