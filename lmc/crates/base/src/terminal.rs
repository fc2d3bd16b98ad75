//! Writing to the standard output and the standard error, where a failure never panics and is never lost.
//!
//! A reader that has closed its pipe (`| head`) wants no more output: nothing more is printed, and the work
//! goes on to its end. Any other failure, such as a full disk behind `>`, is remembered, so that a program
//! can report it when its work is done and kept.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::LmcError;

/// The state of an output.
#[derive(Clone, Copy)]
enum State {
    Open,
    /// The reader has gone, or there was a failure, which is remembered.
    Ended(Option<Failure>),
}

/// A failure in the form in which it is remembered, since an [`io::Error`] cannot be copied.
#[derive(Clone, Copy)]
struct Failure {
    code: Option<i32>,
    kind: ErrorKind,
}

impl Failure {
    fn error(self) -> io::Error {
        self.code.map_or_else(|| self.kind.into(), io::Error::from_raw_os_error)
    }
}

static OUTPUT: Mutex<State> = Mutex::new(State::Open);
static ERRORS: Mutex<State> = Mutex::new(State::Open);

fn lock(state: &'static Mutex<State>) -> MutexGuard<'static, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes text to the standard output and flushes it. After a failure this does nothing more: see
/// [`failure`].
///
/// # Examples
/// ```
/// # extern crate lmc_base as lmc;
/// lmc::terminal::print("two lines\nof text\n");
/// assert!(lmc::terminal::failure().is_none());
/// ```
pub fn print(text: &str) {
    let mut state = lock(&OUTPUT);
    if matches!(*state, State::Open) {
        let mut output = io::stdout().lock();
        *state = after(output.write_all(text.as_bytes()).and_then(|()| output.flush()));
    }
}

/// Writes a line to the standard error. A failure is remembered: see [`failure`].
pub fn tell(text: &str) {
    // It can only fail in ways that `Errors` remembers.
    let _ = Errors.write_all(format!("{text}\n").as_bytes());
}

/// Returns text in which no character moves the cursor: line breaks and other control characters, which names
/// of files may have, are written as in Rust (`\\n`).
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            control if moves(control) => line.extend(control.escape_default()),
            other => line.push(other),
        }
    }
    line
}

/// Returns whether a character ends a line, moves the cursor or turns the direction of writing.
fn moves(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Remembers that a write to the standard output failed, as [`print()`] does for its own writes.
pub fn output_failed(error: io::Error) {
    let mut state = lock(&OUTPUT);
    if matches!(*state, State::Open) {
        *state = after(Err(error));
    }
}

/// Returns the first failure of a write to the standard output or the standard error, other than a closed
/// pipe; nothing if all went well.
pub fn failure() -> Option<LmcError> {
    let of = |state: &'static Mutex<State>, name: &str| match *lock(state) {
        State::Ended(Some(failure)) => Some(LmcError::io("write", Path::new(name))(failure.error())),
        _ => None,
    };
    of(&OUTPUT, "standard output").or_else(|| of(&ERRORS, "standard error"))
}

/// Returns whether the standard error takes no text because of a failure that is remembered.
pub fn is_mute() -> bool {
    matches!(*lock(&ERRORS), State::Ended(Some(_)))
}

fn after(written: io::Result<()>) -> State {
    match written {
        Ok(()) => State::Open,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => State::Ended(None),
        Err(error) => State::Ended(Some(Failure { code: error.raw_os_error(), kind: error.kind() })),
    }
}

/// The standard error as a writer that never fails; real failures are remembered.
#[derive(Debug, Clone, Copy)]
pub struct Errors;

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = lock(&ERRORS);
        if matches!(*state, State::Open) {
            *state = after(io::stderr().lock().write_all(bytes));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_move_no_cursor() {
        assert_eq!(one_line("a\u{2028}b\u{202e}c"), "a\\u{2028}b\\u{202e}c");
        assert_eq!(one_line("a\nb\tc\u{1b}[2J é"), "a\\nb\\tc\\u{1b}[2J é");
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
        assert!(matches!(after(Ok(())), State::Open));
        assert!(matches!(after(Err(ErrorKind::BrokenPipe.into())), State::Ended(None)));
        let full = after(Err(io::Error::from_raw_os_error(28)));
        let State::Ended(Some(failure)) = full else { panic!("a full disk is remembered") };
        assert_eq!(failure.error().kind(), ErrorKind::StorageFull);
        let State::Ended(Some(other)) = after(Err(ErrorKind::WriteZero.into())) else {
            panic!("as is any other")
        };
        assert_eq!(other.error().kind(), ErrorKind::WriteZero);
    }
}
