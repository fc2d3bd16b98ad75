//! Rows of results, and what several sections report.

use std::io::Write;

use serde_json::{Value, json};

use super::Result;

/// Prints a row at once, so that a section which is stopped keeps those before.
pub fn print(row: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{row}")?;
    Ok(out.flush()?)
}

/// Prints the row of work, or one that says why there is none.
pub fn attempt(what: &str, work: impl FnOnce() -> Result<Value>) -> Result<()> {
    match work() {
        Ok(row) => print(&row),
        Err(error) => {
            let error = error.to_string();
            let line = error.lines().next().unwrap_or_default();
            print(&json!({"part": "failed", "what": what, "error": line}))
        }
    }
}

/// Prints the high-water mark of this process's resident memory.
pub fn memory() -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: f64 = line.split_whitespace().next().ok_or("no number")?.parse()?;
    print(&json!({"part": "host", "mib": kib / 1024.0}))
}
