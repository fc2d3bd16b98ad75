//! Bad input and broken stores: typed errors that say what is wrong and where, and nothing computed is lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::SystemTime;

use lmc::LmcError;
use lmc::model::{ModelConfig, save_folder};
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc_tests::skip::skipped;

/// Returns the spec of three copies, each a stack of its own, of 10 updates.
fn spec() -> StudySpec {
    StudySpec {
        task: TaskSpec::mini_nli(1).with_n_train(64).with_counterexample_share(0.03),
        recipe: Recipe { length: Step::Iterations(10), trajectory: vec![1.0], ..Recipe::mini() },
        stack: 1,
        ..StudySpec::mini_nli(0)
    }
    .with_seeds([1, 2, 3])
}

fn open(root: &Path, spec: StudySpec) -> Rc<Study> {
    Study::open_in(spec, Store::open(root).unwrap()).unwrap()
}

/// Runs the small study up to its losses.
fn losses(root: &Path) -> lmc::Result<Vec<f64>> {
    let sweep = open(root, spec()).finetune()?.sweep("id", Grid::new(3)?)?;
    Ok(sweep.profiles.iter().flat_map(|p| p.losses()).collect())
}

/// Returns the times at which the files of a store were written.
fn modified(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            times.extend(modified(&path));
        } else {
            let time = std::fs::metadata(&path).unwrap().modified().unwrap();
            times.insert(path, time);
        }
    }
    times
}

/// Returns the only file whose path has those parts.
fn file(root: &Path, parts: &[&str]) -> PathBuf {
    let all = modified(root);
    let mut found = all.into_keys().filter(|p| parts.iter().all(|part| p.to_string_lossy().contains(part)));
    let path = found.next().unwrap();
    assert_eq!(found.next(), None);
    path
}

/// Asserts that the study works again and gives the same losses, and that only files that `redone` selects
/// were written again.
fn assert_repaired(
    root: &Path,
    expected: &[f64],
    before: &BTreeMap<PathBuf, SystemTime>,
    redone: impl Fn(&str) -> bool,
) {
    assert_eq!(losses(root).unwrap(), expected);
    let after = modified(root);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (path, time) in before {
        assert_eq!(after[path] != *time, redone(&path.to_string_lossy()), "{}", path.display());
    }
}

fn assert_says(error: &LmcError, parts: &[&str]) {
    let message = error.to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn specs_that_cannot_be_run() {
    let error = StudySpec::named("xnli", 0).unwrap_err();
    assert!(matches!(error, LmcError::UnknownName { .. }));
    assert_says(&error, &["unknown study `xnli`", "mini-nli"]);
    let folder = tempfile::tempdir().unwrap();
    type Change = fn(&mut StudySpec);
    let cases: [(&[&str], Change); 9] = [
        (&["`seeds`", "no seed", "at least one"], |s| s.seeds.clear()),
        (&["`seeds`", "7 twice"], |s| s.seeds = vec![7, 8, 7]),
        (&["`stack`", "at least 1"], |s| s.stack = 0),
        (&["`recipe.batch_size`"], |s| s.recipe.batch_size = 0),
        (&["`recipe.learning_rate`", "NaN"], |s| s.recipe.learning_rate = f64::NAN),
        (&["counterexample_share", "0.7"], |s| {
            s.task = TaskSpec::mini_nli(1).with_n_train(64).with_counterexample_share(0.7)
        }),
        (&["`n_train`: got 0"], |s| {
            s.task = TaskSpec::mini_nli(1).with_n_train(0).with_counterexample_share(0.03)
        }),
        (&["no model `/nowhere/encoder`", "check the path"], |s| s.encoder = "/nowhere/encoder".into()),
        (&["`encoder`", "a folder or the name"], |s| s.task = TaskSpec::cola()),
    ];
    for (parts, change) in cases {
        let mut spec = spec();
        change(&mut spec);
        let opened = Study::open_in(spec, Store::open(folder.path()).unwrap());
        assert_says(&opened.err().unwrap_or_else(|| panic!("{parts:?} was accepted")), parts);
    }
    assert_eq!(modified(folder.path()).len(), 0);
}

#[test]
fn sweeps_that_cannot_be_run() {
    assert_says(&Grid::new(2).unwrap_err(), &["`grid`", "2 points", "at least 3"]);
    let folder = tempfile::tempdir().unwrap();
    let models = open(folder.path(), spec().with_seeds([1])).finetune().unwrap();
    assert_says(&models.sweep("id", Grid::TENTHS).unwrap_err(), &["`models`", "at least 2"]);
    let error = models.evaluate("hans").unwrap_err();
    assert_says(&error, &["unknown evaluation set `hans`", "id, id-large, lo"]);
}

#[test]
fn an_encoder_of_another_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let config = ModelConfig::mini(30);
    let classifier = lmc::model::Classifier::new(&config, 2);
    let theta = lmc::tch::Tensor::zeros(
        [classifier.layout().n_parameters()],
        (lmc::tch::Kind::Float, lmc::tch::Device::Cpu),
    );
    let weights = lmc::weights::Weights::new(classifier.layout().clone(), theta).unwrap();
    save_folder(folder.path(), &config, &weights).unwrap();
    let spec = StudySpec { encoder: folder.path().into(), ..spec() };
    let store = Store::open(folder.path().join("store")).unwrap();
    let error = Study::open_in(spec, store).unwrap_err();
    assert_says(&error, &["without a tokenizer, with 30 words", "one of the 76 words of mini-nli"]);
}

#[test]
fn a_run_that_diverges_names_its_seed_and_loses_no_other() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), spec()).finetune().unwrap();
    let before = modified(folder.path());
    let mut diverging = spec();
    diverging.recipe.learning_rate = 1e30;
    let error = open(folder.path(), diverging).finetune().unwrap_err();
    assert!(matches!(error, LmcError::NonFiniteLoss { .. }));
    assert_says(&error, &["finetuning of seed", "update", "lower the learning rate"]);
    let after = modified(folder.path());
    assert!(before.iter().all(|(path, time)| after[path] == *time));
    // The specs of the failed runs are there, but no checkpoint that would be taken for a result.
    let new: Vec<_> = after.keys().filter(|p| !before.contains_key(*p)).collect();
    assert!(new.iter().all(|p| p.ends_with("spec.json")), "{new:?}");
}

#[test]
fn damaged_files_are_named_and_only_they_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let expected = losses(root).unwrap();

    // A checkpoint, damaged and truncated.
    let path = file(root, &["-s2-", ".safetensors"]);
    let (bytes, description) = (std::fs::read(&path).unwrap(), path.with_extension("json"));
    let mut flipped = bytes.clone();
    flipped[bytes.len() - 9] ^= 0x40;
    for damaged in [&flipped[..], &bytes[..1000]] {
        let mut before = modified(root);
        std::fs::write(&path, damaged).unwrap();
        // While all results are in the store, nobody reads the weights.
        assert_eq!(losses(root).unwrap(), expected);
        let is_line =
            |p: &PathBuf| p.to_string_lossy().contains("/sweeps/") && p.to_string_lossy().contains("-s2-");
        let line = before.keys().find(|p| is_line(p)).unwrap().clone();
        std::fs::remove_file(&line).unwrap();
        before.insert(line.clone(), SystemTime::UNIX_EPOCH);
        let error = losses(root).unwrap_err();
        assert!(matches!(&error, LmcError::Format { path: p, .. } if *p == path), "{error}");
        assert_says(&error, &["SHA-256", "delete the checkpoint's .json and run the same call again"]);
        std::fs::remove_file(&description).unwrap();
        before.insert(path.clone(), SystemTime::UNIX_EPOCH);
        let folder = path.parent().unwrap().to_string_lossy().into_owned();
        assert_repaired(root, &expected, &before, |p| {
            p.starts_with(&folder) && !p.ends_with("spec.json") || Path::new(p) == line
        });
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    // The files are an evaluation and a profile.
    for parts in [["evaluations", "-s2-"], ["-s1-", "--"]] {
        let path = modified(root)
            .into_keys()
            .find(|p| parts.iter().all(|part| p.to_string_lossy().contains(part)))
            .unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 0x10;
        for damaged in [&flipped[..], &bytes[..bytes.len() / 2], b""] {
            std::fs::write(&path, damaged).unwrap();
            let before = modified(root);
            let error = losses(root).unwrap_err();
            assert!(matches!(&error, LmcError::Format { path: p, .. } if *p == path), "{error}");
            assert_says(&error, &["delete the file and run the same call again"]);
            std::fs::remove_file(&path).unwrap();
            assert_repaired(root, &expected, &before, |p| Path::new(p) == path);
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }

    // The run folder holds another spec.
    let path = file(root, &["-s3-", "spec.json"]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"batch_size\": 64", "\"batch_size\": 16")).unwrap();
    let error = losses(root).unwrap_err();
    assert!(matches!(&error, LmcError::SpecMismatch { .. }), "{error}");
    assert_says(&error, &["-s3-", "`recipe.batch_size` is 16 there but 64", "use another store or delete"]);
    let before = modified(root);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let folder = path.parent().unwrap().to_string_lossy().into_owned();
    assert_repaired(root, &expected, &before, |p| p.starts_with(&folder));
}

#[test]
fn folders_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    for root in [file.join("store"), PathBuf::from("/proc/lmc-store")] {
        let error = Store::open(&root).unwrap_err();
        assert!(matches!(&error, LmcError::Io { path, .. } if *path == root), "{error}");
        assert_says(&error, &[&root.to_string_lossy()]);
    }
    assert_says(&Store::open(file.join("store")).unwrap_err(), &["choose a folder", "LMC_HOME"]);
    // The store became unwritable later: a file stands where the runs should be.
    let root = folder.path().join("store");
    let study = open(&root, spec());
    std::fs::write(root.join("runs"), b"").unwrap();
    let error = study.finetune().unwrap_err();
    assert!(matches!(error, LmcError::Io { action: "create folder", .. }), "{error}");
    assert_says(&error, &["runs", "choose a folder"]);
}

/// A small file system in memory, gone at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at);
        mount.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_store_that_cannot_be_written_is_named_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    if !SmallDisk::mount(folder.path(), "size=16m") {
        skipped("only root can mount a small disk");
        return;
    }
    let disk = SmallDisk(folder.path().to_owned());
    let expected = losses(&disk.0).unwrap();
    let study = open(&disk.0, spec());
    let line = modified(&disk.0).into_keys().find(|p| p.to_string_lossy().contains("/sweeps/")).unwrap();
    std::fs::remove_file(&line).unwrap();
    let before = modified(&disk.0);
    assert!(SmallDisk::mount(&disk.0, "remount,ro"));
    let error = Store::open(&disk.0).unwrap_err();
    assert!(matches!(&error, LmcError::Io { action: "write", path, .. } if *path == disk.0), "{error}");
    assert_says(&error, &["Read-only file system", "choose a folder you may write to"]);
    // A study that was open before still reads its results, and says which file it cannot write.
    let models = study.finetune().unwrap();
    assert_eq!(models.evaluate("id").unwrap().len(), 3);
    let error = models.sweep("id", Grid::new(3).unwrap()).unwrap_err();
    assert!(matches!(&error, LmcError::Io { action: "write", path, .. } if *path == line), "{error}");
    assert_says(&error, &["Read-only file system", "choose a folder you may write to"]);
    assert_eq!(modified(&disk.0), before);
    assert!(SmallDisk::mount(&disk.0, "remount,rw"));
    assert_eq!(losses(&disk.0).unwrap(), expected);
}

#[test]
fn a_full_disk_loses_nothing() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // There is room for one checkpoint of about 450 kB and part of another.
    if !SmallDisk::mount(folder.path(), "size=800k") {
        skipped("only root can mount a small disk");
        return;
    }
    let disk = SmallDisk(folder.path().to_owned());
    let error = losses(&disk.0).unwrap_err();
    assert!(matches!(&error, LmcError::Io { action: "write", .. }), "{error}");
    assert_says(&error, &["checkpoint-10it", "free some disk space", "finished work is kept"]);
    let before = modified(&disk.0);
    assert!(before.keys().all(|p| !p.to_string_lossy().ends_with(".part")), "{before:?}");
    assert!(SmallDisk::mount(&disk.0, "remount,size=16m"));
    assert_eq!(losses(&disk.0).unwrap(), losses(elsewhere.path()).unwrap());
    let after = modified(&disk.0);
    let finished: Vec<_> = before.keys().filter(|p| p.to_string_lossy().ends_with("it.json")).collect();
    for description in finished {
        for path in [description.clone(), description.with_extension("safetensors")] {
            assert_eq!(after[&path], before[&path], "{}", path.display());
        }
    }
}
