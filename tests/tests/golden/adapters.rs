//! Compares adapters that were merged here with those that PEFT merged.

use std::path::{Path, PathBuf};

use lmc::model::load::{Part, select};
use lmc::model::{ModelConfig, load_finetuned, load_folder, read_folder, read_safetensors};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/adapters").join(name)
}

/// Asserts that the weights of an adapter's folder are those into which PEFT merged them; returns by how much
/// those of its base differ.
fn compared(name: &str, base: &str) -> f64 {
    let base = folder("..").join(base);
    let config = ModelConfig::read(&base.join("config.json")).unwrap();
    let selected = |tensors| select(tensors, &config, Part::Classifier, &folder(name)).unwrap().tensors;
    let expected = selected(read_safetensors(&folder(name).join("merged.safetensors")).unwrap());
    let merged = selected(read_folder(&folder(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
    let before = selected(read_safetensors(&base.join("model.safetensors")).unwrap());
    assert!(expected.keys().all(|tensor| merged.contains_key(tensor)), "{name}: {:?}", merged.keys());
    let mut change: f64 = 0.0;
    for (tensor, expected) in &expected {
        let far = |other: &lmc::tch::Tensor| (other - expected).abs().max().double_value(&[]);
        assert!(far(&merged[tensor]) < 1e-6, "{name}: {tensor} is off by {}", far(&merged[tensor]));
        change = change.max(far(&before[tensor]));
    }
    change
}

#[test]
fn adapters_are_merged_as_peft_merges_them() {
    for name in ["lora", "rslora", "bias_all", "bias_lora_only", "patterns", "transposed", "encoder"] {
        assert!(compared(name, "tiny-bert") > 0.05, "{name} changes nothing");
    }
    assert!(compared("roberta", "tiny-roberta") > 0.05);
}

#[test]
fn an_adapter_is_a_model_like_any_other() {
    assert_eq!(load_finetuned(&folder("lora")).unwrap().labels, ["contradiction", "entailment", "neutral"]);
    assert_eq!(load_finetuned(&folder("roberta")).unwrap().classifier.n_labels(), 3);
    assert_eq!(load_folder(&folder("encoder")).unwrap().config.model_type, "bert");
}
