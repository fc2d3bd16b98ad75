//! Tests a store that several hosts share: each unit is made by one of them, a host that vanishes gives its
//! units back, and the file system needs no locks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use lmc::spec::Recipe;
use lmc::step::Step;
use lmc::store::{Claim, Store};
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc_tests::files::{assert_same, count, files, results};
use lmc_tests::hosts::{NetworkFolder, can_have_hosts, on_host, wait_until};
use lmc_tests::skip::skipped;
use lmc_tests::small;

/// Variables that tell a child where it works and what it does there.
const STORE: &str = "LMC_TEST_SHARED_STORE";
const WORK: &str = "LMC_TEST_SHARED_WORK";
/// The lease of claims in these tests, in seconds.
const LEASE: u64 = 3;
const NO_HOSTS: &str = "no host can be imitated here (unshare needs root)";
/// The number of copies: they are in 4 stacks.
const N_RUNS: usize = 8;
const N_LINES: usize = 28;

fn spec() -> StudySpec {
    let recipe = Recipe { length: Step::Iterations(8), trajectory: vec![1.0], ..Recipe::mini() };
    StudySpec { stack: 2, ..small::spec(N_RUNS).with_recipe(recipe) }
}

/// Does a part of the work on a host; the parents start it.
#[test]
#[ignore = "other tests start it"]
fn child() {
    let root = PathBuf::from(std::env::var_os(STORE).unwrap());
    match std::env::var(WORK).unwrap().as_str() {
        "study" => {
            let study = Study::open_in(spec(), Store::open(root).unwrap()).unwrap();
            let models = study.finetune().unwrap_or_else(|error| panic!("{error}"));
            if let Err(error) = models.sweep("id", Grid::new(7).unwrap()) {
                panic!("{error}");
            }
        }
        "hold" => {
            let _claim = Claim::of(&root.join("unit.parquet"), false).unwrap().unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
        "wait" => assert!(Claim::of(&root.join("unit.parquet"), true).unwrap().is_some()),
        "try" => assert!(Claim::of(&root.join("unit.parquet"), false).unwrap().is_none()),
        other => panic!("{other}"),
    }
}

fn start(host: Option<&str>, work: &str, store: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = host.map_or_else(|| Command::new(&program), |host| on_host(host, &program));
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env(STORE, store).env(WORK, work);
    command.env("LMC_LEASE", LEASE.to_string()).env("LMC_PROGRESS", "off").env("LMC_THREADS", "1");
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
}

/// Asserts that the store has the results of an undisturbed run and nothing that is unfinished or claimed.
fn assert_whole(store: &Path, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_same(&results(store), expected);
    assert_eq!(hidden(store), Vec::<PathBuf>::new());
}

/// Asserts the same where processes were killed. Their unfinished files may be left, and a claim of each: a
/// process that is killed between writing its last result and giving the claim back leaves a claim that
/// nobody needs to take over.
fn assert_whole_after_kills(store: &Path, expected: &BTreeMap<PathBuf, Vec<u8>>, n_killed: usize) {
    assert_same(&results(store), expected);
    let of_kind = |path: &Path, kind: &str| path.extension().is_some_and(|extension| extension == kind);
    let left: Vec<_> = hidden(store).into_iter().filter(|path| !of_kind(path, "part")).collect();
    assert!(left.iter().all(|path| of_kind(path, "claim")) && left.len() <= n_killed, "{left:?}");
}

/// Returns the hidden files below a folder, without the names that a client gives to removed files until they
/// are closed.
fn hidden(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.starts_with('.') && !name.starts_with(".fuse_hidden") {
                found.push(path);
            }
        }
    }
    found
}

/// Returns the results of one process alone.
fn undisturbed(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let alone = folder.join("alone");
    finish(start(None, "study", &alone));
    let found = results(&alone);
    assert_eq!(count(&alone, "runs", ".safetensors"), N_RUNS);
    assert_eq!(
        (count(&alone, "evaluations", ".parquet"), count(&alone, "sweeps", ".parquet")),
        (N_RUNS, N_LINES)
    );
    found
}

#[test]
fn a_claim_of_another_host_lasts_until_its_lease_has_run_out() {
    if !can_have_hosts() {
        return skipped(NO_HOSTS);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut holder = start(Some("node1"), "hold", folder.path());
    wait_until("claiming", || folder.path().join(".unit.claim").exists());
    // A process with the same number on a host of the same name is another process.
    finish(start(Some("node1"), "try", folder.path()));
    let waiting = Instant::now();
    let mut other = start(Some("node2"), "wait", folder.path());
    std::thread::sleep(Duration::from_secs(2 * LEASE));
    assert!(other.try_wait().unwrap().is_none(), "taken from a living process");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let killed = Instant::now();
    finish(other);
    println!("taken over {:?} after the end, {:?} in all", killed.elapsed(), waiting.elapsed());
    // A renewal may be a twelfth of the lease old when the process is killed.
    assert!(killed.elapsed() > Duration::from_secs(LEASE).mul_f64(0.8), "{:?}", killed.elapsed());
    assert_eq!(hidden(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn two_hosts_share_a_folder_of_this_machine() {
    if !can_have_hosts() {
        return skipped(NO_HOSTS);
    }
    let folder = tempfile::tempdir().unwrap();
    let expected = undisturbed(folder.path());
    let store = folder.path().join("shared");
    let hosts = ["node1", "node2"].map(|host| start(Some(host), "study", &store));
    hosts.into_iter().for_each(finish);
    assert_whole(&store, &expected);
    // One host vanishes in training and one in the sweep: the other makes the rest of their work.
    std::fs::remove_dir_all(&store).unwrap();
    for (under, ending, n) in [("runs", "it.json", 1), ("sweeps", ".parquet", 3)] {
        let mut lost = start(Some("node1"), "study", &store);
        wait_until("working", || count(&store, under, ending) >= n);
        let other = start(Some("node2"), "study", &store);
        lost.kill().unwrap();
        lost.wait().unwrap();
        if under == "sweeps" {
            finish(other);
        } else {
            let mut other = other;
            wait_until("taking over", || count(&store, under, ending) > n + 2);
            other.kill().unwrap();
            other.wait().unwrap();
        }
    }
    assert_whole_after_kills(&store, &expected, 3);
}

#[test]
fn two_hosts_share_a_network_file_system_without_locks() {
    if !can_have_hosts() {
        return skipped(NO_HOSTS);
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(shared) = NetworkFolder::new(folder.path()) else {
        return skipped("there is no SFTP server here (openssh-sftp-server)");
    };
    // Clients must keep attributes and names for less time than the lease.
    let options = ["-o", "dir_cache=no", "-o", "attr_timeout=1", "-o", "entry_timeout=1"];
    let mounts = ["client1", "client2"].map(|client| shared.mount(&folder.path().join(client), &options));
    let [Some(first), Some(second)] = mounts else {
        return skipped("no network file system can be mounted here (sshfs, /dev/fuse)");
    };
    assert_no_locks(&first.0, &second.0);
    assert_one_claims(&first.0, &second.0);
    let expected = undisturbed(folder.path());
    let on = |host, mount: &Path| start(Some(host), "study", &mount.join("store"));
    let hosts = [on("node1", &first.0), on("node2", &second.0)];
    hosts.into_iter().for_each(finish);
    assert_whole(&shared.server.join("store"), &expected);
    // The same holds when one of them vanishes.
    std::fs::remove_dir_all(shared.server.join("store")).unwrap();
    let mut lost = on("node1", &first.0);
    wait_until("working", || count(&shared.server.join("store"), "runs", "it.json") >= 1);
    let other = on("node2", &second.0);
    lost.kill().unwrap();
    lost.wait().unwrap();
    finish(other);
    finish(on("node1", &first.0));
    assert_whole_after_kills(&shared.server.join("store"), &expected, 1);
}

/// Asserts that the locks of one client mean nothing to another: this is the point of the test.
fn assert_no_locks(first: &Path, second: &Path) {
    let lock = |folder: &Path| {
        let mut flock = Command::new("flock");
        flock.arg("--nonblock").arg(folder.join("lock"));
        flock
    };
    let inner = lock(second).arg("true").get_args().map(|a| a.to_owned()).collect::<Vec<_>>();
    let both = lock(first).arg("flock").args(inner).status().unwrap();
    assert!(both.success(), "the locks of this file system reach other clients");
    std::fs::remove_file(first.join("lock")).unwrap();
}

/// Asserts that of two clients that claim a file at the same moment one gets it, and the other is told so.
fn assert_one_claims(first: &Path, second: &Path) {
    let together = &Barrier::new(2);
    for number in 0..50 {
        let name = &format!("unit{number}.parquet");
        let claims = std::thread::scope(|scope| {
            let claiming = [first, second].map(|mount| {
                scope.spawn(move || {
                    together.wait();
                    Claim::of(&mount.join(name), false).unwrap_or_else(|error| panic!("{error}"))
                })
            });
            claiming.map(|claim| claim.join().unwrap())
        });
        assert_eq!(claims.iter().flatten().count(), 1, "{name}");
    }
}

#[test]
fn a_store_takes_no_locks_and_only_renames_what_is_on_disk() {
    if !Command::new("strace").args(["-V"]).output().is_ok_and(|output| output.status.success()) {
        return skipped("strace is missing");
    }
    let folder = tempfile::tempdir().unwrap();
    let (store, trace) = (folder.path().join("store"), folder.path().join("trace"));
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-ff",
        "-y",
        "--seccomp-bpf",
        "-e",
        "trace=openat,flock,fcntl,fsync,rename,renameat,renameat2,ftruncate",
        "-o",
    ]);
    command.arg(&trace).arg(std::env::current_exe().unwrap()).args([
        "--exact",
        "child",
        "--ignored",
        "--nocapture",
    ]);
    command.env(STORE, &store).env(WORK, "study").env("LMC_PROGRESS", "off");
    let output = command.stdout(Stdio::null()).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    if message.contains("ptrace") && !output.status.success() {
        return skipped("no process can be traced here");
    }
    assert!(output.status.success(), "{message}");
    let (root, mut renamed) = (store.to_str().unwrap().to_owned(), 0);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().starts_with("trace.") {
            continue;
        }
        // These are the calls of one thread that concern the store, in their order.
        let text = std::fs::read_to_string(path).unwrap();
        let calls: Vec<&str> = text.lines().filter(|line| line.contains(&root)).collect();
        for (i, call) in calls.iter().enumerate() {
            assert!(!call.starts_with("flock(") && !call.contains("LK"), "a lock: {call}");
            assert!(!call.contains("O_APPEND") && !call.starts_with("ftruncate"), "no new file: {call}");
            let Some(from) = call.strip_prefix("rename(\"").and_then(|rest| rest.split('"').next()) else {
                // No file that exists is opened to be written.
                let writes = call.contains("O_WRONLY") || call.contains("O_RDWR");
                assert!(!writes || call.contains("O_CREAT|O_EXCL"), "written in place: {call}");
                continue;
            };
            renamed += 1;
            let synced = |call: &&&str| call.starts_with("fsync(") && call.contains(&format!("<{from}>"));
            assert!(
                calls[..i].iter().rev().any(|call| synced(&call)),
                "renamed before it is on disk: {call}"
            );
            let to = call.split('"').nth(3).unwrap();
            let folder = Path::new(to).parent().unwrap().to_str().unwrap();
            let after = calls[i + 1..].iter().find(|call| call.starts_with("fsync("));
            assert!(
                after.is_some_and(|call| call.contains(&format!("<{folder}>"))),
                "the name of {to} is not on disk"
            );
        }
    }
    assert_eq!(renamed, files(&store).len());
    assert_eq!(hidden(&store), Vec::<PathBuf>::new());
}
