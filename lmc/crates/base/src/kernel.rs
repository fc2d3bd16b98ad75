//! Messages to the kernel of a notebook, and detection of that kernel.
//!
//! The kernel "Rust (lmc)" sets `LMC_KERNEL=1` in the process that runs the cells. There a *record* on the
//! standard output is a Jupyter message that is published at once: the bytes ESC `_` `lmc;`, one line of
//! JSON, ESC `\`. The JSON is `{"type": "display_data" | "update_display_data", "content": {"data",
//! "metadata", "transient"}}` as the Jupyter messaging protocol defines it. JSON has no bare ESC, so nothing
//! inside a record can end it.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The kernel that runs this process, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The kernel "Rust (lmc)", which takes records.
    Lmc,
    /// Another evcxr kernel, which takes whole lines.
    Evcxr,
    /// No notebook.
    None,
}

/// Returns what runs this process, from the variables that kernels set: `LMC_KERNEL=1`, `EVCXR_IS_RUNTIME`.
pub fn host() -> Host {
    if std::env::var_os("LMC_KERNEL").is_some_and(|value| value == "1") {
        Host::Lmc
    } else if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
        Host::Evcxr
    } else {
        Host::None
    }
}

/// The kind of a message: a new output of the cell, or a replacement of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A new output, `display_data`.
    Display,
    /// Another content for the output of that display id, `update_display_data`.
    Update,
}

/// One form of an output for each MIME type; the value of a JSON type such as
/// `application/vnd.plotly.v1+json` is JSON.
pub type Bundle = Map<String, Value>;

/// Returns the bytes of a record.
pub fn record(message: Message, data: Bundle, display_id: Option<&str>) -> String {
    let name = match message {
        Message::Display => "display_data",
        Message::Update => "update_display_data",
    };
    let transient = display_id.map_or_else(|| json!({}), |id| json!({ "display_id": id }));
    let content = json!({ "data": data, "metadata": {}, "transient": transient });
    format!("\u{1b}_lmc;{}\u{1b}\\", json!({ "type": name, "content": content }))
}

/// Writes and flushes text in one locked write, so that output of other threads cannot come in between.
///
/// # Errors
/// The errors of the standard output.
pub fn write(text: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush())
}

/// Returns a display id that no other output of the notebook has, also after a restart of the kernel.
pub fn fresh_display_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("lmc-{}-{since}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Bundle {
        Bundle::from_iter([("text/plain".to_owned(), Value::from(text))])
    }

    #[test]
    fn the_bytes_of_a_record() {
        assert_eq!(
            record(Message::Update, text("a"), Some("id-1")),
            "\x1b_lmc;{\"content\":{\"data\":{\"text/plain\":\"a\"},\"metadata\":{},\
             \"transient\":{\"display_id\":\"id-1\"}},\"type\":\"update_display_data\"}\x1b\\"
        );
        let new = record(Message::Display, text("a"), None);
        assert!(new.contains("\"transient\":{}") && new.contains("\"type\":\"display_data\""), "{new}");
    }

    #[test]
    fn a_content_cannot_end_its_record() {
        let record = record(Message::Display, text("\x1b\\ \x1b_lmc; \n"), None);
        assert_eq!((record.matches('\x1b').count(), record.matches('\n').count()), (2, 0));
        let json = record.strip_prefix("\x1b_lmc;").unwrap().strip_suffix("\x1b\\").unwrap();
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["content"]["data"]["text/plain"], "\x1b\\ \x1b_lmc; \n");
    }

    #[test]
    fn display_ids_differ() {
        assert_ne!(fresh_display_id(), fresh_display_id());
    }
}
