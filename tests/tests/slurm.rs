//! Runs studies on a real Slurm cluster of three nodes on this machine: through faults they come to the
//! results of one process.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::model::Replace;
use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::study::StudySpec;
use lmc_tests::files::{assert_same, files, results};
use lmc_tests::skip::skipped;
use lmc_tests::slurm::Cluster;
use lmc_tests::small;

/// Returns the path of the command `lmc`, which `cargo test` of the workspace builds beside the tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("lmc");
    assert!(program.is_file(), "{} is not there: cargo build -p lmc --bin lmc", program.display());
    program
}

/// Waits for the only turn: each cluster keeps all processors busy.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A study in a file, and the stores and results of its runs.
struct Setting {
    cluster: Cluster,
    /// The folder, with a blank in its name.
    folder: PathBuf,
}

impl Setting {
    fn new(spec: &StudySpec) -> Result<Self, String> {
        let cluster = Cluster::start(3)?;
        let folder = cluster.folder().join("a study");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("study.toml"), spec.to_toml().unwrap()).unwrap();
        Ok(Self { cluster, folder })
    }

    fn store(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Returns the command `lmc VERB study.toml` with further arguments, on a store of that name.
    fn lmc(&self, store: &str, verb: &str, arguments: &[&str]) -> Command {
        let mut command = self.cluster.command(program());
        let arguments = [&[verb, "study.toml"], arguments].concat();
        command.args(arguments).current_dir(&self.folder).env("LMC_HOME", self.store(store));
        command.env_remove("LMC_PROGRESS").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Returns the output of a command that must succeed.
fn succeed(output: Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{:?}\n{out}\n{err}", output.status);
    (out, err)
}

/// Returns the units of a sweep: a file that is written again has another inode.
fn units(store: &Path) -> BTreeMap<PathBuf, u64> {
    let sweeps = store.join("sweeps");
    let inode = |path: &PathBuf| std::fs::metadata(sweeps.join(path)).unwrap().ino();
    files(&sweeps).keys().map(|path| (path.clone(), inode(path))).collect()
}

fn wait_until(what: &str, child: &mut Child, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(child.try_wait().unwrap().is_none(), "{what}: the command ended before");
        assert!(start.elapsed() < Duration::from_secs(120), "{what}: not so after two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
}

/// Sends a signal to those of the processes that are still there.
fn signal_all(name: &str, ids: &[u32]) {
    let ids = ids.iter().map(u32::to_string);
    // The status says that one was gone, which is no fault.
    Command::new("kill").arg(name).args(ids).stderr(Stdio::null()).status().unwrap();
}

const POINTS: [&str; 2] = ["--points", "61"];
const N_LINES: usize = 10;

#[test]
fn a_sweep_through_a_killed_task_a_drained_node_and_a_controller_that_starts_again() {
    let _alone = alone();
    let mut setting = match Setting::new(&small::spec(5)) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let single = ["--out", "single-tables"];
    succeed(setting.lmc("single", "sweep", &[&POINTS[..], &single].concat()).output().unwrap());

    let on_slurm = ["--slurm", "--tasks", "5", "--retries", "1", "--out", "slurm-tables"];
    let shared = setting.store("shared");
    let mut follower = setting.lmc("shared", "sweep", &[&POINTS[..], &on_slurm].concat()).spawn().unwrap();
    wait_until("the first line", &mut follower, || !units(&shared).is_empty());

    // A task dies.
    let of_sweep = "slurm/sweep-";
    let victims = setting.cluster.processes(of_sweep);
    signal("-KILL", *victims.first().expect("a task is running"));
    // A node may finish what it has and gets no more.
    setting.cluster.scontrol(&["update", "nodename=node2", "state=drain", "reason=test"]);
    let drained = Command::new("date").arg("+%Y-%m-%dT%H:%M:%S").output().unwrap().stdout;
    let drained = String::from_utf8(drained).unwrap().trim().to_owned();
    // The controller is away for a while.
    setting.cluster.kill_controller();
    let before = units(&shared);
    std::thread::sleep(Duration::from_secs(3));
    setting.cluster.start_controller();
    let (out, err) = succeed(follower.wait_with_output().unwrap());
    println!("{} of {N_LINES} lines were there before the controller came back\n{err}", before.len());

    assert!(err.contains("signal 9") && err.contains("submitted again ("), "{err}");
    assert_same(&results(&shared), &results(&setting.store("single")));
    let tables = |name: &str| files(&setting.folder.join(name));
    assert_eq!(tables("slurm-tables"), tables("single-tables"));
    // The files are two tables, a figure and the list of them.
    assert_eq!(tables("slurm-tables").len(), 4, "{out}");
    // Results from before the faults were not computed again.
    let after = units(&shared);
    assert_eq!(after.len(), N_LINES);
    assert!(!before.is_empty() && before.iter().all(|(path, inode)| after[path] == *inode));
    // The drained node got nothing after the work that it had.
    let state = setting.cluster.said("sinfo", &["-h", "-n", "node2", "-o", "%T"]);
    assert!(state.starts_with("drain"), "{state}");
    let starts = setting.cluster.said("squeue", &["-h", "-r", "-t", "all", "-o", "%S %N"]);
    let later: Vec<&str> = starts.lines().filter(|line| **line > *drained).collect();
    assert!(!later.is_empty() && later.iter().all(|line| !line.ends_with("node2")), "{drained}: {starts}");

    // A complete study needs no Slurm.
    let mut whole = setting.lmc("shared", "sweep", &[&POINTS[..], &on_slurm].concat());
    succeed(whole.env("PATH", "/nowhere").output().unwrap());
    assert_eq!(units(&shared), after);
}

/// An interrupt leaves the array alone, and the same command follows it.
#[test]
fn an_interrupted_command_comes_back_to_its_array() {
    let _alone = alone();
    let setting = match Setting::new(&small::spec(4)) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let shared = setting.store("shared");
    let whole = [&POINTS[..], &["--set", "id"]].concat();
    let arguments = [&whole[..], &["--slurm", "--tasks", "3"]].concat();
    succeed(setting.lmc("shared", "finetune", &["--slurm"]).output().unwrap());
    let mut follower = setting.lmc("shared", "sweep", &arguments).spawn().unwrap();
    wait_until("the first line", &mut follower, || !units(&shared).is_empty());
    // The tasks stand still meanwhile, so that they have work left on a fast machine too.
    let tasks = setting.cluster.processes("slurm/sweep-");
    signal_all("-STOP", &tasks);
    let interrupted = Instant::now();
    signal("-INT", follower.id());
    let output = follower.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(interrupted.elapsed() < Duration::from_secs(5), "{:?}", interrupted.elapsed());
    let told = message.lines().last().unwrap();
    assert!(told.contains("of 6 lines on id are in the store; Slurm goes on with "), "{message}");
    assert!(told.contains("`scancel --name=lmc-sweep-"), "{message}");
    assert!(!setting.cluster.said("squeue", &["-h"]).is_empty());
    signal_all("-CONT", &tasks);

    let (_, err) = succeed(setting.lmc("shared", "sweep", &arguments).output().unwrap());
    assert!(err.contains("is in the queue as lmc-sweep-") && !err.contains("submitted"), "{err}");
    let arrays = setting.cluster.said("squeue", &["-h", "-r", "-t", "all", "-o", "%j %F"]);
    let mut arrays: Vec<&str> = arrays.lines().filter(|line| line.starts_with("lmc-sweep-")).collect();
    arrays.sort();
    arrays.dedup();
    assert_eq!(arrays.len(), 1, "{arrays:?}");
    succeed(setting.lmc("single", "sweep", &whole).output().unwrap());
    assert_same(&results(&shared), &results(&setting.store("single")));
}

/// Stacks are trained as a whole; one that is stopped as Slurm stops jobs goes on with its next update.
#[test]
fn seeds_are_finetuned_by_an_array() {
    let _alone = alone();
    let spec = StudySpec {
        recipe: Recipe { length: Step::Iterations(120), dropout: 0.1, ..small::spec(5).recipe },
        stack: 2,
        ..small::spec(5)
    };
    let setting = match Setting::new(&spec) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let shared = setting.store("shared");
    let dry = succeed(setting.lmc("shared", "finetune", &["--slurm", "--dry-run"]).output().unwrap()).0;
    assert!(dry.starts_with("5 copies in an array of 3 tasks: sbatch --array=0-2\n\n#!/bin/bash\n"), "{dry}");
    assert_eq!(setting.cluster.said("squeue", &["-h", "-t", "all"]), "");

    let mut follower = setting.lmc("shared", "finetune", &["--slurm"]).spawn().unwrap();
    let runs = shared.join("runs");
    let checkpoints = || files(&runs).keys().filter(|path| path.ends_with("checkpoint-40it.json")).count();
    wait_until("the first checkpoint", &mut follower, || checkpoints() > 0);
    let states = || files(&runs).keys().filter(|path| path.ends_with("state.sealed")).count();
    let task = *setting.cluster.processes("slurm/finetune-").first().expect("a task is running");
    signal("-TERM", task);
    wait_until("the state of a stack", &mut follower, || states() > 0);
    let (out, err) = succeed(follower.wait_with_output().unwrap());
    assert!(err.contains("exit code 130") && err.contains("submitted again (1 of 2)"), "{err}");
    assert!(["s1", "s2", "s3", "s4", "s5"].iter().all(|name| out.contains(name)), "{out}");
    let logs: String = files(&shared.join("slurm"))
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "log"))
        .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    assert_eq!(logs.matches("interrupted: ").count(), 1, "{logs}");
    assert_eq!(logs.matches(" copies in the store").count(), 3, "{logs}");
    succeed(setting.lmc("single", "finetune", &[]).output().unwrap());
    assert_same(&results(&shared), &results(&setting.store("single")));
}

/// Models from elsewhere are interpolated by tasks that find them by their folders.
#[test]
fn models_from_elsewhere_are_swept_by_an_array() {
    let _alone = alone();
    let root = tempfile::tempdir().unwrap();
    let models = small::models(&root.path().join("training"), 3);
    for (number, name) in models.names().iter().enumerate() {
        let run = root.path().join("runs").join(name);
        let place = MergeFolder::new(models.study(), &run, "one copy", Replace::Same).unwrap();
        place.save(&models, &[number], &MergeCard::default()).unwrap();
    }
    let task = models.study().spec().task.clone();
    let spec = StudySpec::of_models(task, &[root.path().join("runs")]).unwrap();
    let setting = match Setting::new(&spec) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let arguments = [&POINTS[..], &["--slurm", "--tasks", "2"]].concat();
    let dry = [&arguments[..], &["--dry-run"]].concat();
    let dry = succeed(setting.lmc("shared", "sweep", &dry).output().unwrap()).0;
    assert!(dry.starts_with("3 lines on id in an array of 2 tasks"), "{dry}");
    let (out, _) = succeed(setting.lmc("shared", "sweep", &arguments).output().unwrap());
    assert!(["s1", "s2", "s3"].iter().all(|name| out.contains(name)), "{out}");
    succeed(setting.lmc("single", "sweep", &POINTS).output().unwrap());
    assert_same(&results(&setting.store("shared")), &results(&setting.store("single")));
}

/// Analyses of models make their units by tasks; a task that dies is no harm.
#[test]
fn layers_merges_and_surfaces_are_those_of_one_machine() {
    let _alone = alone();
    let setting = match Setting::new(&small::spec(4)) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let on_slurm = |verb: &str, options: &[&str], more: &[&str]| {
        let out = format!("slurm-{verb}");
        let slurm = ["--slurm", "--tasks", "2", "--retries", "1", "--out", out.as_str()];
        setting.lmc("shared", verb, &[options, &slurm, more].concat())
    };
    let shared = setting.store("shared");
    let evaluations = || files(&shared.join("evaluations")).len();
    let verbs: [(&str, &[&str], &str); 3] = [
        (
            "layers",
            &["--set", "id", "--points", "5", "--between", "s1,s2", "--between", "s3,s4"],
            "evaluations of mixed layers on id",
        ),
        (
            "merges",
            &["--set", "id", "--points", "5", "--methods", "linear,fisher", "--subsets", "2"],
            "merged models on id",
        ),
        ("surface", &["--set", "id", "--around", "s1,s3", "--points", "5"], "surfaces on id"),
    ];
    for (verb, options, noun) in verbs {
        let dry = succeed(on_slurm(verb, options, &["--dry-run"]).output().unwrap()).0;
        match verb {
            "layers" => {
                assert!(dry.contains("4 copies in an array of 1 tasks") && dry.contains("then"), "{dry}")
            }
            _ => assert!(dry.contains(noun) && dry.contains("in an array of 2 tasks"), "{verb}: {dry}"),
        }
        let mut follower = on_slurm(verb, options, &[]).spawn().unwrap();
        if verb == "layers" {
            wait_until("the first averages", &mut follower, || evaluations() > 12);
            let task = setting.cluster.processes("slurm/layers-");
            signal("-KILL", *task.first().expect("a task is running"));
        }
        let (_, err) = succeed(follower.wait_with_output().unwrap());
        assert_eq!(err.contains("; submitted again ("), verb == "layers", "{verb}: {err}");
        let single = format!("single-{verb}");
        let here = [options, &["--out", single.as_str()]].concat();
        succeed(setting.lmc("single", verb, &here).output().unwrap());
        let tables = |name: &str| files(&setting.folder.join(name));
        assert_eq!(tables(&format!("slurm-{verb}")), tables(&single), "{verb}");
        assert_same(&results(&shared), &results(&setting.store("single")));
    }
}

#[test]
fn what_slurm_refuses_and_what_always_fails_is_told() {
    let _alone = alone();
    let setting = match Setting::new(&small::spec(2)) {
        Ok(setting) => setting,
        Err(cause) => return skipped(cause),
    };
    let fails = |arguments: &[&str], parts: &[&str]| {
        let output = setting.lmc("shared", "finetune", &[&["--slurm"], arguments].concat()).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        message
    };
    fails(
        &["--partition", "nope"],
        &["lmc: sbatch: invalid partition specified: nope; ", "Invalid partition name"],
    );
    fails(&["--gres", "gpu:1"], &["lmc: sbatch: Invalid generic resource (gres) specification"]);
    fails(&["--sbatch=--bogus"], &["lmc: sbatch: ", "--bogus"]);
    fails(&["--tasks", "100000"], &["`slurm.tasks`: got 100000, expected at most 1001, the MaxArraySize"]);
    fails(&["--program", "/nowhere/lmc"], &["`slurm.program`: got /nowhere/lmc"]);
    assert_eq!(setting.cluster.said("squeue", &["-h", "-t", "all"]), "");
    let message = fails(
        &["--setup", "echo no module of that name; exit 7", "--retries", "1"],
        &[
            "task 0 ended FAILED (NonZeroExitCode), exit code 7, on node",
            "submitted again (1 of 1)",
            "lmc: task 0 of job ",
            "/logs/0-",
            ".log ends so",
            "\n  no module of that name\n",
        ],
    );
    assert_eq!(message.matches("submitted job ").count(), 2, "{message}");

    // A user who ends the jobs by hand does not want them again.
    let mut follower =
        setting.lmc("shared", "finetune", &["--slurm", "--setup", "sleep 100"]).spawn().unwrap();
    let running = || !setting.cluster.said("squeue", &["-h", "-t", "running"]).is_empty();
    wait_until("a task is running", &mut follower, running);
    let name = setting.cluster.said("squeue", &["-h", "-o", "%j"]);
    setting.cluster.said("scancel", &[&format!("--name={}", name.trim())]);
    let output = follower.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("lmc: task 0 of job ") && message.contains(" ended CANCELLED"), "{message}");
    assert_eq!(message.matches("submitted job ").count(), 1, "{message}");

    // The store is complete at the end all the same.
    succeed(setting.lmc("shared", "finetune", &["--slurm"]).output().unwrap());
    succeed(setting.lmc("single", "finetune", &[]).output().unwrap());
    assert_same(&results(&setting.store("shared")), &results(&setting.store("single")));
}

#[test]
fn without_slurm_the_command_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    command.args(["finetune", "--slurm"]).env("LMC_HOME", folder.path()).env("PATH", "/nowhere");
    let output = command.output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.starts_with("lmc: squeue: not found on this machine; run this where jobs are submitted"),
        "{message}"
    );
}
