//! Tests too little memory: a sweep goes on with fewer points at once, and if that does not help, the error
//! is typed.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use lmc::store::Store;
use lmc::study::{Model, Models, Study};
use lmc::sweep::{Grid, SweepJob, SweepPlan, fill};
use lmc_tests::files::files;
use lmc_tests::skip::skipped;
use lmc_tests::small;

/// Variables that tell a child where it works, how many more bytes the sweep may take, and whether all other
/// memory is taken before.
const STORE: &str = "LMC_TEST_MEMORY_STORE";
const ALLOWANCE: &str = "LMC_TEST_MEMORY_ALLOWANCE";
const STARVED: &str = "LMC_TEST_MEMORY_STARVED";
const GRID: usize = 20;

/// Returns a number of bytes of this process: "VmSize", "VmPeak".
fn bytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    1024 * line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
}

/// Sweeps copies that are in the store, with the memory that it may have; the other tests start it.
#[test]
#[ignore = "other tests start it"]
fn child() {
    let root = std::env::var_os(STORE).unwrap();
    let study = Study::open_in(small::spec(2), Store::open(&root).unwrap()).unwrap();
    let models = study.finetune().unwrap();
    // Anything that libtorch makes only once is made before.
    models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let before = bytes("VmSize");
    if let Ok(allowance) = std::env::var(ALLOWANCE) {
        let limit = before + allowance.parse::<u64>().unwrap();
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--pid={}", std::process::id())).arg(format!("--as={limit}"));
        assert!(prlimit.status().unwrap().success());
    }
    if std::env::var_os(STARVED).is_some() {
        let filled = fill_starved(&models);
        return println!("\n{}", filled.map_or_else(|error| format!("error {error}"), |()| "filled".into()));
    }
    match models.sweep("id", Grid::new(GRID).unwrap()) {
        Ok(sweep) => {
            let losses: Vec<String> = sweep.profiles[0].losses().iter().map(f64::to_string).collect();
            println!("\nlosses {}\ngrown {}", losses.join(" "), bytes("VmPeak").saturating_sub(before));
        }
        Err(error) => println!("\nerror {error}"),
    }
}

/// Makes the lines of the sweep without any more memory.
fn fill_starved(models: &Models) -> lmc::Result<()> {
    let (study, task) = (models.study(), models.study().task());
    let names: Vec<String> = models.models().iter().map(Model::key).collect();
    let job = SweepJob {
        store: study.store(),
        classifier: &task.classifier,
        set: task.set("id").unwrap(),
        models: &names,
        load: &|_| panic!("there is no memory for a point, and weights are loaded"),
        ends: &[],
        plan: &SweepPlan::lines(2, Grid::new(GRID).unwrap()).unwrap(),
        compute: study.compute(),
    };
    let _taken = starve();
    fill(&job)
}

/// Takes all memory that the process can have, but for holes that are too small for the weights of a model,
/// 431 KiB.
fn starve() -> Vec<Vec<u8>> {
    const KIB: usize = 1 << 10;
    let blocks = |size: usize, most: usize| {
        let mut taken = Vec::with_capacity(1 << 12);
        while taken.len() < most {
            let mut block: Vec<u8> = Vec::new();
            if block.try_reserve_exact(size).is_err() {
                break;
            }
            taken.push(block);
        }
        taken
    };
    let holes = blocks(128 * KIB, 96);
    let rest = [16 << 20, 1 << 20, 128 * KIB, 16 * KIB].into_iter().flat_map(|size| blocks(size, usize::MAX));
    let mut taken: Vec<Vec<u8>> = rest.collect();
    // Every second one is given back: even three that lie side by side are too small.
    taken.extend(holes.into_iter().step_by(2));
    taken
}

fn run(store: &Path, allowance: Option<u64>, starved: bool) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env(STORE, store).env("LMC_THREADS", "1");
    // Address space that is only set aside does not count here.
    command.env("MALLOC_ARENA_MAX", "1").env("RUST_MIN_STACK", "1048576");
    if let Some(allowance) = allowance {
        command.env(ALLOWANCE, allowance.to_string());
    }
    if starved {
        command.env(STARVED, "1");
    }
    command.stdin(Stdio::null()).output().unwrap()
}

/// Returns the text after a word at the start of a line.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
}

fn losses(text: &str) -> Vec<f64> {
    after(text, "losses")
        .unwrap_or_else(|| panic!("{text}"))
        .split(' ')
        .map(|loss| loss.parse().unwrap())
        .collect()
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

fn can_limit() -> bool {
    Command::new("prlimit").arg("--version").output().is_ok_and(|output| output.status.success())
}

const NO_PRLIMIT: &str = "prlimit is missing (util-linux)";

#[test]
fn with_half_of_the_memory_fewer_points_are_evaluated_at_once() {
    if !can_limit() {
        return skipped(NO_PRLIMIT);
    }
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    small::models(&store, 2).evaluate("id").unwrap();
    let whole = text(&run(&store, None, false));
    assert!(!whole.contains("too little memory"), "{whole}");
    let (expected, grown) = (losses(&whole), after(&whole, "grown").unwrap().parse::<u64>().unwrap());
    println!("the sweep takes {} MB", grown / 1_000_000);
    std::fs::remove_dir_all(store.join("sweeps")).unwrap();
    let less = text(&run(&store, Some(grown / 2), false));
    println!("{less}");
    assert_eq!(less.matches("too little memory").count(), 1, "{less}");
    let found = losses(&less);
    assert_eq!(found.len(), GRID);
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
}

#[test]
fn without_memory_for_one_point_the_error_says_so() {
    if !can_limit() {
        return skipped(NO_PRLIMIT);
    }
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    small::models(&store, 2).evaluate("id").unwrap();
    let least = run(&store, Some(0), true);
    let message = text(&least);
    println!("{message}");
    assert!(least.status.success(), "{message}");
    let error = after(&message, "error").unwrap_or_else(|| panic!("{message}"));
    assert!(error.contains("out of memory, ") && error.contains("more were asked for"), "{error}");
    assert!(error.contains("LMC_THREADS") && !message.contains("panicked"), "{message}");
    let grid = format!("{GRID}points");
    let units = files(&store.join("sweeps"));
    assert!(units.keys().all(|path| !path.to_string_lossy().contains(&grid)), "{units:?}");
    // With memory, the same call makes it.
    losses(&text(&run(&store, None, false)));
}
