//! Stopping long work: a flag for the whole process, which training, evaluation and sweeps check between
//! their steps.
//!
//! The library takes over no signal unless it is asked to. A program calls [`listen`] once, as the command
//! `lmc` does; in the kernel "Rust (lmc)" SIGINT (the stop button) sets the flag and SIGUSR1 (the cell has
//! ended) clears it. Work that sees the flag keeps what it has, ends its threads and returns
//! [`LmcError::Interrupted`]. The flag is cleared when the error leaves finetuning, pretraining, an
//! evaluation of copies or a sweep, so that the next call runs. A caller that runs `lmc::model::evaluate` or
//! `lmc::train::train_stack` on its own threads calls [`clear`] after joining them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag::{register, register_conditional_shutdown, register_usize};

use crate::error::{LmcError, Result};
use crate::kernel::{Host, host};
use crate::terminal::tell;

/// The exit code of a program that SIGINT ended.
pub const EXIT_CODE: u8 = 130;

/// 1 from an interrupt until it is cleared.
static REQUESTED: AtomicUsize = AtomicUsize::new(0);
/// If true, a further interrupt ends the process at once.
static ARMED: AtomicBool = AtomicBool::new(false);

/// Makes a first SIGINT stop work gracefully and a second one end the process with [`EXIT_CODE`], and makes a
/// file that is too large an error instead of the end of the process. It may be called more than once.
///
/// # Errors
/// [`LmcError::Io`] when the system refuses to register the handler.
pub fn listen() -> Result<()> {
    static LISTENING: OnceLock<std::result::Result<(), std::io::ErrorKind>> = OnceLock::new();
    let registered = LISTENING.get_or_init(|| {
        register_conditional_shutdown(SIGINT, i32::from(EXIT_CODE), &ARMED)
            .and_then(|_| register(SIGINT, &ARMED))
            .and_then(|_| register_usize(SIGINT, &REQUESTED, 1))
            // A file that grows over its limit (ulimit -f) is then an error of that file and does not end the
            // process.
            .and_then(|_| register(SIGXFSZ, Arc::default()))
            .map(|_| ())
            .map_err(|error| error.kind())
    });
    registered.map_err(|kind| LmcError::io("listen to", Path::new("SIGINT"))(kind.into()))
}

/// Makes SIGTERM stop work gracefully too. A batch system sends it some time before it kills.
///
/// # Errors
/// [`LmcError::Io`] when the system refuses to register the handler.
pub fn listen_to_termination() -> Result<()> {
    let registered = register_usize(SIGTERM, &REQUESTED, 1);
    registered.map(|_| ()).map_err(LmcError::io("listen to", Path::new("SIGTERM")))
}

/// Listens to the kernel, if there is one: the kernel itself decides what a second SIGINT does.
fn listen_to_kernel() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        if host() == Host::Lmc {
            let registered =
                register_usize(SIGINT, &REQUESTED, 1).and_then(|_| register_usize(SIGUSR1, &REQUESTED, 0));
            if let Err(error) = registered {
                tell(&format!("the stop button stays without effect on long work: {error}"));
            }
        }
    });
}

/// Returns whether work is to stop.
pub fn requested() -> bool {
    listen_to_kernel();
    REQUESTED.load(Ordering::Relaxed) != 0
}

/// Forgets an interrupt.
pub fn clear() {
    REQUESTED.store(0, Ordering::Relaxed);
    ARMED.store(false, Ordering::Relaxed);
}

/// Checks that work is not to stop.
///
/// # Errors
/// [`LmcError::Interrupted`] with the text of `finished`.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_base::*; pub mod notebook { pub use lmc_base::interrupt; } }
/// use lmc::notebook::interrupt;
/// for step in 0..3 {
///     // One step of long work.
///     interrupt::check(|| format!("{step} of 3 steps are done"))?;
/// }
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn check(finished: impl FnOnce() -> String) -> Result<()> {
    if requested() { Err(LmcError::Interrupted { finished: finished() }) } else { Ok(()) }
}

/// Returns the result of a call whose threads have all ended. An interrupt is forgotten, and its text about
/// the thread that saw it is replaced by a text about the whole call.
#[doc(hidden)]
pub fn settle<T>(result: Result<T>, of_call: impl FnOnce(String) -> String) -> Result<T> {
    match result {
        Err(LmcError::Interrupted { finished }) => {
            clear();
            Err(LmcError::Interrupted { finished: of_call(finished) })
        }
        other => other,
    }
}

/// Returns the text of [`LmcError::Interrupted`] for work whose finished part is in the store.
#[doc(hidden)]
pub fn in_store(done: u64, total: u64, unit: &str) -> String {
    format!("{done} of {total} {unit} are in the store; run the same call again to go on from there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_interrupt_is_settled() {
        let interrupted = || Err::<(), _>(LmcError::Interrupted { finished: "1 of 3 units".into() });
        let message = settle(interrupted(), |_| in_store(412, 600, "updates")).unwrap_err().to_string();
        assert_eq!(
            message,
            "interrupted: 412 of 600 updates are in the store; run the same call again to go on from there"
        );
        let other = settle(Err::<(), _>(LmcError::Figure("f".into())), |text| text).unwrap_err();
        assert_eq!(other.to_string(), "figure: f");
        assert_eq!(settle(Ok(7), |text| text).unwrap(), 7);
    }
}
