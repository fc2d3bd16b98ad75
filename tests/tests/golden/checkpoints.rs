//! Reads checkpoints that torch, transformers and Flax wrote: every format brings the same tensors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc::model::load::{Part, select};
use lmc::model::{ModelConfig, read_folder};
use lmc::tch::{Kind, Tensor};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/checkpoints").join(name)
}

fn read(name: &str) -> BTreeMap<String, Tensor> {
    read_folder(&folder(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    Vec::<f32>::try_from(tensor.reshape([-1])).unwrap().into_iter().map(f32::to_bits).collect()
}

fn assert_same(got: &BTreeMap<String, Tensor>, expected: &BTreeMap<String, Tensor>, what: &str) {
    assert!(got.keys().eq(expected.keys()), "{what}: {:?}, expected {:?}", got.keys(), expected.keys());
    for (name, tensor) in expected {
        assert_eq!((got[name].size(), got[name].kind()), (tensor.size(), Kind::Float), "{what}: {name}");
        assert_eq!(bits(&got[name]), bits(tensor), "{what}: {name}");
    }
}

/// Returns the tensors after a conversion to another dtype and back.
fn rounded(tensors: &BTreeMap<String, Tensor>, kind: Kind) -> BTreeMap<String, Tensor> {
    tensors.iter().map(|(name, t)| (name.clone(), t.to_kind(kind).to_kind(Kind::Float))).collect()
}

#[test]
fn every_format_brings_the_same_bits() {
    let reference = read("safetensors");
    assert_eq!(reference.len(), 41);
    for name in [
        "safetensors_sharded",
        "torch",
        "torch_protocol_4",
        "torch_parameters",
        "torch_float64",
        "torch_views",
        "torch_sharded",
        "flax",
        "flax_chunked",
    ] {
        assert_same(&read(name), &reference, name);
    }
    assert_same(&read("torch_float16"), &rounded(&reference, Kind::Half), "torch_float16");
    for name in ["torch_bfloat16", "flax_bfloat16"] {
        assert_same(&read(name), &rounded(&reference, Kind::BFloat16), name);
    }
    assert_same(&read("roberta_flax"), &read("roberta"), "roberta_flax");
}

#[test]
fn names_of_converted_checkpoints_become_todays() {
    let (old, reference) = (read("torch_old_names"), read("safetensors"));
    assert!(old.contains_key("module.bert.embeddings.LayerNorm.gamma"));
    let config = ModelConfig::read(&folder("flax").join("config.json")).unwrap();
    let select = |tensors, part| select(tensors, &config, part, &folder("torch_old_names")).unwrap().tensors;
    let all = select(old, Part::Classifier);
    assert_same(&all, &reference, "classifier");
    let encoder = select(read("torch_old_names"), Part::Encoder);
    let without_head = reference.into_iter().filter(|(name, _)| !name.starts_with("classifier.")).collect();
    assert_same(&encoder, &without_head, "encoder");
}

#[test]
fn a_classifier_is_built_from_what_was_read() {
    let config = ModelConfig::read(&folder("flax").join("config.json")).unwrap();
    let classifier = lmc::model::Classifier::new(&config, 3);
    let weights = |name| lmc::weights::Weights::from_named(classifier.layout().clone(), read(name)).unwrap();
    assert_eq!(bits(weights("flax").theta()), bits(weights("safetensors").theta()));
}
