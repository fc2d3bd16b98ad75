//! Compares the encoder with transformers: the same ids and logits for a real BERT, alone and padded, texts
//! and pairs.

use lmc::data::{Dataset, Example};
use lmc::encode::{Encoded, encode, load_tokenizer, padded_batch};
use lmc::model::{Classifier, Dropout, Tokens, load_folder};
use lmc::tch::Tensor;
use lmc::weights::{Parameters, Weights};
use lmc_tests::reference::minilm;
use serde_json::Value;

/// MiniLM's encoder with a fixed head.
struct Model {
    classifier: Classifier,
    weights: Weights,
}

fn model() -> Model {
    let pretrained = load_folder(&minilm()).unwrap();
    let classifier = Classifier::new(&pretrained.config, 2);
    let weights = pretrained.with_head(&classifier, 0, 0.02).unwrap();
    let width = pretrained.config.hidden_size;
    let mut named: std::collections::BTreeMap<String, Tensor> = weights.named().into_iter().collect();
    let head: Vec<f32> =
        (0..2).flat_map(|j| (0..width).map(move |i| ((7 * i + 3 * j) % 11 - 5) as f32 / 20.0)).collect();
    named.insert("classifier.weight".into(), Tensor::from_slice(&head).view([2, width]));
    named.insert("classifier.bias".into(), Tensor::from_slice(&[0.25f32, -0.5]));
    let weights = Weights::from_named(classifier.layout().clone(), named).unwrap();
    Model { classifier, weights }
}

impl Model {
    /// Returns the logits of the examples of those indices, padded to the longest, `[batch, 2]`.
    fn logits(&self, examples: &[Encoded], indices: &[usize]) -> Tensor {
        let batch = padded_batch(examples, indices, self.classifier.config().pad_id()).unwrap();
        let tokens = Tokens {
            ids: batch.ids.unsqueeze(0),
            segments: batch.segments.unsqueeze(0),
            mask: batch.mask.map(|mask| mask.unsqueeze(0)),
        };
        let parameters =
            Parameters::views(&self.weights.theta().unsqueeze(0), self.classifier.layout()).unwrap();
        self.classifier.logits(&parameters, &tokens, &Dropout::NONE).unwrap().squeeze_dim(0)
    }

    /// Compares ids, logits of each example alone, and logits of all as one padded batch.
    fn check(&self, examples: Vec<Example>, max_len: usize, expected: &Value) -> Vec<Encoded> {
        let dataset = Dataset::new("golden", &["no", "yes"], examples, None).unwrap();
        let encoded = encode(&dataset, &load_tokenizer(&minilm()).unwrap(), max_len).unwrap();
        for (i, example) in encoded.iter().enumerate() {
            assert_eq!(example.ids, integers(&expected["ids"][i]));
            assert_close(&self.logits(&encoded, &[i]), &expected["logits"][i], "alone");
        }
        let all: Vec<usize> = (0..encoded.len()).collect();
        let padded = self.logits(&encoded, &all);
        for i in all {
            assert_close(&padded.get(i as i64), &expected["padded_logits"][i], "padded");
        }
        encoded
    }
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../../golden/minilm.json")).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

fn assert_close(got: &Tensor, expected: &Value, what: &str) {
    let got = Vec::<f32>::try_from(got.reshape([-1])).unwrap();
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(&expected) {
        assert!((f64::from(*g) - e).abs() < 1e-5, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn sentences() {
    let golden = golden();
    let sentences = golden["sentences"].as_array().unwrap();
    let example = |s: &Value| Example { first: s.as_str().unwrap().into(), second: None, label: 0 };
    let encoded = model().check(sentences.iter().map(example).collect(), 128, &golden);
    assert_eq!(encoded.len(), 8);
}

/// One of the pairs is cut to all 512 positions, beside which the others are mostly padding.
#[test]
fn pairs_up_to_the_longest_sequence() {
    let golden = &golden()["pairs"];
    let pairs = golden["texts"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |p: &Value| Example { first: text(&p[0]), second: Some(text(&p[1])), label: 0 };
    let model = model();
    let max_len = model.classifier.config().max_len();
    let encoded = model.check(pairs.iter().map(example).collect(), max_len, golden);
    for (i, example) in encoded.iter().enumerate() {
        assert_eq!(example.segments, integers(&golden["segments"][i]));
    }
    assert_eq!(encoded.iter().map(|e| e.ids.len()).max(), Some(512));
}
