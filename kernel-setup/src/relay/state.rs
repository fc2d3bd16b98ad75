//! What the relay knows, and how it reacts.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::backend::{self, Backend, Ended};
use super::cells::Cells;
use super::front::Front;
use super::request::{self, PATIENCE, Request};
use super::{Input, content, interrupt};
use crate::jupyter::{Channel, Message};
use crate::runtime::{self, Event, Failure};

/// The relay.
pub struct Relay {
    front: Front,
    inputs: Sender<Input>,
    backend: Option<Backend>,
    /// Why there will be no backend.
    broken: Option<Failure>,
    cells: Option<Cells>,
    /// How the process of the cells ended, until that is told.
    death: Option<String>,
    waiting: VecDeque<Message>,
    current: Option<Request>,
    /// The last request to run code: what a cell's threads print later belongs to it.
    last: Option<Message>,
    count: u64,
    must_abort: bool,
    has_ended: bool,
}

impl Relay {
    /// A relay whose backend is still to come.
    pub fn new(front: Front, inputs: Sender<Input>) -> Relay {
        Relay {
            front,
            inputs,
            backend: None,
            broken: None,
            cells: None,
            death: None,
            waiting: VecDeque::new(),
            current: None,
            last: None,
            count: 0,
            must_abort: false,
            has_ended: false,
        }
    }

    /// Whether Jupyter has asked for the end.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether a cell has failed after which those that wait are not to run.
    pub fn must_abort(&self) -> bool {
        self.must_abort
    }

    /// Reacts to one input.
    pub async fn react(&mut self, input: Input) -> Result<()> {
        match input {
            Input::Client(Channel::Shell, message) => self.asked(message).await,
            Input::Client(Channel::Control, message) => self.controlled(message).await,
            Input::Client(channel, message) => match &mut self.backend {
                Some(backend) => backend.send(channel, &message).await,
                None => Ok(()),
            },
            Input::Backend(Channel::Iopub, message) => self.published(message).await,
            Input::Backend(Channel::Shell, message) => self.answered(message).await,
            Input::Backend(channel, message) => self.front.send(channel, &message).await,
            Input::Started(backend) => {
                self.backend = Some(backend);
                self.next().await
            }
            Input::Ended(ended) => self.lost(ended).await,
            Input::Cells(cells) => {
                self.cells = Some(cells);
                Ok(())
            }
            Input::Event(event) => self.happened(event).await,
            Input::Look => self.look().await,
        }
    }

    /// A client asks.
    async fn asked(&mut self, message: Message) -> Result<()> {
        let is_running = self.current.is_some();
        if let Some(answer) = content::answer(message.kind(), &message.content, is_running) {
            return self.answer(Channel::Shell, &message, answer).await;
        }
        match message.kind() {
            "execute_request" | "complete_request" | "inspect_request" | "comm_open" | "comm_msg"
            | "comm_close" => {
                self.waiting.push_back(message);
                self.next().await
            }
            _ => Ok(()),
        }
    }

    /// Answers a request that the backend need not see.
    async fn answer(&mut self, channel: Channel, request: &Message, content: Value) -> Result<()> {
        self.front.status(request, "busy").await?;
        let reply = request.reply(&self.front.session, content);
        self.front.send(channel, &reply).await?;
        self.front.status(request, "idle").await?;
        // Clients show the state that was told last.
        if let Some(current) = &self.current {
            self.front.status(&current.message, "busy").await?;
        }
        Ok(())
    }

    /// Passes on the next request that waits, if none is under way.
    async fn next(&mut self) -> Result<()> {
        if let Some(failure) = self.broken.clone() {
            while let Some(message) = self.waiting.pop_front() {
                self.refuse(&message, &failure).await?;
            }
        }
        let Some(backend) = self.backend.as_mut().filter(|_| self.current.is_none()) else { return Ok(()) };
        let Some(message) = self.waiting.pop_front() else { return Ok(()) };
        let request = Request::new(message);
        if request.is_execution() {
            self.count += 1;
            self.last = Some(request.message.clone());
        }
        backend.send(Channel::Shell, &request.message).await?;
        self.current = Some(request);
        Ok(())
    }

    /// Answers a request that cannot be passed on with an error.
    async fn refuse(&mut self, message: &Message, failure: &Failure) -> Result<()> {
        let mut request = Request::new(message.clone());
        request.error = Some(content::error(failure));
        self.front.status(message, "busy").await?;
        if request.is_execution() {
            self.front.tell(message, "error", content::error(failure)).await?;
        }
        let reply = message.reply(&self.front.session, request.answer(self.count));
        self.front.send(Channel::Shell, &reply).await?;
        self.front.status(message, "idle").await
    }

    /// The backend publishes.
    async fn published(&mut self, mut message: Message) -> Result<()> {
        if message.parent["session"] == backend::SESSION {
            return Ok(());
        }
        let current = self.current.as_mut().filter(|current| current.message.id() == message.parent_id());
        let Some(current) = current else { return self.front.publish(&message).await };
        match message.kind() {
            "status" if message.content["execution_state"] == "idle" => {
                current.is_idle = true;
                return self.finish().await;
            }
            // The value of a statement such as `println!("...")`.
            "execute_result" if message.content["data"] == json!({ "text/plain": "()" }) => return Ok(()),
            "execute_input" | "execute_result" => message.content["execution_count"] = json!(self.count),
            "error" => {
                let death = self.death.take();
                let told = match death {
                    Some(status) => Some(request::death(&status, current.interrupts.len() > 1)),
                    None => current.interruption(),
                };
                if let Some(failure) = told {
                    if current.error.is_some() {
                        return Ok(());
                    }
                    message.content = content::error(&failure);
                }
                current.error.get_or_insert_with(|| message.content.clone());
            }
            _ => {}
        }
        self.front.publish(&message).await
    }

    /// The backend answers.
    async fn answered(&mut self, message: Message) -> Result<()> {
        match &mut self.current {
            Some(current) if current.message.id() == message.parent_id() => {
                current.reply = Some(message);
                self.finish().await
            }
            _ => Ok(()),
        }
    }

    /// Ends the current request if nothing more comes, and goes on with the next.
    async fn finish(&mut self) -> Result<()> {
        let Some(request) = self.current.take_if(|current| current.is_done()) else { return Ok(()) };
        if let Some(mut reply) = request.reply.clone() {
            if request.is_execution() {
                reply.content = request.answer(self.count);
            }
            self.front.send(Channel::Shell, &reply).await?;
        }
        self.front.status(&request.message, "idle").await?;
        if request.stops_others() {
            // Not before everything that clients had sent by now is here.
            self.must_abort = true;
            return Ok(());
        }
        self.next().await
    }

    /// Tells clients that the code they wanted to run next does not run.
    pub async fn abort(&mut self) -> Result<()> {
        self.must_abort = false;
        for message in std::mem::take(&mut self.waiting) {
            if message.kind() == "execute_request" {
                self.answer(Channel::Shell, &message, json!({ "status": "aborted" })).await?;
            } else {
                self.waiting.push_back(message);
            }
        }
        self.next().await
    }

    /// The backend has ended.
    async fn lost(&mut self, ended: Ended) -> Result<()> {
        self.backend = None;
        let Ended { why, again } = ended;
        let after = if again {
            "it is started again; all definitions and variables are lost"
        } else {
            "run `lmc-kernel doctor`"
        };
        let failure = Failure { name: "KernelError".into(), message: format!("{why}\n{after}"), place: None };
        if let Some(request) = self.current.take() {
            self.refuse(&request.message, &failure).await?;
            self.must_abort = request.is_execution();
        }
        if !again {
            self.broken = Some(failure);
            self.next().await?;
        }
        Ok(())
    }

    /// Something happened in the process of the cells.
    async fn happened(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Begin { pid } => self.begin(pid).await,
            Event::Text { stream, text } => {
                self.tell("stream", json!({ "name": stream, "text": text })).await
            }
            Event::Message { r#type, content } => self.tell(&r#type, content).await,
            Event::End { failure } => {
                self.end(failure).await?;
                self.reply_to_cells(runtime::SEEN).await;
                Ok(())
            }
            Event::Died { status } => {
                self.death = Some(status);
                self.reply_to_cells(runtime::SEEN).await;
                Ok(())
            }
        }
    }

    async fn begin(&mut self, pid: i32) -> Result<()> {
        let mut word = runtime::RUN;
        if let Some(current) = &mut self.current {
            current.process = Pid::from_raw(pid);
            if let Some(failure) = current.interruption() {
                word = runtime::CANCEL;
                self.fail(failure).await?;
            }
        }
        self.reply_to_cells(word).await;
        Ok(())
    }

    async fn end(&mut self, failure: Option<Failure>) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let process = current.process.take();
        if !current.interrupts.is_empty()
            && let Some(process) = process
        {
            // The next cell must not be stopped by an interrupt that this one did not see.
            kill_process(process, Signal::USR1).ok();
        }
        match failure.map(|failure| current.worded(failure)) {
            Some(failure) => self.fail(failure).await,
            None => Ok(()),
        }
    }

    /// Publishes that the current request has failed.
    async fn fail(&mut self, failure: Failure) -> Result<()> {
        let content = content::error(&failure);
        if let Some(current) = &mut self.current {
            current.error.get_or_insert_with(|| content.clone());
        }
        self.tell("error", content).await
    }

    /// Publishes what belongs to the code that ran last.
    async fn tell(&mut self, kind: &str, content: Value) -> Result<()> {
        match &self.last {
            Some(request) => self.front.tell(request, kind, content).await,
            None => Ok(()),
        }
    }

    async fn reply_to_cells(&mut self, word: &str) {
        if let Some(cells) = &mut self.cells {
            cells.answer(word).await;
        }
    }

    /// A client interrupts or ends the kernel.
    async fn controlled(&mut self, message: Message) -> Result<()> {
        match message.kind() {
            "interrupt_request" => {
                self.interrupt().await?;
                self.answer(Channel::Control, &message, json!({ "status": "ok" })).await
            }
            "shutdown_request" => {
                let content = json!({ "status": "ok", "restart": message.content["restart"] == true });
                interrupt::end_all(std::process::id());
                self.front.tell(&message, "shutdown_reply", content.clone()).await?;
                self.has_ended = true;
                self.answer(Channel::Control, &message, content).await
            }
            kind => match content::answer(kind, &message.content, true) {
                Some(answer) => self.answer(Channel::Control, &message, answer).await,
                None => Ok(()),
            },
        }
    }

    async fn interrupt(&mut self) -> Result<()> {
        let Some(current) = self.current.as_mut().filter(|current| current.is_execution()) else {
            return self.abort().await;
        };
        current.interrupts.push(Instant::now());
        match current.process {
            Some(process) if current.interrupts.len() > 1 => {
                kill_process(process, Signal::KILL).ok();
            }
            Some(process) => {
                kill_process(process, Signal::INT).ok();
                let inputs = self.inputs.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(PATIENCE).await;
                    inputs.send(Input::Look).await.ok();
                });
            }
            None => {
                interrupt::stop_compilers(std::process::id(), self.cells.as_ref().and_then(|cells| cells.pid))
            }
        }
        Ok(())
    }

    /// Says what can be done about a cell that does not stop.
    async fn look(&mut self) -> Result<()> {
        let Some(current) = &self.current else { return Ok(()) };
        let is_stubborn = current.process.is_some()
            && current.interrupts.len() == 1
            && current.interrupts.iter().any(|at| at.elapsed() >= PATIENCE);
        if !is_stubborn {
            return Ok(());
        }
        let text = "interrupted, but this cell has not stopped: only work of `lmc` looks for interrupts; \
            interrupt again to end the process of the cells (all variables will be lost)\n";
        self.tell("stream", json!({ "name": "stderr", "text": text })).await
    }
}
