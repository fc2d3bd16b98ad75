//! Results of a study as tables with the schemas of [`crate::table`].

use polars::prelude::{DataFrame, df};

use super::{
    AlignedSweep, Comparison, Convexity, CurveProfile, Evaluation, Models, PlaneSample, Soups, Sweep,
    Triangles,
};
use crate::basin::{Basins, Drift};
use crate::error::Result;
use crate::gap::Measure;
use crate::stats::{accuracy, expected_calibration_error, f1, macro_f1, matthews_correlation};
use crate::table::{Metric, Table};

impl Models {
    /// Returns one row per copy: the schema [`MODELS`](crate::table::MODELS).
    ///
    /// # Errors
    /// [`LmcError::Polars`](crate::LmcError::Polars) if polars refuses a column.
    pub fn table(&self) -> Result<DataFrame> {
        let models = self.models();
        let n = self.study().task().classifier.layout().n_parameters();
        Ok(df!(
            "model" => models.iter().map(|m| m.name.clone()).collect::<Vec<_>>(),
            "run_id" => models.iter().map(|m| m.spec.run_id()).collect::<Vec<_>>(),
            "seed" => models.iter().map(|m| m.spec.seed as i64).collect::<Vec<_>>(),
            "task" => models.iter().map(|m| m.spec.task.name()).collect::<Vec<_>>(),
            "recipe" => models.iter().map(|m| m.spec.recipe.name.clone()).collect::<Vec<_>>(),
            "step" => models.iter().map(|m| format!("{}it", m.info.step)).collect::<Vec<_>>(),
            "n_parameters" => vec![n; models.len()],
            "train_loss" => models.iter().map(|m| m.info.train_loss).collect::<Vec<_>>(),
            "seconds" => models.iter().map(|m| m.info.seconds).collect::<Vec<_>>(),
        )?)
    }

    /// Returns every copy's metrics on each of those sets: the schema
    /// [`EVALUATIONS`](crate::table::EVALUATIONS).
    ///
    /// # Errors
    /// Those of [`Models::evaluate`].
    ///
    /// # Examples
    /// ```no_run
    /// use lmc::prelude::*;
    /// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
    /// let evaluations = models.evaluations(&["id", "lo"])?;
    /// println!("{evaluations}");
    /// # Ok::<(), LmcError>(())
    /// ```
    pub fn evaluations(&self, datasets: &[&str]) -> Result<DataFrame> {
        let mut all = Vec::new();
        for dataset in datasets {
            all.extend(self.evaluate(dataset)?);
        }
        evaluations_table(&all)
    }
}

impl Evaluation {
    /// Returns one metric; F1 is that of class 1 if the set has two labels, and the mean over the classes
    /// that occur if it has more.
    ///
    /// # Errors
    /// Those of [`crate::stats`] for an empty set.
    pub fn metric(&self, metric: Metric) -> Result<f64> {
        let (labels, predictions) = (&self.labels, &self.outcome.predictions);
        match metric {
            Metric::Loss => Ok(self.outcome.mean_loss()),
            Metric::Accuracy => accuracy(labels, predictions),
            Metric::F1 if self.n_labels > 2 => macro_f1(labels, predictions),
            Metric::F1 => f1(labels, predictions, 1),
            Metric::Mcc => matthews_correlation(labels, predictions),
            Metric::Ece => {
                let confidences: Vec<f64> = self.outcome.confidences.iter().map(|&c| f64::from(c)).collect();
                let right: Vec<bool> = labels.iter().zip(predictions).map(|(l, p)| l == p).collect();
                expected_calibration_error(&confidences, &right)
            }
        }
    }
}

/// Returns one metric of each evaluation, in their order.
///
/// # Errors
/// Those of [`Evaluation::metric`].
pub(super) fn metrics(evaluations: &[Evaluation], metric: Metric) -> Result<Vec<f64>> {
    evaluations.iter().map(|evaluation| evaluation.metric(metric)).collect()
}

/// Returns one row per evaluation: the schema [`EVALUATIONS`](crate::table::EVALUATIONS).
///
/// # Errors
/// Those of [`Evaluation::metric`]; [`LmcError::Polars`](crate::LmcError::Polars).
pub fn evaluations_table(evaluations: &[Evaluation]) -> Result<DataFrame> {
    let metric = |m: Metric| metrics(evaluations, m);
    Ok(df!(
        "model" => evaluations.iter().map(|e| e.model.clone()).collect::<Vec<_>>(),
        "dataset" => evaluations.iter().map(|e| e.dataset.clone()).collect::<Vec<_>>(),
        "n_examples" => evaluations.iter().map(|e| e.labels.len() as i64).collect::<Vec<_>>(),
        "loss" => metric(Metric::Loss)?,
        "accuracy" => metric(Metric::Accuracy)?,
        "f1" => metric(Metric::F1)?,
        "mcc" => metric(Metric::Mcc)?,
        "ece" => metric(Metric::Ece)?,
    )?)
}

impl Sweep {
    /// Returns one row per pair and point: the schema [`PROFILES`](crate::table::PROFILES).
    ///
    /// # Errors
    /// Those of [`accuracy`]; [`LmcError::Polars`](crate::LmcError::Polars).
    pub fn table(&self) -> Result<DataFrame> {
        let points =
            || self.profiles.iter().flat_map(|p| p.outcomes.iter().enumerate().map(move |(k, o)| (p, k, o)));
        let rows = points().count();
        Ok(df!(
            "a" => points().map(|(p, ..)| p.a.clone()).collect::<Vec<_>>(),
            "b" => points().map(|(p, ..)| p.b.clone()).collect::<Vec<_>>(),
            "dataset" => vec![self.dataset.clone(); rows],
            "point" => points().map(|(_, k, _)| k as i64).collect::<Vec<_>>(),
            "alpha" => points().map(|(p, k, _)| p.alphas[k]).collect::<Vec<_>>(),
            "loss" => points().map(|(_, _, o)| o.mean_loss()).collect::<Vec<_>>(),
            "accuracy" => points().map(|(_, _, o)| accuracy(&self.labels, &o.predictions)).collect::<Result<Vec<_>>>()?,
            "n_examples" => vec![self.labels.len() as i64; rows],
        )?)
    }

    /// One row per pair: barrier height, convexity gap, AUC and distance, the schema
    /// [`GAPS`](crate::table::GAPS).
    ///
    /// # Errors
    /// [`LmcError::NonFiniteLoss`](crate::LmcError::NonFiniteLoss);
    /// [`LmcError::Polars`](crate::LmcError::Polars).
    pub fn gaps(&self) -> Result<DataFrame> {
        let each = |measure| self.profiles.iter().map(|p| p.measure(measure)).collect::<Result<Vec<f64>>>();
        Ok(df!(
            "a" => self.profiles.iter().map(|p| p.a.clone()).collect::<Vec<_>>(),
            "b" => self.profiles.iter().map(|p| p.b.clone()).collect::<Vec<_>>(),
            "dataset" => vec![self.dataset.clone(); self.profiles.len()],
            "barrier_height" => each(Measure::BarrierHeight)?,
            "convexity_gap" => each(Measure::ConvexityGap)?,
            "auc" => each(Measure::AreaUnderCurve)?,
            "euclidean_distance" => each(Measure::EuclideanDistance)?,
        )?)
    }
}

/// Implements [`Table`] by the types' own method `table`, so that one function takes any of them.
macro_rules! tabled {
    ($($type:ty),+ $(,)?) => {$(
        impl Table for $type {
            fn table(&self) -> Result<DataFrame> {
                <$type>::table(self)
            }
        }
    )+};
}

tabled!(Models, Sweep, AlignedSweep, Comparison, Convexity, CurveProfile, PlaneSample, Soups, Triangles);
tabled!(super::Report, crate::replay::Replay);

impl Table for Basins {
    /// Returns one row per model: the schema [`BASINS`](crate::table::BASINS).
    fn table(&self) -> Result<DataFrame> {
        Ok(df!(
            "model" => self.models.clone(),
            "cluster" => self.cluster.iter().map(|&c| c as i64 + 1).collect::<Vec<_>>(),
            "membership" => self.membership.clone(),
            "embedding_1" => self.embedding.column(0).to_vec(),
            "embedding_2" => self.embedding.column(1).to_vec(),
        )?)
    }
}

/// Returns the drift of models as a table, one row per model and stage: the schema
/// [`DRIFT`](crate::table::DRIFT); `evaluations[stage]` gives the scores.
///
/// # Errors
/// [`LmcError::ShapeMismatch`](crate::LmcError::ShapeMismatch) if stages or models differ in number.
pub fn drift_table(drift: &Drift, evaluations: &[Vec<Evaluation>], metric: Metric) -> Result<DataFrame> {
    let got: Vec<usize> = evaluations.iter().map(Vec::len).collect();
    let expected = vec![drift.models.len(); drift.stages.len()];
    if got != expected {
        return Err(crate::LmcError::ShapeMismatch {
            what: "evaluations of each stage".into(),
            got,
            expected,
        });
    }
    let cells = || (0..drift.stages.len()).flat_map(|s| (0..drift.models.len()).map(move |m| (s, m)));
    Ok(df!(
        "model" => cells().map(|(_, m)| drift.models[m].clone()).collect::<Vec<_>>(),
        "stage" => cells().map(|(s, _)| s as i64).collect::<Vec<_>>(),
        "step" => cells().map(|(s, _)| drift.stages[s].name.clone()).collect::<Vec<_>>(),
        "cluster" => cells().map(|(s, m)| drift.stages[s].cluster[m] as i64 + 1).collect::<Vec<_>>(),
        "membership" => cells().map(|(s, m)| drift.stages[s].membership[m]).collect::<Vec<_>>(),
        "score" => cells().map(|(s, m)| evaluations[s][m].metric(metric)).collect::<Result<Vec<_>>>()?,
        "final_cluster" => cells().map(|(_, m)| drift.final_cluster[m] as i64 + 1).collect::<Vec<_>>(),
    )?)
}
