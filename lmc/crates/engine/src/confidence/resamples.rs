//! Resamples: the examples that are drawn, and how often.

use std::fmt;

use ndarray::Array2;
use rand::Rng;
use rand::seq::SliceRandom;

use lmc_base::error::{LmcError, Result};
use lmc_base::seed::rng;

/// The most counts that are kept at a time: they take 2 GiB.
const MOST_COUNTS: usize = 1 << 28;

/// Draws of examples: how often each example is in each draw. One set of draws serves all lines, so that
/// effects common to them stay common.
#[derive(Clone, PartialEq)]
pub struct Resamples {
    counts: Array2<f64>,
    size: usize,
}

impl fmt::Debug for Resamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (draws, of) = (self.n_draws(), self.n_examples());
        write!(f, "Resamples({draws} draws of {} from {of} examples)", self.size)
    }
}

impl Resamples {
    /// Checks that this many draws from this many examples can be made.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no examples, no draws, or more than fit into memory.
    pub fn check(n_examples: usize, n_draws: usize) -> Result<()> {
        for (field, n) in [("n_examples", n_examples), ("n_resamples", n_draws)] {
            if n == 0 {
                return Err(LmcError::invalid(field, 0, "at least 1"));
            }
        }
        let most = (MOST_COUNTS / n_examples).max(1);
        if n_draws > most {
            let expected = format!("at most {most} of {n_examples} examples");
            return Err(LmcError::invalid("n_resamples", n_draws, expected));
        }
        Ok(())
    }

    /// Returns bootstrap draws: as many examples as there are, with replacement. The same seed gives the same
    /// draws.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no examples or no draws.
    ///
    /// # Reference
    /// Efron 1979.
    pub fn bootstrap(n_examples: usize, n_draws: usize, seed: u64) -> Result<Self> {
        let mut counts = zeros(n_examples, n_draws)?;
        let mut rng = rng(seed, "bootstrap of examples");
        for mut draw in counts.columns_mut() {
            (0..n_examples).for_each(|_| draw[rng.random_range(0..n_examples)] += 1.0);
        }
        Ok(Self { counts, size: n_examples })
    }

    /// Draws of `size` different examples each, every choice as likely as any other. The same seed gives the
    /// same draws.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no examples, no draws, or a size that is 0 or above the number of
    /// examples.
    pub fn subsamples(n_examples: usize, size: usize, n_draws: usize, seed: u64) -> Result<Self> {
        Self::without_replacement(n_examples, size, n_draws, seed, 0)
    }

    /// Returns draws of `size` different examples that share no example with those of
    /// [`Resamples::subsamples`] for the same arguments: two samples that are independent except that they
    /// come from the same examples.
    ///
    /// # Errors
    /// The errors of [`Resamples::subsamples`], and [`LmcError::InvalidParameter`] for a size above half of
    /// the examples.
    pub fn disjoint(n_examples: usize, size: usize, n_draws: usize, seed: u64) -> Result<Self> {
        Self::without_replacement(n_examples, size, n_draws, seed, size)
    }

    /// Returns the examples from `first` on of each shuffled order.
    fn without_replacement(n: usize, size: usize, n_draws: usize, seed: u64, first: usize) -> Result<Self> {
        let mut counts = zeros(n, n_draws)?;
        let most = if first == 0 { n } else { n / 2 };
        if size == 0 || size > most {
            return Err(LmcError::invalid("size", size, format!("1 to {most} of {n} examples")));
        }
        let mut rng = rng(seed, &format!("subsamples of {size}"));
        let mut order: Vec<usize> = (0..n).collect();
        for mut draw in counts.columns_mut() {
            order.sort_unstable();
            order.shuffle(&mut rng);
            order[first..first + size].iter().for_each(|&example| draw[example] = 1.0);
        }
        Ok(Self { counts, size })
    }

    /// Makes resamples from draws that others made: `counts[[example, draw]]` is how often the example is in
    /// the draw.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no examples, no draws, a count that is not a whole number of at
    /// least 0, or draws that are not all of one size above 0.
    pub fn from_counts(counts: Array2<f64>) -> Result<Self> {
        zeros(counts.nrows(), counts.ncols())?;
        if let Some(wrong) = counts.iter().find(|count| !(**count >= 0.0 && count.fract() == 0.0)) {
            return Err(LmcError::invalid("counts", wrong, "whole numbers of at least 0"));
        }
        let sizes = counts.sum_axis(ndarray::Axis(0));
        let size = sizes[0];
        if size == 0.0 || sizes.iter().any(|other| *other != size) {
            return Err(LmcError::invalid(
                "counts",
                format!("draws of {sizes}"),
                "one size above 0 for all draws",
            ));
        }
        Ok(Self { counts, size: size as usize })
    }

    /// Returns how often each example is in each draw, `[n_examples, n_draws]`.
    pub fn counts(&self) -> &Array2<f64> {
        &self.counts
    }

    /// Returns the examples of a draw, repetitions counted.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the examples that are drawn from.
    pub fn n_examples(&self) -> usize {
        self.counts.nrows()
    }

    /// Returns the number of draws.
    pub fn n_draws(&self) -> usize {
        self.counts.ncols()
    }
}

fn zeros(n_examples: usize, n_draws: usize) -> Result<Array2<f64>> {
    Resamples::check(n_examples, n_draws)?;
    Ok(Array2::zeros((n_examples, n_draws)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};

    #[test]
    fn a_bootstrap_draws_as_many_as_there_are_with_replacement() {
        let draws = Resamples::bootstrap(200, 500, 3).unwrap();
        assert_eq!(format!("{draws:?}"), "Resamples(500 draws of 200 from 200 examples)");
        assert!(draws.counts().sum_axis(Axis(0)).iter().all(|&n| n == 200.0));
        // Each example is drawn once on average with variance 1 - 1/n, and left out with chance (1 - 1/n)^n =
        // 0.367.
        let all = draws.counts();
        let absent = all.iter().filter(|&&n| n == 0.0).count() as f64 / all.len() as f64;
        assert!((absent - 0.367).abs() < 0.005, "{absent}");
        let variance = all.mapv(|n| (n - 1.0) * (n - 1.0)).mean().unwrap();
        assert!((variance - 0.995).abs() < 0.02, "{variance}");
        assert_eq!(draws, Resamples::bootstrap(200, 500, 3).unwrap());
        assert_ne!(draws, Resamples::bootstrap(200, 500, 4).unwrap());
    }

    #[test]
    fn subsamples_are_different_examples_and_their_complements_share_none() {
        let (n, size, n_draws) = (20, 8, 400);
        let first = Resamples::subsamples(n, size, n_draws, 1).unwrap();
        let second = Resamples::disjoint(n, size, n_draws, 1).unwrap();
        for draws in [&first, &second] {
            assert!(draws.counts().iter().all(|&count| count == 0.0 || count == 1.0));
            assert!(draws.counts().sum_axis(Axis(0)).iter().all(|&sum| sum == size as f64));
            // Every example is in two fifths of the draws: 160, standard deviation 9.8.
            assert!(draws.counts().sum_axis(Axis(1)).iter().all(|&sum| (sum - 160.0).abs() < 50.0));
        }
        assert!((first.counts() + second.counts()).iter().all(|&count| count <= 1.0));
        let whole = Resamples::subsamples(n, n, 2, 1).unwrap();
        assert!(whole.counts().iter().all(|&count| count == 1.0));
    }

    #[test]
    fn bad_draws_are_typed_errors() {
        let field = |result: Result<Resamples>| match result.unwrap_err() {
            LmcError::InvalidParameter { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(field(Resamples::bootstrap(0, 5, 1)), "n_examples");
        assert_eq!(field(Resamples::bootstrap(5, 0, 1)), "n_resamples");
        assert_eq!(field(Resamples::bootstrap(5, usize::MAX, 1)), "n_resamples");
        assert_eq!(field(Resamples::bootstrap(512, 1 << 60, 1)), "n_resamples");
        assert_eq!(field(Resamples::subsamples(5, 0, 2, 1)), "size");
        assert_eq!(field(Resamples::subsamples(5, 6, 2, 1)), "size");
        assert_eq!(field(Resamples::disjoint(5, 3, 2, 1)), "size");
        for counts in
            [array![[0.5], [0.5]], array![[-1.0], [2.0]], array![[1.0, 1.0], [1.0, 0.0]], array![[0.0]]]
        {
            assert_eq!(field(Resamples::from_counts(counts)), "counts");
        }
        assert_eq!(Resamples::from_counts(array![[2.0, 1.0], [0.0, 1.0]]).unwrap().size(), 2);
    }
}
