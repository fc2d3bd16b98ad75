//! Progress of long work: how much is done, how fast, how long the rest takes and the current loss.
//!
//! On a terminal it is a bar on the standard error. In the kernel "Rust (lmc)" it is one line in the output
//! of the cell, which is updated in place and finally shows the time taken, see [`crate::kernel`]; work of
//! less than a second shows nothing. Elsewhere it is a line every few seconds: on the standard error, or in
//! another evcxr kernel, which shows that as a failure, on the standard output. `LMC_PROGRESS=off` silences
//! all of it.

mod line;
mod text;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

pub use text::Unit;

use crate::kernel::{Host, fresh_display_id, host};
use crate::terminal::{Errors, one_line, print, tell};
use line::{Form, Line};
use text::Count;

/// The progress of `total` equal pieces of work; may be shared by threads. Dropped before its end, it says
/// where it stopped.
#[derive(Debug)]
pub struct Progress {
    what: String,
    unit: Unit,
    total: u64,
    done: AtomicU64,
    found: AtomicU64,
    started: Instant,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Silent,
    Bar(ProgressBar),
    Line(Mutex<Line>),
}

impl Progress {
    /// Starts progress under that heading.
    pub fn new(what: impl Into<String>, unit: Unit, total: u64) -> Self {
        let silent = total == 0 || is_off();
        let line = |form| Sink::Line(Mutex::new(Line::new(form)));
        let sink = match host() {
            _ if silent => Sink::Silent,
            Host::Lmc => {
                line(Form::Live { display_id: fresh_display_id(), output: Box::new(std::io::stdout()) })
            }
            Host::Evcxr => line(Form::Lines(Box::new(std::io::stdout()))),
            Host::None if std::io::stderr().is_terminal() => Sink::Bar(bar(total)),
            Host::None => line(Form::Lines(Box::new(Errors))),
        };
        Self::on(what.into(), unit, total, sink)
    }

    fn on(what: String, unit: Unit, total: u64, sink: Sink) -> Self {
        let (done, found) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { what, unit, total, done, found, started: Instant::now(), sink }
    }

    /// Counts pieces as done that an earlier run had finished. They do not count for the speed.
    pub fn found(&self, pieces: u64) {
        self.found.fetch_add(pieces, Ordering::Relaxed);
        self.advance(pieces, String::new);
    }

    /// Counts one piece as done; `note` (such as the current loss) is shown beside it.
    pub fn tick(&self, note: impl FnOnce() -> String) {
        self.advance(1, note);
    }

    /// Returns the number of pieces.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Returns the number of pieces done by now.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Counts pieces as done; `note` is shown beside them.
    pub fn advance(&self, pieces: u64, note: impl FnOnce() -> String) {
        let done = self.done.fetch_add(pieces, Ordering::Relaxed) + pieces;
        let count = self.count(done);
        match &self.sink {
            Sink::Silent => {}
            Sink::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(count.status(&note()));
                if done == self.total {
                    bar.finish_and_clear();
                }
            }
            Sink::Line(line) => {
                let mut line = line.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                if done == self.total {
                    line.end(count.elapsed, || count.finished(&note()));
                } else {
                    line.update(count.elapsed, || count.status(&note()));
                }
            }
        }
    }

    /// Writes a separate line, beside the progress.
    pub fn say(&self, text: &str) {
        match &self.sink {
            Sink::Bar(bar) => bar.println(text),
            Sink::Silent | Sink::Line(_) => say(text),
        }
    }

    fn count(&self, done: u64) -> Count<'_> {
        let (found, elapsed) = (self.found.load(Ordering::Relaxed), self.started.elapsed());
        Count { what: &self.what, unit: self.unit, total: self.total, done, found, elapsed }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let count = self.count(self.done());
        match &self.sink {
            Sink::Bar(bar) if count.done < self.total => bar.abandon_with_message(count.stopped()),
            Sink::Line(line) if count.done < self.total => {
                let mut line = line.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                line.end(count.elapsed, || count.stopped());
            }
            _ => {}
        }
    }
}

/// Writes one line where progress is shown.
pub fn say(text: &str) {
    if is_off() {
        return;
    }
    match host() {
        Host::None => tell(text),
        Host::Lmc | Host::Evcxr => print(&format!("{text}\n")),
    }
}

/// Tells the user something important about an input or a result: a line that begins with "note:", on the
/// standard error or in the output of the cell. Each note is written once in a process, and
/// `LMC_PROGRESS=off` does not silence it.
pub fn note(text: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let is_new = SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
    let text = one_line(text);
    match host() {
        _ if !is_new => {}
        Host::None => tell(&format!("note: {text}")),
        Host::Lmc | Host::Evcxr => print(&format!("note: {text}\n")),
    }
}

fn is_off() -> bool {
    std::env::var_os("LMC_PROGRESS").is_some_and(|wanted| wanted == "off")
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template("{bar:20} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::line::shared::Shared;
    use super::*;

    fn progress(written: &Shared, total: u64, after: u64) -> Progress {
        let form = Form::Live { display_id: "id".into(), output: Box::new(written.clone()) };
        let sink = Sink::Line(Mutex::new(Line::new(form)));
        let mut progress = Progress::on("finetuning 2 copies".into(), Unit::Updates, total, sink);
        progress.started -= std::time::Duration::from_secs(after);
        progress
    }

    #[test]
    fn the_last_piece_ends_the_line_with_what_was_found_left_out_of_the_speed() {
        let written = Shared::default();
        let progress = progress(&written, 30, 4);
        progress.found(22);
        (0..8).for_each(|_| progress.tick(|| "loss 0.021".into()));
        assert_eq!(progress.done(), 30);
        drop(progress);
        let shown = written.texts();
        assert_eq!(shown.first().unwrap().1, "finetuning 2 copies: 22 of 30 updates");
        let (kind, last) = shown.last().unwrap();
        assert_eq!(kind, "update_display_data");
        assert_eq!(
            last,
            "finetuning 2 copies: 30 updates (22 found in the store) in 4.0 s (2.0/s), loss 0.021"
        );
    }

    #[test]
    fn work_of_less_than_a_second_shows_nothing() {
        let written = Shared::default();
        let progress = progress(&written, 3, 0);
        (0..3).for_each(|_| progress.tick(String::new));
        drop(progress);
        assert!(written.texts().is_empty());
    }

    #[test]
    fn dropped_before_its_end_it_says_where() {
        let written = Shared::default();
        let progress = progress(&written, 600, 75);
        (0..412).for_each(|_| progress.tick(|| "loss 0.300".into()));
        drop(progress);
        let shown = written.texts();
        assert_eq!(
            shown.last().unwrap().1,
            "finetuning 2 copies: stopped at 412 of 600 updates after 1 min 15 s"
        );
        // The first piece shows the line, the others come within the interval.
        assert_eq!(shown.len(), 2);
    }
}
