//! Messages of tests that skip themselves, where everyone sees them.

use std::fmt::Display;
use std::io::Write;

/// Says on the terminal that this test is skipped and why, past the harness that captures what tests print.
pub fn skipped(cause: impl Display) {
    let thread = std::thread::current();
    say(&format!("SKIPPED: {}: {cause}", thread.name().unwrap_or("a test")));
}

/// Writes a line to the terminal, which the test harness does not capture.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "\n{line}");
}

/// Says that this test is skipped because a part of the set-up is missing.
///
/// # Panics
///
/// In continuous integration (`CI` is set), where no part may be missing.
pub fn missing(what: impl Display, remedy: &str) {
    assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "{what} are missing: {remedy}");
    skipped(format!("{what} are missing: {remedy}"));
}
