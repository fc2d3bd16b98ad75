//! Logits of models, from which the outcome of any ensemble of them follows, and their Parquet file.

use std::fmt;
use std::path::Path;

use polars::prelude::*;
use tch::{Device, Kind, Tensor};

use super::{Outcome, check, check_interrupt, damaged_unit, in_order, label_logits};
use crate::encode::Batch;
use crate::guard::guarded;
use crate::model::Classifier;
use crate::weights::Parameters;
use lmc_base::error::{LmcError, Result};
use lmc_base::frame::{read_frame, write_frame};
use lmc_data::labels::LabelMap;

/// The logits of one model, or their mean over several, on one dataset in its order and its labels.
#[derive(Clone, PartialEq)]
pub struct Logits {
    n_labels: usize,
    /// `[n_examples, n_labels]`, row by row.
    values: Vec<f32>,
}

impl fmt::Debug for Logits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logits({} examples, {} labels)", self.n_examples(), self.n_labels)
    }
}

impl Logits {
    /// Makes logits from their rows, one after the other.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for values that are not whole rows; [`LmcError::NonFiniteLoss`] naming the
    /// example.
    pub fn new(n_labels: usize, values: Vec<f32>) -> Result<Self> {
        if n_labels == 0 || !values.len().is_multiple_of(n_labels) {
            let (got, expected) = (vec![values.len()], vec![values.len() / n_labels.max(1), n_labels]);
            return Err(LmcError::ShapeMismatch { what: "logits".into(), got, expected });
        }
        if let Some(i) = values.iter().position(|value| !value.is_finite()) {
            let (what, position) = ("logits".to_owned(), format!("example {}", i / n_labels));
            return Err(LmcError::NonFiniteLoss { what, value: f64::from(values[i]), position });
        }
        Ok(Self { n_labels, values })
    }

    /// Returns the number of labels.
    pub fn n_labels(&self) -> usize {
        self.n_labels
    }

    /// Returns the number of examples.
    pub fn n_examples(&self) -> usize {
        self.values.len() / self.n_labels
    }

    /// Returns the logits of an example, one for each label.
    pub fn row(&self, example: usize) -> &[f32] {
        &self.values[example * self.n_labels..(example + 1) * self.n_labels]
    }

    /// Returns the logits of an ensemble: the mean over its models, label by label. Logits are averaged, not
    /// probabilities, as in Wortsman et al. 2022, section 3.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for no models, [`LmcError::ShapeMismatch`] for models on other examples
    /// or labels.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } }
    /// use lmc::model::Logits;
    /// let (one, other) = (Logits::new(2, vec![2.0, 0.0])?, Logits::new(2, vec![-1.0, 1.0])?);
    /// assert_eq!(Logits::mean(&[&one, &other])?.row(0), [0.5, 0.5]);
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn mean(models: &[&Logits]) -> Result<Self> {
        let Some(first) = models.first() else {
            return Err(LmcError::invalid("ensemble", "no models", "at least one"));
        };
        let shape = |logits: &Logits| vec![logits.n_examples(), logits.n_labels];
        if let Some(other) = models.iter().find(|logits| shape(logits) != shape(first)) {
            let what = "logits of an ensemble".to_owned();
            return Err(LmcError::ShapeMismatch { what, got: shape(other), expected: shape(first) });
        }
        let mean = |i: usize| {
            let sum: f64 = models.iter().map(|logits| f64::from(logits.values[i])).sum();
            (sum / models.len() as f64) as f32
        };
        Self::new(first.n_labels, (0..first.values.len()).map(mean).collect())
    }

    /// Returns the losses, predictions and confidences by these logits; of equal logits the first label is
    /// predicted.
    ///
    /// # Errors
    /// [`LmcError::ShapeMismatch`] for another number of labels than examples, [`LmcError::InvalidParameter`]
    /// for a label that has no logit.
    pub fn outcome(&self, labels: &[i64]) -> Result<Outcome> {
        if labels.len() != self.n_examples() {
            let (got, expected) = (vec![labels.len()], vec![self.n_examples()]);
            return Err(LmcError::ShapeMismatch { what: "labels of logits".into(), got, expected });
        }
        let mut outcome = Outcome { losses: Vec::new(), predictions: Vec::new(), confidences: Vec::new() };
        for (example, &label) in labels.iter().enumerate() {
            let row = self.row(example);
            let right = usize::try_from(label).ok().and_then(|label| row.get(label)).ok_or_else(|| {
                LmcError::invalid("label", label, format!("a number below {}", self.n_labels))
            })?;
            let best =
                (0..row.len()).fold(0, |best, other| if row[other] > row[best] { other } else { best });
            let sum: f64 = row.iter().map(|&logit| f64::from(logit - row[best]).exp()).sum();
            outcome.losses.push((sum.ln() - f64::from(right - row[best])) as f32);
            outcome.predictions.push(best as i64);
            outcome.confidences.push((1.0 / sum) as f32);
        }
        Ok(outcome)
    }
}

/// Returns the logits of the model theta, `[n_parameters]`, on `n` examples dealt out in `batches`, in the
/// labels that `map` makes of the classifier's classes; `None` if they are the same in the same order.
///
/// # Errors
/// The errors of [`evaluate_mapped`](super::evaluate_mapped).
pub fn evaluate_logits(
    classifier: &Classifier,
    theta: &Tensor,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
) -> Result<Logits> {
    guarded(|| logits_of(classifier, theta, batches, n, map))
}

fn logits_of(
    classifier: &Classifier,
    theta: &Tensor,
    batches: &[Batch],
    n: usize,
    map: Option<&LabelMap>,
) -> Result<Logits> {
    check(classifier, batches, map)?;
    let _no_grad = tch::no_grad_guard();
    let parameters = Parameters::views(&theta.unsqueeze(0), classifier.layout())?;
    let mut parts = Vec::with_capacity(batches.len());
    for (done, batch) in batches.iter().enumerate() {
        check_interrupt(done, batches.len())?;
        parts.push(label_logits(classifier, &parameters, batch, map)?.f_squeeze_dim(0)?.to_kind(Kind::Float));
    }
    let logits = Tensor::f_cat(&parts, 0)?.to_device(Device::Cpu);
    let n_labels = logits.size()[1] as usize;
    let flat = Vec::<f32>::try_from(logits.f_reshape([-1])?)?;
    let rows: Vec<usize> = (0..flat.len() / n_labels).collect();
    let order = batches.iter().flat_map(|batch| batch.indices.iter().copied());
    let values = in_order(order, rows, n)
        .into_iter()
        .flat_map(|row| flat[row * n_labels..][..n_labels].iter().copied());
    Logits::new(n_labels, values.collect())
}

/// Writes logits with the columns example i64 and logit_0, logit_1, ... f32.
///
/// # Errors
/// [`LmcError::Io`] if the folder cannot be written; the file is whole or absent.
pub fn write_logits(path: &Path, logits: &Logits) -> Result<()> {
    let n = logits.n_examples();
    let mut columns = vec![Column::new("example".into(), (0..n as i64).collect::<Vec<_>>())];
    columns.extend((0..logits.n_labels).map(|label| {
        let values: Vec<f32> = (0..n).map(|example| logits.row(example)[label]).collect();
        Column::new(format!("logit_{label}").into(), values)
    }));
    write_frame(path, &mut DataFrame::new(n, columns)?)
}

/// Reads the logits in a file that [`write_logits`] wrote, over `n_examples`.
///
/// # Errors
/// [`LmcError::Io`] if it cannot be read, [`LmcError::Format`] if it is damaged or of another number of
/// examples.
pub fn read_logits(path: &Path, n_examples: usize) -> Result<Logits> {
    let damaged = |problem: String| damaged_unit(path, problem);
    let frame = read_frame(path, damaged)?;
    let column = |name: &str| frame.column(name).map_err(|e| damaged(e.to_string()));
    let found = column("example")?.i64().map_err(|e| damaged(e.to_string()))?;
    if !found.iter().eq((0..n_examples as i64).map(Some)) {
        return Err(damaged(format!("{} rows, expected {n_examples} examples", frame.height())));
    }
    let labels = (0..frame.width() - 1).map(|label| {
        let values = column(&format!("logit_{label}"))?.f32().map_err(|e| damaged(e.to_string()))?;
        Ok(values.into_no_null_iter().collect::<Vec<f32>>())
    });
    let labels = labels.collect::<Result<Vec<_>>>()?;
    if labels.is_empty() || labels.iter().any(|values| values.len() != n_examples) {
        return Err(damaged("a column of logits is missing or has empty values".into()));
    }
    let values = (0..n_examples).flat_map(|example| labels.iter().map(move |values| values[example]));
    Logits::new(labels.len(), values.collect()).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::packed_batches;
    use crate::eval::evaluate_mapped;
    use crate::model::fixture::{classifier, config, examples, weights};

    #[test]
    fn an_ensemble_by_hand() {
        // Mean logits (1, 0) and (0, 2): probabilities e / (e + 1) and 1 / (1 + e^2).
        let one = Logits::new(2, vec![3.0, 0.0, 1.0, 2.0]).unwrap();
        let other = Logits::new(2, vec![-1.0, 0.0, -1.0, 2.0]).unwrap();
        let mean = Logits::mean(&[&one, &other]).unwrap();
        assert_eq!((mean.row(0), mean.row(1)), (&[1.0, 0.0][..], &[0.0, 2.0][..]));
        let outcome = mean.outcome(&[0, 0]).unwrap();
        assert_eq!(outcome.predictions, [0, 1]);
        let e = std::f64::consts::E;
        for (got, expected) in outcome.losses.iter().zip([(1.0 + 1.0 / e).ln(), (1.0 + e * e).ln()]) {
            assert!((f64::from(*got) - expected).abs() < 1e-6, "{got}, expected {expected}");
        }
        for (got, expected) in outcome.confidences.iter().zip([e / (e + 1.0), e * e / (1.0 + e * e)]) {
            assert!((f64::from(*got) - expected).abs() < 1e-6, "{got}, expected {expected}");
        }
        // It is not the mean of probabilities, which for the first example is (sigmoid(3) + sigmoid(-1)) / 2.
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        assert!((f64::from(outcome.confidences[0]) - (sigmoid(3.0) + sigmoid(-1.0)) / 2.0).abs() > 0.1);
        // A model's logits may all be shifted by one number, and an ensemble of one is the model.
        let shifted = Logits::new(2, vec![8.0, 5.0, 6.0, 7.0]).unwrap();
        assert_eq!(shifted.outcome(&[0, 0]).unwrap(), one.outcome(&[0, 0]).unwrap());
        assert_eq!(Logits::mean(&[&one]).unwrap(), one);
        assert_eq!(Logits::new(3, vec![1.0; 3]).unwrap().outcome(&[2]).unwrap().predictions, [0]);
    }

    #[test]
    fn logits_give_the_outcome_of_the_evaluation() {
        let (binary, examples) = (classifier(), examples(40, 1));
        let three = Classifier::new(&config(), 3);
        let labels = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let map = LabelMap::new(
            &labels(&["contradiction", "entailment", "neutral"]),
            &labels(&["entailment", "non-entailment"]),
            lmc_data::labels::Merge::Max,
        )
        .unwrap();
        let batches = packed_batches(&examples, 64);
        let truth: Vec<i64> = examples.iter().map(|example| example.label).collect();
        for (classifier, map) in [(&binary, None), (&three, Some(&map))] {
            let theta = weights(classifier, 2).theta().copy();
            let expected = evaluate_mapped(classifier, &theta, &batches, 40, map).unwrap();
            let logits = evaluate_logits(classifier, &theta, &batches, 40, map).unwrap();
            assert_eq!((logits.n_examples(), logits.n_labels()), (40, 2));
            let got = logits.outcome(&truth).unwrap();
            assert_eq!(got.predictions, expected.predictions);
            for (a, b) in got
                .losses
                .iter()
                .chain(&got.confidences)
                .zip(expected.losses.iter().chain(&expected.confidences))
            {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }

    #[test]
    fn logits_survive_their_file_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/model.parquet");
        let logits = Logits::new(3, vec![0.5, -1.0, 2.0, 1.5, 0.25, -3.0]).unwrap();
        write_logits(&path, &logits).unwrap();
        assert_eq!(read_logits(&path, 2).unwrap(), logits);
        let message = read_logits(&path, 3).unwrap_err().to_string();
        assert!(message.contains("model.parquet: 2 rows, expected 3 examples"), "{message}");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(matches!(read_logits(&path, 2), Err(LmcError::Format { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(read_logits(&path, 2), Err(LmcError::Io { action: "read", .. })));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let two = Logits::new(2, vec![0.0; 4]).unwrap();
        let three = Logits::new(3, vec![0.0; 6]).unwrap();
        assert!(matches!(Logits::new(2, vec![0.0; 3]), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(Logits::new(0, vec![]), Err(LmcError::ShapeMismatch { .. })));
        let nan = Logits::new(2, vec![0.0, 0.0, f32::NAN, 0.0]).unwrap_err().to_string();
        assert!(nan.contains("example 1"), "{nan}");
        assert!(matches!(Logits::mean(&[&two, &three]), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(Logits::mean(&[]), Err(LmcError::InvalidParameter { field: "ensemble", .. })));
        assert!(matches!(two.outcome(&[0]), Err(LmcError::ShapeMismatch { .. })));
        for label in [-1, 2] {
            assert!(matches!(
                two.outcome(&[0, label]),
                Err(LmcError::InvalidParameter { field: "label", .. })
            ));
        }
    }
}
