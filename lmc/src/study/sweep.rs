//! The profiles of all pairs and the matrices that follow from them.

use std::fmt;

use ndarray::Array2;

use crate::basin::{Basins, ClusterOptions, cluster};
use crate::error::Result;
use crate::gap::{GapMatrix, Measure, area_under_curve, barrier_height, convexity_gap};
use crate::sweep::Profile;

/// The lines between all pairs of copies on one evaluation set.
#[derive(Clone)]
pub struct Sweep {
    /// The models' names, in order.
    pub models: Vec<String>,
    /// The evaluation set's name.
    pub dataset: String,
    /// The label of every example.
    pub labels: Vec<i64>,
    /// One profile for each unordered pair.
    pub profiles: Vec<Profile>,
}

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (models, lines) = (self.models.len(), self.profiles.len());
        write!(f, "Sweep({models} models on {}, {lines} lines of {} points)", self.dataset, self.n_points())
    }
}

impl Sweep {
    /// The number of points on each line, both ends counted.
    pub fn n_points(&self) -> usize {
        self.profiles.first().map_or(0, |profile| profile.alphas.len())
    }

    /// One measure of all pairs as a symmetric matrix with a zero diagonal, `[n_models, n_models]`.
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`](crate::LmcError::NonFiniteLoss) naming the point.
    pub fn matrix(&self, measure: Measure) -> Result<GapMatrix> {
        let n = self.models.len();
        let mut values = Array2::zeros((n, n));
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        for (profile, (a, b)) in self.profiles.iter().zip(pairs) {
            let value = match measure {
                Measure::ConvexityGap => convexity_gap(&profile.losses())?,
                Measure::BarrierHeight => barrier_height(&profile.losses())?,
                Measure::AreaUnderCurve => area_under_curve(&profile.losses(), profile.distance)?,
                Measure::EuclideanDistance => profile.distance,
            };
            values[[a, b]] = value;
            values[[b, a]] = value;
        }
        GapMatrix::new(self.models.clone(), measure, values)
    }

    /// The two clusters of the models by convexity gap.
    ///
    /// # Errors
    /// Those of [`Sweep::matrix`] and [`cluster`].
    pub fn basins(&self, options: &ClusterOptions) -> Result<Basins> {
        cluster(&self.matrix(Measure::ConvexityGap)?, options)
    }
}
