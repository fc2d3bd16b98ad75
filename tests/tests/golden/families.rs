//! Compares tiny random BERT and RoBERTa classifiers with transformers: logits, gradients, and folders that
//! go there and back.

use lmc::encode::{Encoded, PaddedBatch, padded_batch};
use lmc::model::{Dropout, Finetuned, Tokens, load_finetuned, save_folder};
use lmc::tch::{Kind, Tensor};
use lmc::weights::{Parameters, Weights};
use lmc_tests::reference::{golden, reference_script};
use serde_json::{Value, json};

const TOLERANCE: f64 = 1e-5;
const FAMILIES: [&str; 2] = ["tiny-bert", "tiny-roberta"];

struct Golden {
    model: Finetuned,
    values: Value,
    examples: Vec<Encoded>,
}

fn read(family: &str) -> Golden {
    let all: Value = serde_json::from_str(include_str!("../../golden/models.json")).unwrap();
    let values = all[family].clone();
    let integers = |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect();
    let examples = values["examples"].as_array().unwrap().iter().map(|e| Encoded {
        ids: integers(&e["ids"]),
        segments: integers(&e["segments"]),
        label: e["label"].as_i64().unwrap(),
    });
    Golden { model: load_finetuned(&golden(family)).unwrap(), examples: examples.collect(), values }
}

impl Golden {
    /// Returns the examples of those indices, padded with that id.
    fn batch(&self, indices: &[usize], pad: i64) -> (Tokens, PaddedBatch) {
        let batch = padded_batch(&self.examples, indices, pad).unwrap();
        let tokens = Tokens {
            ids: batch.ids.unsqueeze(0),
            segments: batch.segments.unsqueeze(0),
            mask: batch.mask.as_ref().map(|mask| mask.unsqueeze(0)),
        };
        (tokens, batch)
    }

    fn all(&self) -> Vec<usize> {
        (0..self.examples.len()).collect()
    }

    /// Returns logits, `[batch, n_labels]`.
    fn logits(&self, tokens: &Tokens) -> Tensor {
        let Finetuned { classifier, weights, .. } = &self.model;
        let p = Parameters::views(&weights.theta().unsqueeze(0), classifier.layout()).unwrap();
        classifier.logits(&p, tokens, &Dropout::NONE).unwrap().squeeze_dim(0)
    }
}

fn reals(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(values) => values.iter().flat_map(reals).collect(),
        None => vec![value.as_f64().unwrap()],
    }
}

fn assert_close(got: &Tensor, expected: &Value, what: &str) {
    let (got, expected) = (Vec::<f32>::try_from(got.reshape([-1])).unwrap(), reals(expected));
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(&expected) {
        assert!((f64::from(*g) - e).abs() < TOLERANCE, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn logits_alone_and_padded() {
    for family in FAMILIES {
        let golden = read(family);
        for i in golden.all() {
            let (tokens, _) = golden.batch(&[i], 0);
            assert!(tokens.mask.is_none());
            assert_close(&golden.logits(&tokens), &golden.values["logits"][i], family);
        }
        // Under the mask, it does not matter which token stands in the padding.
        for pad in [golden.model.classifier.config().pad_id(), 0, 7] {
            let (tokens, _) = golden.batch(&golden.all(), pad);
            assert!(tokens.mask.is_some());
            assert_close(&golden.logits(&tokens), &golden.values["padded_logits"], family);
        }
        let config = golden.model.classifier.config();
        assert_eq!(config.max_len() as u64, golden.values["max_len"].as_u64().unwrap());
        assert_eq!(golden.examples.iter().map(|e| e.ids.len()).max(), Some(config.max_len()));
    }
}

#[test]
fn loss_and_gradients() {
    for family in FAMILIES {
        let golden = read(family);
        let Finetuned { classifier, weights, .. } = &golden.model;
        let (tokens, batch) = golden.batch(&golden.all(), classifier.config().pad_id());
        let leaves = Parameters::leaves(&weights.theta().unsqueeze(0), classifier.layout()).unwrap();
        let logits = classifier.logits(&leaves, &tokens, &Dropout::NONE).unwrap();
        let loss = logits.squeeze_dim(0).cross_entropy_for_logits(&batch.labels);
        let expected = golden.values["loss"].as_f64().unwrap();
        assert!((loss.double_value(&[]) - expected).abs() < TOLERANCE, "{family}: {loss}");
        let gradient = leaves.gradient(&loss).unwrap().squeeze_dim(0);
        let gradient = Weights::new(classifier.layout().clone(), gradient).unwrap();
        let norms = golden.values["gradient_norms"].as_object().unwrap();
        assert_eq!(norms.len(), gradient.named().len());
        for (name, tensor) in gradient.named() {
            let (got, expected) = (tensor.norm().double_value(&[]), norms[&name].as_f64().unwrap());
            assert!(
                (got - expected).abs() < TOLERANCE * (1.0 + expected),
                "{name}: {got}, expected {expected}"
            );
        }
    }
}

#[test]
fn labels_are_those_of_the_config() {
    assert_eq!(read("tiny-bert").model.labels, ["contradiction", "entailment", "neutral"]);
    assert_eq!(read("tiny-roberta").model.labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
}

/// Asserts that transformers reads a saved folder without a missing or unexpected tensor, and that it comes
/// back with the same bits.
#[test]
fn folders_go_to_transformers_and_back() {
    for family in FAMILIES {
        let Some(mut script) = reference_script("check_saved_folder.py") else { return };
        let golden = read(family);
        let Finetuned { classifier, weights, labels } = &golden.model;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        save_folder(&path("saved"), classifier.config(), weights).unwrap();
        let (tokens, batch) = golden.batch(&golden.all(), classifier.config().pad_id());
        let rows = |tensor: &Tensor| Vec::<Vec<f64>>::try_from(tensor.to_kind(Kind::Double)).unwrap();
        let integers = |tensor: &Tensor| Vec::<Vec<i64>>::try_from(tensor.to_kind(Kind::Int64)).unwrap();
        let expected = json!({
            "ids": integers(&batch.ids), "segments": integers(&batch.segments),
            "mask": integers(batch.mask.as_ref().unwrap()),
            "logits": rows(&golden.logits(&tokens)), "labels": labels,
        });
        std::fs::write(path("expected.json"), expected.to_string()).unwrap();
        let status = script.args([path("saved"), path("expected.json"), path("again")]).status().unwrap();
        assert!(status.success(), "{family}: {}", expected["logits"]);
        let again = load_finetuned(&path("again")).unwrap();
        assert_eq!(again.weights.theta(), weights.theta(), "{family}");
        assert_eq!(again.labels, *labels);
    }
}
