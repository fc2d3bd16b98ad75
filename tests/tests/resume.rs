//! The same spec gives the same bits: twice, on one thread or two, and after being killed any number of times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc_tests::files::{assert_same, count, files, results};
use lmc_tests::small;

/// Where a child of these tests works.
const STORE: &str = "LMC_TEST_STORE";

fn spec() -> StudySpec {
    StudySpec {
        recipe: Recipe {
            length: Step::Iterations(40),
            trajectory: vec![0.5, 1.0],
            dropout: 0.1,
            ..Recipe::mini()
        },
        stack: 2,
        ..small::spec(3)
    }
}

/// What the parents kill: a study up to its profiles.
#[test]
#[ignore = "other tests start it"]
fn child() {
    let root = std::env::var_os(STORE).unwrap();
    let study = Study::open_in(spec(), Store::open(&root).unwrap()).unwrap();
    let sweep = study.finetune().unwrap().sweep("id", Grid::new(5).unwrap()).unwrap();
    let bits: Vec<String> = sweep
        .profiles
        .iter()
        .flat_map(|p| p.losses())
        .map(|loss| format!("{loss} {:016x}\n", loss.to_bits()))
        .collect();
    std::fs::write(Path::new(&root).join("losses.txt"), bits.concat()).unwrap();
}

fn start(store: &Path, threads: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(STORE, store)
        .env("LMC_THREADS", threads.to_string())
        .env("LMC_PROGRESS", "off")
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn finish(store: &Path, threads: usize) {
    assert!(start(store, threads).wait().unwrap().success());
}

/// Starts a child and kills it (SIGKILL) `delay` after `ready`; says whether it was still at work.
fn kill_when(store: &Path, delay: Duration, ready: impl Fn() -> bool) -> bool {
    let mut child = start(store, 2);
    let started = Instant::now();
    while !ready() && child.try_wait().unwrap().is_none() && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(delay);
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    at_work
}

#[test]
fn twice_on_one_thread_or_two_and_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = |name: &str| folder.path().join(name);
    let whole = store("whole");
    let started = Instant::now();
    finish(&whole, 2);
    let length = started.elapsed();
    // 3 models at 2 checkpoints, 3 evaluations, 3 pairs.
    assert_eq!(count(&whole, "runs", ".safetensors"), 6);
    assert_eq!((count(&whole, "evaluations", ".parquet"), count(&whole, "sweeps", ".parquet")), (3, 3));

    let single = store("single");
    finish(&single, 1);
    assert_same(&results(&single), &results(&whole));

    let killed = store("killed");
    let checkpoints = |n| {
        let killed = killed.clone();
        move || count(&killed, "runs", ".safetensors") >= n
    };
    let profiles = |n| {
        let killed = killed.clone();
        move || count(&killed, "sweeps", ".parquet") >= n
    };
    // The delays come from a fixed hash: any moment will do, but a failure should be found again.
    let random =
        |i: u64, most: Duration| most.mul_f64(lmc::seed::sub_seed(i, "delay") as f64 / u64::MAX as f64);
    let short = Duration::from_millis(20);
    let mut at_work = [
        kill_when(&killed, random(0, length / 2), || true),
        kill_when(&killed, random(1, short), checkpoints(1)),
        kill_when(&killed, random(2, short), checkpoints(3)),
        kill_when(&killed, random(3, length / 2), || true),
        kill_when(&killed, random(4, short), || count(&killed, "evaluations", ".parquet") >= 1),
        kill_when(&killed, random(5, short), profiles(1)),
        kill_when(&killed, random(6, short), profiles(2)),
    ]
    .into_iter();
    println!("killed at work: {:?}", at_work.clone().collect::<Vec<_>>());
    assert!(at_work.any(|at_work| at_work));
    finish(&killed, 2);
    assert_same(&results(&killed), &results(&whole));

    // A finished study is read, not computed: no file is written again.
    let before = modified(&killed);
    finish(&killed, 2);
    let mut after = modified(&killed);
    after.insert("losses.txt".into(), before[Path::new("losses.txt")]);
    assert_eq!(after, before);
}

fn modified(store: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let time = |path: &PathBuf| std::fs::metadata(store.join(path)).unwrap().modified().unwrap();
    files(store).keys().map(|path| (path.clone(), time(path))).collect()
}

/// A stack of which one model is missing is trained again whole, the others are left alone.
#[test]
fn a_missing_model_brings_back_its_stack() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, holed) = (folder.path().join("whole"), folder.path().join("holed"));
    finish(&whole, 2);
    let copy = Command::new("cp").args(["-a".as_ref(), whole.as_os_str(), holed.as_os_str()]).status();
    assert!(copy.unwrap().success());
    let run = |seed: &str| {
        let runs = std::fs::read_dir(holed.join("runs")).unwrap();
        let named = |path: &PathBuf| path.to_string_lossy().contains(&format!("-s{seed}-"));
        runs.map(|e| e.unwrap().path()).find(named).unwrap()
    };
    std::fs::remove_dir_all(run("2")).unwrap();
    let times = |seed: &str| modified(&run(seed));
    let (first, third) = (times("1"), times("3"));
    finish(&holed, 2);
    assert_same(&results(&holed), &results(&whole));
    assert_ne!(times("1"), first);
    assert_eq!(times("3"), third);
    // The same for an earlier checkpoint alone.
    std::fs::remove_file(run("3").join("checkpoint-20it.safetensors")).unwrap();
    let first = times("1");
    finish(&holed, 1);
    assert_same(&results(&holed), &results(&whole));
    assert_eq!(times("1"), first);
}

/// A seed in other company is another run, so that no store ever mixes the two.
#[test]
fn other_company_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let ids = |seeds: &[u64], stack: usize| {
        let recipe = Recipe { length: Step::Iterations(1), trajectory: vec![1.0], ..Recipe::mini() };
        let spec = StudySpec { stack, ..spec() }.with_seeds(seeds.iter().copied()).with_recipe(recipe);
        let study = Study::open_in(spec, Store::open(folder.path()).unwrap()).unwrap();
        let models = study.finetune().unwrap();
        models.models().iter().map(|m| m.spec.run_id()).collect::<Vec<_>>()
    };
    let pairs = ids(&[1, 2, 3], 2);
    assert_eq!(ids(&[1, 2], 2), pairs[..2]);
    assert_eq!(ids(&[3], 8), pairs[2..]);
    assert_ne!(ids(&[1, 3], 2)[0], pairs[0]);
    assert_ne!(ids(&[1], 1)[0], pairs[0]);
}
