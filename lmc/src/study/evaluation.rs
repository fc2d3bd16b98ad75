//! The results of models on evaluation sets.

use std::fmt;
use std::sync::Arc;

use polars::prelude::DataFrame;

use super::{Metric, Models};
use crate::error::Result;
use crate::eval::Outcome;
use crate::stats::{accuracy, expected_calibration_error, f1, macro_f1, matthews_correlation};
use crate::study::EvaluationColumns;

/// One model's results on one evaluation set.
#[derive(Clone)]
pub struct Evaluation {
    /// The model's name.
    pub model: String,
    /// The set's name.
    pub dataset: String,
    /// Losses and predictions of every example.
    pub outcome: Outcome,
    /// The label of every example.
    pub labels: Arc<Vec<i64>>,
    /// The number of labels that the set knows, more than two if F1 is a mean over classes.
    pub n_labels: usize,
}

impl fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evaluation({} on {}, mean loss {:.4})", self.model, self.dataset, self.outcome.mean_loss())
    }
}

impl Models {
    /// Returns every copy's metrics on each of those sets: the schema
    /// [`EVALUATIONS`](crate::table::EVALUATIONS).
    ///
    /// # Errors
    /// The errors of [`Models::evaluate`].
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
    /// The errors of [`crate::stats`] for an empty set.
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
/// The errors of [`Evaluation::metric`].
pub(crate) fn metrics(evaluations: &[Evaluation], metric: Metric) -> Result<Vec<f64>> {
    evaluations.iter().map(|evaluation| evaluation.metric(metric)).collect()
}

/// Returns one row per evaluation: the schema [`EVALUATIONS`](crate::table::EVALUATIONS).
///
/// # Errors
/// The errors of [`Evaluation::metric`]; [`LmcError::Polars`](crate::LmcError::Polars).
///
/// # Examples
/// ```no_run
/// use lmc::prelude::*;
/// use lmc::study::evaluations_table;
/// let models = Study::open(StudySpec::mini_nli(0))?.finetune()?;
/// let evaluations = models.evaluate("lo")?;
/// println!("{}", evaluations_table(&evaluations)?);
/// # Ok::<(), LmcError>(())
/// ```
pub fn evaluations_table(evaluations: &[Evaluation]) -> Result<DataFrame> {
    let metric = |m: Metric| -> Result<Vec<Option<f64>>> {
        Ok(metrics(evaluations, m)?.into_iter().map(Some).collect())
    };
    EvaluationColumns {
        model: evaluations.iter().map(|e| e.model.clone()).collect(),
        dataset: evaluations.iter().map(|e| e.dataset.clone()).collect(),
        n_examples: evaluations.iter().map(|e| e.labels.len() as i64).collect(),
        loss: metric(Metric::Loss)?,
        accuracy: metric(Metric::Accuracy)?,
        f1: metric(Metric::F1)?,
        mcc: metric(Metric::Mcc)?,
        ece: metric(Metric::Ece)?,
    }
    .frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::EVALUATIONS;

    #[test]
    fn every_metric_is_a_column_of_the_evaluations() {
        for metric in Metric::ALL {
            assert!(EVALUATIONS.column(metric.column()).is_ok(), "{metric}");
        }
    }
}
