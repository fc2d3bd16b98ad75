use std::path::Path;

use super::*;
use crate::model::fixture::{classifier, config, weights};
use crate::model::save_folder;

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn save(path: &Path, tensors: &[(&str, Tensor)]) {
    Tensor::write_safetensors(tensors, path).unwrap();
}

fn floats(values: &[f32]) -> Tensor {
    Tensor::from_slice(values)
}

#[test]
fn a_folder_without_weights_is_told_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("weights.gguf"), "another format").unwrap();
    let error = message(read_folder(folder.path()));
    let expected = "no weights; looked for model.safetensors, model.safetensors.index.json, pytorch_model.bin, \
                    pytorch_model.bin.index.json, flax_model.msgpack, *.ckpt; give a Hugging Face model folder";
    assert!(error.contains(expected), "{error}");
    assert_eq!(message(weight_files(folder.path())), error);
}

#[test]
fn the_first_format_that_is_there_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    std::fs::write(path("flax_model.msgpack"), "no msgpack").unwrap();
    assert!(message(read_folder(folder.path())).contains("flax_model.msgpack: "));
    std::fs::write(path("pytorch_model.bin"), "no zip").unwrap();
    assert!(message(read_folder(folder.path())).contains("pytorch_model.bin: "));
    save(&path("part.safetensors"), &[("a", floats(&[1.0]))]);
    let index = r#"{"weight_map": {"a": "part.safetensors"}}"#;
    std::fs::write(path("model.safetensors.index.json"), index).unwrap();
    assert_eq!(read_folder(folder.path()).unwrap()["a"], floats(&[1.0]));
    assert_eq!(weight_files(folder.path()).unwrap(), [path("part.safetensors")]);
    save(&path("model.safetensors"), &[("a", floats(&[2.0]))]);
    assert_eq!(read_folder(folder.path()).unwrap()["a"], floats(&[2.0]));
    assert_eq!(weight_files(folder.path()).unwrap(), [path("model.safetensors")]);
    // A link into a cache whose file was deleted is an error, not a reason to read another format.
    std::fs::remove_file(path("model.safetensors")).unwrap();
    std::os::unix::fs::symlink("/nowhere", path("model.safetensors")).unwrap();
    let error = read_folder(folder.path()).unwrap_err();
    assert!(matches!(&error, LmcError::Io { path: p, .. } if *p == path("model.safetensors")), "{error}");
}

#[test]
fn checkpoints_of_tensorflow_are_refused_with_the_command_that_converts_them() {
    for file in ["tf_model.h5", "model.ckpt.index", "bert_model.ckpt.data-00000-of-00001"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), "numbers").unwrap();
        let error = message(read_folder(folder.path()));
        assert!(error.contains(&format!("weights of TensorFlow, which are not read: {file}; ")), "{error}");
        assert!(error.contains("transformers 4.57") && error.contains("from_tf=True"), "{error}");
    }
}

#[test]
fn one_checkpoint_is_read_and_several_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    let error = message(load_folder(folder.path()));
    assert!(error.contains("config.json") && !error.contains("checkpoint"), "{error}");
    std::fs::write(path("epoch=2.ckpt"), "no zip").unwrap();
    assert!(message(read_folder(folder.path())).contains("epoch=2.ckpt: not a complete zip archive"));
    assert_eq!(weight_files(folder.path()).unwrap(), [path("epoch=2.ckpt")]);
    let error = message(load_folder(folder.path()));
    assert!(error.contains("a checkpoint without config.json") && error.contains("AutoConfig"), "{error}");
    std::fs::write(path("last.ckpt"), "no zip").unwrap();
    assert!(message(read_folder(folder.path())).contains("2 checkpoints: epoch=2.ckpt, last.ckpt; keep"));
    std::fs::write(path("pytorch_model.bin"), "no zip").unwrap();
    assert_eq!(weight_files(folder.path()).unwrap(), [path("pytorch_model.bin")]);
}

#[test]
fn shards_must_be_there_and_hold_what_the_index_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    let index = r#"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "2.safetensors"}}"#;
    std::fs::write(path("model.safetensors.index.json"), index).unwrap();
    save(&path("1.safetensors"), &[("a", floats(&[1.0]))]);
    let error = read_folder(folder.path()).unwrap_err();
    assert!(matches!(&error, LmcError::Io { path: p, .. } if *p == path("2.safetensors")), "{error}");
    save(&path("2.safetensors"), &[("b", floats(&[2.0])), ("a", floats(&[3.0]))]);
    let LmcError::Tensors { origin, missing, unexpected, .. } = read_folder(folder.path()).unwrap_err()
    else {
        panic!("the wrong error");
    };
    assert_eq!(
        (origin, missing, unexpected),
        (Some(path("2.safetensors")), vec!["c".into()], vec!["a".into()])
    );
    save(&path("2.safetensors"), &[("b", floats(&[2.0])), ("c", floats(&[3.0]))]);
    let names: Vec<String> = read_folder(folder.path()).unwrap().into_keys().collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn safetensors_of_every_number_become_f32() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let values = Tensor::from_slice(&[0.0f32, 1.0, 3.0]);
    let kinds = [Kind::Double, Kind::Float, Kind::Half, Kind::BFloat16, Kind::Int64, Kind::Int, Kind::Uint8];
    let names: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
    let tensors: Vec<(&str, Tensor)> =
        names.iter().zip(kinds).map(|(name, kind)| (name.as_str(), values.to_kind(kind))).collect();
    save(&path, &tensors);
    let read = read_safetensors(&path).unwrap();
    assert_eq!(read.len(), kinds.len());
    for (name, tensor) in read {
        assert_eq!((tensor.kind(), &tensor), (Kind::Float, &values), "{name}");
    }
    save(&path, &[("odd", values.to_kind(Kind::Int16))]);
    assert!(message(read_safetensors(&path)).contains("tensor odd has dtype I16, expected a float"));
}

#[test]
fn a_pointer_of_git_lfs_is_told_apart_from_a_damaged_file() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    for format in [CheckpointFormat::Safetensors, CheckpointFormat::Torch, CheckpointFormat::Flax] {
        let error = message(format.tensors(pointer, Path::new("weights")));
        assert!(error.contains("pointer of Git LFS") && error.contains("git lfs pull"), "{error}");
    }
}

#[test]
fn weights_of_another_architecture_are_told_with_their_folder() {
    let (classifier, folder) = (classifier(), tempfile::tempdir().unwrap());
    save_folder(folder.path(), &config(), &weights(&classifier, 3)).unwrap();
    let wider = ModelConfig { intermediate_size: 32, num_hidden_layers: 3, ..config() };
    let json = serde_json::to_string(&wider).unwrap();
    std::fs::write(folder.path().join("config.json"), json).unwrap();
    let error = load_folder(folder.path()).unwrap_err();
    let LmcError::Tensors { origin, missing, unexpected, misshapen, .. } = &error else { panic!("{error}") };
    assert_eq!(origin.as_deref(), Some(folder.path()));
    assert_eq!((missing.len(), unexpected.len(), misshapen.len()), (16, 0, 6), "{error}");
    let name = "bert.encoder.layer.0.intermediate.dense.bias";
    let found = misshapen.iter().find(|tensor| tensor.name == name).unwrap();
    assert_eq!((&found.got, &found.expected), (&vec![16], &vec![32]));
}
