//! What a sweep evaluates: unordered pairs of models, each on one grid that shares the models at its ends.

use crate::error::{LmcError, Result};

/// Equally spaced values of alpha from 0 (model B) to 1 (model A), ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid(usize);

impl Grid {
    /// The paper's grid of tenths: 11 points.
    pub const TENTHS: Self = Self(11);

    /// A grid of `n_points`, both ends counted.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than 3 points, on which nothing can be said of convexity.
    pub fn new(n_points: usize) -> Result<Self> {
        match n_points {
            3.. => Ok(Self(n_points)),
            _ => {
                Err(LmcError::invalid("grid", format!("{n_points} points"), "at least 3, both ends counted"))
            }
        }
    }

    /// The number of points.
    pub fn n_points(self) -> usize {
        self.0
    }

    /// The value at point `k`; point 0 is 0 and the last is 1 exactly.
    pub fn alpha(self, k: usize) -> f64 {
        k as f64 / (self.0 - 1) as f64
    }

    /// The points that are neither end.
    pub fn interior(self) -> std::ops::Range<usize> {
        1..self.0 - 1
    }
}

/// All unordered pairs of `n_models` on one grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepPlan {
    /// The number of models.
    pub n_models: usize,
    /// The points of each line.
    pub grid: Grid,
}

impl SweepPlan {
    /// A plan over that many models.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than two models.
    pub fn new(n_models: usize, grid: Grid) -> Result<Self> {
        if n_models < 2 {
            return Err(LmcError::invalid("models", n_models, "at least 2 to have a pair"));
        }
        Ok(Self { n_models, grid })
    }

    /// The pairs (a, b) with a < b, in order.
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        (0..self.n_models).flat_map(|a| (a + 1..self.n_models).map(move |b| (a, b))).collect()
    }

    /// How many evaluations of a model the plan takes: interior points of every pair, each end once.
    pub fn n_evaluations(&self) -> usize {
        self.pairs().len() * self.grid.interior().len() + self.n_models
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_shared_and_exact() {
        let plan = SweepPlan::new(16, Grid::TENTHS).unwrap();
        assert_eq!((plan.pairs().len(), plan.n_evaluations()), (120, 120 * 9 + 16));
        assert_eq!((Grid::TENTHS.alpha(0), Grid::TENTHS.alpha(5), Grid::TENTHS.alpha(10)), (0.0, 0.5, 1.0));
    }

    #[test]
    fn too_few_points_or_models_are_refused() {
        assert!(Grid::new(2).unwrap_err().to_string().contains("`grid`: got 2 points"));
        assert!(SweepPlan::new(1, Grid::TENTHS).unwrap_err().to_string().contains("`models`: got 1"));
    }
}
