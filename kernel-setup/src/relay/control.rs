//! Interrupt and shut-down.

use std::time::Instant;

use anyhow::Result;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use super::request::PATIENCE;
use super::state::Relay;
use super::{Input, content, interrupt};
use crate::jupyter::{Channel, Message};

impl Relay {
    /// Handles an interrupt or a shut-down by a client.
    pub(super) async fn controlled(&mut self, message: Message) -> Result<()> {
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
    pub(super) async fn look(&mut self) -> Result<()> {
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
