//! The loss on planes through three copies.

pub(crate) mod figure;
mod table;

use std::fmt;

use polars::prelude::DataFrame;

use crate::analyses::grid::GridValues;
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::options::Options;
use crate::study::Models;
use crate::sweep::SweepPlan;
use crate::tables::Table;
use crate::weights::Weights;

pub use crate::path::{Plane, PlaneGrid, PlaneOptions};
pub use figure::planes;
pub use table::{ANCHORS, AnchorColumns, PLANES, PlaneColumns};

/// The results on a grid over the plane through three copies.
#[derive(Clone)]
pub struct PlaneSample {
    /// The name, for tables and figures: the models' names unless another is given.
    pub name: String,
    /// The evaluation set's name.
    pub dataset: String,
    /// The names of the three models: at (0, 0), at (1, 0) and above.
    pub models: [String; 3],
    /// The coordinates.
    pub plane: Plane,
    /// The points.
    pub grid: PlaneGrid,
    /// Per-example results at every point, in the order of [`PlaneGrid::points`].
    pub outcomes: Vec<Outcome>,
    /// The label of every example.
    pub labels: Vec<i64>,
}

impl fmt::Debug for PlaneSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b, c], n) = (&self.models, self.outcomes.len());
        write!(f, "PlaneSample({} through {a}, {b} and {c} on {}, {n} points)", self.name, self.dataset)
    }
}

impl Models {
    /// Returns the loss on a grid over the plane through three copies, given by number, on the evaluation set
    /// of that name (Juneja et al. 2023, Fig. 2).
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number that is not a copy or comes twice; those of
    /// [`Plane::new`], [`Plane::grid`] and [`Models::sample`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let plane = models.plane("id", [0, 1, 2], &PlaneOptions::default())?;
    /// figure::planes(&plane.table()?, &plane.anchors()?, "id", None)?.save("plane.png")?;
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn plane(&self, dataset: &str, models: [usize; 3], options: &PlaneOptions) -> Result<PlaneSample> {
        let [i, j, k] = models;
        let n = self.len();
        if models.iter().any(|&model| model >= n) || i == j || i == k || j == k {
            let expected = format!("three different numbers below {n}");
            return Err(LmcError::invalid("models", format!("{models:?}"), expected));
        }
        options.validate()?;
        self.study().task().set(dataset)?;
        let weights = |model: usize| self.weights_of(&self.models()[model]);
        let [first, second, third] = [weights(i)?, weights(j)?, weights(k)?];
        let plane = Plane::new(
            Weights::distance(&first, &second)?,
            Weights::distance(&first, &third)?,
            Weights::distance(&second, &third)?,
        )?;
        drop([first, second, third]);
        let grid = plane.grid(options)?;
        let points = grid.points().map(|(x, y)| plane.point(x, y)).collect();
        let plan = SweepPlan::new(n, vec![models.to_vec()], points)?;
        let outcomes = self.sample(dataset, &plan)?.swap_remove(0).outcomes;
        let names = models.map(|model| self.models()[model].name.clone());
        let labels = self.study().task().set(dataset)?.labels();
        let name = names.join(", ");
        Ok(PlaneSample { name, dataset: dataset.to_owned(), models: names, plane, grid, outcomes, labels })
    }
}

impl PlaneSample {
    /// Returns the same sample under another name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Returns one row per model of the plane: the schema [`ANCHORS`].
    ///
    /// # Errors
    /// [`LmcError::Polars`] if polars refuses a column.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let plane = models.plane("id", [0, 1, 2], &PlaneOptions::default())?;
    /// println!("{}", plane.anchors()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn anchors(&self) -> Result<DataFrame> {
        let anchors = self.plane.anchors();
        AnchorColumns {
            plane: vec![self.name.clone(); 3],
            model: self.models.to_vec(),
            x: anchors.map(|anchor| anchor.0).to_vec(),
            y: anchors.map(|anchor| anchor.1).to_vec(),
        }
        .frame()
    }
}

impl Table for PlaneSample {
    /// Returns one row per point: the schema [`PLANES`](crate::table::PLANES).
    ///
    /// # Errors
    /// The errors of [`stats::accuracy`](crate::stats::accuracy); [`LmcError::Polars`].
    fn table(&self) -> Result<DataFrame> {
        let rows = self.outcomes.len();
        let GridValues { x, y, loss, accuracy } = GridValues::of(&self.grid, &self.outcomes, &self.labels)?;
        PlaneColumns {
            plane: vec![self.name.clone(); rows],
            dataset: vec![self.dataset.clone(); rows],
            x,
            y,
            loss,
            accuracy,
            n_examples: vec![self.labels.len() as i64; rows],
        }
        .frame()
    }
}
