//! Failures of cells, read from the text that they wrote to their standard error.

use serde::{Deserialize, Serialize};

/// The report to Jupyter of a cell that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind: `Panic` or `Error`.
    pub name: String,
    /// The message: for a panic the text it was called with, otherwise the text that the error displays.
    pub message: String,
    /// The place where it happened, if known.
    pub place: Option<String>,
}

/// The failure and the text that does not belong to it.
#[derive(Debug, PartialEq)]
pub struct Report {
    /// The text that was held but was written before the failure.
    pub before: String,
    /// The failure.
    pub failure: Failure,
}

/// The generated file in which evcxr compiles a cell.
const CELL: &str = "src/lib.rs";
const NOTE: &str = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
const BACKTRACE: &str = "\nstack backtrace:\n";

/// Returns the report of an error at a `?`. Its text is everything that was written lately, which is
/// therefore still held. Text that was already passed on is only used if nothing is held.
pub fn error(passed: &str, held: &str) -> Report {
    let last = || passed.trim_end().lines().next_back().unwrap_or_default();
    let message = if held.trim().is_empty() { last() } else { held.trim_end() };
    let failure = Failure { name: "Error".into(), message: message.to_owned(), place: None };
    Report { before: String::new(), failure }
}

/// Returns the report of a panic: the last report of the panic hook. `source` is the code in which lines of
/// [`CELL`] are looked up.
pub fn panic(passed: &str, held: &str, source: Option<&str>) -> Report {
    let (name, all) = ("Panic".to_owned(), format!("{passed}{held}"));
    let Some((start, place, message)) = last_report(&all) else {
        let failure = Failure { name, message: held.trim().to_owned(), place: None };
        return Report { before: String::new(), failure };
    };
    let message = message.split(BACKTRACE).next().unwrap_or_default();
    let message = message.replace(NOTE, "").trim().to_owned();
    let place = match line_of(place).zip(source) {
        Some((line, source)) => source.lines().nth(line - 1).map(|code| code.trim().to_owned()),
        None => Some(place.to_owned()),
    };
    let before = all.get(passed.len()..start).unwrap_or_default().trim_end_matches('\n');
    let before = if before.is_empty() { String::new() } else { format!("{before}\n") };
    Report { before, failure: Failure { name, message, place } }
}

/// Returns the start, place and message of the last line `thread 'NAME' (ID) panicked at PLACE:`.
fn last_report(stderr: &str) -> Option<(usize, &str, &str)> {
    let middle = stderr.rfind(" panicked at ")?;
    let start = stderr[..middle].rfind("thread '")?;
    let (place, message) = stderr[middle + " panicked at ".len()..].split_once(":\n")?;
    Some((start, place, message))
}

/// Returns the line of a place in the cell's own code.
fn line_of(place: &str) -> Option<usize> {
    let (line, _column) = place.strip_prefix(CELL)?.strip_prefix(':')?.split_once(':')?;
    line.parse().ok().filter(|&line| line > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_all_that_is_held() {
        let report = error("earlier\n", "write /x: No space left\n  caused by: disk\n");
        assert_eq!(report.failure.message, "write /x: No space left\n  caused by: disk");
        assert_eq!(report.failure.name, "Error");
        assert_eq!(error("earlier\nlate\n", "").failure.message, "late");
    }

    #[test]
    fn a_panic_in_a_cell_shows_its_code() {
        let stderr =
            format!("warning: slow\n\nthread 'main' (77) panicked at src/lib.rs:2:5:\non\npurpose\n{NOTE}\n");
        let report = panic("passed\n", &stderr, Some("fn cell() {\n    panic!(\"on\\npurpose\");\n}"));
        assert_eq!(report.before, "warning: slow\n");
        assert_eq!(report.failure.message, "on\npurpose");
        assert_eq!(report.failure.place.as_deref(), Some("panic!(\"on\\npurpose\");"));
    }

    #[test]
    fn a_panic_elsewhere_shows_its_place_and_the_last_of_two_counts() {
        let stderr = "thread 'w' (1) panicked at a.rs:1:1:\nfirst\nthread 'main' (2) panicked at b/c.rs:9:1:\nsecond\n";
        let report = panic("", stderr, Some("code"));
        assert_eq!(report.failure.message, "second");
        assert_eq!(report.failure.place.as_deref(), Some("b/c.rs:9:1"));
        assert_eq!(report.before, "thread 'w' (1) panicked at a.rs:1:1:\nfirst\n");
    }

    #[test]
    fn a_panic_that_was_passed_on_already_is_found_and_its_backtrace_left_out() {
        let passed = "thread 'main' (2) panicked at b/c.rs:9:1:\nmessage\nstack backtrace:\n   0: main\n";
        let report = panic(passed, "   1: start\n", None);
        assert_eq!(report.failure.message, "message");
        assert_eq!(report.before, "");
    }

    #[test]
    fn a_silenced_panic_is_still_one() {
        let failure = panic("", "", None).failure;
        assert_eq!((failure.name.as_str(), failure.message.as_str()), ("Panic", ""));
    }
}
