//! Per-example results along one line.

use std::fmt;

use super::{Sampled, SweepPlan};
use lmc_base::error::Result;
use lmc_maths::gap::{
    Measure, area_under_curve, area_under_curve_at, barrier_height, barrier_height_at, convexity_gap,
    convexity_gap_at, highest_point,
};
use lmc_model::eval::Outcome;

/// The results along the line between two models; point 0 is B, the last is A.
#[derive(Clone, PartialEq)]
pub struct Profile {
    /// Model A, at alpha = 1.
    pub a: String,
    /// Model B, at alpha = 0.
    pub b: String,
    /// The values of alpha, ascending.
    pub alphas: Vec<f64>,
    /// Per-example results at each alpha.
    pub outcomes: Vec<Outcome>,
    /// The Euclidean distance of the two models over all parameters.
    pub distance: f64,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile { a, b, alphas, distance, .. } = self;
        write!(f, "Profile({a} to {b}, {} points, distance {distance:.3})", alphas.len())
    }
}

impl Profile {
    /// Returns the profile that was sampled on a line of that plan.
    pub fn of(sampled: Sampled, plan: &SweepPlan, models: &[String]) -> Self {
        Self {
            a: models[sampled.models[0]].clone(),
            b: models[sampled.models[1]].clone(),
            alphas: plan.points().iter().map(|point| point.weights()[0]).collect(),
            outcomes: sampled.outcomes,
            distance: sampled.distances[0],
        }
    }

    /// Returns the mean loss at each alpha, in nats per example.
    pub fn losses(&self) -> Vec<f64> {
        self.outcomes.iter().map(Outcome::mean_loss).collect()
    }

    /// Returns one measure of the line, from equally spaced points or from the points that refinement added.
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`](lmc_base::error::LmcError::NonFiniteLoss) naming the point.
    pub fn measure(&self, measure: Measure) -> Result<f64> {
        let (alphas, losses) = (&self.alphas, self.losses());
        let is_even = self.is_even();
        match measure {
            Measure::ConvexityGap if is_even => convexity_gap(&losses),
            Measure::ConvexityGap => convexity_gap_at(alphas, &losses),
            Measure::BarrierHeight if is_even => barrier_height(&losses),
            Measure::BarrierHeight => barrier_height_at(alphas, &losses),
            Measure::AreaUnderCurve if is_even => area_under_curve(&losses, self.distance),
            Measure::AreaUnderCurve => area_under_curve_at(alphas, &losses, self.distance),
            Measure::EuclideanDistance => Ok(self.distance),
        }
    }

    /// Returns whether the points are those of a [`Grid`](super::Grid).
    fn is_even(&self) -> bool {
        let steps = self.alphas.len().saturating_sub(1) as f64;
        self.alphas.iter().enumerate().all(|(k, &alpha)| alpha == k as f64 / steps)
    }

    /// Returns the values of alpha halfway from the highest point to its neighbours, where more points may
    /// find a higher one.
    ///
    /// # Errors
    /// The errors of [`Profile::measure`].
    pub fn finer(&self) -> Result<[f64; 2]> {
        let highest = highest_point(&self.alphas, &self.losses())?;
        let halfway = |k: usize| (self.alphas[k] + self.alphas[k + 1]) / 2.0;
        Ok([halfway(highest - 1), halfway(highest)])
    }

    /// Returns the profile with more points between those that it has.
    #[doc(hidden)]
    pub fn with_points(mut self, points: impl IntoIterator<Item = (f64, Outcome)>) -> Self {
        for (alpha, outcome) in points {
            let at = self.alphas.partition_point(|&other| other < alpha);
            self.alphas.insert(at, alpha);
            self.outcomes.insert(at, outcome);
        }
        self
    }

    /// Returns the same line walked from the other end.
    pub fn reversed(&self) -> Self {
        let alphas = match self.is_even() {
            true => self.alphas.clone(),
            false => self.alphas.iter().rev().map(|alpha| 1.0 - alpha).collect(),
        };
        Self {
            a: self.b.clone(),
            b: self.a.clone(),
            alphas,
            outcomes: self.outcomes.iter().rev().cloned().collect(),
            distance: self.distance,
        }
    }
}
