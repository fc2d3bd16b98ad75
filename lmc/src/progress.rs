//! Progress of long work: a bar on a terminal, whole throttled lines on the standard error elsewhere.
//!
//! `LMC_PROGRESS=stdout` sends the lines to the standard output, as the kernel "Rust (lmc)" wants it: what a cell writes to
//! the standard error counts as an error. `LMC_PROGRESS=off` silences them.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The shortest time between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// The progress of `total` equal pieces of work; may be shared by threads.
#[derive(Debug)]
pub struct Progress {
    what: String,
    total: u64,
    done: AtomicU64,
    started: Instant,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Silent,
    Bar(ProgressBar),
    Lines { last: Mutex<Instant>, on_stdout: bool },
}

impl Progress {
    /// Progress under that heading, shown at once on a terminal and after some seconds elsewhere.
    pub fn new(what: impl Into<String>, total: u64) -> Self {
        let (what, started) = (what.into(), Instant::now());
        let wanted = std::env::var("LMC_PROGRESS").unwrap_or_default();
        let on_stdout = wanted == "stdout";
        let sink = if wanted == "off" || total == 0 {
            Sink::Silent
        } else if !on_stdout && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_message(what.clone());
            let template = "{msg} {bar:30} {pos}/{len} {per_sec} {eta} left {prefix}";
            Sink::Bar(match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            })
        } else {
            Sink::Lines { last: Mutex::new(started), on_stdout }
        };
        Self { what, total, done: AtomicU64::new(0), started, sink }
    }

    /// Counts one piece as done; `note` (such as the current loss) is shown beside it.
    pub fn tick(&self, note: impl FnOnce() -> String) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.sink {
            Sink::Silent => {}
            Sink::Bar(bar) => {
                bar.set_prefix(note());
                bar.inc(1);
                if done == self.total {
                    bar.finish_and_clear();
                }
            }
            Sink::Lines { last, on_stdout } => {
                let mut last = last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                if last.elapsed() >= INTERVAL && done < self.total {
                    *last = Instant::now();
                    let elapsed = self.started.elapsed().as_secs_f64();
                    let rate = done as f64 / elapsed;
                    let left = (self.total - done) as f64 / rate;
                    let (what, total, note) = (&self.what, self.total, note());
                    let line = format!("{what}: {done}/{total}, {rate:.1}/s, {left:.0} s left {note}");
                    if *on_stdout { println!("{line}") } else { eprintln!("{line}") }
                }
            }
        }
    }
}
