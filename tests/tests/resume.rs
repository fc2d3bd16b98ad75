//! The same spec gives the same bits: twice, on one thread or two, and after being killed any number of
//! times.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc_tests::files::{assert_same, copy_folder, count, files, results};
use lmc_tests::small;
use signal_hook::consts::SIGKILL;

/// The variable that tells a child where it works.
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

/// Runs a study up to its profiles, until a parent kills it.
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

/// A moment in the work of a child at which it is killed.
struct Moment {
    what: &'static str,
    /// The folder in which the child has claimed something that it makes.
    at_work_on: &'static str,
    /// The numbers of checkpoints, evaluations and profiles in the store at that moment: the least and the
    /// most.
    results: [[usize; 2]; 3],
}

impl Moment {
    fn counts(store: &Path) -> [usize; 3] {
        [("runs", ".safetensors"), ("evaluations", ".parquet"), ("sweeps", ".parquet")]
            .map(|(folder, ending)| count(store, folder, ending))
    }

    fn has_begun(&self, store: &Path) -> bool {
        self.results.iter().zip(Self::counts(store)).all(|([least, _], n)| n >= *least)
    }

    fn is_over(&self, store: &Path) -> bool {
        self.results.iter().zip(Self::counts(store)).any(|([_, most], n)| n > *most)
    }
}

/// Returns the contents of the claims below a folder; each says whose it is.
fn claims(folder: &Path) -> BTreeSet<Vec<u8>> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for path in std::fs::read_dir(at).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "claim") {
                // It may be new and still empty, or be given back meanwhile.
                let content = std::fs::read(&path).unwrap_or_default();
                let holder = content.split(|&byte| byte == b'\n').next().filter(|line| !line.is_empty());
                found.extend(holder.map(<[u8]>::to_owned));
            }
        }
    }
    found
}

/// Kills a child (SIGKILL), `delay` after the moment has begun. Its claims show that it was at work. If a
/// child came further, the store is reset, and another is killed sooner.
fn kill_at(store: &Path, moment: &Moment, delay: Duration) {
    const TRIES: u32 = 40;
    let (before, folder) = (store.with_extension("before"), store.join(moment.at_work_on));
    copy_folder(store, &before);
    for tries in 0..TRIES {
        let others = claims(&folder);
        let mut child = start(store, 2);
        let is_at_work = || claims(&folder).difference(&others).next().is_some();
        while !(moment.has_begun(store) && is_at_work()) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(delay / 2u32.pow(tries.min(10)));
        child.kill().unwrap();
        let was_killed = child.wait().unwrap().signal() == Some(SIGKILL);
        if was_killed && moment.has_begun(store) && is_at_work() && !moment.is_over(store) {
            println!("killed {} in try {}", moment.what, tries + 1);
            return;
        }
        std::fs::remove_dir_all(store).unwrap();
        copy_folder(&before, store);
    }
    panic!("no child was killed {} in {TRIES} tries", moment.what);
}

#[test]
fn twice_on_one_thread_or_two_and_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = |name: &str| folder.path().join(name);
    let whole = store("whole");
    finish(&whole, 2);
    // There are 3 models at 2 checkpoints, 3 evaluations and 3 pairs.
    assert_eq!(count(&whole, "runs", ".safetensors"), 6);
    assert_eq!((count(&whole, "evaluations", ".parquet"), count(&whole, "sweeps", ".parquet")), (3, 3));

    let single = store("single");
    finish(&single, 1);
    assert_same(&results(&single), &results(&whole));

    let killed = store("killed");
    let moment = |what, at_work_on, results| Moment { what, at_work_on, results };
    let moments = [
        moment("before the first checkpoint", "runs", [[0, 0], [0, 0], [0, 0]]),
        moment("after the first checkpoint", "runs", [[1, 5], [0, 0], [0, 0]]),
        moment("after half of the checkpoints", "runs", [[3, 5], [0, 0], [0, 0]]),
        moment("before the last evaluation", "evaluations", [[6, 6], [0, 2], [0, 0]]),
        moment("before the first profile", "sweeps", [[6, 6], [3, 3], [0, 0]]),
        moment("after the first profile", "sweeps", [[6, 6], [3, 3], [1, 2]]),
        moment("after the second profile", "sweeps", [[6, 6], [3, 3], [2, 2]]),
    ];
    // The delays come from a fixed hash: any will do, but a failure should be found again.
    for (i, moment) in (0..).zip(&moments) {
        let share = lmc::seed::sub_seed(i, "delay") as f64 / u64::MAX as f64;
        kill_at(&killed, moment, Duration::from_millis(40).mul_f64(share));
    }
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

/// A stack in which one model is missing is trained again as a whole; the others are left alone.
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
    // The same holds for an earlier checkpoint alone.
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
        models.models().iter().map(|m| m.spec().unwrap().run_id()).collect::<Vec<_>>()
    };
    let pairs = ids(&[1, 2, 3], 2);
    assert_eq!(ids(&[1, 2], 2), pairs[..2]);
    assert_eq!(ids(&[3], 8), pairs[2..]);
    assert_ne!(ids(&[1, 3], 2)[0], pairs[0]);
    assert_ne!(ids(&[1], 1)[0], pairs[0]);
}
