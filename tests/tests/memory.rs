//! Too little memory: a sweep goes on with fewer points at once, and where that does not help the error is typed.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use lmc::store::Store;
use lmc::study::Study;
use lmc::sweep::Grid;
use lmc_tests::skip::skipped;
use lmc_tests::small;

/// Where a child works, and how many more bytes it may have for the sweep.
const STORE: &str = "LMC_TEST_MEMORY_STORE";
const ALLOWANCE: &str = "LMC_TEST_MEMORY_ALLOWANCE";
const GRID: usize = 20;

/// A number of bytes of this process: "VmSize", "VmPeak".
fn bytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    1024 * line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
}

/// What the parents start: a sweep of copies that are in the store, with the memory that it may have.
#[test]
#[ignore = "other tests start it"]
fn child() {
    let root = std::env::var_os(STORE).unwrap();
    let study = Study::open_in(small::spec(2), Store::open(&root).unwrap()).unwrap();
    let models = study.finetune().unwrap();
    // What libtorch makes once is there before.
    models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let before = bytes("VmSize");
    if let Ok(allowance) = std::env::var(ALLOWANCE) {
        let limit = before + allowance.parse::<u64>().unwrap();
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--pid={}", std::process::id())).arg(format!("--as={limit}"));
        assert!(prlimit.status().unwrap().success());
    }
    match models.sweep("id", Grid::new(GRID).unwrap()) {
        Ok(sweep) => {
            let losses: Vec<String> = sweep.profiles[0].losses().iter().map(f64::to_string).collect();
            println!("\nlosses {}\ngrown {}", losses.join(" "), bytes("VmPeak").saturating_sub(before));
        }
        Err(error) => println!("\nerror {error}"),
    }
}

fn run(store: &Path, allowance: Option<u64>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env(STORE, store).env("LMC_THREADS", "1");
    // Address space that is only set aside is not what is counted here.
    command.env("MALLOC_ARENA_MAX", "1").env("RUST_MIN_STACK", "1048576");
    if let Some(allowance) = allowance {
        command.env(ALLOWANCE, allowance.to_string());
    }
    command.stdin(Stdio::null()).output().unwrap()
}

/// What follows a word at the start of a line.
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

#[test]
fn with_half_of_the_memory_fewer_points_are_evaluated_at_once() {
    if !Command::new("prlimit").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return skipped("prlimit is missing (util-linux)");
    }
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    small::models(&store, 2).evaluate("id").unwrap();
    let again = || std::fs::remove_dir_all(store.join("sweeps")).unwrap();
    let text = |output: &Output| {
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        format!("{out}{err}")
    };
    let whole = text(&run(&store, None));
    assert!(!whole.contains("too little memory"), "{whole}");
    let (expected, grown) = (losses(&whole), after(&whole, "grown").unwrap().parse::<u64>().unwrap());
    println!("the sweep takes {} MB", grown / 1_000_000);
    again();
    let less = text(&run(&store, Some(grown / 2)));
    println!("{less}");
    assert_eq!(less.matches("too little memory").count(), 1, "{less}");
    let found = losses(&less);
    assert_eq!(found.len(), GRID);
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
    again();
    // With next to nothing it ends with an error that says so, or with what fits into the memory that the process has kept.
    let least = run(&store, Some(2_000_000));
    let message = text(&least);
    println!("{message}");
    assert!(least.status.success(), "{message}");
    match after(&message, "error") {
        Some(error) => {
            assert!(error.contains("out of memory, ") && error.contains("more were asked for"), "{error}");
            assert!(error.contains("LMC_THREADS") && !error.contains("panicked"), "{error}");
        }
        None => {
            let found = losses(&message);
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
        }
    }
}
