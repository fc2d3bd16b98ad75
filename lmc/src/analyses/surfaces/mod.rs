//! The loss around a model, in random directions or in those of its training (Li et al. 2018).

mod around;
mod axes;
pub(crate) mod figure;
mod on_slurm;
mod options;
mod table;

use std::fmt;

use polars::prelude::DataFrame;

use self::around::Around;
use crate::analyses::grid::GridValues;
use crate::error::Result;
use crate::eval::Outcome;
use crate::options::{Options, Valid};
use crate::path::PlaneGrid;
use crate::study::Models;
use crate::tables::Table;

pub use crate::direction::{DirectionScale, Principal, random_direction, scaled_direction};
#[doc(hidden)]
pub use figure::most_surfaces;
pub use figure::{surfaces, surfaces_3d};
pub(crate) use on_slurm::{VERB, work};
pub use options::{Directions, SurfaceOptions};
pub use table::{SURFACE_MODELS, SURFACES, SurfaceColumns, SurfaceModelColumns};

/// The results on a grid around a model.
#[derive(Clone)]
pub struct SurfaceSample {
    /// The name, for tables and figures: the model's name unless another is given.
    pub name: String,
    /// The evaluation set's name.
    pub dataset: String,
    /// The options by which it was taken.
    pub options: Valid<SurfaceOptions>,
    /// The points.
    pub grid: PlaneGrid,
    /// The model itself and, for a trajectory, its checkpoints before it, with their places.
    pub models: Vec<(String, [f64; 2])>,
    /// The share of the variance of the checkpoints along each direction; `None` for random directions.
    pub shares: Option<[f64; 2]>,
    /// Per-example results at every point, in the order of [`PlaneGrid::points`].
    pub outcomes: Vec<Outcome>,
    /// The label of every example.
    pub labels: Vec<i64>,
}

impl fmt::Debug for SurfaceSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (directions, n) = (self.options.directions, self.outcomes.len());
        write!(f, "SurfaceSample({} along {directions} on {}, {n} points)", self.name, self.dataset)
    }
}

impl Models {
    /// Returns the loss around a model, given by number, on the evaluation set of that name.
    ///
    /// The plane is spanned by two random directions, whose parts are as long as those of the model, or by
    /// the first two principal components of its checkpoints. With one direction it is a line.
    ///
    /// # Errors
    /// The errors of [`SurfaceOptions::check`](crate::Options::check), [`Models::stages`], [`Principal::of`]
    /// and [`Models::sample`]; [`LmcError::InvalidParameter`](crate::LmcError::InvalidParameter) for
    /// a number that is not a model.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// use lmc::analyses::surfaces::{Directions, SurfaceOptions};
    /// // A path has at least four checkpoints; the usual recipe keeps three.
    /// let recipe = Recipe { trajectory: vec![0.25, 0.5, 0.75, 1.0], ..Recipe::mini() };
    /// let models = Study::open(StudySpec::mini_nli(0).with_recipe(recipe))?.finetune()?;
    /// let surface = models.surface("id", 0, &SurfaceOptions::default())?;
    /// let path = SurfaceOptions { directions: Directions::Trajectory, ..SurfaceOptions::default() };
    /// let path = models.surface("id", 0, &path)?;
    /// figure::surfaces(&surface.table()?, &surface.models()?, "id")?.save("surface.png")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn surface(&self, dataset: &str, model: usize, options: &SurfaceOptions) -> Result<SurfaceSample> {
        let options = options.check()?;
        let labels = self.study().task().set(dataset)?.labels();
        let around = Around::new(self, model, &options)?;
        let outcomes = around.outcomes(self, dataset)?;
        let Around { name, grid, placed: models, shares, .. } = around;
        Ok(SurfaceSample {
            name,
            dataset: dataset.to_owned(),
            options,
            grid,
            models,
            shares,
            outcomes,
            labels,
        })
    }
}

impl SurfaceSample {
    /// Returns the same sample under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Returns one row per model in the surface: the schema [`SURFACE_MODELS`].
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    pub fn models(&self) -> Result<DataFrame> {
        let n = self.models.len();
        SurfaceModelColumns {
            surface: vec![self.name.clone(); n],
            model: self.models.iter().map(|(name, _)| name.clone()).collect(),
            x: self.models.iter().map(|(_, place)| place[0]).collect(),
            y: self.models.iter().map(|(_, place)| place[1]).collect(),
            share_x: vec![self.shares.map(|shares| shares[0]); n],
            share_y: vec![self.shares.map(|shares| shares[1]); n],
        }
        .frame()
    }
}

impl Table for SurfaceSample {
    /// Returns one row per point: the schema [`SURFACES`](crate::table::SURFACES).
    ///
    /// # Errors
    /// The errors of [`stats::accuracy`](crate::stats::accuracy);
    /// [`LmcError::Polars`](crate::LmcError::Polars).
    fn table(&self) -> Result<DataFrame> {
        let rows = self.outcomes.len();
        let GridValues { x, y, loss, accuracy } = GridValues::of(&self.grid, &self.outcomes, &self.labels)?;
        SurfaceColumns {
            surface: vec![self.name.clone(); rows],
            dataset: vec![self.dataset.clone(); rows],
            directions: vec![self.options.directions.to_string(); rows],
            x,
            y,
            loss,
            accuracy,
            n_examples: vec![self.labels.len() as i64; rows],
        }
        .frame()
    }
}
