//! Compares model folders as users have them with transformers: logits, names of outputs and gradients of
//! each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lmc::encode::{Encoded, PackedTokens, padded_batch};
use lmc::model::{Dropout, Encoder, Finetuned, Tokens, load_finetuned, load_folder, read_safetensors};
use lmc::tch::{Kind, Reduction, Tensor};
use lmc::weights::{Layout, Parameters, Weights};
use lmc_tests::reference::golden;
use serde_json::Value;

const TOLERANCE: f64 = 2e-5;

fn all() -> Value {
    serde_json::from_str(include_str!("../../golden/model_folders.json")).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

/// Returns ((7 i + 3 j) mod 11 - 5) / 20 at row i and column j.
fn formula(shape: &[i64]) -> Tensor {
    let (rows, columns) = (shape[0], shape.get(1).copied().unwrap_or(1));
    let values: Vec<f32> =
        (0..rows).flat_map(|i| (0..columns).map(move |j| ((7 * i + 3 * j) % 11 - 5) as f32 / 20.0)).collect();
    Tensor::from_slice(&values).view(shape)
}

/// Writes the folder of a case with its changes, such as tensor names with a prefix and old names.
fn write(case: &Value, folder: &Path) {
    let base = golden(case["base"].as_str().unwrap());
    let text = std::fs::read_to_string(base.join("config.json")).unwrap();
    let mut config: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    for (key, value) in case["config"].as_object().unwrap() {
        config.insert(key.clone(), value.clone());
        if value.is_null() {
            config.remove(key);
        }
    }
    std::fs::write(folder.join("config.json"), Value::Object(config).to_string()).unwrap();
    let mut tensors = read_safetensors(&base.join("model.safetensors")).unwrap();
    for (name, source) in case["copied"].as_object().unwrap() {
        tensors.insert(name.clone(), tensors[source.as_str().unwrap()].copy());
    }
    for (name, shape) in case["drawn"].as_object().unwrap() {
        tensors.insert(name.clone(), formula(&integers(shape)));
    }
    for name in case["left_out"].as_array().unwrap() {
        drop(tensors.remove(name.as_str().unwrap()).unwrap());
    }
    let written = |name: String| {
        let name = match case["bare"].as_bool().unwrap() {
            true => name.strip_prefix("bert.").map(str::to_owned).unwrap_or(name),
            false => name,
        };
        let name = match case["old_names"].as_bool().unwrap() {
            true => name
                .replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta"),
            false => name,
        };
        format!("{}{name}", case["prefix"].as_str().unwrap())
    };
    let tensors: Vec<(String, Tensor)> =
        tensors.into_iter().map(|(name, tensor)| (written(name), tensor)).collect();
    Tensor::write_safetensors(&tensors, folder.join("model.safetensors")).unwrap();
}

/// Returns the texts, with the segments of BERT's tokenizer; RoBERTa's gives none.
fn texts(all: &Value, is_roberta: bool) -> Vec<Encoded> {
    let text = |(i, text): (usize, &Value)| {
        let (ids, mut segments) = (integers(&text["ids"]), integers(&text["segments"]));
        if is_roberta {
            segments.fill(0);
        }
        Encoded { ids, segments, label: i as i64 % 2 }
    };
    all["texts"].as_array().unwrap().iter().enumerate().map(text).collect()
}

fn assert_close(got: &Tensor, expected: &Value, what: &str) {
    let got = Vec::<f32>::try_from(got.reshape([-1])).unwrap();
    let expected: Vec<f64> = expected
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()))
        .collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (g, e) in got.iter().zip(&expected) {
        assert!((f64::from(*g) - e).abs() < TOLERANCE, "{what}: got {got:?}, expected {expected:?}");
    }
}

#[test]
fn classifiers_in_folders_of_users() {
    let all = all();
    let cases = all["classifiers"].as_array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let (name, folder) = (case["name"].as_str().unwrap(), tempfile::tempdir().unwrap());
        write(case, folder.path());
        let Finetuned { classifier, weights, labels } =
            load_finetuned(folder.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<&str> =
            case["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
        assert_eq!(labels, expected, "{name}");
        let texts = texts(&all, case["base"] == "tiny-roberta");
        let leaves = Parameters::leaves(&weights.theta().unsqueeze(0), classifier.layout()).unwrap();
        let packed = classifier.packed_logits(&leaves, &PackedTokens::new(&texts), &Dropout::NONE).unwrap();
        assert_close(&packed, &case["logits"], name);
        gradients(&classifier.layout().clone(), &leaves, &packed, &case["gradient_norms"], name);

        // The same examples make one padded batch, for a stack of two.
        let theta = Tensor::stack(&[weights.theta(), weights.theta()], 0);
        let p = Parameters::leaves(&theta, classifier.layout()).unwrap();
        let batch = padded_batch(&texts, &[0, 1, 2], classifier.config().pad_id()).unwrap();
        let mut tokens = Tokens::shared(&batch.ids, &batch.segments, 2);
        tokens.mask = batch.mask.map(|mask| mask.unsqueeze(0).expand([2, -1, -1], false));
        let padded = classifier.logits(&p, &tokens, &Dropout::NONE).unwrap();
        assert_close(&padded.get(1), &case["logits"], &format!("{name}, padded"));
    }
}

/// Returns the norms of gradients of the summed cross-entropy of labels 0, 1, 0.
fn gradients(layout: &Arc<Layout>, leaves: &Parameters, logits: &Tensor, expected: &Value, name: &str) {
    let labels = Tensor::from_slice(&[0i64, 1, 0]);
    let none = None::<Tensor>;
    let loss = logits.squeeze_dim(0).cross_entropy_loss(&labels, none.as_ref(), Reduction::Sum, -100, 0.0);
    let gradient = leaves.gradient(&loss).unwrap().squeeze_dim(0);
    let gradient: BTreeMap<String, Tensor> =
        Weights::new(layout.clone(), gradient.to_kind(Kind::Float)).unwrap().named().into_iter().collect();
    for (tensor, norm) in expected.as_object().unwrap() {
        let (got, expected) = (gradient[tensor].norm().double_value(&[]), norm.as_f64().unwrap());
        assert!(
            (got - expected).abs() < TOLERANCE * (1.0 + expected),
            "{name}: {tensor}: {got}, expected {expected}"
        );
    }
}

/// A masked language model's encoder is read without a pooler; its state of the first token is that of
/// transformers' encoder.
#[test]
fn an_encoder_without_a_pooler() {
    let all = all();
    let (case, folder) = (&all["encoder"], tempfile::tempdir().unwrap());
    write(case, folder.path());
    let pretrained = load_folder(folder.path()).unwrap();
    assert!(pretrained.lacks_pooler());
    assert_eq!(pretrained.others.len(), 5);
    let mut layout = Layout::default();
    let encoder = Encoder::new(&pretrained.config, &mut layout, "bert.");
    let weights = Weights::from_named(Arc::new(layout), pretrained.tensors).unwrap();
    let p = Parameters::views(&weights.theta().unsqueeze(0), weights.layout()).unwrap();
    let tokens = PackedTokens::new(&texts(&all, false));
    let first = encoder.packed_first_tokens(&p, &tokens, &Dropout::NONE).unwrap();
    assert_close(&first, &case["first_tokens"], "packed");
}
