//! Bytes as the `config.json` of a model, and as a `tokenizer_config.json` beside a vocabulary.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lmc::encode::load_tokenizer;
use lmc::model::{Classifier, ModelConfig};
use lmc_fuzz as _;

/// A folder of this process, in memory where the system has such a place.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Some(PathBuf::from("/dev/shm")).filter(|root| root.is_dir()).unwrap_or_else(std::env::temp_dir);
    let folder = root.join(format!("lmc-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    std::fs::write(folder.join("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ndoctor\n##s\nslept\n")
        .expect("a vocabulary");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.join("config.json");
    std::fs::write(&path, bytes).expect("a config");
    match ModelConfig::read(&path) {
        // The layout is computed from all sizes; no weights are made.
        Ok(config) => assert!(Classifier::new(&config, 3).layout().n_parameters() > 0),
        Err(error) => assert!(error.to_string().len() < 4 * bytes.len() + 2000, "an endless message"),
    }
    std::fs::write(FOLDER.join("tokenizer_config.json"), bytes).expect("a config of the tokenizer");
    match load_tokenizer(&FOLDER) {
        Ok(tokenizer) => {
            let encoded = tokenizer.encode(("the doctors slept", "the doctor"), true);
            assert!(encoded.is_ok_and(|encoded| encoded.len() > 3), "special tokens are there");
        }
        Err(error) => assert!(error.to_string().len() < 4 * bytes.len() + 2000, "an endless message"),
    }
});
