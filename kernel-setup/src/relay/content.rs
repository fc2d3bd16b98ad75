//! Contents of messages that the relay writes itself.

use serde_json::{Value, json};

use crate::runtime::Failure;

const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

/// Returns the content of an `error`: kind, message and place, on a few lines.
pub fn error(failure: &Failure) -> Value {
    let Failure { name, message, place } = failure;
    let mut lines = message.lines();
    let mut traceback = vec![format!("{RED}{name}{PLAIN}: {}", lines.next().unwrap_or_default())];
    traceback.extend(lines.map(|line| format!("  {line}")));
    traceback.extend(place.iter().map(|place| format!("  at {place}")));
    json!({ "ename": name, "evalue": message, "traceback": traceback })
}

/// Returns the description of this kernel.
pub fn kernel_info() -> Value {
    json!({
        "status": "ok",
        "protocol_version": "5.3",
        "implementation": "lmc-kernel",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {
            "name": "rust",
            "version": env!("CARGO_PKG_RUST_VERSION"),
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
        },
        "banner": concat!("Rust (lmc) ", env!("CARGO_PKG_VERSION")),
        "help_links": [
            { "text": "Standard library", "url": "https://doc.rust-lang.org/std/" },
            { "text": "evcxr: commands in cells", "url": "https://github.com/evcxr/evcxr/blob/main/COMMON.md" },
        ],
    })
}

/// Returns the answer to a request that needs no code to run, or that must not wait for a cell that runs.
pub fn answer(kind: &str, request: &Value, is_running: bool) -> Option<Value> {
    let cursor = request["cursor_pos"].as_u64().unwrap_or_default();
    match kind {
        "kernel_info_request" => Some(kernel_info()),
        "is_complete_request" => Some(json!({ "status": "complete" })),
        "history_request" => Some(json!({ "status": "ok", "history": [] })),
        "comm_info_request" => Some(json!({ "status": "ok", "comms": {} })),
        "complete_request" if is_running => Some(json!({
            "status": "ok", "matches": [], "cursor_start": cursor, "cursor_end": cursor, "metadata": {},
        })),
        "inspect_request" if is_running => {
            Some(json!({ "status": "ok", "found": false, "data": {}, "metadata": {} }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_on_a_few_lines() {
        let failure = Failure {
            name: "Panic".into(),
            message: "one\ntwo".into(),
            place: Some("panic!(\"one\\ntwo\");".into()),
        };
        let content = error(&failure);
        assert_eq!(content["evalue"], "one\ntwo");
        let lines: Vec<&str> =
            content["traceback"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(lines, ["\x1b[1;31mPanic\x1b[0m: one", "  two", "  at panic!(\"one\\ntwo\");"]);
    }

    #[test]
    fn what_needs_no_code_is_answered_at_once() {
        for kind in ["kernel_info_request", "history_request", "comm_info_request", "is_complete_request"] {
            assert!(answer(kind, &json!({}), false).is_some(), "{kind}");
        }
        let request = json!({ "cursor_pos": 3 });
        assert_eq!(answer("complete_request", &request, true).unwrap()["cursor_end"], 3);
        assert_eq!(answer("complete_request", &request, false), None);
        assert_eq!(answer("execute_request", &request, true), None);
    }
}
