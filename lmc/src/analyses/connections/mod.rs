//! Curves between two copies, straight and trained, and the loss along them.

mod curve;
pub(crate) mod figure;
mod table;

use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

use lmc_engine::kept::Kept;
use polars::prelude::DataFrame;
use serde_json::{Value, json};
use tch::Device;

use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::file::sha256;
use crate::options::Options;
use crate::progress::{Progress, Unit};
use crate::stats::accuracy;
use crate::study::{Model, Models, Study};
use crate::sweep::{Grid, SweepPlan, execute};
use crate::tables::Table;
use crate::train::CurveState;
use crate::weights::Weights;
use curve::{Curve, Trained};

pub use crate::path::CurveKind;
pub use crate::train::CurveRecipe;
pub use figure::connections;
pub use table::{CURVES, CurveColumns};

/// A curve between two copies.
#[derive(Clone)]
pub struct Connection {
    study: Rc<Study>,
    ends: [Model; 2],
    kind: CurveKind,
    name: String,
    /// All facts that decide the control points.
    of: Value,
    /// The mean training loss of each sub-epoch, in nats per example, at points drawn over the whole curve;
    /// empty for a line.
    pub train_losses: Vec<f64>,
    /// The time that training took, in seconds.
    pub seconds: f64,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b], n) = (&self.ends, self.kind.n_inner());
        write!(f, "Connection({} from {} to {}, {n} control points", self.kind, a.name, b.name)?;
        self.train_losses.last().iter().try_for_each(|loss| write!(f, ", training loss {loss:.4}"))?;
        f.write_str(")")
    }
}

/// The results along a curve; point 0 is model b, the last is model a.
#[derive(Clone)]
pub struct CurveProfile {
    /// Model a, at t = 1.
    pub a: String,
    /// Model b, at t = 0.
    pub b: String,
    /// The form of the curve.
    pub kind: CurveKind,
    /// The evaluation set's name.
    pub dataset: String,
    /// The values of t, ascending.
    pub ts: Vec<f64>,
    /// Per-example results at each t.
    pub outcomes: Vec<Outcome>,
    /// The label of every example.
    pub labels: Vec<i64>,
}

impl fmt::Debug for CurveProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { a, b, kind, dataset, ts, .. } = self;
        write!(f, "CurveProfile({kind} from {a} to {b} on {dataset}, {} points)", ts.len())
    }
}

impl Models {
    /// Makes the straight line between two copies, given by number.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a number that is not a copy, or the same number twice.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let line = models.line(0, 1)?;
    /// println!("{:?}", line.along("lo", 11)?.losses());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn line(&self, a: usize, b: usize) -> Result<Connection> {
        self.connection(a, b, CurveKind::Chain { n_bends: 0 }, Value::Null)
    }

    /// Returns a curve between two copies, given by number, whose control points are trained to low loss on
    /// the training set (Garipov et al. 2018; Juneja et al. 2023, Fig. 10). A finished one is read from the
    /// store; an interrupted one goes on. It is trained in float32 on the study's devices.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] as in [`Models::line`] and [`CurveRecipe::check`];
    /// [`LmcError::NonFiniteLoss`]; [`LmcError::Interrupted`], after which the same call goes on with the
    /// next update; those of the store.
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let curve = models.connect(0, 1, &CurveRecipe::mini().with_kind(CurveKind::Bezier))?;
    /// println!("{:?}", curve.along("lo", 11)?.losses());
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn connect(&self, a: usize, b: usize, recipe: &CurveRecipe) -> Result<Connection> {
        Ok(self.connect_all(&[[a, b]], recipe)?.swap_remove(0))
    }

    /// Returns a curve for each of those pairs of copies, as [`Models::connect`] does for one. Threads, and
    /// processes that share the store, train the curves side by side.
    ///
    /// # Errors
    /// The errors of [`Models::connect`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// for curve in models.connect_all(&[[0, 1], [0, 2]], &CurveRecipe::mini())? {
    ///     println!("{curve:?}");
    /// }
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn connect_all(&self, pairs: &[[usize; 2]], recipe: &CurveRecipe) -> Result<Vec<Connection>> {
        let examples = &self.study().task().train;
        recipe.validate()?;
        recipe.check_size(examples.len())?;
        let recipe_json =
            serde_json::to_value(recipe).map_err(|e| LmcError::invalid("curve", e, "serialisable"))?;
        let connection = |&[a, b]: &[usize; 2]| self.connection(a, b, recipe.kind, recipe_json.clone());
        let mut connections = pairs.iter().map(connection).collect::<Result<Vec<_>>>()?;
        let what = match connections.as_slice() {
            [one] => format!("training a {} between {} and {}", one.kind, one.a(), one.b()),
            all => format!("training {} curves ({})", all.len(), recipe.kind),
        };
        let progress = Progress::new(what, Unit::Updates, (recipe.n_updates() * pairs.len()) as u64);
        let curves: Vec<Curve> = connections.iter().map(Curve::of).collect();
        let files: Vec<PathBuf> = curves.iter().map(Curve::path).collect();
        let kept = Kept {
            files: &files,
            find: &|i| Ok(curves[i].read()?.filter(CurveState::is_finished).map(Trained::of)),
            workers: &self.study().training_compute().training_workers(),
            equip: &|&device: &Device| Ok(device),
            progress: &progress,
            size: recipe.n_updates() as u64,
            noun: if pairs.len() == 1 { "updates of the curve" } else { "updates of the curves" },
            begun: Some(&|i| curves[i].updates_kept()),
        };
        let trained = kept.bring_about(|&mut device, i| {
            curves[i].train(examples, recipe, device, &progress).map_err(|error| error.of(curves[i].name))
        })?;
        let mean = |losses: &[f32]| losses.iter().map(|&l| f64::from(l)).sum::<f64>() / losses.len() as f64;
        for (connection, Trained { losses, seconds }) in connections.iter_mut().zip(trained) {
            connection.train_losses = losses.chunks(recipe.sub_epoch as usize).map(mean).collect();
            connection.seconds = seconds;
        }
        Ok(connections)
    }

    fn connection(&self, a: usize, b: usize, kind: CurveKind, recipe: Value) -> Result<Connection> {
        let n = self.len();
        if a >= n || b >= n || a == b {
            let expected = format!("two different numbers below {n}");
            return Err(LmcError::invalid("models", format!("{a} and {b}"), expected));
        }
        let ends = [a, b].map(|model| self.models()[model].clone());
        // A run's name depends on its training set.
        let of = json!({"a": ends[0].key(), "b": ends[1].key(), "recipe": recipe});
        let hash = sha256(of.to_string().as_bytes());
        // Models from elsewhere are called after their folders, which may move.
        let name = match ends[0].spec() {
            Some(_) => format!("{}-{}-{kind}-{}", ends[0].name, ends[1].name, &hash[..10]),
            None => format!("{}-{}-{kind}-{}", ends[0].key(), ends[1].key(), &hash[..10]),
        };
        let (study, train_losses) = (self.study().clone(), Vec::new());
        Ok(Connection { study, ends, kind, name, of, train_losses, seconds: 0.0 })
    }
}

impl Connection {
    /// Returns the name of the model at t = 1.
    pub fn a(&self) -> &str {
        &self.ends[0].name
    }

    /// Returns the name of the model at t = 0.
    pub fn b(&self) -> &str {
        &self.ends[1].name
    }

    /// Returns the form of the curve.
    pub fn kind(&self) -> CurveKind {
        self.kind
    }

    /// Returns the weights of all control points: the first model, those between, the second model.
    ///
    /// # Errors
    /// [`LmcError::Format`] naming a damaged file; [`LmcError::Io`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let curve = models.connect(0, 1, &CurveRecipe::mini())?;
    /// let controls = curve.controls()?;
    /// println!("{}", Weights::distance(&controls[0], &controls[1])?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn controls(&self) -> Result<Vec<Weights>> {
        let curve = Curve::of(self);
        (0..self.kind.n_inner() + 2).map(|control| curve.load(control)).collect()
    }

    /// Returns the results at `n_points` equally spaced values of t, both ends counted, on the evaluation set
    /// of that name.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for fewer than 2 points; those of [`Models::evaluate`] and [`execute`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let curve = models.connect(0, 1, &CurveRecipe::mini())?;
    /// let profile = curve.along("lo", 11)?;
    /// println!("{}", profile.table()?);
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn along(&self, dataset: &str, n_points: usize) -> Result<CurveProfile> {
        if n_points < 2 {
            return Err(LmcError::invalid("n_points", n_points, "at least 2, both ends counted"));
        }
        if n_points > Grid::MOST_POINTS {
            return Err(LmcError::invalid("n_points", n_points, format!("at most {}", Grid::MOST_POINTS)));
        }
        let (study, curve) = (&self.study, Curve::of(self));
        let n_controls = self.kind.n_inner() + 2;
        let keys: Vec<String> = (0..n_controls).map(|control| curve.key(control)).collect();
        // One file has the points of all controls; its name says which curve they are of.
        let labels: Vec<String> = (0..n_controls).map(|control| curve.label(control)).collect();
        let load = |control: usize| curve.load(control);
        let ends = study.outcomes(dataset, &keys, &load)?;
        let ts: Vec<f64> = (0..n_points).map(|k| k as f64 / (n_points - 1) as f64).collect();
        let points = ts.iter().map(|&t| self.kind.at(t)).collect();
        let plan = SweepPlan::new(n_controls, vec![(0..n_controls).collect()], points)?;
        let set = study.task().set(dataset)?;
        let sampled = execute(&study.job(set, &plan, &labels, &load, &ends))?;
        let outcomes = sampled.into_iter().flat_map(|unit| unit.outcomes).collect();
        let (a, b, labels) = (self.a().to_owned(), self.b().to_owned(), set.labels());
        Ok(CurveProfile { a, b, kind: self.kind, dataset: dataset.to_owned(), ts, outcomes, labels })
    }
}

impl CurveProfile {
    /// Returns the mean loss at each t, in nats per example.
    pub fn losses(&self) -> Vec<f64> {
        self.outcomes.iter().map(Outcome::mean_loss).collect()
    }
}

impl Table for CurveProfile {
    /// Returns one row per point: the schema [`CURVES`](crate::table::CURVES).
    ///
    /// # Errors
    /// The errors of [`accuracy`]; [`LmcError::Polars`].
    fn table(&self) -> Result<DataFrame> {
        let rows = self.ts.len();
        let accuracies = self.outcomes.iter().map(|o| accuracy(&self.labels, &o.predictions));
        CurveColumns {
            a: vec![self.a.clone(); rows],
            b: vec![self.b.clone(); rows],
            kind: vec![self.kind.name().to_owned(); rows],
            dataset: vec![self.dataset.clone(); rows],
            point: (0..rows as i64).collect(),
            t: self.ts.clone(),
            loss: self.losses(),
            accuracy: accuracies.collect::<Result<_>>()?,
            n_examples: vec![self.labels.len() as i64; rows],
        }
        .frame()
    }
}
