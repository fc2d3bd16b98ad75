//! The handling of a panic: it prints one line, and finished work stays.

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::{Mutex, PoisonError};

/// The most characters of a panic's message that are printed.
const MOST: usize = 300;

/// The first panic since the start, in words.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// Makes panics print nothing from now on. [`caught`] returns the message of a panic, even of one in a thread
/// that the caller waits for.
pub fn listen() {
    set_hook(Box::new(|info| {
        FIRST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| described(info));
    }));
}

/// Runs work and returns its result, or the message of a panic in it, in one line.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.unwrap_or_else(|| one_line(message(payload.as_ref())))
    })
}

fn described(info: &PanicHookInfo) -> String {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
    format!("{}{}", one_line(message(info.payload())), place.unwrap_or_default())
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

/// Returns the first line; libtorch's frames follow on it, in a debugged string behind a written line break.
fn one_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split("\\n").next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_this_thread_or_another_is_one_line_with_its_place() {
        listen();
        let torch = "index 1 is out of bounds\nException raised from frame #0";
        let debugged = format!("called `Result::unwrap()` on an `Err` value: Torch({torch:?})");
        let said = caught(|| std::panic::panic_any(debugged.clone())).unwrap_err();
        assert!(said.starts_with("called `Result::unwrap()` on an `Err` value: Torch(\"index 1"), "{said}");
        assert!(said.contains(" at lmc/src/bin/lmc/caught.rs:") && !said.contains("frame"), "{said}");
        let said = caught(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| panic!("in a thread\nwith frames"));
            })
        });
        let said = said.unwrap_err();
        assert!(said.starts_with("in a thread at ") && said.lines().count() == 1, "{said}");
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(one_line(&"x".repeat(5000)).len(), MOST);
        // Other tests say why they fail.
        drop(std::panic::take_hook());
    }
}
