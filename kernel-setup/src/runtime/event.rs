//! Events: messages to the relay from the process between evcxr and the cells, as lines of JSON over a Unix
//! socket.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::Failure;

/// The variable with the path of the socket; set if a relay listens.
pub const SOCKET: &str = "LMC_KERNEL_SOCKET";
/// The relay's answer to [`Event::Begin`]: the cell may run.
pub const RUN: &str = "run";
/// The relay's answer to [`Event::Begin`]: the cell was interrupted before it began.
pub const CANCEL: &str = "cancel";
/// The relay's answer to [`Event::End`].
pub const SEEN: &str = "seen";

/// The name of one of the two standard outputs, as Jupyter spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

/// Something that happened in the process of the cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A cell is about to run in the process with this number; it waits for [`RUN`] or [`CANCEL`].
    Begin {
        /// The number of the process.
        pid: i32,
    },
    /// The cells wrote text.
    Text {
        /// The output.
        stream: Stream,
        /// The text.
        text: String,
    },
    /// The cells sent a Jupyter message.
    Message {
        /// Its type.
        r#type: String,
        /// Its content.
        content: Value,
    },
    /// A cell has ended; evcxr is told after the answer [`SEEN`].
    End {
        /// The failure, if it failed.
        failure: Option<Failure>,
    },
    /// The process of the cells has ended, and with it all variables.
    Died {
        /// Its exit status in words.
        status: String,
    },
}
