//! Confidence as tables.

use polars::prelude::DataFrame;

use crate::analyses::confidence::{
    BasinCountColumns, ClusterIntervalColumns, CoAssignmentColumns, Confidence, MembershipIntervalColumns,
    PairIntervalColumns, SampleDraw, SampleSizeColumns, SampleSizes,
};
use crate::confidence::{Interval, LineConfidence};
use crate::error::{LmcError, Result};
use crate::stats::pearson;

impl Confidence {
    /// Returns one row per pair: the schema [`PAIR_INTERVALS`](crate::table::PAIR_INTERVALS).
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
    /// println!("{}", confidence.pairs_table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn pairs_table(&self) -> Result<DataFrame> {
        let rows = self.lines.len();
        let model =
            |side: usize| self.pairs.iter().map(|p| self.basins.models[p[side]].clone()).collect::<Vec<_>>();
        let cluster = &self.basins.cluster;
        let kind = |&[a, b]: &[usize; 2]| if cluster[a] == cluster[b] { "within" } else { "across" };
        let of = |line: fn(&LineConfidence) -> f64| self.lines.iter().map(line).collect::<Vec<_>>();
        PairIntervalColumns {
            a: model(0),
            b: model(1),
            dataset: vec![self.dataset.clone(); rows],
            n_examples: vec![self.n_examples as i64; rows],
            kind: self.pairs.iter().map(|pair| kind(pair).to_owned()).collect(),
            convexity_gap: of(|line| line.convexity_gap.value),
            convexity_gap_low: of(|line| line.convexity_gap.low),
            convexity_gap_high: of(|line| line.convexity_gap.high),
            barrier_height: of(|line| line.barrier_height.value),
            barrier_height_low: of(|line| line.barrier_height.low),
            barrier_height_high: of(|line| line.barrier_height.high),
            auc: of(|line| line.auc.value),
            auc_low: of(|line| line.auc.low),
            auc_high: of(|line| line.auc.high),
            confidence: vec![self.options.confidence; rows],
        }
        .frame()
    }

    /// Returns one row per model: the schema [`MEMBERSHIP_INTERVALS`](crate::table::MEMBERSHIP_INTERVALS),
    /// intervals and stability empty without draws.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
    /// println!("{}", confidence.membership_table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn membership_table(&self) -> Result<DataFrame> {
        let rows = self.basins.models.len();
        let of = |interval: fn(&Interval) -> f64| {
            (0..rows).map(|model| self.membership.get(model).map(interval)).collect::<Vec<_>>()
        };
        MembershipIntervalColumns {
            model: self.basins.models.clone(),
            cluster: self.basins.numbers(),
            membership: self.basins.membership.clone(),
            low: of(|interval| interval.low),
            high: of(|interval| interval.high),
            stability: (0..rows).map(|model| self.stability.get(model).copied()).collect(),
            n_examples: vec![self.n_examples as i64; rows],
            confidence: vec![self.options.confidence; rows],
        }
        .frame()
    }

    /// Returns one row per number of basins from 1 on: the schema [`BASIN_COUNTS`](crate::table::BASIN_COUNTS),
    /// empty if the number was given and not found.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::basin::BasinCount;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let clusters = ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() };
    /// let options = ConfidenceOptions { clusters, ..ConfidenceOptions::default() };
    /// println!("{}", models.sweep("id", Grid::TENTHS)?.confidence(&options)?.counts_table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn counts_table(&self) -> Result<DataFrame> {
        let all = self.counts.iter().sum::<usize>() as f64;
        BasinCountColumns {
            n_basins: (1..).take(self.counts.len()).collect(),
            n_draws: self.counts.iter().map(|&count| count as i64).collect(),
            share: self.counts.iter().map(|&count| count as f64 / all).collect(),
        }
        .frame()
    }

    /// Returns one row per two models, a model with itself left out: the schema
    /// [`CO_ASSIGNMENT`](crate::table::CO_ASSIGNMENT), shares empty without draws.
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
    /// println!("{}", confidence.co_assignment_table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn co_assignment_table(&self) -> Result<DataFrame> {
        let models = &self.basins.models;
        let n = models.len();
        let pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
        CoAssignmentColumns {
            a: pairs.iter().map(|&(a, _)| models[a].clone()).collect(),
            b: pairs.iter().map(|&(_, b)| models[b].clone()).collect(),
            share: pairs.iter().map(|&(a, b)| self.together.get([a, b]).copied()).collect(),
        }
        .frame()
    }

    /// Returns one row per statistic of the clusters: the schema
    /// [`CLUSTER_INTERVALS`](crate::table::CLUSTER_INTERVALS). With `scores`, one for each model, also the
    /// correlation with them, if there is one. Without draws there are no rows.
    ///
    /// # Errors
    /// The errors of [`Confidence::statistics`] and [`Confidence::correlation`]; [`LmcError::Polars`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
    /// let scores = models.scores("lo", Metric::Accuracy)?;
    /// println!("{}", confidence.statistics_table(Some(&scores))?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn statistics_table(&self, scores: Option<&[f64]>) -> Result<DataFrame> {
        let mut rows = self.statistics()?;
        if let Some(scores) = scores {
            rows.extend(self.correlation(scores)?.map(|r| ("r of membership and score", r)));
        }
        let of =
            |interval: fn(&Interval) -> f64| rows.iter().map(|(_, row)| interval(row)).collect::<Vec<_>>();
        ClusterIntervalColumns {
            statistic: rows.iter().map(|(name, _)| (*name).to_owned()).collect(),
            value: of(|interval| interval.value),
            low: of(|interval| interval.low),
            high: of(|interval| interval.high),
        }
        .frame()
    }
}

impl SampleSizes {
    /// Returns one row per draw: the schema [`SAMPLE_SIZES`](crate::table::SAMPLE_SIZES). `scores`: one for
    /// each model, the same at every size.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for another number of scores; [`LmcError::Polars`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let sizes = sweep.sample_sizes(&[32, 64, 128], &ConfidenceOptions::default())?;
    /// println!("{}", sizes.table(&models.scores("lo", Metric::Accuracy)?)?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn table(&self, scores: &[f64]) -> Result<DataFrame> {
        let n = self.basins.models.len();
        if scores.len() != n {
            let what = "scores of the models".to_owned();
            return Err(LmcError::ShapeMismatch { what, got: vec![scores.len()], expected: vec![n] });
        }
        let moved = |draw: &SampleDraw| {
            (0..n).filter(|&model| !draw.basins.agrees(&self.basins, model)).count() as i64
        };
        // Models in no basin have no membership.
        let members = |values: &[f64]| {
            (0..n)
                .filter(|&model| self.basins.basin_of(model).is_some())
                .map(|model| values[model])
                .collect::<Vec<_>>()
        };
        let of = |value: &dyn Fn(&SampleDraw) -> f64| self.draws.iter().map(value).collect::<Vec<f64>>();
        let optional =
            |value: &dyn Fn(&SampleDraw) -> Option<f64>| self.draws.iter().map(value).collect::<Vec<_>>();
        SampleSizeColumns {
            dataset: vec![self.dataset.clone(); self.draws.len()],
            n_examples: self.draws.iter().map(|draw| draw.n_examples as i64).collect(),
            draw: self.draws.iter().map(|draw| draw.draw as i64).collect(),
            n_moved: self.draws.iter().map(moved).collect(),
            adjusted_rand: of(&|draw| draw.basins.adjusted_rand),
            adjusted_rand_disjoint: optional(&|draw| draw.adjusted_rand_disjoint),
            mean_gap: of(&|draw| draw.mean_gap),
            gap_correlation: optional(&|draw| draw.gap_correlation),
            within: of(&|draw| draw.basins.within),
            across: of(&|draw| draw.basins.across),
            silhouette: of(&|draw| draw.basins.silhouette),
            r: optional(&|draw| pearson(&members(&draw.basins.membership), &members(scores)).ok()),
        }
        .frame()
    }
}
