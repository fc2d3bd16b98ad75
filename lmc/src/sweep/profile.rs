//! Per-example results along one line.

use std::fmt;

use super::{Sampled, SweepPlan};
use crate::eval::Outcome;

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
    /// The profile that was sampled on a line of that plan.
    pub fn of(sampled: Sampled, plan: &SweepPlan, models: &[String]) -> Self {
        Self {
            a: models[sampled.models[0]].clone(),
            b: models[sampled.models[1]].clone(),
            alphas: plan.points().iter().map(|point| point.weights()[0]).collect(),
            outcomes: sampled.outcomes,
            distance: sampled.distances[0],
        }
    }

    /// The mean loss at each alpha, in nats per example.
    pub fn losses(&self) -> Vec<f64> {
        self.outcomes.iter().map(Outcome::mean_loss).collect()
    }

    /// The same line walked from the other end, on the same equally spaced grid.
    pub fn reversed(&self) -> Self {
        Self {
            a: self.b.clone(),
            b: self.a.clone(),
            alphas: self.alphas.clone(),
            outcomes: self.outcomes.iter().rev().cloned().collect(),
            distance: self.distance,
        }
    }
}
