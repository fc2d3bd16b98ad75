//! Compares tokenizers of XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa and MPNet with `AutoTokenizer`.

use lmc::data::{Dataset, Example};
use lmc::encode::{encode, load_tokenizer};
use serde_json::Value;

fn examples(texts: &Value) -> Dataset {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |value: &Value| match value.as_array() {
        Some(pair) => Example { first: text(&pair[0]), second: Some(text(&pair[1])), label: 0 },
        None => Example { first: text(value), second: None, label: 0 },
    };
    let examples = texts.as_array().unwrap().iter().map(example).collect();
    Dataset::new("golden", &["no", "yes"], examples, None).unwrap()
}

fn rows(value: &Value) -> Vec<Vec<i64>> {
    let integers = |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
    value.as_array().unwrap().iter().map(integers).collect()
}

#[test]
fn ids_and_segments_are_those_of_auto_tokenizer() {
    let golden: Value = serde_json::from_str(include_str!("../../golden/piece_tokenizers.json")).unwrap();
    let folders = golden["folders"].as_array().unwrap();
    assert_eq!(folders.len(), 18);
    for case in folders {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in case["files"].as_object().unwrap() {
            std::fs::write(folder.path().join(name), text.as_str().unwrap()).unwrap();
        }
        let tokenizer =
            load_tokenizer(folder.path()).unwrap_or_else(|error| panic!("{}: {error}", case["name"]));
        for (texts, max_len, expected) in [
            (&golden["texts"], 64, &case["texts"]),
            (&golden["pairs"], 64, &case["pairs"][0]),
            (&golden["pairs"], 9, &case["pairs"][1]),
        ] {
            let got = encode(&examples(texts), &tokenizer, max_len).unwrap();
            for ((got, ids), (segments, text)) in got
                .iter()
                .zip(rows(&expected[0]))
                .zip(rows(&expected[1]).into_iter().zip(texts.as_array().unwrap()))
            {
                assert_eq!(got.ids, ids, "{}, {max_len}: {text}", case["name"]);
                assert_eq!(got.segments, segments, "{}, {max_len}: {text}", case["name"]);
            }
        }
    }
}
