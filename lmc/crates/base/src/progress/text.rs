//! The words of progress.

use std::time::Duration;

/// The unit that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Updates of an optimiser.
    Updates,
    /// Finetuned copies.
    Copies,
    /// Models from elsewhere.
    Models,
    /// Examples of a dataset.
    Examples,
    /// Points on lines between models.
    Points,
    /// Pairs of models.
    Pairs,
    /// Bytes of a file, shown in millions.
    Bytes,
}

impl Unit {
    /// Returns a number with its unit: "1 copy", "2 copies", "1.5 MB".
    fn count(self, n: u64) -> String {
        format!("{} {}", self.amount(n), self.name(n))
    }

    /// Returns a number without its unit: "2", "1.5" million bytes.
    fn amount(self, n: u64) -> String {
        if self == Self::Bytes { format!("{:.1}", n as f64 / 1e6) } else { n.to_string() }
    }

    /// Returns the speed of work that takes that many seconds for one.
    fn rate(self, pace: f64) -> String {
        match self {
            Self::Bytes => format!("{:.1} MB/s", 1e-6 / pace.max(1e-12)),
            _ => rate(pace),
        }
    }

    fn name(self, n: u64) -> &'static str {
        match (self, n) {
            (Self::Updates, 1) => "update",
            (Self::Updates, _) => "updates",
            (Self::Copies, 1) => "copy",
            (Self::Copies, _) => "copies",
            (Self::Models, 1) => "model",
            (Self::Models, _) => "models",
            (Self::Examples, 1) => "example",
            (Self::Examples, _) => "examples",
            (Self::Points, 1) => "point",
            (Self::Points, _) => "points",
            (Self::Pairs, 1) => "pair",
            (Self::Pairs, _) => "pairs",
            (Self::Bytes, _) => "MB",
        }
    }
}

/// The state of a piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count<'a> {
    pub what: &'a str,
    pub unit: Unit,
    pub total: u64,
    /// Pieces done, and the number of them that an earlier run had finished.
    pub done: u64,
    pub found: u64,
    pub elapsed: Duration,
}

impl Count<'_> {
    /// Returns the seconds for one piece, or nothing before the first was made.
    fn pace(&self) -> Option<f64> {
        let made = self.done.saturating_sub(self.found);
        (made > 0).then(|| self.elapsed.as_secs_f64() / made as f64)
    }

    /// Returns the text for work under way: "finetuning 16 copies: 412 of 600 updates, 15.4/s, 12 s left,
    /// loss 0.021".
    pub fn status(&self, note: &str) -> String {
        let (done, total) = (self.unit.amount(self.done), self.unit.count(self.total));
        let mut text = format!("{}: {done} of {total}", self.what);
        if let Some(pace) = self.pace() {
            let left = pace * self.total.saturating_sub(self.done) as f64;
            text += &format!(", {}, {} left", self.unit.rate(pace), duration(left.ceil()));
        }
        text + &noted(note)
    }

    /// Returns the text for finished work: "finetuning 16 copies: 600 updates in 38.9 s (15.4/s), loss
    /// 0.021".
    pub fn finished(&self, note: &str) -> String {
        let found = match (self.found, self.unit) {
            (0, _) => String::new(),
            (found, Unit::Bytes) => format!(" ({} of them from before)", self.unit.amount(found)),
            (found, _) => format!(" ({found} found in the store)"),
        };
        let rate = self.pace().map(|pace| format!(" ({})", self.unit.rate(pace))).unwrap_or_default();
        let taken = duration(self.elapsed.as_secs_f64());
        let done = self.unit.count(self.done);
        format!("{}: {done}{found} in {taken}{rate}{}", self.what, noted(note))
    }

    /// Returns the text for work that an interrupt or an error ended.
    pub fn stopped(&self) -> String {
        let (done, total) = (self.unit.amount(self.done), self.unit.count(self.total));
        format!("{}: stopped at {done} of {total} after {}", self.what, duration(self.elapsed.as_secs_f64()))
    }
}

fn noted(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(", {note}") }
}

/// Returns a speed: "15.4/s", or "38.9 s each" for slow work.
fn rate(pace: f64) -> String {
    if pace > 1.0 { format!("{} each", duration(pace)) } else { format!("{:.1}/s", 1.0 / pace.max(1e-9)) }
}

/// Returns a duration: "4.2 s", "1 min 05 s", "2 h 03 min".
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds < 59.95 && seconds.fract() != 0.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(done: u64, found: u64, seconds: f64) -> Count<'static> {
        let elapsed = Duration::from_secs_f64(seconds);
        Count { what: "finetuning 16 copies", unit: Unit::Updates, total: 600, done, found, elapsed }
    }

    #[test]
    fn work_under_way_has_speed_and_time_left() {
        assert_eq!(
            count(412, 0, 26.8).status("loss 0.021"),
            "finetuning 16 copies: 412 of 600 updates, 15.4/s, 13 s left, loss 0.021"
        );
        assert_eq!(count(0, 0, 0.5).status(""), "finetuning 16 copies: 0 of 600 updates");
        // 100 made in 50 s; the 300 that were found do not count.
        assert_eq!(
            count(400, 300, 50.0).status(""),
            "finetuning 16 copies: 400 of 600 updates, 2.0/s, 1 min 40 s left"
        );
        assert!(count(2, 0, 80.0).status("").ends_with("updates, 40 s each, 6 h 38 min left"));
    }

    #[test]
    fn the_end_has_the_time_taken() {
        assert_eq!(
            count(600, 0, 38.9).finished("loss 0.021"),
            "finetuning 16 copies: 600 updates in 38.9 s (15.4/s), loss 0.021"
        );
        assert_eq!(
            count(600, 600, 1.5).finished(""),
            "finetuning 16 copies: 600 updates (600 found in the store) in 1.5 s"
        );
        assert_eq!(
            count(7, 0, 61.0).stopped(),
            "finetuning 16 copies: stopped at 7 of 600 updates after 1 min 01 s"
        );
        let one = Count { total: 1, unit: Unit::Copies, what: "evaluating", ..count(1, 0, 2.0) };
        assert_eq!(one.finished(""), "evaluating: 1 copy in 2 s (2 s each)");
    }

    #[test]
    fn bytes_are_counted_in_millions() {
        let (done, found) = (112_400_000, 100_000_000);
        let bytes =
            Count { total: 438_000_000, unit: Unit::Bytes, what: "weights", ..count(done, found, 4.0) };
        assert_eq!(bytes.status(""), "weights: 112.4 of 438.0 MB, 3.1 MB/s, 1 min 46 s left");
        assert_eq!(bytes.stopped(), "weights: stopped at 112.4 of 438.0 MB after 4 s");
        let whole = Count { done: 438_000_000, ..bytes };
        assert_eq!(whole.finished(""), "weights: 438.0 MB (100.0 of them from before) in 4 s (84.5 MB/s)");
    }

    #[test]
    fn durations_for_people() {
        let shown = [0.0, 0.04, 4.21, 38.0, 59.97, 65.0, 3599.6, 7384.0].map(duration);
        assert_eq!(
            shown,
            ["0 s", "0.0 s", "4.2 s", "38 s", "1 min 00 s", "1 min 05 s", "1 h 00 min", "2 h 03 min"]
        );
    }
}
