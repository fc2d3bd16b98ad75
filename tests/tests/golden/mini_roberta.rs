//! Compares the embedded RoBERTa with transformers: token ids of pairs, hidden states of `<s>`, masked-LM
//! loss.

use std::path::{Path, PathBuf};

use lmc::data::byte_pairs::MASK;
use lmc::data::{Dataset, Example};
use lmc::encode::{Encoded, encode, load_tokenizer};
use lmc::model::{
    Classifier, Dropout, ModelConfig, PretrainingModel, PretrainingTargets, Tokens, load_folder,
    read_safetensors,
};
use lmc::tch::Tensor;
use lmc::weights::{Parameters, Weights};
use serde_json::Value;

const TOLERANCE: f64 = 2e-5;

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmc/assets/mini-roberta")
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../../golden/mini-roberta.json")).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

/// Returns the pairs in tokens, and asserts that they are those of transformers.
fn examples(golden: &Value) -> Vec<Encoded> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |pair: &Value| Example { first: text(&pair[0]), second: Some(text(&pair[1])), label: 0 };
    let examples = golden["pairs"].as_array().unwrap().iter().map(example).collect();
    let dataset = Dataset::new("golden", &["no", "yes"], examples, None).unwrap();
    encode(&dataset, &load_tokenizer(&assets()).unwrap(), 48).unwrap()
}

/// Returns one sequence for a stack of one.
fn tokens(ids: &[i64]) -> Tokens {
    let row = |values: &[i64]| Tensor::from_slice(values).unsqueeze(0);
    Tokens::shared(&row(ids), &row(&vec![0; ids.len()]), 1)
}

#[test]
fn token_ids() {
    let golden = golden();
    let examples = examples(&golden);
    assert!(examples.len() >= 6);
    for (i, example) in examples.iter().enumerate() {
        assert_eq!(example.ids, integers(&golden["ids"][i]), "{}", golden["pairs"][i]);
        assert_eq!(example.segments, vec![0; example.ids.len()]);
    }
}

#[test]
fn hidden_states_of_the_first_token() {
    let golden = golden();
    let pretrained = load_folder(&assets()).unwrap();
    let classifier = Classifier::new(&pretrained.config, 2);
    let theta = pretrained.with_head(&classifier, 0, 0.02).unwrap().theta().unsqueeze(0);
    let parameters = Parameters::views(&theta, classifier.layout()).unwrap();
    for (i, example) in examples(&golden).iter().enumerate() {
        let features =
            classifier.features(&parameters, &tokens(&example.ids), &Dropout::NONE).unwrap().reshape([-1]);
        let features = Vec::<f64>::try_from(features.to_kind(lmc::tch::Kind::Double)).unwrap();
        let expected = golden["features"][i].as_array().unwrap();
        assert_eq!(features.len(), expected.len());
        for (got, expected) in features.iter().zip(expected) {
            let expected = expected.as_f64().unwrap();
            assert!((got - expected).abs() < TOLERANCE, "pair {i}: {got}, expected {expected}");
        }
    }
}

#[test]
fn masked_lm_loss() {
    let golden = golden();
    let config = ModelConfig::read(&assets().join("config.json")).unwrap();
    assert_eq!(config, ModelConfig::mini_roberta(config.vocab_size));
    let model = PretrainingModel::new(&config);
    let named = read_safetensors(&assets().join("model.safetensors")).unwrap();
    let weights = Weights::from_named(model.layout().clone(), named).unwrap();
    let parameters = Parameters::views(&weights.theta().unsqueeze(0), model.layout()).unwrap();
    for (i, example) in examples(&golden).iter().enumerate() {
        let positions = integers(&golden["masked"][i]);
        let mut ids = example.ids.clone();
        positions.iter().for_each(|&position| ids[position as usize] = MASK);
        let hidden: Vec<i64> = positions.iter().map(|&position| example.ids[position as usize]).collect();
        let targets = PretrainingTargets {
            positions: Tensor::from_slice(&positions),
            tokens: Tensor::from_slice(&hidden),
            is_random: Tensor::from_slice(&[0i64]),
        };
        let (masked_lm, next) = model.losses(&parameters, &tokens(&ids), &targets).unwrap();
        assert!(next.is_none());
        let (got, expected) = (masked_lm.double_value(&[]), golden["masked_lm_loss"][i].as_f64().unwrap());
        assert!((got - expected).abs() < 10.0 * TOLERANCE, "pair {i}: {got}, expected {expected}");
    }
}
