//! The go-between: one loop over the outputs of the cells, evcxr's orders and the relay's answers.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::CHILD_OF;
use super::event::{CANCEL, Event, RUN, SEEN, Stream};
use super::failure;
use super::held::{Held, MOST};
use super::stream::{COMPLETE, ERROR, Line, Parser, Piece};
use crate::environment::CELLS;
use crate::pool::GENERATION;

/// The exit code with which evcxr's process of the cells reports that it could not load a cell.
const NOT_LOADED: i32 = 99;
/// The start of evcxr's order to run a cell.
const ORDER: &[u8] = b"LOAD_AND_RUN";
/// The Jupyter messages that cells may send.
const MESSAGES: [&str; 2] = ["display_data", "update_display_data"];

/// Starts the process of the cells and serves it until it ends; returns only if that cannot be done.
pub fn run(socket: &OsStr) -> Result<()> {
    let stream =
        UnixStream::connect(socket).with_context(|| format!("connect to {}", Path::new(socket).display()))?;
    let mut child = Command::new(crate::environment::this_program()?);
    child
        .args(std::env::args_os().skip(1))
        .env(CHILD_OF, std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // evcxr asks for the stack of every panic, but a notebook wants the message and the place.
    child.env("RUST_BACKTRACE", std::env::var_os(super::BACKTRACE).unwrap_or_else(|| "0".into()));
    let child = child.spawn().context("start the process of the cells")?;
    Between::new(stream, child)?.serve()
}

struct Between {
    relay: BufReader<UnixStream>,
    child: Child,
    orders: Vec<u8>,
    parser: Parser,
    held: Held,
    cell: Cell,
}

/// The cell that is running, or ran last.
#[derive(Default)]
struct Cell {
    is_running: bool,
    panicked: bool,
    failed: bool,
    /// The text that it wrote to the standard error and that was already passed on.
    stderr: String,
}

impl Between {
    fn new(relay: UnixStream, child: Child) -> Result<Between> {
        for pipe in [child.stdout.as_ref().map(AsFd::as_fd), child.stderr.as_ref().map(AsFd::as_fd)] {
            rustix::io::ioctl_fionbio(pipe.context("no pipe")?, true)?;
        }
        rustix::io::ioctl_fionbio(std::io::stdin(), true)?;
        let (relay, orders, parser) = (BufReader::new(relay), Vec::new(), Parser::default());
        Ok(Between { relay, child, orders, parser, held: Held::new(), cell: Cell::default() })
    }

    fn serve(&mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        let ended = pidfd_open(pid, PidfdFlags::empty()).context("watch the process of the cells")?;
        loop {
            let ready = self.wait(&ended)?;
            if ready.relay {
                // The relay has gone, and with it the kernel.
                self.child.kill().ok();
                std::process::exit(0);
            }
            self.read_stderr()?;
            self.read_stdout()?;
            if ready.ended {
                return self.end();
            }
            if ready.orders {
                self.read_orders()?;
            }
            if self.held.left().is_some_and(|left| left.is_zero()) {
                self.release()?;
            }
        }
    }

    fn wait(&self, ended: &impl AsFd) -> Result<Ready> {
        let (stdin, input) = (std::io::stdin(), PollFlags::IN);
        let (stdout, stderr) = (self.child.stdout.as_ref(), self.child.stderr.as_ref());
        let outputs = stdout.zip(stderr).context("no pipe")?;
        let mut fds = vec![
            PollFd::new(ended, input),
            PollFd::new(self.relay.get_ref(), input),
            PollFd::new(outputs.0, input),
            PollFd::new(outputs.1, input),
        ];
        if self.child.stdin.is_some() {
            fds.push(PollFd::new(&stdin, input));
        }
        let timeout = self.held.left().map(Timespec::try_from).transpose()?;
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("wait for the cells"),
        }
        let is_ready = |index: usize| fds.get(index).is_some_and(|fd| !fd.revents().is_empty());
        Ok(Ready { ended: is_ready(0), relay: is_ready(1), orders: is_ready(4) })
    }

    /// Passes evcxr's orders on. An order to run a cell waits for the relay.
    fn read_orders(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        let closed = read_available(&mut std::io::stdin().lock(), &mut bytes)?;
        self.orders.extend(bytes);
        while let Some(end) = self.orders.iter().position(|&byte| byte == b'\n') {
            let order: Vec<u8> = self.orders.drain(..=end).collect();
            if order.starts_with(ORDER) && !self.begin()? {
                to_evcxr(ERROR)?;
                to_evcxr(COMPLETE)?;
                continue;
            }
            // If the process has ended, that is seen next.
            if let Some(stdin) = &mut self.child.stdin {
                stdin.write_all(&order).and_then(|()| stdin.flush()).ok();
            }
        }
        if closed {
            self.child.stdin = None;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<bool> {
        self.release()?;
        self.cell = Cell { is_running: true, ..Cell::default() };
        self.send(&Event::Begin { pid: Pid::from_child(&self.child).as_raw_nonzero().get() })?;
        match self.answer()?.as_str() {
            RUN => Ok(true),
            CANCEL => Ok(false),
            other => bail!("the relay answered {other:?}"),
        }
    }

    fn read_stdout(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        if let Some(stdout) = &mut self.child.stdout {
            read_available(stdout, &mut bytes)?;
        }
        for piece in self.parser.push(&bytes) {
            match piece {
                Piece::Text(text) => self.held.add(Stream::Stdout, &text),
                Piece::Record(json) => self.message(&json)?,
                Piece::Line(line, text) => self.line(line, &text)?,
            }
        }
        Ok(())
    }

    fn read_stderr(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        if let Some(stderr) = &mut self.child.stderr {
            read_available(stderr, &mut bytes)?;
        }
        self.held.add(Stream::Stderr, &bytes);
        Ok(())
    }

    fn line(&mut self, line: Line, text: &[u8]) -> Result<()> {
        match line {
            Line::Panicked => self.cell.panicked = true,
            Line::Failed => self.cell.failed = true,
            Line::Complete => {
                // Everything that the cell wrote is in the pipe by now.
                self.read_stderr()?;
                let failure = self.failure();
                self.release()?;
                self.send(&Event::End { failure })?;
                self.cell.is_running = false;
                let answer = self.answer()?;
                if answer != SEEN {
                    bail!("the relay answered {answer:?}");
                }
            }
            Line::Other => {}
        }
        to_evcxr(text)
    }

    /// Returns the failure of the cell, taking the text about it from the text that is held, if it is still
    /// there.
    fn failure(&mut self) -> Option<super::Failure> {
        if !self.cell.panicked && !self.cell.failed {
            return None;
        }
        let (panicked, passed) = (self.cell.panicked, &self.cell.stderr);
        let failure = self.held.read_error(|held| {
            let report = if panicked {
                failure::panic(passed, held, code_of_cell().as_deref())
            } else {
                failure::error(passed, held)
            };
            (report.failure, report.before)
        });
        Some(failure)
    }

    fn message(&mut self, json: &[u8]) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct Record {
            r#type: String,
            content: serde_json::Value,
        }
        match serde_json::from_slice::<Record>(json) {
            Ok(Record { r#type, content }) if MESSAGES.contains(&r#type.as_str()) => {
                let texts = self.held.take_but_error();
                self.pass_on(texts)?;
                self.send(&Event::Message { r#type, content })
            }
            _ => {
                self.held.add(Stream::Stderr, b"the kernel does not know a message that this cell sent\n");
                Ok(())
            }
        }
    }

    fn release(&mut self) -> Result<()> {
        let texts = self.held.take();
        self.pass_on(texts)
    }

    fn pass_on(&mut self, texts: Vec<(Stream, String)>) -> Result<()> {
        for (stream, text) in texts {
            if stream == Stream::Stderr && self.cell.stderr.len() < MOST {
                self.cell.stderr.push_str(&text);
            }
            self.send(&Event::Text { stream, text })?;
        }
        Ok(())
    }

    fn send(&mut self, event: &Event) -> Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.relay.get_mut().write_all(&line).context("tell the relay")
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.relay.read_line(&mut line).context("hear the relay")?;
        Ok(line.trim_end().to_owned())
    }

    /// Handles the end of the process of the cells: passes on its last words and ends too, as evcxr expects.
    fn end(&mut self) -> Result<()> {
        let status = self.child.wait().context("wait for the process of the cells")?;
        let rest = self.parser.finish();
        self.held.add(Stream::Stdout, &rest);
        self.release()?;
        if self.cell.is_running || !status.success() {
            let mut told = status.to_string();
            if status.code() == Some(NOT_LOADED) {
                // The next kernel in this slot copies the template again.
                let cells = PathBuf::from(std::env::var_os(CELLS).unwrap_or_default());
                std::fs::remove_file(cells.with_file_name(GENERATION)).ok();
                told.push_str(
                    "; what was compiled could not be loaded: restart the kernel, which copies it anew",
                );
            }
            self.send(&Event::Died { status: told })?;
            self.answer()?;
        }
        std::process::exit(status.code().unwrap_or(1));
    }
}

struct Ready {
    ended: bool,
    relay: bool,
    orders: bool,
}

/// Returns the code that evcxr compiled last.
fn code_of_cell() -> Option<String> {
    let folder = PathBuf::from(std::env::var_os(CELLS)?);
    std::fs::read_to_string(folder.join("src/lib.rs")).ok()
}

fn to_evcxr(line: &[u8]) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(line)?;
    output.write_all(b"\n")?;
    output.flush().context("tell evcxr")
}

/// Reads everything that is there, and returns whether the other end is closed.
fn read_available(from: &mut impl Read, into: &mut Vec<u8>) -> Result<bool> {
    let mut buffer = [0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(n) => into.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}
