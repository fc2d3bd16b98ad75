//! The number of basins, and the models that are in none.

mod firmness;
#[cfg(test)]
mod golden;
mod linkage;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use lmc_base::error::{LmcError, Result};
use lmc_base::natural;
use lmc_base::seed::rng;
use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::Note;
use crate::gap::GapMatrix;
use crate::stats::{mean, pearson};
use firmness::firmness;
use linkage::{grouped, levels};

/// The number of basins that models are divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasinCount {
    /// The number that the gaps show, from 1 to [`BasinCount::MOST`]. Models that are far from all others
    /// are in no basin.
    Auto,
    /// A given number, at least 2. Every model is in a basin. 2 is the number of the paper.
    Exactly(usize),
}

impl BasinCount {
    /// The most basins that [`BasinCount::Auto`] looks for.
    pub const MOST: usize = 6;
    /// The most basins that can be asked for.
    pub(super) const MOST_EXACTLY: usize = 1_000;
}

impl Default for BasinCount {
    /// Returns two basins, as in the paper.
    fn default() -> Self {
        Self::Exactly(2)
    }
}

/// Shows "auto" or the number.
impl fmt::Display for BasinCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exactly(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for BasinCount {
    type Err = LmcError;

    /// Returns the number that is written as `auto` or as a whole number.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`].
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            number => match number.parse() {
                Ok(number) if (2..=Self::MOST_EXACTLY).contains(&number) => Ok(Self::Exactly(number)),
                _ => Err(LmcError::invalid("basins", text, "auto or a number from 2")),
            },
        }
    }
}

/// The basins that gaps show.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The basin of each model; none for a model that is alone.
    pub basin: Vec<Option<usize>>,
    /// The mean firmness of the least firm tenth of the models in the best division, up to 1; NaN if none is
    /// firm enough.
    pub firmness: f64,
    /// The share of shuffled gaps that show basins at least as clearly; NaN like the firmness.
    pub p_value: f64,
}

/// The firmness that the least firm models need for a division to count.
const LEAST_FIRM: f64 = 0.3;
/// The share of models that are the least firm.
const SHARE: f64 = 0.1;
/// The weight of that firmness beside the correlation of gaps with the division.
const FIRMNESS: f64 = 0.1;
/// The number of times that gaps are shuffled.
const SHUFFLES: usize = 99;
/// The largest p-value with which a division counts.
const LARGEST_P: f64 = 0.02;
/// Of this many models one may be alone.
const ONE_OF: usize = 4;

impl Found {
    /// Returns the number of basins.
    pub fn n_basins(&self) -> usize {
        self.basin.iter().flatten().max().map_or(0, |last| last + 1)
    }

    /// Returns the numbers of the models that are alone, in ascending order.
    pub fn alone(&self) -> Vec<usize> {
        (0..self.basin.len()).filter(|&model| self.basin[model].is_none()).collect()
    }

    /// Returns what a reader has to know about the search.
    pub fn note(&self, models: &[String]) -> Note {
        let mut alone: Vec<String> = self.alone().into_iter().map(|model| models[model].clone()).collect();
        alone.sort_by(|a, b| natural::key(a).cmp(&natural::key(b)));
        Note::Counted { basins: self.n_basins(), alone, firmness: self.firmness, p_value: self.p_value }
    }
}

/// Returns the basins that the gaps of at least 3 models show.
///
/// Average linkage gives nested groups of models. A group of one model is alone, other groups are basins. The
/// levels that count have at most [`BasinCount::MOST`] basins, at most a quarter of the models alone, and a
/// mean firmness of at least 0.3 in the least firm tenth of the models (see [`firmness`]). The best of them has
/// the largest sum of 0.1 times that firmness and the correlation, over pairs, of the gap with being in
/// different groups (the point-biserial correlation of Milligan and Cooper 1985). It has to tell the gaps
/// better than chance: the same search through 99 shuffles of the gaps gives a one-sided p-value of the
/// correlation (Phipson and Smyth 2010), at most 0.02. Otherwise all models are in one basin.
pub(super) fn found(gaps: &GapMatrix, seed: u64) -> Result<Found> {
    let n = gaps.models.len();
    // Zeros make ties, and ties go by the order of models: names give the same one however they are listed.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&model| natural::key(&gaps.models[model]));
    let values = gaps.values.select(Axis(0), &order).select(Axis(1), &order);
    let mut basin = vec![Some(0); n];
    let Some(best) = best_level(&values)? else {
        return Ok(Found { basin, firmness: f64::NAN, p_value: f64::NAN });
    };
    let (p_value, firmness) = (p_value(&values, &best, seed)?, best.firmness);
    if p_value <= LARGEST_P {
        for (&model, group) in order.iter().zip(best.basin) {
            basin[model] = group;
        }
    }
    Ok(Found { basin, firmness, p_value })
}

/// One level of the linkage, with more than one group.
struct Level {
    basin: Vec<Option<usize>>,
    /// The mean firmness of the least firm models.
    firmness: f64,
    /// The correlation of gaps with being in different groups.
    correlation: f64,
}

impl Level {
    fn clarity(&self) -> f64 {
        self.correlation + FIRMNESS * self.firmness
    }
}

/// Returns the level that tells the gaps best; none if no level counts.
fn best_level(values: &Array2<f64>) -> Result<Option<Level>> {
    let n = values.nrows();
    let mut best: Option<Level> = None;
    for groups in levels(values) {
        let basin = grouped(&groups);
        let n_basins = basin.iter().flatten().max().map_or(0, |last| last + 1);
        let alone = basin.iter().filter(|basin| basin.is_none()).count();
        let is_whole = n_basins == 1 && alone == 0;
        if n_basins == 0 || n_basins > BasinCount::MOST || ONE_OF * alone > n || is_whole {
            continue;
        }
        let mut firm = firmness(values, &basin, n_basins);
        firm.sort_by(f64::total_cmp);
        let least = ((SHARE * n as f64).ceil() as usize).clamp(1, firm.len());
        let firmness = mean(&firm[..least])?;
        if firmness < LEAST_FIRM {
            continue;
        }
        let level = Level { correlation: correlation(values, &basin), basin, firmness };
        if best.as_ref().is_none_or(|best| level.clarity() > best.clarity()) {
            best = Some(level);
        }
    }
    Ok(best)
}

/// Returns the share of shuffled gaps, the given ones among them, whose best level tells the gaps at least as
/// well.
fn p_value(values: &Array2<f64>, best: &Level, seed: u64) -> Result<f64> {
    let n = values.nrows();
    let mut list: Vec<f64> = (0..n).flat_map(|i| (0..i).map(move |j| values[[i, j]])).collect();
    let mut rng = rng(seed, "shuffled gaps");
    let mut as_good = 1;
    for _ in 0..SHUFFLES {
        list.shuffle(&mut rng);
        let mut shuffled = Array2::zeros((n, n));
        let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        for ((i, j), &gap) in pairs.zip(&list) {
            (shuffled[[i, j]], shuffled[[j, i]]) = (gap, gap);
        }
        let level = best_level(&shuffled)?;
        as_good += usize::from(level.is_some_and(|level| level.correlation >= best.correlation));
    }
    Ok(as_good as f64 / (SHUFFLES + 1) as f64)
}

/// Returns Pearson's r, over pairs of models, of the gap and of being in different groups; -1 if it is
/// undefined.
fn correlation(values: &Array2<f64>, basin: &[Option<usize>]) -> f64 {
    let pairs = (0..basin.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let differ = |i: usize, j: usize| f64::from(basin[i] != basin[j] || basin[i].is_none());
    let (gaps, apart): (Vec<f64>, Vec<f64>) = pairs.map(|(i, j)| (values[[i, j]], differ(i, j))).unzip();
    pearson(&gaps, &apart).unwrap_or(-1.0)
}
