//! The connection with the process of the cells.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::Sender;

use super::Input;

/// The connection to the process of the cells, for answers to it.
pub struct Cells {
    answers: OwnedWriteHalf,
    /// The process number of the go-between; compilers are not below it.
    pub pid: Option<i32>,
}

impl Cells {
    /// Answers an event. An end of the process is noticed elsewhere.
    pub async fn answer(&mut self, word: &str) {
        self.answers.write_all(format!("{word}\n").as_bytes()).await.ok();
    }
}

/// Listens in a folder; returns the path of the socket.
pub fn listen(folder: &Path, inputs: &Sender<Input>) -> Result<PathBuf> {
    let path = folder.join("cells");
    let listener = UnixListener::bind(&path).with_context(|| format!("listen at {}", path.display()))?;
    let inputs = inputs.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (events, cells) = split(stream);
            // There is one process at a time: messages of the last one come before those of the next one.
            if inputs.send(Input::Cells(cells)).await.is_err() {
                return;
            }
            tokio::spawn(read(events, inputs.clone()));
        }
    });
    Ok(path)
}

fn split(stream: UnixStream) -> (OwnedReadHalf, Cells) {
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
    let (events, answers) = stream.into_split();
    (events, Cells { answers, pid })
}

async fn read(events: OwnedReadHalf, inputs: Sender<Input>) {
    let mut lines = BufReader::new(events).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(event) => {
                if inputs.send(Input::Event(event)).await.is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("the process of the cells sent {line:?}: {error}"),
        }
    }
}
