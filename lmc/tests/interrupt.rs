//! Interrupts by the real signal, which is for the whole process: these tests run one after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use lmc::model::Replace;
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec, pretrain_mini};
use lmc::sweep::Grid;
use lmc::train::PretrainRecipe;
use lmc::{LmcError, Result, interrupt};
use signal_hook::consts::SIGINT;
use signal_hook::low_level::raise;

/// The time in which work must end.
const LIMIT: Duration = Duration::from_secs(2);
/// The time after which a test gives up waiting for the moment to interrupt.
const PATIENCE: Duration = Duration::from_secs(180);

fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    interrupt::listen().unwrap();
    interrupt::listen().unwrap();
    guard
}

fn study(root: &Path) -> Rc<Study> {
    let spec = StudySpec {
        task: TaskSpec::mini_nli(1).with_n_train(256).with_counterexample_share(0.03),
        recipe: Recipe {
            length: Step::Iterations(60),
            batch_size: 16,
            trajectory: vec![0.5, 1.0],
            dropout: 0.1,
            ..Recipe::mini()
        },
        stack: 2,
        ..StudySpec::mini_nli(0)
    };
    Study::open_in(spec.with_seeds([1, 2, 3]), Store::open(root).unwrap()).unwrap()
}

/// Returns the part that was finished, from the error of interrupted work.
fn finished<T>(result: Result<T>) -> String {
    match result {
        Err(LmcError::Interrupted { finished }) => finished,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the work came to its end"),
    }
}

/// Returns the number in front of " of ".
fn done(finished: &str) -> u32 {
    finished.split(" of ").next().unwrap().parse().unwrap()
}

/// Interrupts `work` as soon as `ready`; returns its result, and how long it went on after the interrupt.
fn interrupted_when<T>(ready: impl Fn() -> bool + Sync, work: impl FnOnce() -> T) -> (T, Duration) {
    std::thread::scope(|scope| {
        let signal = scope.spawn(|| {
            let started = Instant::now();
            while !ready() {
                assert!(started.elapsed() < PATIENCE, "the work did not come so far within {PATIENCE:?}");
                std::thread::sleep(Duration::from_millis(2));
            }
            raise(SIGINT).unwrap();
            Instant::now()
        });
        let result = work();
        let ended = Instant::now();
        (result, ended.saturating_duration_since(signal.join().unwrap()))
    })
}

/// Returns the files below a folder whose names end so.
fn files(folder: &Path, ending: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Returns weights with their digests, by their path in the store.
fn weights(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |(path, bytes): (PathBuf, Vec<u8>)| (path.strip_prefix(root).unwrap().to_owned(), bytes);
    files(root, ".safetensors").into_iter().map(relative).collect()
}

#[test]
fn finetuning_goes_on_with_the_next_update_and_comes_to_the_same_bytes() {
    let _alone = alone();
    let (straight, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    study(straight.path()).finetune().unwrap();
    let (root, again) = (folder.path(), "are in the store; run the same call again to go on from there");
    raise(SIGINT).unwrap();
    let at_once = finished(study(root).finetune());
    assert_eq!(at_once, format!("0 of 120 updates {again}"));
    let mut so_far = 0;
    for delay in [250, 41, 62, 53, 74, 45, 66, 57] {
        let (study, started) = (study(root), Instant::now());
        let ready = || started.elapsed() > Duration::from_millis(delay);
        let (result, took) = interrupted_when(ready, || study.finetune());
        if result.is_ok() {
            break;
        }
        let finished = finished(result);
        assert!(finished.ends_with(&format!(" of 120 updates {again}")), "{finished}");
        assert!(done(&finished) >= so_far && took < LIMIT, "{finished}, {took:?}");
        so_far = done(&finished);
        println!("{finished}, {took:?} after the signal");
    }
    assert!(so_far > 0);
    interrupt::clear();
    study(root).finetune().unwrap();
    assert!(files(root, ".sealed").is_empty());
    assert!(weights(root) == weights(straight.path()));
}

#[test]
fn a_damaged_state_is_named_and_one_whose_checkpoints_are_gone_is_not_used() {
    let _alone = alone();
    let (straight, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    study(straight.path()).finetune().unwrap();
    let root = folder.path();
    let kept = || files(root, "checkpoint-30it.json");
    let (result, _) = interrupted_when(|| kept().len() >= 2, || study(root).finetune());
    finished(result);
    let states = files(root, ".sealed");
    let (path, bytes) = states.iter().next().unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    let error = study(root).finetune().unwrap_err();
    assert!(matches!(&error, LmcError::Format { path: p, .. } if p == path), "{error}");
    assert!(error.to_string().contains("delete the file and run the same call again"), "{error}");
    std::fs::write(path, bytes).unwrap();
    kept().keys().for_each(|path| std::fs::remove_file(path).unwrap());
    study(root).finetune().unwrap();
    assert!(weights(root) == weights(straight.path()));
}

#[test]
fn evaluations_and_sweeps_keep_what_is_finished() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let models = study(folder.path()).finetune().unwrap();
    raise(SIGINT).unwrap();
    assert_eq!(
        finished(models.evaluate("lo")),
        "0 of 3 evaluations on lo are in the store; run the same call again to go on from there"
    );
    models.evaluate("lo").unwrap();
    let lines = || files(&folder.path().join("sweeps"), ".parquet");
    let grid = Grid::new(41).unwrap();
    let (result, took) = interrupted_when(|| !lines().is_empty(), || models.sweep("id", grid));
    let finished = finished(result);
    println!("{finished}, {took:?} after the signal");
    assert_eq!(done(&finished) as usize, lines().len());
    assert!(finished.contains(" of 3 lines are in the store") && took < LIMIT, "{finished}, {took:?}");
    let before = lines();
    models.sweep("id", grid).unwrap();
    assert!(before.iter().all(|(path, bytes)| lines()[path] == *bytes) && lines().len() == 3);
}

#[test]
fn pretraining_says_that_nothing_is_kept() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    raise(SIGINT).unwrap();
    let message = finished(pretrain_mini(
        folder.path(),
        0,
        &PretrainRecipe::mini(),
        lmc::tch::Device::Cpu,
        Replace::Same,
    ));
    assert_eq!(
        message,
        "0 of 9000 updates of pretraining were made, none is kept; the same call begins anew"
    );
    assert!(!interrupt::requested());
}
