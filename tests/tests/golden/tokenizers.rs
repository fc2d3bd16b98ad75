//! Compares token ids with transformers: WordPiece and byte-level byte-pair encoding, texts and pairs, whole
//! and cut.

use std::path::{Path, PathBuf};

use lmc::data::{Dataset, Example};
use lmc::encode::{encode, load_tokenizer};
use lmc_tests::reference::{golden, minilm, reference_script};
use lmc_tests::skip::skipped;
use serde_json::Value;
use tokenizers::Tokenizer;

fn values() -> Value {
    serde_json::from_str(include_str!("../../golden/tokenizers.json")).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

/// Returns texts, or pairs, as a dataset.
fn dataset(texts: &Value) -> Dataset {
    let example = |text: &Value| match text.as_array().map(Vec::as_slice) {
        Some([first, second]) => Example {
            first: first.as_str().unwrap().into(),
            second: Some(second.as_str().unwrap().into()),
            label: 0,
        },
        _ => Example { first: text.as_str().unwrap().into(), second: None, label: 0 },
    };
    let examples = texts.as_array().unwrap().iter().map(example).collect();
    Dataset::new("golden", &["no", "yes"], examples, None).unwrap()
}

/// Compares ids and segments of every example; returns how many there were.
fn check(tokenizer: &Tokenizer, texts: &Value, max_len: usize, expected: &Value) -> usize {
    let encoded = encode(&dataset(texts), tokenizer, max_len).unwrap();
    assert_eq!(encoded.len(), expected["ids"].as_array().unwrap().len());
    for (i, example) in encoded.iter().enumerate() {
        assert_eq!(example.ids, integers(&expected["ids"][i]), "{:?} at {max_len}", texts[i]);
        assert_eq!(example.segments, integers(&expected["segments"][i]), "{:?} at {max_len}", texts[i]);
    }
    encoded.len()
}

fn check_golden(tokenizer: &Tokenizer, name: &str) {
    let golden = values();
    let expected = &golden[name];
    let n_texts = check(tokenizer, &golden["texts"], 64, &expected["64"]);
    let n_pairs = check(tokenizer, &golden["pairs"], 24, &expected["24"]);
    check(tokenizer, &golden["pairs"], 25, &expected["25"]);
    assert!(n_texts > 180 && n_pairs > 100, "{n_texts} texts, {n_pairs} pairs");
}

/// Returns a folder with MiniLM's vocabulary alone and a `tokenizer_config.json`.
fn vocabulary_alone(config: &Value) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(minilm().join("vocab.txt"), folder.path().join("vocab.txt")).unwrap();
    std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn word_piece_from_one_file_or_from_its_vocabulary() {
    check_golden(&load_tokenizer(&minilm()).unwrap(), "word_piece");
    let (_kept, folder) = vocabulary_alone(&serde_json::json!({}));
    check_golden(&load_tokenizer(&folder).unwrap(), "word_piece");
    std::fs::remove_file(folder.join("tokenizer_config.json")).unwrap();
    check_golden(&load_tokenizer(&folder).unwrap(), "word_piece");
}

#[test]
fn normalisation_is_as_the_config_says() {
    let golden = values();
    let options = golden["options"].as_array().unwrap();
    assert_eq!(options.len(), 5);
    for case in options {
        let (_kept, folder) = vocabulary_alone(&case["config"]);
        let tokenizer = load_tokenizer(&folder).unwrap();
        check(&tokenizer, &case["texts"], 64, case);
    }
    // No two of the configs give the same ids.
    for (i, a) in options.iter().enumerate() {
        assert!(options[..i].iter().all(|b| a["ids"] != b["ids"]), "{}", a["config"]);
    }
}

#[test]
fn byte_level_pairs_from_vocabulary_and_merges() {
    check_golden(&load_tokenizer(&golden("tiny-bpe")).unwrap(), "byte_level");
}

/// A pair has two separators in the middle and one segment.
#[test]
fn a_roberta_pair() {
    let tokenizer = load_tokenizer(&golden("tiny-bpe")).unwrap();
    let encoded = encode(&dataset(&serde_json::json!([["a", "b"]])), &tokenizer, 64).unwrap();
    let id = |token: &str| i64::from(tokenizer.token_to_id(token).unwrap());
    let expected = ["<s>", "a", "</s>", "</s>", "b", "</s>"].map(id);
    assert_eq!(encoded[0].ids, expected);
    assert_eq!(encoded[0].segments, [0; 6]);
    assert_eq!(id("<pad>"), 1);
}

/// The pairs of MNLI and PAWS-QQP are encoded alike. They are not part of this repository.
#[test]
fn real_pairs() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.is_dir() {
        skipped(format!("{} is not there", data.display()));
        return;
    }
    let Some(mut script) = reference_script("generate_tokenizers.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (bpe, out) = (golden("tiny-bpe"), folder.path().join("ids.json"));
    let status = script.arg(data).arg(&bpe).arg(minilm()).arg(&out).status().unwrap();
    assert!(status.success());
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(out).unwrap()).unwrap();
    let (_kept, vocabulary) = vocabulary_alone(&serde_json::json!({}));
    for (name, folders) in [("word_piece", vec![minilm(), vocabulary]), ("byte_level", vec![bpe])] {
        for folder in folders {
            let tokenizer = load_tokenizer(&folder).unwrap();
            for max_len in [128, 24] {
                let ids = &expected[name][max_len.to_string()];
                let n = check(&tokenizer, &expected["pairs"], max_len, ids);
                assert_eq!(n, 2000);
                println!("{name} at {max_len} tokens: {n} pairs, all ids and segments the same");
            }
        }
    }
}
