//! The request that evcxr's kernel works on.

use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::{Value, json};

use crate::jupyter::Message;
use crate::runtime::Failure;

/// The time that a cell has to stop before the user is told what else can be done.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// A request, and its progress as far as it is known.
pub struct Request {
    /// The message of the client.
    pub message: Message,
    /// The answer, kept until all that belongs to the request has been published.
    pub reply: Option<Message>,
    /// True if everything has been published.
    pub is_idle: bool,
    /// The content of the first error.
    pub error: Option<Value>,
    /// The process in which its code runs; none while it compiles.
    pub process: Option<Pid>,
    /// The times at which it was interrupted.
    pub interrupts: Vec<Instant>,
}

impl Request {
    /// Returns a request that is about to be passed on.
    pub fn new(message: Message) -> Request {
        let (interrupts, error) = (Vec::new(), None);
        Request { message, reply: None, is_idle: false, error, process: None, interrupts }
    }

    /// Returns whether it is to run code.
    pub fn is_execution(&self) -> bool {
        self.message.kind() == "execute_request"
    }

    /// Returns whether nothing more comes.
    pub fn is_done(&self) -> bool {
        self.is_idle && (self.reply.is_some() || self.message.kind().starts_with("comm_"))
    }

    /// Returns whether waiting requests are not to run after this one.
    pub fn stops_others(&self) -> bool {
        self.error.is_some() && self.message.content["stop_on_error"].as_bool().unwrap_or(true)
    }

    /// Returns the content of the answer.
    pub fn answer(&self, count: u64) -> Value {
        match &self.error {
            Some(error) => {
                let mut content = error.clone();
                content["status"] = json!("error");
                content["execution_count"] = json!(count);
                content
            }
            None => json!({
                "status": "ok", "execution_count": count, "user_expressions": {}, "payload": [],
            }),
        }
    }

    /// Returns the failure in the words that fit an interrupted request, if this one was interrupted.
    pub fn worded(&self, failure: Failure) -> Failure {
        if self.interrupts.is_empty() || failure.name != "Error" {
            return failure;
        }
        // `lmc` says this itself, but the name already says it.
        let message = failure.message.strip_prefix("interrupted: ").unwrap_or(&failure.message).to_owned();
        Failure { name: "Interrupted".into(), message, ..failure }
    }

    /// Returns the failure to report in place of an error that evcxr found, if the request was interrupted
    /// while it was compiled.
    pub fn interruption(&self) -> Option<Failure> {
        if self.interrupts.is_empty() {
            return None;
        }
        let message = "the cell was stopped before it ran".to_owned();
        Some(Failure { name: "Interrupted".into(), message, place: None })
    }
}

/// Returns the failure to report when the process of the cells has ended.
pub fn death(status: &str, was_killed: bool) -> Failure {
    let (name, why) = match was_killed {
        true => ("Killed", "the process of the cells was ended by the second interrupt".to_owned()),
        false => ("Died", format!("the process of the cells ended: {status}")),
    };
    let message = format!(
        "{why}\nall variables are lost, run the cells that define them again; what `lmc` had finished is in the store"
    );
    Failure { name: name.into(), message, place: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content: Value) -> Request {
        let header = json!({ "msg_id": "1", "msg_type": "execute_request" });
        let (identities, buffers, empty) = (Vec::new(), Vec::new(), json!({}));
        let message =
            Message { identities, header, parent: empty.clone(), metadata: empty, content, buffers };
        Request::new(message)
    }

    #[test]
    fn a_request_is_done_when_its_answer_and_all_that_it_publishes_are_there() {
        let mut request = request(json!({}));
        request.is_idle = true;
        assert!(!request.is_done());
        request.reply = Some(request.message.reply("s", json!({})));
        assert!(request.is_done());
    }

    #[test]
    fn only_a_failed_request_stops_others_unless_told_not_to() {
        let mut patient = request(json!({ "stop_on_error": false }));
        let mut strict = request(json!({}));
        assert!(!strict.stops_others());
        (patient.error, strict.error) =
            (Some(json!({ "ename": "Error" })), Some(json!({ "ename": "Error" })));
        assert!(strict.stops_others() && !patient.stops_others());
        let answer = strict.answer(3);
        assert_eq!((&answer["status"], &answer["ename"]), (&json!("error"), &json!("Error")));
        assert_eq!(answer["execution_count"], 3);
    }

    #[test]
    fn an_error_after_an_interrupt_is_an_interruption() {
        let failure = |name: &str| Failure { name: name.into(), message: "m".into(), place: None };
        let mut request = request(json!({}));
        assert_eq!(request.worded(failure("Error")).name, "Error");
        assert_eq!(request.interruption(), None);
        request.interrupts.push(Instant::now());
        assert_eq!(request.worded(failure("Error")).name, "Interrupted");
        assert_eq!(request.worded(failure("Panic")).name, "Panic");
        assert!(request.interruption().is_some());
    }
}
