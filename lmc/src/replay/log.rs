//! One log, line by line.

use std::path::{Path, PathBuf};

use super::number::shown;
use super::point::{self, Metrics};
use crate::error::{LmcError, Result};

/// How far weights may be from those of an even grid, or their sum from 1.
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

/// A line and where in which log it begins.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) number: usize,
    /// The set, where the log names it.
    pub(super) dataset: Option<String>,
    pub(super) line: LoggedLine,
}

/// The pair that is being read.
struct Open {
    entry: Entry,
    /// Where weights were said above tables, one for each so far.
    weights: Vec<f64>,
    /// The weight of the first model at the point whose table comes next, and the line that says it.
    announced: Option<(f64, usize)>,
}

/// What the next line must be.
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

/// The pairs of a log.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Entry>> {
    let mut reader =
        Reader { path, metrics: None, entries: Vec::new(), open: None, awaited: Awaited::Anything };
    let is_whole = bytes.ends_with(b"\n");
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut last = 1;
    let mut lines = bytes.split(|&byte| byte == b'\n').zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let text = std::str::from_utf8(line).map_err(|_| reader.wrong(number, "not UTF-8"))?.trim_end();
        let cut = !is_whole && lines.peek().is_none();
        reader.take(number, text, cut)?;
        last = number;
    }
    reader.finish(last)
}

impl Reader<'_> {
    fn wrong(&self, line: usize, problem: impl Into<String>) -> LmcError {
        wrong(self.path, line, problem.into())
    }

    fn take(&mut self, number: usize, text: &str, cut: bool) -> Result<()> {
        let n_columns = self.metrics.as_ref().map_or(0, |metrics| metrics.len() + 2);
        match self.awaited {
            Awaited::Rule if point::rule(text) == Some(n_columns) => self.awaited = Awaited::Row,
            Awaited::Rule => {
                let problem = format!("`{}` instead of a rule of {n_columns} columns", shown(text));
                return Err(self.wrong(number, problem));
            }
            Awaited::Row => {
                self.row(number, text, cut)?;
                self.awaited = Awaited::Anything;
            }
            Awaited::Anything => self.between_tables(number, text)?,
        }
        Ok(())
    }

    fn between_tables(&mut self, number: usize, text: &str) -> Result<()> {
        if let Some(opening) = point::opening(text) {
            let (a, b, distance) = opening.map_err(|problem| self.wrong(number, problem))?;
            self.close(number)?;
            let (alphas, losses, metrics) = (Vec::new(), Vec::new(), Vec::new());
            let line = LoggedLine { a, b, distance, alphas, losses, metrics, decimals: 0 };
            let entry = Entry { path: self.path.to_owned(), number, dataset: None, line };
            self.open = Some(Open { entry, weights: Vec::new(), announced: None });
        } else if let Some(repeated) = point::repeated(text) {
            self.repeated(number, repeated)?;
        } else if point::is_header(text) {
            self.header(number, text)?;
        } else if point::rule(text).is_some() {
            return Err(
                self.wrong(number, "a rule without a header of point_num, loss and a metric above it")
            );
        } else if let Some(weights) = point::weights(text) {
            self.announce(number, weights)?;
        }
        Ok(())
    }

    /// A line that names the pair again, with the set.
    fn repeated(&mut self, number: usize, (a, b, dataset): (&str, &str, &str)) -> Result<()> {
        let (path, first) = (self.path, self.entries.first().and_then(|entry| entry.dataset.clone()));
        let Some(Open { entry, .. }) = &mut self.open else { return Ok(()) };
        let line = &entry.line;
        if (a, b) != (&line.a, &line.b) {
            let (a, b) = (shown(a), shown(b));
            let problem =
                format!("`{a}` and `{b}` in the tables of `{}` and `{}`", shown(&line.a), shown(&line.b));
            return Err(wrong(path, number, problem));
        }
        if let Some(other) = first.filter(|other| other != dataset) {
            let problem =
                format!("interpolated on `{}`, the first pair on `{}`", shown(dataset), shown(&other));
            return Err(wrong(path, number, problem));
        }
        entry.dataset = Some(dataset.to_owned());
        Ok(())
    }

    fn announce(&mut self, number: usize, [first, second]: [f64; 2]) -> Result<()> {
        let path = self.path;
        let Some(open) = &mut self.open else { return Ok(()) };
        if let Some((_, before)) = open.announced {
            return Err(wrong(path, number, format!("the point of line {before} has no table")));
        }
        let fits = (0.0..=1.0).contains(&first) && (first + second - 1.0).abs() <= ROUNDING;
        if !fits {
            let problem = format!("weights {first} and {second} instead of two whose sum is 1");
            return Err(wrong(path, number, problem));
        }
        open.announced = Some((first, number));
        Ok(())
    }

    fn header(&mut self, number: usize, text: &str) -> Result<()> {
        let metrics = point::header(text).map_err(|problem| self.wrong(number, problem))?;
        if self.open.is_none() {
            let problem = format!("a table before the first `{}A and B: x.`", point::OPENING);
            return Err(self.wrong(number, problem));
        }
        if self.metrics.as_ref().is_some_and(|first| *first != metrics) {
            let problem = format!("header `{}` is not that of the first table", shown(text.trim()));
            return Err(self.wrong(number, problem));
        }
        self.metrics = Some(metrics);
        self.awaited = Awaited::Rule;
        Ok(())
    }

    fn row(&mut self, number: usize, text: &str, cut: bool) -> Result<()> {
        let path = self.path;
        let (Some(metrics), Some(open)) = (&self.metrics, &mut self.open) else { return Ok(()) };
        let (point, loss, values) =
            point::row(text, metrics).map_err(|problem| wrong(path, number, problem))?;
        if cut {
            return Err(wrong(path, number, "the file ends in the middle of a line".into()));
        }
        let line = &mut open.entry.line;
        if point != line.losses.len() {
            let problem = format!("point {point} instead of {}", line.losses.len());
            return Err(wrong(path, number, problem));
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
            return Err(wrong(path, number, "weights are said of some points and not of others".into()));
        }
        open.weights.extend(announced.map(|(weight, _)| weight));
        Ok(())
    }

    /// Ends the open pair; `number` is the line at which it ended.
    fn close(&mut self, number: usize) -> Result<()> {
        let Some(Open { mut entry, weights, announced }) = self.open.take() else { return Ok(()) };
        let (a, b) = (shown(&entry.line.a), shown(&entry.line.b));
        if let Some((_, line)) = announced {
            return Err(self.wrong(line, "this point has no table"));
        }
        let n = entry.line.losses.len();
        let first = self.entries.first().map(|entry| entry.line.losses.len());
        if n < 3 || first.is_some_and(|first| first != n) {
            let expected = first.map_or("at least 3".to_owned(), |first| first.to_string());
            let problem = format!("{n} points between `{a}` and `{b}` instead of {expected}");
            return Err(self.wrong(number, problem));
        }
        entry.line.alphas = self.alphas(entry.number, &weights, n)?;
        self.entries.push(entry);
        Ok(())
    }

    /// The places of the points of the pair that begins at a line.
    fn alphas(&self, number: usize, weights: &[f64], n: usize) -> Result<Vec<f64>> {
        let even: Vec<f64> = (0..n).map(|k| k as f64 / (n - 1) as f64).collect();
        // The weights of an even grid may miss it by the last bit.
        if weights.iter().zip(&even).all(|(weight, even)| (weight - even).abs() <= ROUNDING) {
            return Ok(even);
        }
        let ascend = weights.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascend || weights[0] != 0.0 || weights[n - 1] != 1.0 {
            let problem =
                "the weights of the first model do not ascend from 0 to 1: a point is missing or cut off";
            return Err(self.wrong(number, problem));
        }
        Ok(weights.to_vec())
    }

    fn finish(mut self, last: usize) -> Result<Vec<Entry>> {
        match self.awaited {
            Awaited::Anything => {}
            Awaited::Rule | Awaited::Row => return Err(self.wrong(last, "the file ends within a table")),
        }
        self.close(last)?;
        if self.entries.is_empty() {
            let problem = format!("no line `{}A and B: x.`", point::OPENING);
            return Err(self.wrong(last, problem));
        }
        Ok(self.entries)
    }
}

pub(super) fn wrong(path: &Path, line: usize, problem: String) -> LmcError {
    let remedy = "this must be a whole log of interpolations, as `lmc::replay` describes it";
    LmcError::Format { path: path.to_owned(), line: Some(line), problem, remedy }
}
