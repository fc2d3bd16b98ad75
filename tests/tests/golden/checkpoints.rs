//! Reads checkpoints that torch, transformers and Flax wrote: every format brings the same tensors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lmc::model::load::{CheckpointFormat, Part, select};
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
        "legacy",
        "legacy_protocol_4",
        "legacy_views",
        "legacy_parameters",
        "legacy_float64",
        "held_model_state_dict",
    ] {
        assert_same(&read(name), &reference, name);
    }
    for name in ["torch_float16", "legacy_float16"] {
        assert_same(&read(name), &rounded(&reference, Kind::Half), name);
    }
    assert_same(&read("legacy_int64"), &rounded(&reference, Kind::Int64), "legacy_int64");
    for name in ["torch_bfloat16", "flax_bfloat16", "legacy_bfloat16"] {
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
fn names_of_programs_for_training_become_those_of_the_model() {
    let reference = read("safetensors");
    let config = ModelConfig::read(&folder("flax").join("config.json")).unwrap();
    for (name, theirs) in [
        ("lightning", "model.bert.pooler.dense.bias"),
        ("held_state_dict", "net.pooler.dense.bias"),
        ("held_model", "module.bert.pooler.dense.bias"),
    ] {
        let tensors = read(name);
        assert!(tensors.contains_key(theirs), "{name}: {:?}", tensors.keys());
        let selected = select(tensors, &config, Part::Classifier, &folder(name)).unwrap();
        assert!(selected.others.is_empty(), "{name}: {:?}", selected.others);
        assert_same(&selected.tensors, &reference, name);
    }
}

#[test]
fn a_folder_of_config_and_checkpoint_is_a_classifier() {
    let finetuned = |name| lmc::model::load_finetuned(&folder(name)).unwrap();
    assert_eq!(bits(finetuned("lightning").weights.theta()), bits(finetuned("safetensors").weights.theta()));
    assert_eq!(finetuned("lightning").labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
}

#[test]
fn every_cut_and_every_changed_byte_of_an_old_file_is_read_or_refused_in_one_message() {
    let path = folder("legacy").join("pytorch_model.bin");
    let whole = std::fs::read(&path).unwrap();
    let read = |bytes: &[u8]| CheckpointFormat::Torch.tensors(bytes, Path::new("old.bin"));
    for n in (0..whole.len()).step_by(101).chain([whole.len() - 1]) {
        let error = read(&whole[..n]).unwrap_err().to_string();
        assert!(error.starts_with("old.bin: ") && !error.contains('\n'), "{n}: {error}");
        assert!(n < 32 || error.contains(" at byte "), "{n}: {error}");
    }
    // In the pickles; in a storage, a changed byte is another number.
    for at in 0..whole.len().min(4096) {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        if let Err(error) = read(&changed) {
            let error = error.to_string();
            assert!(error.starts_with("old.bin: ") && error.len() < 1000, "{at}: {error}");
        }
    }
}

#[test]
fn a_classifier_is_built_from_what_was_read() {
    let config = ModelConfig::read(&folder("flax").join("config.json")).unwrap();
    let classifier = lmc::model::Classifier::new(&config, 3);
    let weights = |name| lmc::weights::Weights::from_named(classifier.layout().clone(), read(name)).unwrap();
    assert_eq!(bits(weights("flax").theta()), bits(weights("safetensors").theta()));
}
