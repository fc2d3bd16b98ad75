//! News from the process of the cells.

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::content;
use super::state::Relay;
use crate::runtime::{self, Event, Failure};

impl Relay {
    /// Handles an event in the process of the cells.
    pub(super) async fn happened(&mut self, event: Event) -> Result<()> {
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

    async fn reply_to_cells(&mut self, word: &str) {
        if let Some(cells) = &mut self.cells {
            cells.answer(word).await;
        }
    }
}
