//! Tests the state of the store after a sweep is killed, shared with another process or runs out of disk: it
//! only holds whole units, and in the end the same bytes as after an undisturbed run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lmc::seed::sub_seed;
use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc_tests::files::{assert_same, copy_folder, files};
use lmc_tests::skip::skipped;
use lmc_tests::small;

/// The variable that tells a child of these tests where it works.
const STORE: &str = "LMC_TEST_SWEEP_STORE";
const N_LINES: usize = 28;

fn spec() -> StudySpec {
    let recipe = Recipe { length: Step::Iterations(8), ..Recipe::mini() };
    small::spec(8).with_recipe(recipe)
}

/// Sweeps the copies, which are in the store; the parents start it.
#[test]
#[ignore = "other tests start it"]
fn child() {
    let root = std::env::var_os(STORE).unwrap();
    let study = Study::open_in(spec(), Store::open(&root).unwrap()).unwrap();
    let models = study.finetune().unwrap();
    if let Err(error) = models.sweep("id", Grid::new(7).unwrap()) {
        panic!("{error}");
    }
}

fn start(store: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(STORE, store)
        .env("LMC_PROGRESS", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn finish(store: &Path) -> Output {
    start(store).wait_with_output().unwrap()
}

/// Returns a store with finetuned and evaluated copies, and the same with the sweep.
fn stores(folder: &Path) -> (PathBuf, PathBuf) {
    let (bare, whole) = (folder.join("bare"), folder.join("whole"));
    let study = Study::open_in(spec(), Store::open(&bare).unwrap()).unwrap();
    study.finetune().unwrap().evaluate("id").unwrap();
    copy_folder(&bare, &whole);
    assert!(finish(&whole).status.success());
    assert_eq!(units(&whole).len(), N_LINES);
    (bare, whole)
}

fn units(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(&store.join("sweeps"))
}

fn assert_same_units(got: &Path, expected: &Path) {
    let (got, expected) = (units(got), units(expected));
    assert_same(&got, &expected);
    assert_eq!(got.len(), N_LINES);
}

#[test]
fn killed_at_fifty_moments_it_ends_with_the_same_bytes() {
    const KILLS: u64 = 50;
    let folder = tempfile::tempdir().unwrap();
    let (bare, whole) = stores(folder.path());
    let store = folder.path().join("killed");
    copy_folder(&bare, &store);
    let begins = |store: &Path| store.join("sweeps").exists();
    // Measure how long a child takes once it has begun to sweep.
    let mut child = start(&store);
    while !begins(&store) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let started = Instant::now();
    assert!(child.wait().unwrap().success());
    let length = started.elapsed();
    let (mut kills, mut rounds, mut kept) = (0, 0, 0);
    while kills < KILLS {
        // A sweep that came to its end begins anew.
        if units(&store).len() == N_LINES {
            assert_same_units(&store, &whole);
            std::fs::remove_dir_all(store.join("sweeps")).unwrap();
            (rounds, kept) = (rounds + 1, 0);
        }
        let mut child = start(&store);
        let fresh = kept == 0;
        while fresh && !begins(&store) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // The moments come from a fixed hash: any will do, but a failure should be found again.
        let share = sub_seed(kills + 1000 * rounds, "moment") as f64 / u64::MAX as f64;
        std::thread::sleep(length.mul_f64(0.6 * share));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        // Earlier units stay, and every file is a whole unit.
        let now = units(&store);
        assert!(now.len() >= kept, "{} units, {kept} before", now.len());
        kept = now.len();
        let expected = units(&whole);
        assert!(now.iter().all(|(path, bytes)| expected[path] == *bytes));
    }
    println!("{KILLS} kills in {} rounds", rounds + 1);
    assert!(finish(&store).status.success());
    assert_same_units(&store, &whole);
}

#[test]
fn two_processes_share_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, whole) = stores(folder.path());
    let store = folder.path().join("shared");
    copy_folder(&bare, &store);
    for child in [start(&store), start(&store)] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_same_units(&store, &whole);
    // No claim is left, hidden or not.
    let all = std::fs::read_dir(store.join("sweeps"))
        .unwrap()
        .flat_map(|e| std::fs::read_dir(e.unwrap().path()).unwrap());
    assert_eq!(all.count(), N_LINES);
}

#[test]
fn a_full_disk_is_named_and_what_was_kept_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, whole) = stores(folder.path());
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        return skipped("no small disk can be mounted here");
    };
    let store = disk.0.join("store");
    copy_folder(&bare, &store);
    let unit = units(&whole).values().map(Vec::len).max().unwrap();
    disk.fill_up_to(4 * unit);
    let output = finish(&store);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("No space left on device") && message.contains(".parquet"), "{message}");
    let kept = units(&store);
    assert!((1..N_LINES).contains(&kept.len()), "{} units", kept.len());
    let expected = units(&whole);
    assert!(kept.iter().all(|(path, bytes)| expected[path] == *bytes));
    std::fs::remove_file(disk.filler()).unwrap();
    assert!(finish(&store).status.success());
    assert_same_units(&store, &whole);
}

/// A file system of 16 MiB in memory.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let options = ["-t", "tmpfs", "-o", "size=16m", "lmc-test"];
        let mounted = Command::new("mount").args(options).arg(at).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves about that many bytes free.
    fn fill_up_to(&self, free: usize) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.filler()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(free as u64)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
