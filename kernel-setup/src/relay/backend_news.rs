//! News from evcxr's kernel: publications, answers, its end.

use anyhow::Result;
use serde_json::json;

use super::backend::{self, Ended};
use super::state::Relay;
use super::{content, request};
use crate::jupyter::Message;
use crate::runtime::Failure;

impl Relay {
    /// Handles a publication of the backend.
    pub(super) async fn published(&mut self, mut message: Message) -> Result<()> {
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
            // The value of a statement like `println!("...")`.
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

    /// Handles an answer of the backend.
    pub(super) async fn answered(&mut self, message: Message) -> Result<()> {
        match &mut self.current {
            Some(current) if current.message.id() == message.parent_id() => {
                current.reply = Some(message);
                self.finish().await
            }
            _ => Ok(()),
        }
    }

    /// Handles the end of the backend.
    pub(super) async fn lost(&mut self, ended: Ended) -> Result<()> {
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
}
