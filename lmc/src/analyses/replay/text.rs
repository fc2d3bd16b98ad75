//! The lines of a log without what terminals, schedulers and progress bars add to them.
//!
//! A carriage return starts a new line, and so does a backspace: the text between two of them is a line of
//! its own here, with the number of the line of the file. Colours and movements of the cursor are removed,
//! and so are progress bars in front of a text and the prefix of every line: the number of a task
//! (`srun --label`), a time, the name of a logger. If the lines of several tasks are mixed, their numbers
//! separate them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::analyses::replay::point::OPENING;
use crate::data::text::decoded;

/// A line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line of the file, counted from 1.
    pub number: usize,
    /// The text, without blanks at its end.
    pub text: String,
    /// True if it is UTF-8; otherwise the invalid parts are replaced.
    pub is_utf_8: bool,
    /// True if the file ends in it, without a line ending.
    pub is_cut: bool,
}

/// Returns the lines of a log, those of each task by themselves; and the number of lines of the file.
pub(super) fn lines(bytes: &[u8]) -> (Vec<Vec<Line>>, usize) {
    let bytes = decoded(bytes);
    let end = if bytes.contains(&b'\n') || !bytes.contains(&b'\r') { b'\n' } else { b'\r' };
    let is_whole = bytes.last().is_none_or(|byte| [b'\n', b'\r'].contains(byte));
    let body = bytes.strip_suffix(&[end]).unwrap_or(&bytes);
    let mut lines = Vec::new();
    let mut n = 0;
    for (line, number) in body.split(|&byte| byte == end).zip(1..) {
        n = number;
        for part in line.split(|byte| [b'\r', 8].contains(byte)) {
            let decoded = String::from_utf8_lossy(part);
            let is_utf_8 = matches!(decoded, Cow::Borrowed(_));
            let text = without_escapes(&decoded).trim_end().to_owned();
            lines.push(Line { number, text, is_utf_8, is_cut: false });
        }
    }
    if let Some(last) = lines.last_mut() {
        last.is_cut = !is_whole;
    }
    (by_task(lines), n)
}

/// Returns the text without the escape sequences of terminals.
fn without_escapes(text: &str) -> Cow<'_, str> {
    const ESCAPE: char = '\u{1b}';
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split(ESCAPE);
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = match piece.as_bytes().first() {
            // Colours, movements, deletions: up to the first letter or sign from @ on.
            Some(b'[') => {
                piece[1..].find(|c: char| ('@'..='~').contains(&c)).map_or("", |end| &piece[end + 2..])
            }
            // Titles of windows and links, up to a bell.
            Some(b']') => piece.split_once('\u{7}').map_or("", |(_, rest)| rest),
            // Character sets: two letters.
            Some(b'(' | b')') => piece.get(2..).unwrap_or(""),
            Some(first) if first.is_ascii() => &piece[1..],
            _ => piece,
        };
        plain.push_str(rest);
    }
    Cow::Owned(plain)
}

/// Returns the lines without their prefixes, separately for each task.
fn by_task(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let before = lines.iter().find_map(|line| line.text.find(OPENING).map(|at| line.text[..at].to_owned()));
    let prefix = before.map_or(Prefix::None, |text| Prefix::of(&text));
    let mut tasks: BTreeMap<Option<u64>, Vec<Line>> = BTreeMap::new();
    for mut line in lines {
        let (task, text) = prefix.taken_off(&line.text);
        let text = after_bar(text);
        if text.trim().is_empty() && !line.is_cut {
            continue;
        }
        line.text = text.to_owned();
        tasks.entry(task).or_default().push(line);
    }
    tasks.into_values().collect()
}

/// The prefix of every line.
enum Prefix {
    None,
    /// The number of a task and a colon.
    Task,
    /// Text whose digits and blanks may differ.
    Shape(String),
}

impl Prefix {
    /// Returns the kind of a text that stands in front of a line.
    fn of(text: &str) -> Self {
        match text.trim_end().strip_suffix(':').map(|number| number.trim().parse::<u64>().is_ok()) {
            Some(true) => Self::Task,
            _ if text.contains("%|") || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ') => {
                Self::None
            }
            _ => Self::Shape(shape(text)),
        }
    }

    /// Returns the number of the task and the line without the text in front of it.
    fn taken_off<'a>(&self, line: &'a str) -> (Option<u64>, &'a str) {
        match self {
            Self::None => (None, line),
            Self::Task => {
                let task =
                    line.split_once(':').and_then(|(task, rest)| Some((task.trim().parse().ok()?, rest)));
                task.map_or((None, line), |(task, rest)| (Some(task), rest.strip_prefix(' ').unwrap_or(rest)))
            }
            Self::Shape(expected) => match line.get(..expected.len()) {
                Some(start) if shape(start) == *expected => (None, &line[expected.len()..]),
                _ => (None, line),
            },
        }
    }
}

/// Returns a text in which all digits and blanks are the same.
fn shape(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() || c == ' ' { '0' } else { c }).collect()
}

/// Returns the text behind a progress bar such as `40%|####      | 4/10 [00:01<00:02, 3.00it/s]`, or the
/// whole line if it has no bar.
fn after_bar(line: &str) -> &str {
    if !line.contains("%|") {
        return line;
    }
    let rest = line.rsplit_once('|').map_or("", |(_, rest)| rest);
    let times = rest
        .find('[')
        .zip(rest.find(']'))
        .filter(|(start, end)| start < end && rest[*start..*end].contains(['<', '?']));
    let rest = times.map_or(rest, |(_, end)| &rest[end + 1..]);
    // The count of a bar without times.
    let counted = rest.trim_start().split(' ').next().unwrap_or_default();
    let is_count =
        counted.split_once('/').is_some_and(|(a, b)| a.parse::<u64>().is_ok() && b.parse::<u64>().is_ok());
    if is_count { &rest.trim_start()[counted.len()..] } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(log: &str) -> Vec<Vec<(usize, String)>> {
        let (tasks, _) = lines(log.as_bytes());
        tasks
            .into_iter()
            .map(|lines| lines.into_iter().map(|line| (line.number, line.text)).collect())
            .collect()
    }

    fn one(log: &str) -> Vec<(usize, String)> {
        texts(log).concat()
    }

    #[test]
    fn what_a_carriage_return_begins_anew_is_a_line_with_the_number_of_the_file() {
        let log = "\u{feff}Loading: 50%|#####     |\rLoading: 100%|##########|\rEuclidean distance between a and b: 1.\r\nx\r\n\r\ny";
        let expected = [(1, "Euclidean distance between a and b: 1."), (2, "x"), (4, "y")];
        assert_eq!(one(log), expected.map(|(number, text)| (number, text.to_owned())));
        let (tasks, n) = lines(log.as_bytes());
        assert_eq!((tasks[0].last().unwrap().is_cut, n), (true, 4));
        // Where nothing else ends a line.
        assert_eq!(one("a\rb\r"), [(1, "a".to_owned()), (2, "b".to_owned())]);
        assert_eq!(
            one("10%\u{8}\u{8}\u{8}20%\nz"),
            [(1, "10%".into()), (1, "20%".into()), (2, "z".to_owned())]
        );
    }

    #[test]
    fn colours_and_bars_are_taken_off() {
        for line in [
            "\u{1b}[1;32mpoint_num loss\u{1b}[0m",
            "\u{1b}[2K\u{1b}[1Gpoint_num loss",
            "\u{1b}]0;title\u{7}point_num loss",
            "\u{1b}(Bpoint_num loss",
            " 40%|████      | 4/10 [00:01<00:02,  3.00it/s]point_num loss",
            "Map: 100%|##########| 10/10 [00:01<?, ?it/s, loss=0.5]point_num loss",
            "100%|##########| 433/433 point_num loss",
            " 20%|##  | 2/10 [00:01<00:02,  3.00it/s] 40%|####| 4/10 [00:01<00:02,  3.00it/s]  point_num loss",
        ] {
            assert_eq!(one(line)[0].1.trim(), "point_num loss", "{line}");
        }
        assert_eq!(one("40%|##| 4/10 [00:01<00:02,  3.00it/s][0.5, 0.5]")[0].1, "[0.5, 0.5]");
        assert!(one("40%|##| 4/10 [00:01<00:02,  3.00it/s]\nx").len() == 1);
    }

    #[test]
    fn what_stands_in_front_of_every_line_is_taken_off() {
        let opening = "Euclidean distance between a and b: 1.";
        let stamped = format!(
            "2023-05-01 10:00:00,123 INFO {opening}\n2023-05-01 10:00:07,001 INFO [0.0, 1.0]\n  0  0.5\n"
        );
        assert_eq!(
            one(&stamped),
            [(1, opening), (2, "[0.0, 1.0]"), (3, "  0  0.5")].map(|(n, t)| (n, t.to_owned()))
        );
        let node = format!("[node01] {opening}\n[node12] x: y\n");
        assert_eq!(one(&node)[1].1, "x: y");
        // Blanks alone do not count as a prefix.
        assert_eq!(one(&format!("  {opening}\n  0  0.5\n"))[1].1, "  0  0.5");
    }

    #[test]
    fn mixed_tasks_are_told_apart() {
        let log = " 0: Euclidean distance between a and b: 1.\n10: Euclidean distance between a and c: 1.\n 0: x\n10: y: z\n";
        let of =
            |lines: &[(usize, &str)]| lines.iter().map(|(n, t)| (*n, (*t).to_owned())).collect::<Vec<_>>();
        let first = of(&[(1, "Euclidean distance between a and b: 1."), (3, "x")]);
        let second = of(&[(2, "Euclidean distance between a and c: 1."), (4, "y: z")]);
        assert_eq!(texts(log), [first, second]);
    }
}
