use super::*;
use lmc_base::file::names;
use lmc_data::spec::{ModelSpec, Recipe, TaskSpec};
use lmc_model::model::fixture::{classifier, weights};

fn spec() -> RunSpec {
    RunSpec {
        task: TaskSpec::mini_nli(0),
        train_sha256: "11".into(),
        model: ModelSpec { name: "tiny".into(), sha256: "00".into(), fresh_pooler: false },
        recipe: Recipe::mini(),
        seed: 3,
        stack: vec![3, 4],
        precision: RunSpec::FLOAT32.into(),
    }
}

fn info(step: u32) -> CheckpointInfo {
    CheckpointInfo { step, train_loss: 0.5, seconds: 1.25, skipped: 0 }
}

/// A store with one checkpoint, and the path of its weights.
fn kept(root: &Path) -> (Store, PathBuf) {
    let store = Store::open(root).unwrap();
    store.save_checkpoint(&spec(), &weights(&classifier(), 1), &info(8)).unwrap();
    let path = store.run_folder(&spec()).unwrap().join("checkpoint-8it.safetensors");
    (store, path)
}

/// A file that a killed process leaves half written is not taken for a result.
#[test]
fn remains_of_a_killed_process_count_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = kept(folder.path());
    let run = path.parent().unwrap();
    let later = run.join("checkpoint-16it.safetensors");
    std::fs::write(run.join(".checkpoint-16it.safetensors.1-1.part"), b"half").unwrap();
    assert_eq!(store.checkpoint_info(&spec(), 16).unwrap(), None);
    std::fs::write(&later, b"weights, but not yet marked as done").unwrap();
    assert_eq!(store.checkpoint_info(&spec(), 16).unwrap(), None);
    std::fs::remove_file(&later).unwrap();
    std::fs::copy(run.join("checkpoint-8it.json"), run.join("checkpoint-16it.json")).unwrap();
    assert_eq!(store.checkpoint_info(&spec(), 16).unwrap(), None);
}

#[test]
fn a_second_opening_finds_the_checkpoint_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    kept(folder.path());
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.checkpoint_info(&spec(), 8).unwrap(), Some(info(8)));
    assert_eq!(store.checkpoint_info(&spec(), 9).unwrap(), None);
    let classifier = classifier();
    let loaded = store.load_checkpoint(&spec(), 8, classifier.layout()).unwrap();
    assert_eq!(loaded.theta(), weights(&classifier, 1).theta());
    let expected = ["checkpoint-8it.json", "checkpoint-8it.safetensors", "spec.json"];
    assert_eq!(names(&store.run_folder(&spec()).unwrap()).unwrap(), expected);
    assert_eq!(names(folder.path()).unwrap(), ["runs"]);
}

#[test]
fn a_folder_of_another_spec_names_the_field() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let path = store.run_folder(&spec()).unwrap().join("spec.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (field, from, to) in [
        ("recipe.learning_rate", "0.002", "0.003"),
        ("recipe.adam.eps", "1e-8", "1e-6"),
        ("task.data_seed", "\"data_seed\": 0", "\"data_seed\": 1"),
        ("note", "\"seed\": 3", "\"seed\": 3, \"note\": true"),
    ] {
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = store.run_folder(&spec()).unwrap_err();
        assert!(
            matches!(&error, LmcError::SpecMismatch { field: f, .. } if f.ends_with(field)),
            "{field}: {error}"
        );
        assert!(error.to_string().contains("use another store"), "{error}");
    }
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    let message = store.run_folder(&spec()).unwrap_err().to_string();
    assert!(message.contains("spec.json:") && message.contains("delete the run folder"), "{message}");
}

#[test]
fn damage_to_a_checkpoint_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = kept(folder.path());
    let layout = classifier().layout().clone();
    let bytes = std::fs::read(&path).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for i in (0..bytes.len()).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[i] ^= 1 << (i % 8);
        std::fs::write(&path, &flipped).unwrap();
        assert!(
            matches!(store.load_checkpoint(&spec(), 8, &layout), Err(LmcError::Format { .. })),
            "byte {i}"
        );
    }
    for damaged in [&flipped[..], &bytes[..bytes.len() / 2], b""] {
        std::fs::write(&path, damaged).unwrap();
        let error = store.load_checkpoint(&spec(), 8, &layout).unwrap_err();
        assert!(matches!(&error, LmcError::Format { path: p, .. } if *p == path), "{error}");
        assert!(error.to_string().contains("run the same call again"), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = store.load_checkpoint(&spec(), 8, &layout).unwrap_err();
    assert!(matches!(&error, LmcError::Io { action: "read", path: p, .. } if *p == path), "{error}");
}

#[test]
fn a_damaged_description_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = kept(folder.path());
    std::fs::write(path.with_extension("json"), "{\n\"step\": 8,\n").unwrap();
    let message = store.checkpoint_info(&spec(), 8).unwrap_err().to_string();
    assert!(message.contains("checkpoint-8it.json:") && message.contains("delete the file"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::open(file.join("store")).unwrap_err();
    assert!(matches!(&error, LmcError::Io { action: "create folder", .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("file/store") && message.contains("LMC_HOME"), "{message}");
}

#[test]
fn a_unit_of_many_models_has_a_name_that_a_file_can_have() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let names: Vec<String> = (0..16).map(|i| format!("mini-nli-mini-s{i}-0123456789-600it")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let file =
        |models: &[&str]| store.sweep_path("set", models).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(file(&all[..2]), format!("{}--{}.parquet", all[0], all[1]));
    let [long, other] = [&all[..], &[&all[..14], &all[15..], &all[14..15]].concat()].map(file);
    assert!(long.starts_with("mini-nli-mini-s0-0123456789-600it--15more-"), "{long}");
    assert!(long.len() < 200 && long != other && long == file(&all));
    let path = store.sweep_path("set", &all);
    write_frame(&path, &mut polars::prelude::DataFrame::empty_with_schema(&Default::default())).unwrap();
    assert!(Claim::of(&path, false).unwrap().is_some() && path.exists());
}
