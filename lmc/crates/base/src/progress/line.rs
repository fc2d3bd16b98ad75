//! One line of progress that is written now and then.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use serde_json::Value;

use crate::kernel::{Bundle, Message, record};

type Output = Box<dyn Write + Send>;

/// The place where the line goes.
pub(super) enum Form {
    /// One output of a cell, updated in place.
    Live { display_id: String, output: Output },
    /// A line after the other.
    Lines(Output),
}

impl Form {
    /// Returns how long work takes before it is shown at all, and the shortest time between two writes.
    fn times(&self) -> (Duration, Duration) {
        match self {
            Self::Live { .. } => (Duration::from_secs(1), Duration::from_millis(500)),
            Self::Lines(_) => (Duration::from_secs(5), Duration::from_secs(5)),
        }
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live { .. } => "Live",
            Self::Lines(_) => "Lines",
        })
    }
}

/// The line of one piece of work. Times are since the start of the work.
#[derive(Debug)]
pub(super) struct Line {
    form: Form,
    /// The time when it was last written.
    written: Option<Duration>,
    ended: bool,
}

impl Line {
    pub fn new(form: Form) -> Self {
        Self { form, written: None, ended: false }
    }

    /// Writes the line, if it is time to.
    pub fn update(&mut self, now: Duration, text: impl FnOnce() -> String) {
        let (first, between) = self.form.times();
        let due = self.written.map_or(first, |written| written + between);
        if now >= due && !self.ended {
            self.write(now, &text());
        }
    }

    /// Writes the last line, unless the work was too short to be shown.
    pub fn end(&mut self, now: Duration, text: impl FnOnce() -> String) {
        if now >= self.form.times().0 && !self.ended {
            self.write(now, &text());
        }
        self.ended = true;
    }

    /// Writes the line. The work goes on if an output fails: nobody can be told of a closed output, and
    /// [`crate::terminal`] remembers all other failures.
    fn write(&mut self, now: Duration, text: &str) {
        let (bytes, output) = match &mut self.form {
            Form::Live { display_id, output } => {
                let message = if self.written.is_some() { Message::Update } else { Message::Display };
                let data = Bundle::from_iter([("text/plain".to_owned(), Value::from(text))]);
                (record(message, data, Some(display_id)), output)
            }
            Form::Lines(output) => (format!("{text}\n"), output),
        };
        let _ = output.write_all(bytes.as_bytes()).and_then(|()| output.flush());
        self.written = Some(now);
    }
}

/// An output that tests look into.
#[cfg(test)]
pub(super) mod shared {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    pub struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// Returns the type and the plain text of every record.
        pub fn texts(&self) -> Vec<(String, String)> {
            let all = self.text();
            let records = all.split_terminator("\x1b\\").map(|r| r.strip_prefix("\x1b_lmc;").unwrap());
            let value = |json| serde_json::from_str::<serde_json::Value>(json).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            records
                .map(value)
                .map(|v| (text(&v["type"]), text(&v["content"]["data"]["text/plain"])))
                .collect()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shared::Shared;
    use super::*;

    /// Returns what a line writes that is updated every tenth of a second up to `end`, in seconds.
    fn written(form: impl FnOnce(Output) -> Form, end: f64) -> Shared {
        let shared = Shared::default();
        let mut line = Line::new(form(Box::new(shared.clone())));
        let steps = (end * 10.0) as u32;
        for tenths in 1..steps {
            line.update(Duration::from_millis(100) * tenths, || format!("at {tenths}"));
        }
        line.end(Duration::from_secs_f64(end), || "end".into());
        line.update(Duration::from_secs_f64(end + 100.0), || "late".into());
        shared
    }

    fn live(output: Output) -> Form {
        Form::Live { display_id: "lmc-1".into(), output }
    }

    #[test]
    fn a_live_line_appears_after_a_second_and_changes_twice_a_second() {
        let shared = written(live, 2.3);
        let shown = shared.texts();
        let texts: Vec<&str> = shown.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["at 10", "at 15", "at 20", "end"]);
        assert_eq!(shown[0].0, "display_data");
        assert!(shown[1..].iter().all(|(kind, _)| kind == "update_display_data"));
        assert_eq!(shared.text().matches("\"display_id\":\"lmc-1\"").count(), 4);
    }

    #[test]
    fn a_line_that_was_never_shown_ends_as_a_new_output_or_not_at_all() {
        let shared = Shared::default();
        Line::new(live(Box::new(shared.clone()))).end(Duration::from_secs(3), || "end".into());
        assert_eq!(shared.texts(), [("display_data".to_owned(), "end".to_owned())]);
        assert_eq!(written(live, 0.9).text(), "");
    }

    #[test]
    fn lines_come_every_five_seconds() {
        assert_eq!(written(Form::Lines, 11.0).text(), "at 50\nat 100\nend\n");
        assert_eq!(written(Form::Lines, 4.9).text(), "");
    }
}
