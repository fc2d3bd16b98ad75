//! Bins of a histogram.

use lmc_figure::parts::Mark;

use crate::figures::basins::basin_colour;
use crate::{LmcError, Result};

/// About that many bins over the range of the scores.
const WANTED_BINS: f64 = 16.0;

/// The share of a bin that its bars take.
const BAR: f64 = 0.9;

/// Bins of equal, round width.
#[derive(Debug, PartialEq)]
pub(crate) struct Bins {
    /// Index of the first bin: it starts at `first * width`.
    first: i64,
    n: usize,
    pub(crate) width: f64,
}

impl Bins {
    pub(crate) fn of(scores: &[f64]) -> Result<Bins> {
        if let Some(wrong) = scores.iter().find(|score| !score.is_finite()) {
            return Err(LmcError::invalid("evaluations", wrong, "finite scores"));
        }
        let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Err(LmcError::invalid("basins", "no models", "at least one model"));
        }
        let span = if high > low { high - low } else { 0.1 * low.abs().max(0.1) };
        let power = 10f64.powf((span / WANTED_BINS).log10().floor());
        let mut widths = [1.0, 2.0, 2.5, 5.0].into_iter().map(|factor| factor * power);
        let width = widths.rfind(|width| span / width >= WANTED_BINS * 0.6).unwrap_or(power);
        let first = index(low, width);
        Ok(Bins { first, n: usize::try_from(index(high, width) - first).unwrap_or(0) + 1, width })
    }

    /// Returns the scores of one of so many basins as bars, which stand beside each other in a bin.
    pub(crate) fn bars(&self, scores: &[f64], basin: i64, n_basins: usize) -> Mark {
        let width = BAR * self.width / n_basins.max(1) as f64;
        Mark::bars(self.centres(), self.count(scores))
            .bar_width(width)
            .coloured(basin_colour(basin))
            .telling("%{x:.4g}: %{y} models")
    }

    /// Returns the most scores of a bin.
    pub(crate) fn tallest(&self, scores: &[f64]) -> usize {
        self.count(scores).into_iter().max().unwrap_or(0)
    }

    /// Returns the left edge of the first bin and the right edge of the last.
    pub(crate) fn ends(&self) -> [f64; 2] {
        [self.first as f64 * self.width, (self.first as f64 + self.n as f64) * self.width]
    }

    fn centres(&self) -> Vec<f64> {
        (0..self.n).map(|i| (self.first as f64 + i as f64 + 0.5) * self.width).collect()
    }

    fn count(&self, scores: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.n];
        for score in scores {
            let bin = usize::try_from(index(*score, self.width) - self.first).unwrap_or(0);
            counts[bin.min(self.n - 1)] += 1;
        }
        counts
    }
}

/// Returns the bin of a score; rounding errors do not push a score below the edge it lies on.
fn index(score: f64, width: f64) -> i64 {
    (score / width + 1e-9).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_round_and_hold_every_score_once() {
        let scores: Vec<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        let bins = Bins::of(&scores).unwrap();
        assert_eq!(bins, Bins { first: 0, n: 21, width: 0.05 });
        let counts = bins.count(&scores);
        assert_eq!(counts[..20], [5; 20], "0.15 lies in the bin that starts there");
        assert_eq!(counts.iter().sum::<usize>(), 101);
        assert!((bins.centres()[0] - 0.025).abs() < 1e-12);
    }

    #[test]
    fn one_value_and_negative_values_have_bins() {
        for scores in [vec![0.5], vec![-0.3, -0.1, 0.2], vec![0.0, 0.0], vec![1e-7, 3e-7]] {
            let bins = Bins::of(&scores).unwrap();
            assert_eq!(bins.count(&scores).iter().sum::<usize>(), scores.len());
            assert!(bins.n <= 40, "{bins:?}");
        }
        assert!(matches!(Bins::of(&[]), Err(LmcError::InvalidParameter { field: "basins", .. })));
        assert!(matches!(
            Bins::of(&[f64::NAN]),
            Err(LmcError::InvalidParameter { field: "evaluations", .. })
        ));
    }
}
