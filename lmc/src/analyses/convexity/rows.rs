//! Convexity as tables.

use polars::prelude::DataFrame;

use crate::analyses::convexity::{Convexity, ConvexityColumns, ConvexityPointColumns, SimplexSample};
use crate::error::Result;
use crate::tables::Table;

impl Convexity {
    /// Returns one row per convex combination: the schema
    /// [`CONVEXITY_POINTS`](crate::table::CONVEXITY_POINTS).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let convexity = models.convexity("id", &basins, &ConvexityOptions::default())?;
    /// println!("{}", convexity.points()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn points(&self) -> Result<DataFrame> {
        // Sample, subset and point of each row.
        let rows = || {
            let of_sample = |s: &SimplexSample| {
                (0..s.excess.len()).map(|i| (i / s.points.len(), i % s.points.len())).collect::<Vec<_>>()
            };
            self.samples
                .iter()
                .flat_map(move |s| of_sample(s).into_iter().map(move |(subset, point)| (s, subset, point)))
        };
        let excess =
            |(s, subset, point): (&SimplexSample, usize, usize)| s.excess[subset * s.points.len() + point];
        let loss =
            |(s, subset, point): (&SimplexSample, usize, usize)| s.losses[subset * s.points.len() + point];
        let names = |(s, subset, _): (&SimplexSample, usize, usize)| {
            let names: Vec<&str> =
                s.subsets[subset].iter().map(|&model| self.models[model].as_str()).collect();
            names.join(" ")
        };
        let largest = |(s, _, point): (&SimplexSample, usize, usize)| {
            s.points[point].weights().iter().copied().fold(0.0, f64::max)
        };
        ConvexityPointColumns {
            kind: rows().map(|(s, ..)| s.kind.to_string()).collect(),
            n_models: rows().map(|(s, ..)| s.n_models() as i64).collect(),
            dataset: vec![self.dataset.clone(); rows().count()],
            models: rows().map(names).collect(),
            point: rows().map(|(.., point)| point as i64).collect(),
            largest_weight: rows().map(largest).collect(),
            loss: rows().map(loss).collect(),
            mean_loss: rows().map(|row| loss(row) - excess(row)).collect(),
            excess: rows().map(excess).collect(),
        }
        .frame()
    }
}

impl Table for Convexity {
    /// Returns one row per kind of subset and number of models: the schema
    /// [`CONVEXITY`](crate::table::CONVEXITY).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let n = self.samples.len();
        let integers =
            |of: fn(&SimplexSample) -> usize| self.samples.iter().map(|s| of(s) as i64).collect::<Vec<_>>();
        let reals = |of: fn(&SimplexSample) -> f64| self.samples.iter().map(of).collect::<Vec<_>>();
        ConvexityColumns {
            kind: self.samples.iter().map(|s| s.kind.to_string()).collect(),
            n_models: integers(SimplexSample::n_models),
            dataset: vec![self.dataset.clone(); n],
            n_subsets: integers(|s| s.subsets.len()),
            n_points: integers(|s| s.excess.len()),
            n_examples: vec![self.n_examples as i64; n],
            eps: reals(|s| s.estimate.eps),
            eps_held_out: reals(|s| s.estimate.eps_held_out),
            eps_low: reals(|s| s.estimate.eps_interval.0),
            eps_high: reals(|s| s.estimate.eps_interval.1),
            mean: reals(|s| s.estimate.mean),
            mean_low: reals(|s| s.estimate.mean_interval.0),
            mean_high: reals(|s| s.estimate.mean_interval.1),
            median: reals(|s| s.estimate.median),
            q95: reals(|s| s.estimate.q95),
        }
        .frame()
    }
}
