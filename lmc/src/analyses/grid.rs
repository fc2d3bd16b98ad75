//! The columns of a table with one row per point of a grid.

use crate::error::Result;
use crate::eval::Outcome;
use crate::path::PlaneGrid;
use crate::stats::accuracy;

/// The place, the mean loss and the accuracy at every point of a grid, in the order of [`PlaneGrid::points`].
pub(crate) struct GridValues {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub loss: Vec<f64>,
    pub accuracy: Vec<f64>,
}

impl GridValues {
    /// Returns the columns of the outcomes at the points, on examples with those labels.
    ///
    /// # Errors
    /// The errors of [`accuracy`].
    pub fn of(grid: &PlaneGrid, outcomes: &[Outcome], labels: &[i64]) -> Result<Self> {
        let (x, y) = grid.points().unzip();
        let loss = outcomes.iter().map(Outcome::mean_loss).collect();
        let accuracies = outcomes.iter().map(|outcome| accuracy(labels, &outcome.predictions));
        Ok(Self { x, y, loss, accuracy: accuracies.collect::<Result<_>>()? })
    }
}
