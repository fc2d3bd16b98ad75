//! Tests that skip themselves say so where everyone sees it.

use std::fmt::Display;
use std::io::Write;

/// Says on the terminal, past the harness that captures what tests print, that this test is skipped and why.
pub fn skipped(cause: impl Display) {
    let thread = std::thread::current();
    say(&format!("SKIPPED: {}: {cause}", thread.name().unwrap_or("a test")));
}

/// A line on the terminal, which the test harness does not capture.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "\n{line}");
}

/// The same where something is missing that set-up installs.
///
/// # Panics
///
/// In continuous integration (`CI` is set), where nothing of that may be missing.
pub fn missing(what: impl Display, remedy: &str) {
    assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "{what} are missing: {remedy}");
    skipped(format!("{what} are missing: {remedy}"));
}
