//! The relay's state, and its reactions.

use std::collections::VecDeque;

use anyhow::Result;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::backend::Backend;
use super::cells::Cells;
use super::front::Front;
use super::request::Request;
use super::{Input, interrupt};
use crate::jupyter::{Channel, Message};
use crate::runtime::Failure;

/// The relay.
pub struct Relay {
    pub(super) front: Front,
    pub(super) inputs: Sender<Input>,
    pub(super) backend: Option<Backend>,
    /// The reason why the backend takes long to start.
    pub(super) delay: Option<String>,
    /// The reason why there will be no backend.
    pub(super) broken: Option<Failure>,
    pub(super) cells: Option<Cells>,
    /// The way the process of the cells ended, until it has been reported.
    pub(super) death: Option<String>,
    pub(super) waiting: VecDeque<Message>,
    pub(super) current: Option<Request>,
    /// The last request to run code: later output of a cell's threads belongs to it.
    pub(super) last: Option<Message>,
    pub(super) count: u64,
    pub(super) must_abort: bool,
    pub(super) has_ended: bool,
}

impl Relay {
    /// Returns a relay whose backend is still to come.
    pub fn new(front: Front, inputs: Sender<Input>) -> Relay {
        Relay {
            front,
            inputs,
            backend: None,
            delay: None,
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

    /// Returns whether Jupyter has asked for the end.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Returns whether a cell has failed after which waiting cells are not to run.
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
                self.delay = None;
                self.next().await
            }
            Input::Ended(ended) => self.lost(ended).await,
            Input::Cells(cells) => {
                self.cells = Some(cells);
                Ok(())
            }
            Input::Event(event) => self.happened(event).await,
            Input::Delay(why) => self.delayed(why).await,
            Input::Orphaned => {
                interrupt::end_all(std::process::id());
                self.has_ended = true;
                Ok(())
            }
            Input::Look => self.look().await,
        }
    }

    /// Publishes a message that belongs to the code that ran last.
    pub(super) async fn tell(&mut self, kind: &str, content: Value) -> Result<()> {
        match &self.last {
            Some(request) => self.front.tell(request, kind, content).await,
            None => Ok(()),
        }
    }
}
