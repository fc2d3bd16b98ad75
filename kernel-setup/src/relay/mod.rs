//! The relay, which Jupyter talks to: it passes requests to evcxr's kernel and answers back, and adds on the
//! way the things that this kernel cannot do.
//!
//! - A cell that panics or returns an error has status `error`, so that the cells after it do not run.
//! - Output, displays and errors of cells are published in their order, at once, as [`crate::runtime`]
//!   reports it.
//! - An interrupt stops loops that listen to it and leaves the variables; a second one ends the process of
//!   the cells.
//! - The relay answers from the first moment, while evcxr is still starting, and reports the problem if it
//!   cannot start.

mod backend;
mod backend_news;
mod cell_news;
mod cells;
mod content;
mod control;
mod front;
mod interrupt;
mod request;
mod requests;
mod state;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::mpsc;

use crate::jupyter::{Channel, Connection, Message};
use crate::runtime::Event;
pub use backend::{FLAG as EVCXR, Prepared};
use front::Front;
use state::Relay;

/// The number of messages that may wait: a cell that prints more waits too.
const N_WAITING: usize = 64;

/// The variable with the number of Jupyter's process.
const PARENT: &str = "JPY_PARENT_PID";
/// The interval at which that process is looked for.
const WATCH: Duration = Duration::from_secs(1);

/// The inputs that the relay reacts to.
enum Input {
    /// A client says something.
    Client(Channel, Message),
    /// evcxr's kernel says something.
    Backend(Channel, Message),
    /// evcxr's kernel runs.
    Started(backend::Backend),
    /// evcxr's kernel has ended or could not start.
    Ended(backend::Ended),
    /// The process of the cells is new.
    Cells(cells::Cells),
    /// Something happened in the process of the cells.
    Event(Event),
    /// A reason why cells have to wait, for the user.
    Delay(String),
    /// Jupyter has gone without asking for an end.
    Orphaned,
    /// It is time to look at a cell that was interrupted.
    Look,
}

/// Serves Jupyter at the addresses of a connection file until it asks for an end. `prepare` may take its
/// time, and give the reason with the function that it receives.
pub fn serve(
    connection: &Path,
    prepare: impl FnOnce(&dyn Fn(&str)) -> Result<Prepared> + Send + 'static,
) -> Result<()> {
    let connection = Connection::read(connection)?;
    // It runs only on this thread: the processes that it starts are tied to it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder =
        tempfile::Builder::new().prefix("lmc-kernel-").tempdir().context("make a folder for sockets")?;
    let result = runtime.block_on(async {
        let (clients, mut from_clients) = mpsc::channel(N_WAITING);
        let (others, mut from_others) = mpsc::channel(N_WAITING);
        let front = Front::bind(&connection, &clients).await?;
        let socket = cells::listen(folder.path(), &others)?;
        tokio::spawn(watch_parent(clients.clone()));
        tokio::spawn(backend::run(prepare, folder.path().to_owned(), socket, others.clone()));
        let mut relay = Relay::new(front, others);
        while !relay.has_ended() {
            let input = tokio::select! {
                biased;
                Some(input) = from_clients.recv() => input,
                Some(input) = from_others.recv() => input,
            };
            relay.react(input).await?;
            if relay.must_abort() {
                let mut waiting = Vec::new();
                while let Ok(input) = from_clients.try_recv() {
                    waiting.push(input);
                }
                for input in waiting {
                    relay.react(input).await?;
                }
                relay.abort().await?;
            }
        }
        anyhow::Ok(())
    });
    // Without waiting for the threads that still read.
    runtime.shutdown_background();
    result
}

/// Reports when the process that started this one has ended, if that was Jupyter: it names itself in a
/// variable.
async fn watch_parent(inputs: mpsc::Sender<Input>) {
    let parent = std::os::unix::process::parent_id();
    if std::env::var(PARENT).is_ok_and(|named| named == parent.to_string()) {
        while std::os::unix::process::parent_id() == parent {
            tokio::time::sleep(WATCH).await;
        }
        inputs.send(Input::Orphaned).await.ok();
    }
}
