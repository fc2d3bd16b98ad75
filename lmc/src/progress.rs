//! Progress of long work: a bar on a terminal, whole throttled lines elsewhere, nothing with `LMC_PROGRESS=off`.
//! In a notebook the lines go to the standard output: what a cell writes to the standard error counts as an error.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The shortest time between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// Whether this process runs the cells of a notebook: the kernel sets this variable in it.
pub(crate) fn in_notebook() -> bool {
    std::env::var_os("EVCXR_IS_RUNTIME").is_some()
}

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
    Lines(Mutex<Instant>),
}

impl Progress {
    /// Progress under that heading, shown at once on a terminal and after some seconds elsewhere.
    pub fn new(what: impl Into<String>, total: u64) -> Self {
        let (what, started) = (what.into(), Instant::now());
        let sink = if std::env::var("LMC_PROGRESS").is_ok_and(|v| v == "off") || total == 0 {
            Sink::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_message(what.clone());
            let template = "{msg} {bar:30} {pos}/{len} {per_sec} {eta} left {prefix}";
            Sink::Bar(match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            })
        } else {
            Sink::Lines(Mutex::new(started))
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
            Sink::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                if last.elapsed() >= INTERVAL && done < self.total {
                    *last = Instant::now();
                    let elapsed = self.started.elapsed().as_secs_f64();
                    let rate = done as f64 / elapsed;
                    let left = (self.total - done) as f64 / rate;
                    let (what, total, note) = (&self.what, self.total, note());
                    let line = format!("{what}: {done}/{total}, {rate:.1}/s, {left:.0} s left {note}");
                    if in_notebook() { println!("{line}") } else { eprintln!("{line}") }
                }
            }
        }
    }
}
