//! Interpolations that others ran, read from their logs: profiles, gaps and basins without a model at hand.
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
//! above which may stand the weights of A and of B. [`Replay::read`] reads such logs, [`write_log`] writes one.
//!
//! Point 0 is B, the last point is A, as in [`PROFILES`](crate::table::PROFILES): the models of a line are `a` = A and `b` = B.
//! DIFFERENCE: the public code stores the same values under (A, B) in the order from B to A, and reads its logs as the pair
//! (B, A). Measures that are the same in both directions hide it.
//!
//! Its grid has 8 points between the ends, 10 with them; any number from 3 is read here.

mod agreement;
mod log;
mod number;
mod point;
mod scores;
mod tables;
mod write;

use std::fmt;
use std::path::Path;

use crate::error::{LmcError, Result};
pub use log::LoggedLine;
pub use scores::{read_samples, read_scores};
pub use write::{log_text, write_log};

/// What a log does not say itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayOptions {
    /// The name of the evaluated set in tables, for example `id`.
    pub dataset: String,
    /// The number of examples that losses are means over; 512 in the paper.
    pub n_examples: usize,
    /// The most by which two numbers may differ that must be the same: the loss of a model in all its pairs, and a pair that is
    /// there in both directions. In nats, for distances relative.
    pub tolerance: f64,
}

impl ReplayOptions {
    /// 512 examples of that set, and a tolerance of 0.001.
    pub fn new(dataset: &str) -> ReplayOptions {
        ReplayOptions { dataset: dataset.to_owned(), n_examples: 512, tolerance: 1e-3 }
    }
}

impl ReplayOptions {
    /// Nothing, when every field has a value it can have.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a tolerance that is negative or no number, and for no examples or more than a billion.
    pub fn check(&self) -> Result<()> {
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
    /// What the logs do not say.
    pub options: ReplayOptions,
    /// The lines, in the order of the logs.
    pub lines: Vec<LoggedLine>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (models, lines, points) = (self.models.len(), self.lines.len(), self.n_points());
        write!(f, "Replay({models} models on {}, {lines} lines of {points} points)", self.options.dataset)
    }
}

impl Replay {
    /// The lines in some logs.
    ///
    /// Text between tables is passed over. A pair may be there in both directions, once each: then the two must agree and the
    /// first is kept. The loss of a model must be the same in all its pairs: else they were sampled on other examples.
    ///
    /// # Errors
    /// [`LmcError::Io`] if a file cannot be read; [`LmcError::Format`] with file and line for a table that is cut short, has
    /// another header or something else than finite numbers in its columns, a point that is missing or there twice, a pair that
    /// is there again or has another number of points, models or sets that do not fit, numbers that differ by more than the
    /// tolerance, and a file without any pair; [`LmcError::InvalidParameter`] for a tolerance that is negative or no number,
    /// no examples, or no files.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::replay::{Replay, ReplayOptions};
    /// let replay = Replay::read(&["mnli_0.out", "mnli_1.out"], &ReplayOptions::new("id"))?;
    /// let (profiles, gaps) = (replay.table()?, replay.gaps()?);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn read(paths: &[impl AsRef<Path>], options: &ReplayOptions) -> Result<Replay> {
        if paths.is_empty() {
            return Err(LmcError::invalid("paths", "none", "at least one log"));
        }
        let mut entries = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
            entries.extend(log::parse(path, &bytes)?);
        }
        Self::of(entries, options)
    }

    /// The lines in the bytes of one log; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Replay::read`].
    pub fn parse(bytes: &[u8], path: &Path, options: &ReplayOptions) -> Result<Replay> {
        Self::of(log::parse(path, bytes)?, options)
    }

    fn of(entries: Vec<log::Entry>, options: &ReplayOptions) -> Result<Replay> {
        options.check()?;
        let lines = agreement::each_pair_once(entries, options.tolerance)?;
        let mut models = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        for name in lines.iter().flat_map(|line| [&line.a, &line.b]) {
            if known.insert(name) {
                models.push(name.clone());
            }
        }
        Ok(Replay { models, options: options.clone(), lines })
    }

    /// The number of points of a line, both ends included; all lines have as many.
    pub fn n_points(&self) -> usize {
        self.lines.first().map_or(0, |line| line.losses.len())
    }

    /// The same lines with other names of their models, such as `feather-berts-7` for `7`.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if two models would have one name.
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
