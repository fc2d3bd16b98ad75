//! Requests of clients: the relay answers some, passes others on, one at a time, and keeps some from running.

use anyhow::Result;
use serde_json::{Value, json};

use super::content;
use super::request::Request;
use super::state::Relay;
use crate::jupyter::{Channel, Message};
use crate::runtime::Failure;

impl Relay {
    /// Handles a request of a client.
    pub(super) async fn asked(&mut self, message: Message) -> Result<()> {
        let is_running = self.current.is_some();
        if let Some(answer) = content::answer(message.kind(), &message.content, is_running) {
            return self.answer(Channel::Shell, &message, answer).await;
        }
        match message.kind() {
            "execute_request" | "complete_request" | "inspect_request" | "comm_open" | "comm_msg"
            | "comm_close" => {
                self.waiting.push_back(message);
                self.tell_delay().await?;
                self.next().await
            }
            _ => Ok(()),
        }
    }

    /// Handles the news that the backend takes long to start.
    pub(super) async fn delayed(&mut self, why: String) -> Result<()> {
        self.delay = Some(why);
        self.tell_delay().await
    }

    /// Tells the first waiting cell, once, why it waits.
    async fn tell_delay(&mut self) -> Result<()> {
        let cell = self.waiting.iter().find(|message| message.kind() == "execute_request");
        let Some((cell, why)) = cell.zip(self.delay.as_ref()) else { return Ok(()) };
        self.front.tell(cell, "stream", json!({ "name": "stderr", "text": why })).await?;
        self.delay = None;
        Ok(())
    }

    /// Answers a request that the backend need not see.
    pub(super) async fn answer(&mut self, channel: Channel, request: &Message, content: Value) -> Result<()> {
        self.front.status(request, "busy").await?;
        let reply = request.reply(&self.front.session, content);
        self.front.send(channel, &reply).await?;
        self.front.status(request, "idle").await?;
        // Clients show the last state that they were told.
        if let Some(current) = &self.current {
            self.front.status(&current.message, "busy").await?;
        }
        Ok(())
    }

    /// Passes on the next request that waits, if none is under way.
    pub(super) async fn next(&mut self) -> Result<()> {
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
    pub(super) async fn refuse(&mut self, message: &Message, failure: &Failure) -> Result<()> {
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

    /// Ends the current request if nothing more comes, and goes on with the next.
    pub(super) async fn finish(&mut self) -> Result<()> {
        let Some(request) = self.current.take_if(|current| current.is_done()) else { return Ok(()) };
        if let Some(mut reply) = request.reply.clone() {
            if request.is_execution() {
                reply.content = request.answer(self.count);
            }
            self.front.send(Channel::Shell, &reply).await?;
        }
        self.front.status(&request.message, "idle").await?;
        if request.stops_others() {
            // The next request must not run before everything that clients have sent by now is here.
            self.must_abort = true;
            return Ok(());
        }
        self.next().await
    }
}
