//! Interpolations that others ran, read from their logs: profiles, gaps and basins without any model.
//!
//! The public code of Juneja et al. (2023) prints, for every pair of models, the line
//!
//! ```text
//! Euclidean distance between A and B: 12.3456.
//! ```
//!
//! and then for every point of the grid a table of one row:
//!
//! ```text
//! [0.0, 1.0]
//!   point_num      loss    accuracy
//! -----------  --------  ----------
//!           0    0.4568      0.8456
//! ```
//!
//! above which may stand the weights of A and of B. [`Replay::read`] reads such logs, [`write_log`] writes
//! one.
//!
//! Point 0 is B, the last point is A, as in [`PROFILES`](crate::table::PROFILES): the models of a line are
//! `a` = A and `b` = B. DIFFERENCE: the public code stores the same values under (A, B) in the order from B
//! to A, and reads its logs as the pair (B, A). Measures that are the same in both directions hide it.
//!
//! Its grid has 8 points between the ends, 10 with them; any number from 3 is read here.
//!
//! Logs of real jobs have more in them: progress bars, colours, the prefixes that Slurm and loggers put in
//! front of every line. All of that is passed over. A job that was run again has pairs twice, one that ran
//! out of time has a pair that is cut off, and pairs may be missing: [`ReplayOptions`] says what happens
//! then.

mod agreement;
mod log;
mod number;
mod point;
mod scores;
mod tables;
mod text;
mod whole;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::error::{LmcError, Result};
use crate::options::{Options, Valid};

pub use log::LoggedLine;
pub use scores::{ScoreOptions, Scores, check_scores, read_samples, read_score_files, read_scores};
pub use write::{log_text, write_log};

/// The number of other models that a note names for each model that is left out.
const NAMED: usize = 5;

/// The facts that a log does not state itself, and the handling of its gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayOptions {
    /// The name of the evaluated set in tables, for example `id`.
    pub dataset: String,
    /// The number of examples that losses are means over; 512 in the paper.
    pub n_examples: usize,
    /// The largest allowed difference of two numbers that must be the same: the loss of a model in all its
    /// pairs, and a pair that is there in both directions. In nats; for distances it is relative.
    pub tolerance: f64,
    /// The treatment of pairs without a whole line.
    pub missing: Missing,
    /// The treatment of pairs with more than one line.
    pub repeated: Repeated,
}

impl ReplayOptions {
    /// Returns options for 512 examples of that set, and a tolerance of 0.001; missing and repeated pairs are
    /// errors.
    pub fn new(dataset: &str) -> ReplayOptions {
        let (missing, repeated) = (Missing::Error, Repeated::Error);
        ReplayOptions { dataset: dataset.to_owned(), n_examples: 512, tolerance: 1e-3, missing, repeated }
    }
}

/// The treatment of pairs of models without a whole line. A whole line has every loss and every point of the
/// grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A line that is not whole is an error, and no matrix is made of logs in which a pair is missing.
    #[default]
    Error,
    /// As few models as possible are left out, so that all pairs of the others are there; [`Replay::notes`]
    /// names them.
    Drop,
}

/// The treatment of a pair of models with more than one line. One line in each direction is always allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Repeated {
    /// It is an error.
    #[default]
    Error,
    /// The first whole line counts.
    First,
    /// The last whole line counts.
    Last,
}

impl Options for ReplayOptions {
    fn validate(&self) -> Result<()> {
        if !self.tolerance.is_finite() || self.tolerance < 0.0 {
            return Err(LmcError::invalid("tolerance", self.tolerance, "a finite number of at least 0"));
        }
        match self.n_examples {
            0 => Err(LmcError::invalid("n_examples", 0, "at least 1")),
            1..=1_000_000_000 => Ok(()),
            n => Err(LmcError::invalid("n_examples", n, "at most 1000000000")),
        }
    }
}

/// The lines that logs tell of, each pair of models once.
#[derive(Clone, PartialEq)]
pub struct Replay {
    /// Names of the models as they first come.
    pub models: Vec<String>,
    /// The facts that the logs do not state.
    pub options: Valid<ReplayOptions>,
    /// The lines, in the order of the logs.
    pub lines: Vec<LoggedLine>,
    /// Notes about the parts of the logs that do not count, with the reason: lines that are not whole,
    /// repeated pairs, models that are left out.
    pub notes: Vec<String>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (models, lines, points) = (self.models.len(), self.lines.len(), self.n_points());
        write!(f, "Replay({models} models on {}, {lines} lines of {points} points)", self.options.dataset)
    }
}

impl Replay {
    /// Reads the lines in some logs.
    ///
    /// Text between tables is passed over. A pair may be there once in each direction; the two must agree,
    /// and the first is kept. The loss of a model must be the same in all its pairs, since otherwise they
    /// were sampled on other examples.
    ///
    /// # Errors
    /// [`LmcError::Io`] if a file cannot be read; [`LmcError::Format`] with file and line for models or sets
    /// that do not fit, numbers that differ by more than the tolerance, and a file without any pair; with
    /// [`Missing::Error`] for a table that is cut short, has another header or anything but finite numbers in
    /// its columns, a point that is missing or occurs twice, and another number of points than most pairs
    /// have; with [`Repeated::Error`] for a repeated pair; [`LmcError::InvalidParameter`] for a tolerance
    /// that is negative or not a number, no examples, or no files.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::replay::{Replay, ReplayOptions};
    /// use lmc::table::Table;
    /// let replay = Replay::read(&["mnli_0.out", "mnli_1.out"], &ReplayOptions::new("id"))?;
    /// let (profiles, gaps) = (replay.table()?, replay.gaps()?);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn read(paths: &[impl AsRef<Path>], options: &ReplayOptions) -> Result<Replay> {
        let options = options.check()?;
        if paths.is_empty() {
            return Err(LmcError::invalid("paths", "none", "at least one log"));
        }
        let mut entries = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let bytes = crate::data::text::read(path)?;
            entries.extend(log::parse(path, &bytes)?);
        }
        Self::of(entries, options)
    }

    /// Reads the lines in the bytes of one log; errors name it `path`.
    ///
    /// # Errors
    /// The errors of [`Replay::read`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::replay::{Replay, ReplayOptions};
    /// use lmc::prelude::*;
    /// let log = std::fs::read("mnli_0.out").unwrap();
    /// let replay = Replay::parse(&log, "mnli_0.out".as_ref(), &ReplayOptions::new("id"))?;
    /// println!("{replay:?}");
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn parse(bytes: &[u8], path: &Path, options: &ReplayOptions) -> Result<Replay> {
        let options = options.check()?;
        Self::of(log::parse(path, bytes)?, options)
    }

    fn of(entries: Vec<log::Entry>, options: Valid<ReplayOptions>) -> Result<Replay> {
        let agreement::Settled { lines, models, notes } = agreement::settle(entries, &options)?;
        let missing = options.missing;
        let replay = Replay { models, options, lines, notes };
        match missing {
            Missing::Error => Ok(replay),
            Missing::Drop => replay.without_missing(),
        }
    }

    /// Returns the pairs of models that have no line, in the order of the models.
    pub fn missing(&self) -> Vec<(&str, &str)> {
        self.lacking().into_iter().map(|(a, b)| (self.models[a].as_str(), self.models[b].as_str())).collect()
    }

    /// Returns the numbers of the models of each pair that has no line.
    fn lacking(&self) -> Vec<(usize, usize)> {
        let number: BTreeMap<&str, usize> = self.models.iter().map(String::as_str).zip(0..).collect();
        let there: BTreeSet<[usize; 2]> = self
            .lines
            .iter()
            .map(|line| {
                let mut pair = [number[line.a.as_str()], number[line.b.as_str()]];
                pair.sort_unstable();
                pair
            })
            .collect();
        let n = self.models.len();
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        pairs.filter(|&(a, b)| !there.contains(&[a, b])).collect()
    }

    /// Returns the lines between the models of which every pair has one.
    fn without_missing(mut self) -> Result<Replay> {
        let lacking = self.lacking();
        if lacking.is_empty() {
            return Ok(self);
        }
        let out = whole::fewest(self.models.len(), &lacking);
        let named = |&model: &usize| {
            let others =
                lacking.iter().filter_map(|&(a, b)| (a == model).then_some(b).or((b == model).then_some(a)));
            let others: Vec<String> = others.map(|other| format!("`{}`", self.models[other])).collect();
            let (n, first) = (others.len(), &others[..others.len().min(NAMED)]);
            let more = if n > NAMED { format!(" and {} more", n - NAMED) } else { String::new() };
            format!("`{}` (no whole line to {}{more})", self.models[model], first.join(", "))
        };
        let note = format!(
            "left out of {} models: {}",
            self.models.len(),
            out.iter().map(named).collect::<Vec<_>>().join(", ")
        );
        self.notes.push(note);
        let names: BTreeSet<String> = out.iter().map(|&model| self.models[model].clone()).collect();
        self.models.retain(|model| !names.contains(model));
        self.lines.retain(|line| !names.contains(&line.a) && !names.contains(&line.b));
        if self.lines.is_empty() {
            let got = format!("no pair of models with a whole line, {} were left out", names.len());
            return Err(LmcError::invalid("missing", got, "logs with at least one whole line"));
        }
        Ok(self)
    }

    /// Returns the number of points of a line, both ends included; all lines have as many.
    pub fn n_points(&self) -> usize {
        self.lines.first().map_or(0, |line| line.losses.len())
    }

    /// Returns the same lines with other names for their models, such as `feather-berts-7` for `7`.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if two models would have one name.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::replay::{Replay, ReplayOptions};
    /// use lmc::prelude::*;
    /// let replay = Replay::read(&["mnli_0.out", "mnli_1.out"], &ReplayOptions::new("id"))?;
    /// let replay = replay.renamed(|name| format!("feather-berts-{name}"))?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn renamed(mut self, rename: impl Fn(&str) -> String) -> Result<Replay> {
        let mut taken = std::collections::BTreeMap::new();
        for name in &mut self.models {
            let new = rename(name);
            if let Some(other) = taken.insert(new.clone(), name.clone()) {
                let got = format!("`{new}` for `{other}` and for `{name}`");
                return Err(LmcError::invalid("rename", got, "another name for each model"));
            }
            *name = new;
        }
        for line in &mut self.lines {
            (line.a, line.b) = (rename(&line.a), rename(&line.b));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
