//! Barrier height, convexity gap, area and distance of each pair of models.

mod distance;
pub(crate) mod figure;
mod matrix;
mod table;

use polars::prelude::DataFrame;

use crate::error::Result;
use crate::gap::Measure;
use crate::study::Sweep;

pub use distance::gap_against_distance;
pub use figure::{HeatmapOptions, gap_heatmap};
pub use matrix::gap_matrix;
pub use table::{GAPS, GapColumns};

impl Sweep {
    /// One row per pair: barrier height, convexity gap, AUC and distance, the schema
    /// [`GAPS`](crate::table::GAPS).
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`](crate::LmcError::NonFiniteLoss);
    /// [`LmcError::Polars`](crate::LmcError::Polars).
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let gaps = models.sweep("id", Grid::TENTHS)?.gaps()?;
    /// println!("{}", gaps.head(Some(5)));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn gaps(&self) -> Result<DataFrame> {
        let each = |measure| self.profiles.iter().map(|p| p.measure(measure)).collect::<Result<Vec<f64>>>();
        GapColumns {
            a: self.profiles.iter().map(|p| p.a.clone()).collect(),
            b: self.profiles.iter().map(|p| p.b.clone()).collect(),
            dataset: vec![self.dataset.clone(); self.profiles.len()],
            barrier_height: each(Measure::BarrierHeight)?,
            convexity_gap: each(Measure::ConvexityGap)?,
            auc: each(Measure::AreaUnderCurve)?,
            euclidean_distance: each(Measure::EuclideanDistance)?,
        }
        .frame()
    }
}
