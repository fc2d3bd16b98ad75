//! The options for the loss around a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::direction::DirectionScale;
use crate::error::{LmcError, Result};
use crate::options::{Options, positive};

/// The most points along a direction.
const MOST_POINTS: usize = 301;

/// The directions in which a loss is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Directions {
    /// Random ones, whose parts are as long as those of the model (Li et al. 2018).
    Random(DirectionScale),
    /// The first two principal components of the checkpoints of the model's training (Li et al. 2018, section
    /// 7).
    Trajectory,
}

impl fmt::Display for Directions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(scale) => scale.fmt(f),
            Self::Trajectory => f.write_str("trajectory"),
        }
    }
}

impl Directions {
    /// Returns the directions of that name.
    ///
    /// # Errors
    /// [`LmcError::UnknownName`] with all names.
    ///
    /// # Examples
    /// ```
    /// use lmc::analyses::surfaces::Directions;
    /// assert_eq!(Directions::named("trajectory")?, Directions::Trajectory);
    /// assert_eq!(Directions::named("filter")?.to_string(), "filter");
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self> {
        let all = DirectionScale::ALL.map(Self::Random).into_iter().chain([Self::Trajectory]);
        all.clone().find(|directions| directions.to_string() == name).ok_or_else(|| LmcError::UnknownName {
            kind: "kind of directions",
            name: name.to_owned(),
            known: all.map(|directions| directions.to_string()).collect(),
        })
    }
}

/// The options for the loss around a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceOptions {
    /// The directions.
    pub directions: Directions,
    /// The number of directions: 1 or 2.
    pub n_directions: usize,
    /// The points along each direction.
    pub n_points: usize,
    /// The farthest point of a random direction, in its lengths. The margin around a trajectory is a quarter
    /// of this number times the longer side of the path.
    pub extent: f64,
    /// Draws random directions.
    pub seed: u64,
}

impl Default for SurfaceOptions {
    /// Returns options for two filter-normalised random directions from -1 to 1, 21 points along each.
    fn default() -> Self {
        let directions = Directions::Random(DirectionScale::Filter);
        Self { directions, n_directions: 2, n_points: 21, extent: 1.0, seed: 0 }
    }
}

impl Options for SurfaceOptions {
    fn validate(&self) -> Result<()> {
        if !(1..=2).contains(&self.n_directions) {
            return Err(LmcError::invalid("surface.n_directions", self.n_directions, "1 or 2"));
        }
        if self.directions == Directions::Trajectory && self.n_directions == 1 {
            return Err(LmcError::invalid("surface.n_directions", 1, "2 along a trajectory"));
        }
        if !(3..=MOST_POINTS).contains(&self.n_points) {
            return Err(LmcError::invalid("surface.n_points", self.n_points, format!("3 to {MOST_POINTS}")));
        }
        positive("surface.extent", self.extent, "a finite number above 0")
    }
}
