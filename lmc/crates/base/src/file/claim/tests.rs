use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::file::names;

const SECOND: Duration = Duration::from_secs(1);

fn claim(file: &Path, waits: bool) -> Option<Claim> {
    Claim::leased(file, waits, SECOND).unwrap()
}

/// Returns the file of the claim to `a--b.parquet` in that folder.
fn claim_path(folder: &Path) -> PathBuf {
    folder.join(".a--b.claim")
}

/// Returns the content of a claim that a process of another host holds.
fn elsewhere(lease_seconds: u64) -> String {
    let holder = serde_json::json!({
        "host": "node7", "place": "another boot", "pid": 1, "started": 2, "number": 3, "lease_seconds": lease_seconds,
    });
    format!("{holder}\n0000000000\n")
}

#[test]
fn a_claim_is_held_by_one_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sub/a--b.parquet");
    let held = Claim::of(&file, false).unwrap().unwrap();
    assert!(Claim::of(&file, false).unwrap().is_none());
    assert!(Claim::of(&file.with_file_name("a--c.parquet"), false).unwrap().is_some());
    assert_eq!(names(&folder.path().join("sub")).unwrap(), [".a--b.claim"]);
    let waiting = {
        let file = file.clone();
        std::thread::spawn(move || Claim::of(&file, true).unwrap().is_some())
    };
    std::thread::sleep(INTERVALS[0] / 2);
    drop(held);
    assert!(waiting.join().unwrap());
    assert!(Claim::of(&file, false).unwrap().is_some());
    assert_eq!(std::fs::read_dir(folder.path().join("sub")).unwrap().count(), 0);
}

#[test]
fn the_claim_of_a_process_of_this_host_that_ended_is_free_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    drop(claim(&file, false).unwrap());
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let own: Holder = {
        let _held = claim(&file, false).unwrap();
        serde_json::from_str(&first_line(&fs::read(claim_path(folder.path())).unwrap())).unwrap()
    };
    let mut other = serde_json::to_value(own).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    other["pid"] = child.id().into();
    other["started"] =
        stat.rsplit(')').next().unwrap().split_whitespace().nth(19).unwrap().parse::<u64>().unwrap().into();
    fs::write(claim_path(folder.path()), format!("{other}\n0000000000\n")).unwrap();
    assert!(claim(&file, false).is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(claim(&file, false).is_some());
    assert!(names(folder.path()).unwrap().is_empty());
}

#[test]
fn the_claim_of_another_host_is_free_after_its_lease_and_not_while_it_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    let path = claim_path(folder.path());
    // Half a claim, or a file that is not a claim, has the lease of the process that waits.
    for content in [elsewhere(1), "{\"host\": \"no".to_owned(), String::new(), "\u{0}\u{1}".to_owned()] {
        fs::write(&path, &content).unwrap();
        let start = Instant::now();
        assert!(claim(&file, false).is_none());
        assert!(claim(&file, true).is_some());
        assert!(start.elapsed() > SECOND, "{content:?}");
        assert!(names(folder.path()).unwrap().is_empty());
    }
    // The boot differs, but every write is a sign of life; the lease in the claim holds, not that of the
    // process that waits.
    let done = AtomicBool::new(false);
    fs::write(&path, elsewhere(3)).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let held = claim(&file, true).unwrap();
            (done.load(Ordering::Relaxed), held)
        });
        for count in 1..4 {
            std::thread::sleep(SECOND + SECOND / 4);
            fs::write(&path, elsewhere(3).replace("\n0000000000", &format!("\n{count:010}"))).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let (after, held) = waiting.join().unwrap();
        assert!(after, "taken from a living process");
        drop(held);
    });
    assert!(names(folder.path()).unwrap().is_empty());
}

/// Clocks of hosts and servers differ by hours: only a change of content counts.
#[test]
fn no_clock_of_another_host_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    let path = claim_path(folder.path());
    for hours in [-1000, 1000i64] {
        fs::write(&path, elsewhere(1)).unwrap();
        let now = std::time::SystemTime::now();
        let shift = Duration::from_secs(3600 * hours.unsigned_abs());
        let written = if hours < 0 { now - shift } else { now + shift };
        File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        let start = Instant::now();
        assert!(claim(&file, false).is_none());
        assert!(claim(&file, true).is_some());
        assert!((SECOND..10 * SECOND).contains(&start.elapsed()), "{hours}: {:?}", start.elapsed());
    }
}

#[test]
fn a_claim_is_renewed_as_long_as_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    let held = claim(&file, false).unwrap();
    let read = || fs::read(claim_path(folder.path())).unwrap();
    let contents = [0, 1, 2].map(|_| {
        std::thread::sleep(SECOND / 4);
        read()
    });
    assert!(contents[0] != contents[1] && contents[1] != contents[2], "{contents:?}");
    assert!(contents.iter().all(|content| first_line(content) == held.holder && content.ends_with(b"\n")));
    assert_eq!(contents[0].len(), contents[2].len());
}

#[test]
fn of_many_that_find_a_claim_abandoned_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    for _ in 0..4 {
        fs::write(claim_path(folder.path()), elsewhere(0)).unwrap();
        let (holders, most, got) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let held = claim(&file, true).unwrap();
                    most.fetch_max(holders.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                    holders.fetch_sub(1, Ordering::SeqCst);
                    got.fetch_add(1, Ordering::SeqCst);
                    drop(held);
                });
            }
        });
        assert_eq!((most.into_inner(), got.into_inner()), (1, 8));
        assert!(names(folder.path()).unwrap().is_empty());
    }
}

#[test]
fn a_claim_that_changed_hands_meanwhile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a--b.parquet");
    let path = claim_path(folder.path());
    // The lease is long enough that it is not renewed in the meantime.
    let held = Claim::leased(&file, false, LEASE).unwrap().unwrap();
    assert!(take_down(&path, elsewhere(1).as_bytes(), SECOND).unwrap());
    assert_eq!(first_line(&fs::read(&path).unwrap()), held.holder);
    // A process that was taken for dead does not remove the claim of its successor.
    let content = fs::read(&path).unwrap();
    {
        let _turn = Claim::leased(&path, false, SECOND).unwrap().unwrap();
        assert!(!take_down(&path, &content, SECOND).unwrap(), "two at a time");
    }
    assert!(take_down(&path, &content, SECOND).unwrap());
    let next = claim(&file, false).unwrap();
    drop(held);
    assert!(claim(&file, false).is_none());
    drop(next);
    assert!(take_down(&path, b"", SECOND).unwrap());
    assert!(names(folder.path()).unwrap().is_empty());
}
