//! Triples of copies: is a triangle convex inside if its three sides are?

use std::collections::BTreeMap;
use std::fmt;

use ndarray::{Array2, ArrayView2};
use polars::prelude::DataFrame;

use crate::analyses::convexity::TriangleColumns;
use crate::basin::{Basins, Membership, draw_subsets};
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::gap::{convexity_gap_at, excess_loss, heights_from};
use crate::options::{Options, in_range, resamples};
use crate::parallel::run_units;
use crate::path::Combination;
use crate::stats::{check_confidence, percentile_interval, resampled_means};
use crate::study::checks::enough;
use crate::study::{Models, Sweep};
use crate::sweep::{Profile, SweepPlan};
use crate::tables::Table;

/// The most steps of a side and the most triples.
const MOST_STEPS: usize = 60;
const MOST_TRIPLES: usize = 1_000_000;
/// Triples whose resampled losses are in memory at once.
const BLOCK: usize = 32;

/// The options for sampling triangles.
#[derive(Debug, Clone, PartialEq)]
pub struct TriangleOptions {
    /// The number of steps of the weights of points inside, which are multiples of 1 / `n_steps`. 6 steps
    /// give 10 points, the centre included.
    pub n_steps: usize,
    /// The most triples; of more a random choice.
    pub n_triples: usize,
    /// Bootstrap resamples of the examples.
    pub n_resamples: usize,
    /// The share of resamples between the ends of an interval.
    pub confidence: f64,
    /// Draws triples and resamples.
    pub seed: u64,
}

impl Default for TriangleOptions {
    /// Returns options for 10 points inside each of up to 600 triangles (enough for all triangles of 16
    /// models); 200 resamples, 95 %.
    fn default() -> Self {
        Self { n_steps: 6, n_triples: 600, n_resamples: 200, confidence: 0.95, seed: 0 }
    }
}

impl Options for TriangleOptions {
    fn validate(&self) -> Result<()> {
        if !(3..=MOST_STEPS).contains(&self.n_steps) {
            let expected = format!("3 to {MOST_STEPS}, with 3 there is one point inside");
            return Err(LmcError::invalid("triangles.n_steps", self.n_steps, expected));
        }
        in_range("triangles.n_triples", self.n_triples, MOST_TRIPLES)?;
        resamples("triangles.n_resamples", self.n_resamples)?;
        check_confidence("triangles.confidence", self.confidence)
    }
}

/// One triple of copies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Triangle {
    /// The models' numbers, ascending.
    pub models: [usize; 3],
    /// The kind of the triple: within one cluster or across both.
    pub kind: Membership,
    /// The largest convexity gap of the three lines, in nats per example.
    pub edge_gap: f64,
    /// The largest excess of a point inside over the plane of the three losses, in nats per example.
    pub inside_excess: f64,
    /// The largest height of a point inside above the lower convex envelope of all points of the triangle,
    /// its sides included, in nats per example: the counterpart of the convexity gap on a line.
    pub inside_gap: f64,
    /// The bootstrap interval of `inside_gap - edge_gap`.
    pub interval: (f64, f64),
}

/// Triples of copies on one evaluation set.
#[derive(Clone)]
pub struct Triangles {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The number of examples.
    pub n_examples: usize,
    /// The triples.
    pub triangles: Vec<Triangle>,
}

impl fmt::Debug for Triangles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let above = self.triangles.iter().filter(|t| t.inside_gap > t.edge_gap).count();
        write!(
            f,
            "Triangles({} on {}, {above} higher inside than on every side)",
            self.triangles.len(),
            self.dataset
        )
    }
}

impl Models {
    /// Returns the triples of copies, whose sides are the lines of a sweep: the convexity gap inside against
    /// the largest on the sides.
    ///
    /// Pairwise connection is necessary for an eps-convex basin and not sufficient (Juneja et al. 2023,
    /// section 3.1). A triple whose inside is higher than all three sides shows it: for an eps between the
    /// two, all its pairs are connected and it is not. Points inside are kept in the store.
    ///
    /// # Errors
    /// The errors of [`TriangleOptions::check`]; [`LmcError::InvalidParameter`] for fewer than 3 copies, the
    /// clusters or a sweep of other models, or one that lacks a line; those of [`Models::sample`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let sweep = models.sweep("id", Grid::TENTHS)?;
    /// let basins = sweep.basins(&ClusterOptions::default())?;
    /// let triangles = models.triangles(&sweep, &basins, &TriangleOptions::default())?;
    /// println!("{}", triangles.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn triangles(&self, sweep: &Sweep, basins: &Basins, options: &TriangleOptions) -> Result<Triangles> {
        let options = &options.check()?;
        enough(self.len(), 3, "a triangle")?;
        self.check_basins(basins)?;
        sweep.check_whole()?;
        let triples = draw_subsets(&basins.cluster, Membership::Any, 3, options.n_triples, options.seed);
        let inside = Combination::lattice(3, options.n_steps);
        let plan = SweepPlan::new(self.len(), triples, inside)?;
        let lines: BTreeMap<[usize; 2], &Profile> =
            self.pairs(sweep)?.into_iter().zip(&sweep.profiles).collect();
        let shapes = plan.units().iter().map(|unit| Shape::of(unit, &lines, plan.points()));
        let shapes: Vec<Shape> = shapes.collect::<Result<_>>()?;
        let ends = self.ends(&sweep.dataset)?;
        let sampled = self.sample_between(&sweep.dataset, &plan, &ends)?;
        let mut triangles = Vec::with_capacity(sampled.len());
        for (block, shapes) in sampled.chunks(BLOCK).zip(shapes.chunks(BLOCK)) {
            let columns: Vec<Vec<&Outcome>> = block
                .iter()
                .zip(shapes)
                .map(|(unit, shape)| shape.columns(unit.models.iter().map(|&m| &ends[m]), &unit.outcomes))
                .collect();
            let values = by_example(&columns.concat());
            let resampled = resampled_means(values.view(), options.n_resamples, options.seed)?;
            let mut first = 0;
            let parts: Vec<_> = block
                .iter()
                .zip(shapes)
                .zip(&columns)
                .map(|((unit, shape), columns)| {
                    first += columns.len();
                    let range = ndarray::s![.., first - columns.len()..first];
                    (unit.models.clone(), shape, values.slice(range), resampled.slice(range))
                })
                .collect();
            triangles.extend(run_units(parts, |_, (models, shape, values, resampled)| {
                shape.triangle(&models, &basins.cluster, values, resampled, options.confidence)
            })?);
        }
        let n_examples = ends.first().map_or(0, |end| end.losses.len());
        Ok(Triangles { models: sweep.models.clone(), dataset: sweep.dataset.clone(), n_examples, triangles })
    }
}

/// Returns the losses of outcomes, `[n_examples, n_outcomes]`.
fn by_example(outcomes: &[&Outcome]) -> Array2<f64> {
    let n_examples = outcomes.first().map_or(0, |outcome| outcome.losses.len());
    Array2::from_shape_fn((n_examples, outcomes.len()), |(example, i)| f64::from(outcomes[i].losses[example]))
}

/// One side of a triangle.
struct Side<'a> {
    profile: &'a Profile,
    /// The corner at alpha = 1, then the one at alpha = 0.
    corners: [usize; 2],
}

/// The places of the points of a triangle: the corners, those within the sides, side by side, and those
/// inside.
struct Shape<'a> {
    sides: Vec<Side<'a>>,
    points: Vec<Vec<f64>>,
    n_inside: usize,
}

impl<'a> Shape<'a> {
    fn of(unit: &[usize], lines: &BTreeMap<[usize; 2], &'a Profile>, inside: &[Combination]) -> Result<Self> {
        let corner = |i: usize| (0..3).map(|k| f64::from(u8::from(k == i))).collect::<Vec<f64>>();
        let (mut sides, mut points) = (Vec::new(), (0..3).map(corner).collect::<Vec<_>>());
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let (a, b) = (unit[i], unit[j]);
            let found = lines.get(&[a, b]).map(|line| (*line, [i, j]));
            let found = found.or_else(|| lines.get(&[b, a]).map(|line| (*line, [j, i])));
            let (profile, corners) = found.ok_or_else(|| {
                LmcError::invalid("sweep", format!("no line between copies {a} and {b}"), "every pair")
            })?;
            for alpha in within(&profile.alphas) {
                let mut place = vec![0.0; 3];
                (place[corners[0]], place[corners[1]]) = (*alpha, 1.0 - alpha);
                points.push(place);
            }
            sides.push(Side { profile, corners });
        }
        points.extend(inside.iter().map(|point| point.weights().to_vec()));
        Ok(Self { sides, points, n_inside: inside.len() })
    }

    /// Returns the outcomes at the points, in their order.
    fn columns<'o>(
        &self,
        corners: impl Iterator<Item = &'o Outcome>,
        inside: &'o [Outcome],
    ) -> Vec<&'o Outcome>
    where
        'a: 'o,
    {
        corners
            .chain(self.sides.iter().flat_map(|side| within(&side.profile.outcomes)))
            .chain(inside)
            .collect()
    }

    /// Returns the largest gap of a side, the largest excess inside and the largest gap inside, from the loss
    /// at each point.
    fn measures(&self, losses: &[f64]) -> Result<[f64; 3]> {
        let (mut edge_gap, mut first): (f64, usize) = (0.0, 3);
        for Side { profile, corners } in &self.sides {
            let n = within(&profile.alphas).len();
            let mut curve = vec![losses[corners[1]]];
            curve.extend(&losses[first..first + n]);
            curve.push(losses[corners[0]]);
            edge_gap = edge_gap.max(convexity_gap_at(&profile.alphas, &curve)?);
            first += n;
        }
        let points: Vec<&[f64]> = self.points.iter().map(Vec::as_slice).collect();
        let inside = points.len() - self.n_inside;
        let excesses =
            points[inside..].iter().zip(&losses[inside..]).map(|(p, &l)| excess_loss(l, p, &losses[..3]));
        let excess = excesses.collect::<Result<Vec<f64>>>()?.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let gap = heights_from(&points, losses, inside)?.into_iter().fold(0.0, f64::max);
        Ok([edge_gap, excess, gap])
    }

    /// Returns the triangle from the loss of each example at each point, `[n_examples, n_points]`, and from
    /// resampled means, `[n_resamples, n_points]`.
    fn triangle(
        &self,
        models: &[usize],
        cluster: &[usize],
        values: ArrayView2<f64>,
        resampled: ArrayView2<f64>,
        confidence: f64,
    ) -> Result<Triangle> {
        let means = values.mean_axis(ndarray::Axis(0)).map_or(Vec::new(), |means| means.to_vec());
        let [edge_gap, inside_excess, inside_gap] = self.measures(&means)?;
        let differences = resampled.rows().into_iter().map(|losses| {
            let [edge, _, inside] = self.measures(&losses.to_vec())?;
            Ok(inside - edge)
        });
        let interval = percentile_interval(&differences.collect::<Result<Vec<f64>>>()?, confidence)?;
        let kind = Membership::of(models, cluster);
        let models = [models[0], models[1], models[2]];
        Ok(Triangle { models, kind, edge_gap, inside_excess, inside_gap, interval })
    }
}

/// Returns the items between the first and the last.
fn within<T>(all: &[T]) -> &[T] {
    all.get(1..all.len().saturating_sub(1)).unwrap_or(&[])
}

impl Table for Triangles {
    /// Returns one row per triple: the schema [`TRIANGLES`](crate::table::TRIANGLES).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    fn table(&self) -> Result<DataFrame> {
        let name =
            |i: usize| self.triangles.iter().map(|t| self.models[t.models[i]].clone()).collect::<Vec<_>>();
        let reals = |of: fn(&Triangle) -> f64| self.triangles.iter().map(of).collect::<Vec<_>>();
        let n = self.triangles.len();
        TriangleColumns {
            a: name(0),
            b: name(1),
            c: name(2),
            kind: self.triangles.iter().map(|t| t.kind.to_string()).collect(),
            dataset: vec![self.dataset.clone(); n],
            n_examples: vec![self.n_examples as i64; n],
            edge_gap: reals(|t| t.edge_gap),
            inside_excess: reals(|t| t.inside_excess),
            inside_gap: reals(|t| t.inside_gap),
            difference: reals(|t| t.inside_gap - t.edge_gap),
            low: reals(|t| t.interval.0),
            high: reals(|t| t.interval.1),
        }
        .frame()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_options_are_refused_by_field() {
        type Change = fn(&mut TriangleOptions);
        let cases: [(&str, Change); 7] = [
            ("`triangles.n_steps`: got 2", |o| o.n_steps = 2),
            ("`triangles.n_steps`", |o| o.n_steps = usize::MAX),
            ("`triangles.n_triples`", |o| o.n_triples = 0),
            ("`triangles.n_triples`", |o| o.n_triples = usize::MAX),
            ("`triangles.n_resamples`", |o| o.n_resamples = 0),
            ("`triangles.confidence`", |o| o.confidence = 2.0),
            ("`triangles.confidence`", |o| o.confidence = f64::NAN),
        ];
        for (field, change) in cases {
            let mut options = TriangleOptions::default();
            change(&mut options);
            assert!(options.check().unwrap_err().to_string().starts_with(field), "{field}");
        }
        TriangleOptions::default().validate().unwrap();
    }
}
