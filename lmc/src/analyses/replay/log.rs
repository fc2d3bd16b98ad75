//! One log, line by line.

use std::path::{Path, PathBuf};

use crate::analyses::replay::number::shown;
use crate::analyses::replay::point::{self, Metrics, Opening};
use crate::analyses::replay::text::{Line, lines};
use crate::error::{LmcError, Result};

/// The largest distance of weights from those of an even grid, and of their sum from 1.
const ROUNDING: f64 = 1e-9;

/// The line between two models as a log tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedLine {
    /// The model that the log names first, at alpha = 1.
    pub a: String,
    /// The model that the log names second, at alpha = 0.
    pub b: String,
    /// The Euclidean distance of the two models over all parameters.
    pub distance: f64,
    /// The values of alpha, ascending from 0 to 1.
    pub alphas: Vec<f64>,
    /// The mean loss at each alpha, in nats per example.
    pub losses: Vec<f64>,
    /// Each metric by the name of its column, with its value at each alpha.
    pub metrics: Vec<(&'static str, Vec<f64>)>,
    /// The most decimals that one of the losses was printed with.
    pub decimals: usize,
}

/// A line, with the log and the place in it where it begins.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) number: usize,
    /// The set, if the log names it.
    pub(super) dataset: Option<String>,
    pub(super) line: LoggedLine,
    /// The line of the log that has a problem, and the problem.
    pub(super) problem: Option<(usize, String)>,
}

/// The pair that is being read.
struct Open {
    entry: Entry,
    /// The weights that were announced above the tables so far, one for each table.
    weights: Vec<f64>,
    /// The weight of the first model at the point whose table comes next, and the line that says it.
    announced: Option<(f64, usize)>,
}

/// The kind of line that must come next.
enum Awaited {
    Anything,
    Rule,
    Row,
}

struct Reader<'a> {
    path: &'a Path,
    /// The columns of all tables, once the first is read.
    metrics: Option<Metrics>,
    entries: Vec<Entry>,
    open: Option<Open>,
    awaited: Awaited,
}

/// The line that has a problem, and the problem.
type Problem = (usize, String);

/// Reads the pairs of a log. If a pair is not whole, its entry says so.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>> {
    let (tasks, n_lines) = lines(bytes);
    let mut entries = Vec::new();
    for lines in tasks {
        let mut reader =
            Reader { path, metrics: None, entries: Vec::new(), open: None, awaited: Awaited::Anything };
        lines.iter().try_for_each(|line| reader.take(line))?;
        entries.extend(reader.finish(n_lines));
    }
    if entries.is_empty() {
        return Err(wrong(path, n_lines.max(1), format!("no line `{}A and B: x.`", point::OPENING)));
    }
    entries.sort_by_key(|entry: &Entry| entry.number);
    Ok(entries)
}

impl Reader<'_> {
    /// Takes a line. A problem with it is a problem of the open pair or, if there is none, of the log.
    fn take(&mut self, line: &Line) -> Result<()> {
        if let Some(at) = line.text.find(point::OPENING) {
            self.close(line.number);
            return self.opening(line, &line.text[at..]);
        }
        if self.open.as_ref().is_some_and(|open| open.entry.problem.is_some()) {
            return Ok(());
        }
        let Err((number, problem)) = self.within(line) else { return Ok(()) };
        self.awaited = Awaited::Anything;
        match &mut self.open {
            Some(open) => {
                open.entry.problem = Some((number, problem));
                Ok(())
            }
            None => Err(wrong(self.path, number, problem)),
        }
    }

    /// Reads the line that opens a pair.
    fn opening(&mut self, line: &Line, text: &str) -> Result<()> {
        let number = line.number;
        let wrong = |problem: &str| wrong(self.path, number, problem.to_owned());
        if !line.is_utf_8 {
            return Err(wrong("not UTF-8"));
        }
        let Opening { a, b, distance } = match point::opening(text) {
            Some(Ok(opening)) => opening,
            // Of a line that the end of the file cuts off the models are not known.
            Some(Err(problem)) if line.is_cut => {
                Opening { a: String::new(), b: String::new(), distance: Err(problem) }
            }
            Some(Err(problem)) => return Err(wrong(&problem)),
            None => return Ok(()),
        };
        let (distance, problem) = match distance {
            Ok(distance) => (distance, None),
            Err(problem) => (f64::NAN, Some((number, problem))),
        };
        let (alphas, losses, metrics) = (Vec::new(), Vec::new(), Vec::new());
        let line = LoggedLine { a, b, distance, alphas, losses, metrics, decimals: 0 };
        let entry = Entry { path: self.path.to_owned(), number, dataset: None, line, problem };
        self.open = Some(Open { entry, weights: Vec::new(), announced: None });
        Ok(())
    }

    /// Reads any other line.
    fn within(&mut self, line: &Line) -> Result<(), Problem> {
        let (number, text) = (line.number, line.text.as_str());
        let n_columns = self.metrics.as_ref().map_or(0, |metrics| metrics.len() + 2);
        match self.awaited {
            Awaited::Rule if point::rule(text) == Some(n_columns) => self.awaited = Awaited::Row,
            Awaited::Rule if text.trim_start().starts_with('-') || line.is_cut => {
                let problem = format!("`{}` instead of a rule of {n_columns} columns", shown(text));
                return Err((number, problem));
            }
            Awaited::Row if is_row(text, n_columns) || line.is_cut => {
                if !line.is_utf_8 {
                    return Err((number, "not UTF-8".to_owned()));
                }
                self.row(number, text, line.is_cut)?;
                self.awaited = Awaited::Anything;
            }
            // Other text between the lines of a table is passed over, but a table within a table is not.
            Awaited::Rule | Awaited::Row if point::is_header(text) || point::weights(text).is_some() => {
                return Err((number, format!("`{}` within a table", shown(text.trim()))));
            }
            Awaited::Rule | Awaited::Row => {}
            Awaited::Anything => self.between_tables(number, text)?,
        }
        Ok(())
    }

    fn between_tables(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        if let Some(repeated) = point::repeated(text) {
            self.repeated(number, repeated)?;
        } else if point::is_header(text) {
            self.header(number, text)?;
        } else if point::rule(text).is_some() && self.open.is_some() {
            return Err((
                number,
                "a rule without a header of point_num, loss and a metric above it".to_owned(),
            ));
        } else if let Some(weights) = point::weights(text) {
            self.announce(number, weights)?;
        }
        Ok(())
    }

    /// Reads a line that names the pair again, with the set.
    fn repeated(&mut self, number: usize, (a, b, dataset): (&str, &str, &str)) -> Result<(), Problem> {
        let first = self.entries.first().and_then(|entry| entry.dataset.clone());
        let Some(Open { entry, .. }) = &mut self.open else { return Ok(()) };
        let line = &entry.line;
        if (a, b) != (&line.a, &line.b) {
            let (a, b) = (shown(a), shown(b));
            let problem =
                format!("`{a}` and `{b}` in the tables of `{}` and `{}`", shown(&line.a), shown(&line.b));
            return Err((number, problem));
        }
        if let Some(other) = first.filter(|other| other != dataset) {
            let problem =
                format!("interpolated on `{}`, the first pair on `{}`", shown(dataset), shown(&other));
            return Err((number, problem));
        }
        entry.dataset = Some(dataset.to_owned());
        Ok(())
    }

    fn announce(&mut self, number: usize, [first, second]: [f64; 2]) -> Result<(), Problem> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if let Some((_, before)) = open.announced {
            return Err((number, format!("the point of line {before} has no table")));
        }
        let fits = (0.0..=1.0).contains(&first) && (first + second - 1.0).abs() <= ROUNDING;
        if !fits {
            let problem = format!("weights {first} and {second} instead of two whose sum is 1");
            return Err((number, problem));
        }
        open.announced = Some((first, number));
        Ok(())
    }

    fn header(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        let metrics = point::header(text).map_err(|problem| (number, problem))?;
        if self.open.is_none() {
            let problem = format!("a table before the first `{}A and B: x.`", point::OPENING);
            return Err((number, problem));
        }
        if self.metrics.as_ref().is_some_and(|first| *first != metrics) {
            let problem = format!("header `{}` is not that of the first table", shown(text.trim()));
            return Err((number, problem));
        }
        self.metrics = Some(metrics);
        self.awaited = Awaited::Rule;
        Ok(())
    }

    fn row(&mut self, number: usize, text: &str, cut: bool) -> Result<(), Problem> {
        let (Some(metrics), Some(open)) = (&self.metrics, &mut self.open) else { return Ok(()) };
        let (point, loss, values) = point::row(text, metrics).map_err(|problem| (number, problem))?;
        if cut {
            return Err((number, "the file ends in the middle of a line".into()));
        }
        let line = &mut open.entry.line;
        if point != line.losses.len() {
            let problem = format!("point {point} instead of {}", line.losses.len());
            return Err((number, problem));
        }
        if line.metrics.is_empty() {
            line.metrics = metrics.iter().map(|(name, _)| (*name, Vec::new())).collect();
        }
        line.losses.push(loss);
        line.decimals = line.decimals.max(point::decimals(text));
        line.metrics.iter_mut().zip(values).for_each(|((_, column), value)| column.push(value));
        let announced = open.announced.take();
        let expected = if announced.is_some() { line.losses.len() - 1 } else { 0 };
        if open.weights.len() != expected {
            return Err((number, "weights are said of some points and not of others".into()));
        }
        open.weights.extend(announced.map(|(weight, _)| weight));
        Ok(())
    }

    /// Ends the open pair; `number` is the line at which it ended.
    fn close(&mut self, number: usize) {
        let unfinished = !matches!(self.awaited, Awaited::Anything);
        self.awaited = Awaited::Anything;
        let Some(Open { mut entry, weights, announced }) = self.open.take() else { return };
        let n = entry.line.losses.len();
        if entry.problem.is_none() {
            let (a, b) = (shown(&entry.line.a), shown(&entry.line.b));
            entry.problem = match announced {
                _ if unfinished => Some((number, "a table is cut off".to_owned())),
                Some((_, line)) => Some((line, "this point has no table".to_owned())),
                None if n < 3 => {
                    Some((number, format!("{n} points between `{a}` and `{b}` instead of at least 3")))
                }
                None => None,
            };
        }
        if entry.problem.is_none() {
            match alphas(&weights, n) {
                Ok(alphas) => entry.line.alphas = alphas,
                Err(problem) => entry.problem = Some((entry.number, problem)),
            }
        }
        self.entries.push(entry);
    }

    fn finish(mut self, last: usize) -> Vec<Entry> {
        let within = !matches!(self.awaited, Awaited::Anything);
        if let Some(open) = self.open.as_mut().filter(|open| within && open.entry.problem.is_none()) {
            open.entry.problem = Some((last, "the file ends within a table".to_owned()));
        }
        self.close(last);
        self.entries
    }
}

/// Returns whether a line is the row of a table, or was meant to be one: a number comes first, or it has as
/// many fields as there are columns, and one of them is a number.
fn is_row(text: &str, n_columns: usize) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let is_number = |field: &&str| field.parse::<f64>().is_ok();
    fields.first().is_some_and(is_number) || (fields.len() == n_columns && fields.iter().any(is_number))
}

/// Returns the places of the points of a pair.
fn alphas(weights: &[f64], n: usize) -> Result<Vec<f64>, String> {
    let even: Vec<f64> = (0..n).map(|k| k as f64 / (n - 1) as f64).collect();
    // The weights of an even grid may miss it by the last bit.
    if weights.iter().zip(&even).all(|(weight, even)| (weight - even).abs() <= ROUNDING) {
        return Ok(even);
    }
    let ascend = weights.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascend || weights[0] != 0.0 || weights[n - 1] != 1.0 {
        let problem =
            "the weights of the first model do not ascend from 0 to 1: a point is missing or cut off";
        return Err(problem.to_owned());
    }
    Ok(weights.to_vec())
}

/// The advice for a log that is not as it should be.
pub(super) const REMEDY: &str =
    "this must be a whole log of interpolations, as `lmc::analyses::replay` describes it";

/// The advice for a pair that is not whole.
const PAIR_REMEDY: &str = "this must be a whole log of interpolations, as `lmc::analyses::replay` describes it; `missing` (--missing drop) \
                           leaves out models whose lines are not whole, `repeated` (--repeated last) takes a later line of the same models";

/// Returns the error of a log.
pub(super) fn wrong(path: &Path, line: usize, problem: String) -> LmcError {
    LmcError::Format { path: path.to_owned(), line: Some(line), problem, remedy: REMEDY }
}

impl Entry {
    /// Returns the error of a pair that is not whole.
    pub(super) fn not_whole(&self, (line, problem): &Problem) -> LmcError {
        let (path, problem) = (self.path.clone(), problem.clone());
        LmcError::Format { path, line: Some(*line), problem, remedy: PAIR_REMEDY }
    }
}
