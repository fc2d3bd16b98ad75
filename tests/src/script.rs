//! Scripts of `tests` in Python, run with the Python of the set-up.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::notebook::clone_root;
use crate::processes;

/// The time limit of a script; every script ends sooner by its own limits.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// The turn to run: one script at a time, because a notebook keeps all cores busy.
static TURN: Mutex<()> = Mutex::new(());

/// Returns the command that runs a script, a path in `tests`; `wrapper` goes before it.
pub fn command(wrapper: &[&str], python: &Path, script: &str) -> Command {
    let path = clone_root().join("tests").join(script);
    let python = python.as_os_str();
    let mut words = wrapper.iter().map(AsRef::as_ref).chain([python, "-B".as_ref(), path.as_os_str()]);
    let mut command = Command::new(words.next().unwrap_or(python));
    command.args(words).stdin(Stdio::null());
    command
}

/// Runs a script to its end; its output goes to the terminal.
///
/// # Panics
///
/// If the script fails or leaves processes behind.
pub fn run(command: &mut Command) {
    // A process that is killed does not remove its own files.
    let temporary = tempfile::tempdir().expect("a temporary folder can be made");
    command.env("TMPDIR", temporary.path());
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let status = processes::run(command, LIMIT);
    drop(turn);
    assert!(status.success(), "{command:?} failed, see its output above");
}
