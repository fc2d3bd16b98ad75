//! The process in which cells run, and the one that stands between it and evcxr.
//!
//! evcxr starts this program to run the cells, reads their standard output line by line and passes it to
//! Jupyter. To see more than lines, and to know whether a cell failed, the program it starts is a go-between:
//! it runs the cells in a child of its own, tells the relay about their output, displays and errors, and only
//! passes evcxr's own lines to evcxr.

mod between;
mod event;
mod failure;
mod held;
mod stream;

use std::os::unix::process::parent_id;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use rustix::process::{Signal, set_parent_process_death_signal};

pub use event::{CANCEL, Event, RUN, SEEN, SOCKET};
pub use failure::Failure;

/// The variable that evcxr sets for the process that runs the cells.
const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";
/// The user's wish for backtraces of panics, in the place of `RUST_BACKTRACE`, which evcxr sets itself.
const BACKTRACE: &str = "LMC_KERNEL_BACKTRACE";
/// The variable that the go-between sets for its child, to the number of its own process.
const CHILD_OF: &str = "LMC_KERNEL_CHILD_OF";

/// Becomes the go-between or the process of the cells, if this process was started for that.
pub fn hook() -> Result<()> {
    if std::env::var_os(IS_RUNTIME).is_none() {
        return Ok(());
    }
    let Some(socket) = std::env::var_os(SOCKET) else { return Ok(()) };
    match std::env::var(CHILD_OF) {
        Ok(parent) => prepare(&parent),
        Err(_) => between::run(socket.as_ref()),
    }
}

/// Ends this process when the thread that started it ends.
pub fn follow_parent() -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("follow the parent process")
}

/// Ties the process of the cells to the go-between, and makes Jupyter's interrupt harmless for code that does
/// not listen to it: it would end the process and lose all variables. `lmc` listens.
fn prepare(parent: &str) -> Result<()> {
    follow_parent()?;
    if parent_id().to_string() != parent {
        std::process::exit(0);
    }
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGUSR1] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false))).context("handle a signal")?;
    }
    Ok(())
}
