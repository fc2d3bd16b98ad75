//! evcxr's kernel: a process of its own, reached by sockets in a private folder.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};
use zeromq::util::PeerIdentity;
use zeromq::{DealerSendHalf, DealerSocket, Socket, SocketOptions, SocketRecv, SocketSend, SubSocket};

use super::Input;
use crate::jupyter::{Channel, Connection, Message, Signer};
use crate::pool::Slot;
use crate::runtime::SOCKET;

/// The session of the relay's own requests.
pub const SESSION: &str = "lmc-kernel";
/// The argument with which this program becomes evcxr's kernel, at the addresses of the file that follows.
pub const FLAG: &str = "--control_file";
/// The number of its last lines that are kept.
const N_LINES: usize = 20;

/// Everything that is needed to start it.
pub struct Prepared {
    /// The command, without the connection file.
    pub command: Command,
    /// The folder in which it works; locked as long as this lives.
    pub _slot: Slot,
}

/// Its sockets, ready to send.
pub struct Backend {
    shell: DealerSendHalf,
    stdin: DealerSendHalf,
    signer: Signer,
}

/// Its end.
pub struct Ended {
    /// The reason.
    pub why: String,
    /// True if it is started again.
    pub again: bool,
}

impl Backend {
    /// Passes a client's message on.
    pub async fn send(&mut self, channel: Channel, message: &Message) -> Result<()> {
        let frames = self.signer.pack(message)?;
        let socket = if channel == Channel::Stdin { &mut self.stdin } else { &mut self.shell };
        socket.send(frames).await.context("pass a request to evcxr's kernel")
    }
}

/// Starts it, and starts it again whenever it ends.
pub async fn run(
    prepare: impl FnOnce(&dyn Fn(&str)) -> Result<Prepared> + Send + 'static,
    folder: PathBuf,
    cells: PathBuf,
    inputs: Sender<Input>,
) {
    let delays = inputs.clone();
    // The relay is told of a delay as long as it lives.
    let tell = move |why: &str| drop(delays.blocking_send(Input::Delay(why.to_owned())));
    let prepared = match tokio::task::spawn_blocking(move || prepare(&tell)).await {
        Ok(prepared) => prepared,
        Err(panic) => Err(panic.into()),
    };
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let ended = Ended { why: format!("{error:#}"), again: false };
            inputs.send(Input::Ended(ended)).await.ok();
            return;
        }
    };
    let connection = Connection::within(&folder);
    let file = folder.join("connection.json");
    prepared.command.arg(FLAG).arg(&file).env(SOCKET, cells);
    loop {
        let ended = match start(&mut prepared.command, &connection, &file, &inputs).await {
            Ok(ended) => ended,
            Err(error) => Ended { why: format!("{error:#}"), again: false },
        };
        let again = ended.again;
        if inputs.send(Input::Ended(ended)).await.is_err() || !again {
            return;
        }
    }
}

/// Starts it and waits for its end.
async fn start(
    command: &mut Command,
    connection: &Connection,
    file: &Path,
    inputs: &Sender<Input>,
) -> Result<Ended> {
    for channel in [Channel::Shell, Channel::Iopub, Channel::Stdin, Channel::Control, Channel::Heartbeat] {
        std::fs::remove_file(path_of(connection, channel)).ok();
    }
    std::fs::write(file, serde_json::to_string(connection)?)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("start evcxr's kernel")?;
    let words = LastWords::listen(child.stderr.take());
    let end = tokio::task::spawn_blocking(move || wait(&mut child));
    tokio::pin!(end);
    let could_not_start = |status: String| {
        let why = format!("evcxr's kernel could not start ({status})\n{}", words.text());
        Ok(Ended { why, again: false })
    };
    let started = tokio::select! {
        status = &mut end => return could_not_start(status?),
        started = connect(connection, inputs) => started,
    };
    let started = match started {
        Ok(started) => started,
        // A connection breaks when the other end has died; the end of the process says more.
        Err(error) => match timeout(Duration::from_secs(5), &mut end).await {
            Ok(status) => return could_not_start(status?),
            Err(_) => return Err(error),
        },
    };
    inputs.send(Input::Started(started)).await.ok();
    let status = end.await?;
    Ok(Ended { why: format!("evcxr's kernel ended ({status})\n{}", words.text()), again: true })
}

fn wait(child: &mut Child) -> String {
    match child.wait() {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

fn path_of(connection: &Connection, channel: Channel) -> PathBuf {
    PathBuf::from(connection.address(channel).trim_start_matches("ipc://"))
}

/// Connects once it listens, and returns when it answers.
async fn connect(connection: &Connection, inputs: &Sender<Input>) -> Result<Backend> {
    // Published messages only reach clients that have subscribed before.
    let mut iopub: SubSocket = open(connection, Channel::Iopub).await?;
    iopub.subscribe("").await?;
    let (mut shell, stdin): (DealerSocket, DealerSocket) =
        (open(connection, Channel::Shell).await?, open(connection, Channel::Stdin).await?);
    let signer = Signer::new(&connection.key)?;
    loop {
        shell.send(signer.pack(&greeting())?).await?;
        shell.recv().await?;
        if timeout(Duration::from_millis(300), iopub.recv()).await.is_ok() {
            break;
        }
    }
    let (shell, from_shell) = shell.split();
    let (stdin, from_stdin) = stdin.split();
    tokio::spawn(read(from_shell, Channel::Shell, signer.clone(), inputs.clone()));
    tokio::spawn(read(from_stdin, Channel::Stdin, signer.clone(), inputs.clone()));
    tokio::spawn(read(iopub, Channel::Iopub, signer.clone(), inputs.clone()));
    Ok(Backend { shell, stdin, signer })
}

async fn open<S: Socket>(connection: &Connection, channel: Channel) -> Result<S> {
    let path = path_of(connection, channel);
    let mut options = SocketOptions::default();
    // It asks questions on `stdin` to the client that it heard on `shell`: both must have the same name.
    options.peer_identity(PeerIdentity::try_from(SESSION.as_bytes().to_vec())?);
    let mut socket = S::with_options(options);
    let address = connection.address(channel);
    while !path.exists() || socket.connect(&address).await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(socket)
}

fn greeting() -> Message {
    let header = json!({ "msg_id": "greeting", "msg_type": "kernel_info_request", "session": SESSION });
    let (identities, buffers) = (Vec::new(), Vec::new());
    let empty = || json!({});
    Message { identities, header, parent: empty(), metadata: empty(), content: empty(), buffers }
}

async fn read(mut socket: impl SocketRecv, channel: Channel, signer: Signer, inputs: Sender<Input>) {
    while let Ok(frames) = socket.recv().await {
        match signer.unpack(frames) {
            Ok(message) => {
                if inputs.send(Input::Backend(channel, message)).await.is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("evcxr's kernel: {error:#}"),
        }
    }
}

/// The last lines that it wrote to its standard error; all of them are also passed to that of this process.
#[derive(Clone, Default)]
struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    fn listen(stderr: Option<ChildStderr>) -> LastWords {
        let words = LastWords::default();
        let kept = words.clone();
        thread::spawn(move || {
            for line in
                stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines()).map_while(Result::ok)
            {
                eprintln!("{line}");
                let mut lines = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == N_LINES {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
        words
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
