use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use super::*;
use lmc_base::error::LmcError;
use lmc_base::file::{names, read_sealed, remove, write_atomic, write_sealed};
use lmc_base::progress::Unit as Pieces;

/// Texts in one file each: that of unit 3 in two parts is "3.0 3.1 ".
struct Texts<'a> {
    files: Vec<PathBuf>,
    n_parts: usize,
    progress: Progress,
    /// The units whose parts were made, in that order.
    made: Mutex<Vec<usize>>,
    /// Called before a part is made, with its unit.
    before: &'a (dyn Fn(usize) -> Result<()> + Sync),
}

impl<'a> Texts<'a> {
    fn new(folder: &Path, n_units: usize) -> Self {
        Self {
            files: (0..n_units).map(|unit| folder.join(format!("{unit}.txt"))).collect(),
            n_parts: 1,
            progress: Progress::new("writing", Pieces::Pairs, n_units as u64),
            made: Mutex::default(),
            before: &|_| Ok(()),
        }
    }

    fn before(self, before: &'a (dyn Fn(usize) -> Result<()> + Sync)) -> Self {
        Self { before, ..self }
    }

    fn bring_about(&self, n_workers: usize) -> Result<Vec<String>> {
        let order: Vec<usize> = (0..self.files.len()).collect();
        let kept = Kept {
            files: &self.files,
            find: &|unit| self.find(unit),
            workers: &vec![(); n_workers],
            equip: &|()| Ok(()),
            progress: &self.progress,
            size: 1,
            noun: "texts",
            begun: None,
        };
        let make = |(): &mut (), unit: usize, part: usize| {
            (self.before)(unit)?;
            self.made.lock().unwrap().push(unit);
            Ok(format!("{unit}.{part} "))
        };
        kept.bring_about_in_parts(&order, self.n_parts, make, |(), unit, parts| {
            write_atomic(&self.files[unit], parts.concat().as_bytes())?;
            self.progress.tick(String::new);
            Ok(parts.concat())
        })
    }

    fn find(&self, unit: usize) -> Result<Option<String>> {
        let path = self.files[unit].clone();
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        if text.starts_with(&format!("{unit}.")) {
            return Ok(Some(text));
        }
        Err(LmcError::Format { path, line: None, problem: "another text".into(), remedy: "delete it" })
    }

    fn made(&self) -> Vec<usize> {
        self.made.lock().unwrap().clone()
    }
}

fn interrupted() -> LmcError {
    LmcError::Interrupted { finished: "one worker's words".into() }
}

#[test]
fn units_are_made_once_and_then_found() {
    let folder = tempfile::tempdir().unwrap();
    let first = Texts::new(folder.path(), 5);
    assert_eq!(first.bring_about(2).unwrap(), ["0.0 ", "1.0 ", "2.0 ", "3.0 ", "4.0 "]);
    assert_eq!((first.made().len(), first.progress.done()), (5, 5));
    fs::remove_file(folder.path().join("3.txt")).unwrap();
    let second = Texts::new(folder.path(), 5);
    assert_eq!(second.bring_about(2).unwrap(), first.bring_about(2).unwrap());
    assert_eq!((second.made(), second.progress.done()), (vec![3], 5));
    assert_eq!(names(folder.path()).unwrap(), ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt"]);
    assert!(Texts::new(folder.path(), 0).bring_about(2).unwrap().is_empty());
}

#[test]
fn parts_are_made_side_by_side_and_joined_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    // Both parts of a unit are in the making at once, or this test would not end.
    let both = Barrier::new(2);
    let before = |_| {
        both.wait();
        Ok(())
    };
    let work = Texts { n_parts: 2, ..Texts::new(folder.path(), 3) }.before(&before);
    assert_eq!(work.bring_about(2).unwrap(), ["0.0 0.1 ", "1.0 1.1 ", "2.0 2.1 "]);
    assert_eq!(fs::read_to_string(folder.path().join("2.txt")).unwrap(), "2.0 2.1 ");
}

#[test]
fn no_more_units_are_in_the_making_than_there_are_workers() {
    let folder = tempfile::tempdir().unwrap();
    let (now, most, full) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(3));
    let before = |_| {
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        full.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        // Nobody begins another unit before all have counted themselves out.
        full.wait();
        Ok(())
    };
    let work = Texts::new(folder.path(), 9).before(&before);
    assert_eq!(work.bring_about(3).unwrap().len(), 9);
    assert_eq!(most.into_inner(), 3);
}

#[test]
fn a_unit_that_another_process_makes_is_left_to_the_end_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.txt");
    let other = Mutex::new(Claim::of(&path, false).unwrap());
    // The other one is done when this one has nothing else to do.
    let before = |unit| {
        if unit == 2 {
            write_atomic(&path, b"0. by another").unwrap();
            *other.lock().unwrap() = None;
        }
        Ok(())
    };
    let work = Texts::new(folder.path(), 3).before(&before);
    assert_eq!(work.bring_about(1).unwrap(), ["0. by another", "1.0 ", "2.0 "]);
    assert_eq!((work.made(), work.progress.done()), (vec![1, 2], 3));
}

#[test]
fn a_unit_is_waited_for_while_another_process_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.txt");
    let other = Claim::of(&path, false).unwrap();
    let work = Texts::new(folder.path(), 1);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| work.bring_about(2).unwrap());
        std::thread::sleep(Duration::from_millis(120));
        assert!(!waiting.is_finished());
        write_atomic(&path, b"0. by another").unwrap();
        drop(other);
        assert_eq!(waiting.join().unwrap(), ["0. by another"]);
    });
    assert!(work.made().is_empty());
}

#[test]
fn a_unit_of_a_process_that_died_is_made_here() {
    let folder = tempfile::tempdir().unwrap();
    // The claim of another host, which shows no sign of life for its lease of a second.
    let holder =
        r#"{"host":"node7","place":"another boot","pid":1,"started":2,"number":3,"lease_seconds":1}"#;
    fs::write(folder.path().join(".1.claim"), format!("{holder}\n0000000000\n")).unwrap();
    let work = Texts::new(folder.path(), 3);
    assert_eq!(work.bring_about(1).unwrap(), ["0.0 ", "1.0 ", "2.0 "]);
    assert_eq!(work.made(), [0, 2, 1]);
    assert_eq!(names(folder.path()).unwrap(), ["0.txt", "1.txt", "2.txt"]);
}

#[test]
fn an_error_of_one_unit_keeps_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let diverged = |unit| match unit {
        2 => {
            Err(LmcError::NonFiniteLoss { what: "unit 2".into(), value: f64::NAN, position: "start".into() })
        }
        _ => Ok(()),
    };
    let work = Texts::new(folder.path(), 4).before(&diverged);
    let message = work.bring_about(1).unwrap_err().to_string();
    assert!(message.starts_with("unit 2: loss is NaN"), "{message}");
    assert_eq!(names(folder.path()).unwrap(), ["0.txt", "1.txt"], "no claim, and no later unit");
    let again = Texts::new(folder.path(), 4);
    again.bring_about(1).unwrap();
    assert_eq!(again.made(), [2, 3]);
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("1.txt"), "rubbish").unwrap();
    let work = Texts::new(folder.path(), 3);
    let error = work.bring_about(1).unwrap_err();
    assert!(matches!(&error, LmcError::Format { path, .. } if path.ends_with("1.txt")), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("1.txt")).unwrap(), "rubbish");
    assert_eq!(work.made(), [0]);
}

#[test]
fn an_interrupt_keeps_what_is_finished_and_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("4.txt"), "4. of an earlier call").unwrap();
    let stops = |unit| if unit == 2 { Err(interrupted()) } else { Ok(()) };
    let work = Texts::new(folder.path(), 6).before(&stops);
    // Two were made, and the call did not reach the one that was there.
    assert_eq!(
        work.bring_about(1).unwrap_err().to_string(),
        "interrupted: 3 of 6 texts are in the store; run the same call again to go on from there"
    );
    assert_eq!(names(folder.path()).unwrap(), ["0.txt", "1.txt", "4.txt"]);
    let again = Texts::new(folder.path(), 6);
    assert_eq!(again.bring_about(1).unwrap()[4], "4. of an earlier call");
    assert_eq!(again.made(), [2, 3, 5]);
}

/// Does ten steps for each of two units, and stops by an interrupt after the steps that are allowed. Files of
/// states have the number of steps that were made. Returns the text of the error and the steps made.
fn steps(folder: &Path, allowed: usize) -> (std::result::Result<(), String>, usize) {
    const N: u64 = 10;
    let allowance = AtomicUsize::new(allowed);
    let progress = Progress::new("stepping", Pieces::Updates, 2 * N);
    let files = ["0.state", "1.state"].map(|name| folder.join(name));
    let done = ["0.done", "1.done"].map(|name| folder.join(name));
    let begun = |unit: usize| {
        let state = read_sealed(&files[unit], "delete it").unwrap();
        state.map_or(0, |state| u64::from(state[0]))
    };
    let kept = Kept {
        files: &files,
        find: &|unit| Ok(done[unit].exists().then_some(())),
        workers: &[()],
        equip: &|()| Ok(()),
        progress: &progress,
        size: N,
        noun: "steps",
        begun: Some(&begun),
    };
    let result = kept.bring_about(|(), unit| {
        let first = begun(unit);
        progress.found(first);
        for step in first..N {
            if allowance.load(Ordering::SeqCst) == 0 {
                write_sealed(&files[unit], &[&[step as u8]])?;
                return Err(interrupted());
            }
            allowance.fetch_sub(1, Ordering::SeqCst);
            progress.tick(String::new);
        }
        write_atomic(&done[unit], b"")?;
        remove(&files[unit])
    });
    (result.map(|_| ()).map_err(|error| error.to_string()), allowed - allowance.into_inner())
}

#[test]
fn a_unit_that_was_interrupted_goes_on_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let again = "are in the store; run the same call again to go on from there";
    let message = |n: usize| Err(format!("interrupted: {n} of 20 steps {again}"));
    assert_eq!(steps(folder.path(), 4), (message(4), 4));
    // The second unit has a state, and the call does not reach it.
    write_sealed(&folder.path().join("1.state"), &[&[7]]).unwrap();
    assert_eq!(steps(folder.path(), 3), (message(14), 3));
    assert_eq!(steps(folder.path(), 4), (message(18), 4));
    assert_eq!(steps(folder.path(), 100), (Ok(()), 2));
    assert_eq!(names(folder.path()).unwrap(), ["0.done", "1.done"]);
    assert_eq!(steps(folder.path(), 100), (Ok(()), 0));
}
