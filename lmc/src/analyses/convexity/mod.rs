//! eps-convexity of more than two copies: excess losses of convex combinations inside clusters and across
//! them.

mod estimate;
pub(crate) mod figure;
mod rows;
mod table;
mod triangles;

use std::collections::BTreeSet;
use std::fmt;

use ndarray::Array2;

use crate::basin::{Basins, Membership, subsets_of_basins};
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::options::{Options, Valid, in_range, resamples};
use crate::path::Combination;
use crate::stats::check_confidence;
use crate::study::Models;
use crate::sweep::{Sampled, SweepPlan};

pub use estimate::ExcessEstimate;
pub use figure::{excess_strips, triangle_scatter};
pub use table::{
    CONVEXITY, CONVEXITY_POINTS, ConvexityColumns, ConvexityPointColumns, TRIANGLES, TriangleColumns,
};
pub use triangles::{Triangle, TriangleOptions, Triangles};

/// The most subsets and points of each kind and size.
const MOST: usize = 10_000;

/// The options for sampling eps-convexity.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvexityOptions {
    /// The numbers of models that are combined. All models of a cluster, and all models together, are always
    /// combined as well.
    pub sizes: Vec<usize>,
    /// The most subsets of models of each kind and size.
    pub n_subsets: usize,
    /// The least number of points of each kind and size, shared among its subsets in equal parts: each has
    /// its centre and draws from a Dirichlet distribution. So kinds with few subsets are not judged by fewer
    /// points.
    pub n_points: usize,
    /// The concentration of that distribution; 1 is flat.
    pub concentration: f64,
    /// Bootstrap resamples of the examples.
    pub n_resamples: usize,
    /// The share of resamples between the ends of an interval.
    pub confidence: f64,
    /// Draws subsets, points, halves and resamples.
    pub seed: u64,
}

impl Default for ConvexityOptions {
    /// Returns options for 2, 3, 4, 8 and all models, up to 24 subsets, 192 points of a flat distribution,
    /// 1000 resamples, 95 %.
    fn default() -> Self {
        Self {
            sizes: vec![2, 3, 4, 8],
            n_subsets: 24,
            n_points: 192,
            concentration: 1.0,
            n_resamples: 1000,
            confidence: 0.95,
            seed: 0,
        }
    }
}

impl Options for ConvexityOptions {
    fn validate(&self) -> Result<()> {
        if let Some(size) = self.sizes.iter().find(|&&size| size < 2) {
            return Err(LmcError::invalid("convexity.sizes", size, "at least 2 models to lie between"));
        }
        in_range("convexity.n_subsets", self.n_subsets, MOST)?;
        in_range("convexity.n_points", self.n_points, MOST)?;
        resamples("convexity.n_resamples", self.n_resamples)?;
        check_confidence("convexity.confidence", self.confidence)?;
        Combination::dirichlet(2, 0, self.concentration, self.seed).map(|_| ())
    }
}

/// The samples between subsets of one kind and size.
#[derive(Clone)]
pub struct SimplexSample {
    /// The clusters that the models come from.
    pub kind: Membership,
    /// The numbers of the models of each subset.
    pub subsets: Vec<Vec<usize>>,
    /// The points between the models of every subset; the first is the centre.
    pub points: Vec<Combination>,
    /// The mean loss at each point of each subset, subset by subset, in nats per example.
    pub losses: Vec<f64>,
    /// The height of each of these above the combination of the models' own losses, in nats per example.
    pub excess: Vec<f64>,
    /// The estimate of eps from these heights.
    pub estimate: ExcessEstimate,
}

impl SimplexSample {
    /// Returns the number of models that are combined.
    pub fn n_models(&self) -> usize {
        self.subsets.first().map_or(0, Vec::len)
    }
}

impl fmt::Debug for SimplexSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, subsets, points) = (self.n_models(), self.subsets.len(), self.points.len());
        write!(f, "SimplexSample({n} models {}, {subsets} subsets x {points} points)", self.kind)
    }
}

/// Convex combinations of the copies of a study, inside clusters and across them, on one evaluation set.
#[derive(Clone)]
pub struct Convexity {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The number of examples.
    pub n_examples: usize,
    /// The samples: within cluster 1, within cluster 2, across, each by number of models.
    pub samples: Vec<SimplexSample>,
}

impl fmt::Debug for Convexity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points: usize = self.samples.iter().map(|sample| sample.excess.len()).sum();
        write!(f, "Convexity({} models on {}, {points} points)", self.models.len(), self.dataset)
    }
}

impl Models {
    /// Measures how far the loss of convex combinations of copies lies above the combination of their losses
    /// (Juneja et al. 2023, Eq. 2), for random subsets inside each cluster and across both.
    ///
    /// Every point is kept in the store. The estimate is a lower bound of the true eps: it is sampled, and
    /// only with the copies themselves as corners.
    ///
    /// # Errors
    /// The errors of [`ConvexityOptions::check`]; [`LmcError::InvalidParameter`] for the clusters of other
    /// models; those of [`Models::sample`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let convexity = models.convexity("id", &basins, &ConvexityOptions::default())?;
    /// println!("{}", convexity.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn convexity(&self, dataset: &str, basins: &Basins, options: &ConvexityOptions) -> Result<Convexity> {
        let options = &options.check()?;
        self.check_basins(basins)?;
        let ends = self.ends(dataset)?;
        let mut samples = Vec::new();
        for (kind, plan) in self.simplices(basins, options)? {
            let sampled = self.sample_between(dataset, &plan, &ends)?;
            samples.push(SimplexSample::of(kind, &plan, &sampled, &ends, options)?);
        }
        let models = self.names();
        let n_examples = ends.first().map_or(0, |end| end.losses.len());
        Ok(Convexity { models, dataset: dataset.to_owned(), n_examples, samples })
    }

    /// Returns whether the store has all convex combinations on the set of that name.
    pub(crate) fn has_convexity(
        &self,
        dataset: &str,
        basins: &Basins,
        options: &ConvexityOptions,
    ) -> Result<bool> {
        for (_, plan) in self.simplices(basins, options)? {
            if !self.with_job(dataset, &plan, &[], |job| Ok(job.missing().is_empty()))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the kinds of subsets, and the subsets and points of each number of models.
    fn simplices(&self, basins: &Basins, options: &ConvexityOptions) -> Result<Vec<(Membership, SweepPlan)>> {
        let mut plans = Vec::new();
        let kinds = Membership::kinds(basins.n_basins).into_iter().filter(|&kind| kind != Membership::Any);
        for kind in kinds {
            for size in sizes(kind.most(basins), &options.sizes) {
                let subsets = subsets_of_basins(basins, kind, size, options.n_subsets, options.seed);
                let n_drawn = options.n_points.div_ceil(subsets.len().max(1)) - 1;
                let mut points = vec![Combination::centre(size)];
                points.extend(Combination::dirichlet(size, n_drawn, options.concentration, options.seed)?);
                plans.push((kind, SweepPlan::new(self.len(), subsets, points)?));
            }
        }
        Ok(plans)
    }

    /// Checks that the clusters are those of these copies.
    pub(crate) fn check_basins(&self, basins: &Basins) -> Result<()> {
        if self.models().iter().map(|model| &model.name).eq(&basins.models) {
            return Ok(());
        }
        let got = format!("clusters of {}", basins.models.join(", "));
        Err(LmcError::invalid("basins", got, "clusters of the copies of this study"))
    }
}

/// Returns the numbers of models that are combined: those that are wanted, up to the number that there is,
/// and all.
fn sizes(all: usize, wanted: &[usize]) -> BTreeSet<usize> {
    wanted.iter().copied().chain([all]).filter(|&size| 2 <= size && size <= all).collect()
}

impl SimplexSample {
    fn of(
        kind: Membership,
        plan: &SweepPlan,
        sampled: &[Sampled],
        ends: &[Outcome],
        options: &Valid<ConvexityOptions>,
    ) -> Result<Self> {
        let outcomes = || sampled.iter().flat_map(|unit| &unit.outcomes);
        let losses: Vec<f64> = outcomes().map(Outcome::mean_loss).collect();
        let by_example = excesses(plan.points(), sampled, ends);
        let excess = by_example.mean_axis(ndarray::Axis(0)).map_or(Vec::new(), |means| means.to_vec());
        let estimate = ExcessEstimate::of(by_example.view(), options)?;
        Ok(Self {
            kind,
            subsets: plan.units().to_vec(),
            points: plan.points().to_vec(),
            losses,
            excess,
            estimate,
        })
    }
}

/// Returns the excess loss of each example at each point of each unit, `[n_examples, n_units * n_points]`.
fn excesses(points: &[Combination], sampled: &[Sampled], ends: &[Outcome]) -> Array2<f64> {
    let n_examples = ends.first().map_or(0, |end| end.losses.len());
    let mut by_example = Array2::zeros((n_examples, sampled.len() * points.len()));
    let at = sampled.iter().flat_map(|unit| unit.outcomes.iter().zip(points).map(move |of| (unit, of)));
    for (mut column, (unit, (outcome, point))) in by_example.columns_mut().into_iter().zip(at) {
        for (example, value) in column.iter_mut().enumerate() {
            let corners = unit.models.iter().zip(point.weights());
            let chord: f64 =
                corners.map(|(&model, weight)| weight * f64::from(ends[model].losses[example])).sum();
            *value = f64::from(outcome.losses[example]) - chord;
        }
    }
    by_example
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excesses_by_hand() {
        let outcome = |losses: [f32; 2]| Outcome {
            losses: losses.to_vec(),
            predictions: vec![0; 2],
            confidences: vec![0.5; 2],
        };
        let ends = [[0.0, 4.0], [2.0, 0.0], [8.0, 8.0]].map(outcome);
        let points = [Combination::centre(2), Combination::on_line(0.25)];
        let unit = |models: [usize; 2]| Sampled {
            models: models.to_vec(),
            distances: vec![1.0],
            outcomes: vec![outcome([1.0, 3.0]), outcome([2.0, 1.0])],
        };
        let got = excesses(&points, &[unit([0, 1]), unit([1, 2])], &ends);
        // Chords of the first unit: (1, 2) and 0.25 * (0, 4) + 0.75 * (2, 0) = (1.5, 1); of the second (5, 4)
        // and (6.5, 6).
        assert_eq!(got, ndarray::array![[0.0, 0.5, -4.0, -4.5], [1.0, 0.0, -1.0, -5.0]]);
    }

    #[test]
    fn a_cluster_is_combined_whole_and_never_more_than_it_has() {
        let wanted = [2, 3, 4, 8];
        let of = |all| sizes(all, &wanted).into_iter().collect::<Vec<_>>();
        assert_eq!(of(9), [2, 3, 4, 8, 9]);
        assert_eq!(of(7), [2, 3, 4, 7]);
        assert_eq!(of(16), [2, 3, 4, 8, 16]);
        assert_eq!(of(1), [0; 0]);
        assert_eq!(of(0), [0; 0]);
    }

    #[test]
    fn impossible_options_are_refused_by_field() {
        type Change = fn(&mut ConvexityOptions);
        let cases: [(&str, Change); 6] = [
            ("`convexity.sizes`: got 1", |o| o.sizes = vec![2, 1]),
            ("`convexity.n_subsets`", |o| o.n_subsets = 0),
            ("`convexity.n_points`", |o| o.n_points = 0),
            ("`convexity.n_resamples`", |o| o.n_resamples = 0),
            ("`convexity.confidence`", |o| o.confidence = 1.0),
            ("`concentration`", |o| o.concentration = 0.0),
        ];
        for (field, change) in cases {
            let mut options = ConvexityOptions::default();
            change(&mut options);
            assert!(options.check().unwrap_err().to_string().starts_with(field));
        }
        ConvexityOptions::default().validate().unwrap();
    }
}
