//! The uncertainty of the gaps and clusters of a sweep, computed from the losses that it keeps of every
//! example.
//!
//! Examples are drawn again, the same for all lines and points, and everything from the mean losses on is
//! computed again. No model is evaluated. The intervals say how far the numbers of *these models* would move
//! on other examples of the same distribution. They say nothing about other seeds, recipes or distributions.
//!
//! Barrier height, convexity gap and area are each the largest of 0 and some [`contrasts`] of the mean losses.
//! The largest of several noisy numbers is too large on average, and a bootstrap adds the same bias once more.
//! [`line_confidence`] therefore makes its intervals from the contrasts: the lower end allows for the choice
//! among contrasts, and the upper end is that of the leading contrast alone. Clusters of a draw are made as
//! those of the sample ([`recluster`]). `cargo bench -p lmc --profile dev --bench coverage` measures how often
//! the intervals hold the truth.

pub(crate) mod figure;
mod rows;
mod sizes;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use ndarray::Array2;

use crate::basin::{BasinCount, Basins, ClusterOptions, Note};
use crate::error::{LmcError, Result};
use crate::gap::Measure;
use crate::options::{Options, Valid, resamples};
use crate::stats::{check_confidence, is_constant, mean, pearson};
use crate::study::Sweep;

pub use crate::confidence::{
    Interval, IntervalMethod, LineConfidence, LineLosses, ResampledBasins, Resamples, contrasts,
    line_confidence, recluster, resampled_gaps,
};
pub use figure::{co_assignment, gap_intervals, membership_intervals, sample_size_curves, stability_bars};
pub use sizes::{SampleDraw, SampleSizes};
pub use table::{
    BASIN_COUNTS, BasinCountColumns, CLUSTER_INTERVALS, CO_ASSIGNMENT, ClusterIntervalColumns,
    CoAssignmentColumns, MEMBERSHIP_INTERVALS, MembershipIntervalColumns, PAIR_INTERVALS,
    PairIntervalColumns, SAMPLE_SIZES, SampleSizeColumns,
};

/// The options for drawing examples: the number of draws, their seed, and how each draw is clustered.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceOptions {
    /// The number of draws.
    pub n_resamples: usize,
    /// The share of samples whose interval shall hold the truth, in (0, 1).
    pub confidence: f64,
    /// The seed of the draws.
    pub seed: u64,
    /// The options that divide the models, in every draw and from all examples.
    pub clusters: ClusterOptions,
}

impl Default for ConfidenceOptions {
    /// Returns options for 1,000 draws, 95 %, seed 0, clusters with a kernel as wide as the gaps vary.
    fn default() -> Self {
        let clusters = ClusterOptions::default();
        Self { n_resamples: 1_000, confidence: 0.95, seed: 0, clusters }
    }
}

impl Options for ConfidenceOptions {
    fn validate(&self) -> Result<()> {
        resamples("n_resamples", self.n_resamples)?;
        self.clusters.validate()?;
        check_confidence("confidence", self.confidence)
    }
}

/// A sweep with the uncertainty that comes from its sample of examples; vectors are in the order of
/// `basins.models`.
#[derive(Clone)]
pub struct Confidence {
    /// The evaluation set's name.
    pub dataset: String,
    /// The number of its examples.
    pub n_examples: usize,
    /// The options by which examples were drawn.
    pub options: Valid<ConfidenceOptions>,
    /// The clusters from all examples.
    pub basins: Basins,
    /// The numbers of the models of each line.
    pub pairs: Vec<[usize; 2]>,
    /// The measures of each line, with their intervals.
    pub lines: Vec<LineConfidence>,
    /// The membership score of each model; nothing without draws.
    pub membership: Vec<Interval>,
    /// The number of draws that fall into each number of basins, from 1 on; nothing if that number was given
    /// and not found ([`BasinCount::Exactly`]).
    pub counts: Vec<usize>,
    /// For each model the share of draws in which it is in its cluster, or in none if it is in none; nothing
    /// without draws.
    pub stability: Vec<f64>,
    /// For each two models the share of draws in which they are in one cluster, `[n_models, n_models]`;
    /// `[0, 0]` without draws.
    pub together: Array2<f64>,
    /// The draws that fall into two clusters or more. Empty if all examples do not divide the models, and if
    /// fewer than half of the draws divide them: results from these few would say nothing about the others.
    pub draws: Vec<ResampledBasins>,
    /// The reasons why results that follow from clusters have no intervals, if they have none: notes of the
    /// clusters, or [`Note::FewDraws`].
    pub notes: Vec<Note>,
}

impl fmt::Debug for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, draws) = (self.n_examples, self.options.n_resamples);
        write!(f, "Confidence({n} examples of {}, {draws} draws, {:?})", self.dataset, self.basins)
    }
}

impl Sweep {
    /// Returns the sweep's gaps and clusters with the uncertainty that comes from its sample of examples. Its
    /// examples are drawn again, the same for all lines and points, and everything from the mean losses on is
    /// computed again. No model is evaluated.
    ///
    /// [`analyses::confidence`](crate::analyses::confidence) explains the intervals.
    ///
    /// # Errors
    /// The errors of [`Options::check`] and [`Sweep::basins`]; [`LmcError::Interrupted`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let confidence = sweep.confidence(&ConfidenceOptions::default())?;
    /// println!("stability {:?}", confidence.stability);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn confidence(&self, options: &ConfidenceOptions) -> Result<Confidence> {
        let options = options.check()?;
        let resamples = Resamples::bootstrap(self.labels.len(), options.n_resamples, options.seed)?;
        let basins = self.basins(&options.clusters)?;
        let pairs = self.numbers()?;
        let (mut lines, gaps) =
            line_confidence(pairs.len(), |line| self.losses(line), &resamples, options.confidence)?;
        for (line, profile) in lines.iter_mut().zip(&self.profiles) {
            // The same to the last bit as in all other tables.
            line.barrier_height.value = profile.measure(Measure::BarrierHeight)?;
            line.convexity_gap.value = profile.measure(Measure::ConvexityGap)?;
            line.auc.value = profile.measure(Measure::AreaUnderCurve)?;
        }
        let mut notes = basins.notes.clone();
        let is_found = options.clusters.basins == BasinCount::Auto;
        let (mut draws, mut counts) = (Vec::new(), Vec::new());
        if basins.is_divided() || is_found {
            let reclustered = recluster(&basins, &pairs, &gaps, &options.clusters)?;
            if is_found {
                counts = numbers_of_basins(&reclustered);
            }
            draws = reclustered.into_iter().flatten().collect();
            if !basins.is_divided() {
                draws.clear();
            } else if 2 * draws.len() < options.n_resamples {
                notes.push(Note::FewDraws { divided: draws.len(), drawn: options.n_resamples });
                draws.clear();
            }
        }
        let with_draws = if draws.is_empty() { 0 } else { basins.models.len() };
        let membership = (0..with_draws)
            .map(|model| {
                let resampled: Vec<f64> = draws.iter().map(|draw| draw.membership[model]).collect();
                Interval::of(basins.membership[model], &resampled, options.confidence, OF_CLUSTERS)
            })
            .collect::<Result<_>>()?;
        let (stability, together) = assignments(&basins, &draws, with_draws);
        let (dataset, n_examples) = (self.dataset.clone(), self.labels.len());
        let options = options.clone();
        Ok(Confidence {
            dataset,
            n_examples,
            options,
            basins,
            pairs,
            lines,
            membership,
            counts,
            stability,
            together,
            draws,
            notes,
        })
    }

    /// Returns the numbers of the models of each line.
    fn numbers(&self) -> Result<Vec<[usize; 2]>> {
        let number = |name: &String| {
            let other = || LmcError::invalid("sweep", format!("model {name}"), "models of the sweep");
            self.models.iter().position(|model| model == name).ok_or_else(other)
        };
        self.profiles.iter().map(|profile| Ok([number(&profile.a)?, number(&profile.b)?])).collect()
    }

    /// Returns the losses along a line.
    fn losses(&self, line: usize) -> Result<LineLosses> {
        let profile = &self.profiles[line];
        let shape = (profile.outcomes.len(), self.labels.len());
        let flat: Vec<f32> =
            profile.outcomes.iter().flat_map(|outcome| outcome.losses.iter().copied()).collect();
        let n = flat.len();
        let losses = Array2::from_shape_vec(shape, flat).map_err(|_| LmcError::ShapeMismatch {
            what: format!("losses between {} and {}", profile.a, profile.b),
            got: vec![n],
            expected: vec![shape.0 * shape.1],
        })?;
        Ok(LineLosses { alphas: profile.alphas.clone(), losses, distance: profile.distance })
    }
}

/// Checks that there is one score for each model.
fn check_lengths_of(membership: &[f64], scores: &[f64]) -> Result<()> {
    if membership.len() == scores.len() {
        return Ok(());
    }
    let (got, expected) = (vec![scores.len()], vec![membership.len()]);
    Err(LmcError::ShapeMismatch { what: "scores of the models".to_owned(), got, expected })
}

/// The way in which intervals of results that follow from clusters are read off the draws.
const OF_CLUSTERS: IntervalMethod = IntervalMethod::Percentile;

/// Returns how many draws have one basin, two basins and so on, up to the largest number.
fn numbers_of_basins(draws: &[Option<ResampledBasins>]) -> Vec<usize> {
    let mut counts = Vec::new();
    for draw in draws {
        let n_basins = draw.as_ref().map_or(1, |draw| draw.n_basins);
        counts.resize(counts.len().max(n_basins), 0);
        counts[n_basins - 1] += 1;
    }
    counts
}

/// Returns the share of draws in which each model is in its cluster, and the share in which each two models
/// are in one cluster.
fn assignments(basins: &Basins, draws: &[ResampledBasins], n: usize) -> (Vec<f64>, Array2<f64>) {
    let share = |held: &dyn Fn(&ResampledBasins) -> bool| {
        draws.iter().filter(|draw| held(draw)).count() as f64 / draws.len() as f64
    };
    let stability = (0..n).map(|model| share(&|draw| draw.agrees(basins, model))).collect();
    let together = Array2::from_shape_fn((n, n), |(a, b)| share(&|draw| draw.cluster[a] == draw.cluster[b]));
    (stability, together)
}

impl Confidence {
    /// Returns the mean silhouette, the mean gap within and across clusters in nats per example, and the
    /// ratio of across to within, with their names. The ratio is left out if there is no gap within, in the
    /// clusters of all examples or of a draw. Without draws the result is empty.
    ///
    /// Each draw has clusters of its own.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no draws.
    pub fn statistics(&self) -> Result<Vec<(&'static str, Interval)>> {
        if self.draws.is_empty() {
            return Ok(Vec::new());
        }
        let Basins { silhouette, within, across, .. } = self.basins;
        let of = |value: f64, of_draw: fn(&ResampledBasins) -> f64| self.of_draws(value, of_draw);
        let mut statistics = vec![
            ("silhouette", of(silhouette, |draw| draw.silhouette)?),
            ("mean gap within clusters", of(within, |draw| draw.within)?),
            ("mean gap across clusters", of(across, |draw| draw.across)?),
        ];
        if within > 0.0 && self.draws.iter().all(|draw| draw.within > 0.0) {
            statistics.push(("across / within", of(across / within, ResampledBasins::ratio)?));
        }
        Ok(statistics)
    }

    /// Returns Pearson's r of membership score and `scores`, one for each model; the scores are not
    /// resampled. It is `None` without draws and if all scores are equal.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for another number of scores; [`LmcError::InvalidParameter`] for one that
    /// is not finite.
    pub fn correlation(&self, scores: &[f64]) -> Result<Option<Interval>> {
        if self.draws.is_empty() || is_constant(scores) {
            return Ok(None);
        }
        check_lengths_of(&self.basins.membership, scores)?;
        // Models in no basin have no membership.
        let members: Vec<usize> =
            (0..scores.len()).filter(|&model| self.basins.basin_of(model).is_some()).collect();
        let of = |values: &[f64]| members.iter().map(|&model| values[model]).collect::<Vec<f64>>();
        let scores = of(scores);
        if is_constant(&scores) {
            return Ok(None);
        }
        let value = pearson(&of(&self.basins.membership), &scores)?;
        // A draw may have no basin in common with the first one, and then has no memberships.
        let known = self.draws.iter().map(|draw| of(&draw.membership)).filter(|draw| !is_constant(draw));
        let resampled = known.map(|draw| pearson(&draw, &scores)).collect::<Result<Vec<_>>>()?;
        Interval::of(value, &resampled, self.options.confidence, OF_CLUSTERS).map(Some)
    }

    /// Returns the mean over draws of the adjusted Rand index with the clusters of all examples.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no draws.
    pub fn agreement(&self) -> Result<f64> {
        mean(&self.draws.iter().map(|draw| draw.adjusted_rand).collect::<Vec<_>>())
    }

    /// Returns the share of draws whose clusters are those of all examples, model for model; NaN without
    /// draws.
    pub fn share_identical(&self) -> f64 {
        let n = self.basins.models.len();
        let is_same = |draw: &&ResampledBasins| {
            draw.n_basins == self.basins.n_basins && (0..n).all(|model| draw.agrees(&self.basins, model))
        };
        let identical = self.draws.iter().filter(is_same).count();
        identical as f64 / self.draws.len() as f64
    }

    fn of_draws(&self, value: f64, of_draw: fn(&ResampledBasins) -> f64) -> Result<Interval> {
        let resampled: Vec<f64> = self.draws.iter().map(of_draw).collect();
        Interval::of(value, &resampled, self.options.confidence, OF_CLUSTERS)
    }
}
