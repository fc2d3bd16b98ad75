//! Logged lines as the tables of a sweep.

use polars::prelude::{Column, DataFrame};

use crate::analyses::gaps::{GapColumns, gap_matrix};
use crate::analyses::profiles::ProfileColumns;
use crate::analyses::replay::{LoggedLine, Replay};
use crate::error::{LmcError, Result};
use crate::gap::{
    GapMatrix, Measure, area_under_curve, area_under_curve_at, barrier_height, barrier_height_at,
    convexity_gap, convexity_gap_at,
};
use crate::tables::Table;

impl LoggedLine {
    /// Returns one measure of the line.
    ///
    /// # Errors
    /// The errors of [`convexity_gap`], which do not happen for a line that was read.
    pub fn measure(&self, measure: Measure) -> Result<f64> {
        let (alphas, losses) = (&self.alphas, &self.losses);
        let steps = losses.len().saturating_sub(1) as f64;
        let is_even = alphas.iter().enumerate().all(|(k, &alpha)| alpha == k as f64 / steps);
        match measure {
            Measure::ConvexityGap if is_even => convexity_gap(losses),
            Measure::ConvexityGap => convexity_gap_at(alphas, losses),
            Measure::BarrierHeight if is_even => barrier_height(losses),
            Measure::BarrierHeight => barrier_height_at(alphas, losses),
            Measure::AreaUnderCurve if is_even => area_under_curve(losses, self.distance),
            Measure::AreaUnderCurve => area_under_curve_at(alphas, losses, self.distance),
            Measure::EuclideanDistance => Ok(self.distance),
        }
    }
}

impl Replay {
    /// One row per pair: the schema [`GAPS`](crate::table::GAPS).
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::replay::{Replay, ReplayOptions};
    /// use lmc::prelude::*;
    /// let replay = Replay::read(&["mnli_0.out", "mnli_1.out"], &ReplayOptions::new("id"))?;
    /// println!("{}", replay.gaps()?.head(Some(5)));
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn gaps(&self) -> Result<DataFrame> {
        let each =
            |measure| self.lines.iter().map(|line| line.measure(measure)).collect::<Result<Vec<f64>>>();
        GapColumns {
            a: self.lines.iter().map(|line| line.a.clone()).collect(),
            b: self.lines.iter().map(|line| line.b.clone()).collect(),
            dataset: vec![self.options.dataset.clone(); self.lines.len()],
            barrier_height: each(Measure::BarrierHeight)?,
            convexity_gap: each(Measure::ConvexityGap)?,
            auc: each(Measure::AreaUnderCurve)?,
            euclidean_distance: each(Measure::EuclideanDistance)?,
        }
        .frame()
    }

    /// Returns the matrix of one measure of all pairs, to be clustered.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if the logs do not have every pair of their models; those of
    /// [`gap_matrix`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::analyses::replay::{Replay, ReplayOptions};
    /// use lmc::prelude::*;
    /// let replay = Replay::read(&["mnli_0.out", "mnli_1.out"], &ReplayOptions::new("id"))?;
    /// let gaps = replay.matrix(Measure::ConvexityGap)?;
    /// let basins = basin::cluster(&gaps, &ClusterOptions::default())?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn matrix(&self, measure: Measure) -> Result<GapMatrix> {
        let missing = self.missing();
        if let Some((a, b)) = missing.first() {
            let more = if missing.len() > 1 {
                format!(" and {} more pairs", missing.len() - 1)
            } else {
                String::new()
            };
            let got = format!("no line between `{a}` and `{b}`{more}");
            let expected = "every pair of models; `missing` (--missing drop) leaves the fewest models out";
            return Err(LmcError::invalid("logs", got, expected));
        }
        let matrix = gap_matrix(&self.gaps()?, &self.options.dataset, measure)?;
        Ok(matrix.with_resolution(self.resolution(measure)))
    }

    /// Returns the largest change of that measure of a line by rounding. A gap or a barrier is a difference
    /// of two losses: for these it is a unit in the last decimal that the logs print, and at least the change
    /// of a loss by float32. For other measures it is 0.
    pub fn resolution(&self, measure: Measure) -> f64 {
        if !matches!(measure, Measure::ConvexityGap | Measure::BarrierHeight) {
            return 0.0;
        }
        let decimals = self.lines.iter().map(|line| line.decimals).max().unwrap_or(0);
        let largest = self.lines.iter().flat_map(|line| &line.losses).copied().fold(0.0, f64::max);
        let float32 = 4.0 * f64::from(f32::EPSILON) * largest;
        float32.max(10f64.powi(-(decimals.min(300) as i32)))
    }
}

impl Table for Replay {
    /// Returns one row per pair and point: the schema [`PROFILES`](crate::table::PROFILES), with a further
    /// column for every metric that is not accuracy. Where the logs have no accuracy, its column is empty.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let points = || self.lines.iter().flat_map(|line| (0..line.losses.len()).map(move |k| (line, k)));
        let n = points().count();
        let metric = |name: &str| -> Vec<Option<f64>> {
            let value = |(line, k): (&LoggedLine, usize)| {
                line.metrics.iter().find(|(known, _)| *known == name).map(|(_, values)| values[k])
            };
            points().map(value).collect()
        };
        let mut table = ProfileColumns {
            a: points().map(|(line, _)| line.a.clone()).collect(),
            b: points().map(|(line, _)| line.b.clone()).collect(),
            dataset: vec![self.options.dataset.clone(); n],
            point: points().map(|(_, k)| k as i64).collect(),
            alpha: points().map(|(line, k)| line.alphas[k]).collect(),
            loss: points().map(|(line, k)| line.losses[k]).collect(),
            accuracy: metric("accuracy"),
            n_examples: vec![self.options.n_examples as i64; n],
        }
        .frame()?;
        let metrics = self.lines.first().map_or(&[][..], |line| &line.metrics);
        for (name, _) in metrics.iter().filter(|(name, _)| *name != "accuracy") {
            table.with_column(Column::new((*name).into(), metric(name)))?;
        }
        Ok(table)
    }
}
