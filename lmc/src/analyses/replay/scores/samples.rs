//! The predictions of one model as the public code of the paper stores them.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::DataFrame;
use serde::Deserialize;

use crate::analyses::replay::scores::wrong;
use crate::error::{LmcError, Result};
use crate::stats::{accuracy, expected_calibration_error, f1, macro_f1, matthews_correlation, mean};
use crate::study::EvaluationColumns;

/// The content of a file of predictions.
#[derive(Deserialize)]
struct Predictions {
    /// The classes by name; the outputs are in the order of their numbers.
    label_dict: BTreeMap<String, usize>,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    probabilities: Vec<f64>,
    #[serde(default)]
    logits: Vec<f64>,
    label: usize,
}

impl Sample {
    /// Returns minus the logarithm of the probability of the label; from the logits if that is rounded to 0.
    fn loss(&self) -> f64 {
        let loss = -self.probabilities[self.label].ln();
        if loss.is_finite() || self.logits.len() != self.probabilities.len() {
            return loss;
        }
        let largest = self.logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.logits.iter().map(|logit| (logit - largest).exp()).sum();
        largest + sum.ln() - self.logits[self.label]
    }
}

/// Reads the scores of one model on one set, in one row of an [`EVALUATIONS`](crate::table::EVALUATIONS)
/// table, from its predictions as the public code of the paper publishes them: JSON with `label_dict`, the
/// number of each class, and `samples`, each with `probabilities` of the classes and its `label`; other
/// members except `logits` are passed over.
///
/// The loss of an example is minus the logarithm of the probability of its label, from `logits` if that
/// probability is rounded to 0. Its prediction is the first of the most probable classes, as in the public
/// code. F1 is that of class 1. If there are not exactly 2 classes, F1 and MCC are empty. All samples of the
/// file count: the public code takes subsets of HANS by looking their sentences up in the corpus, and the
/// domains of CoLA by their place.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] (with the line, if JSON is at fault) if
/// it has another form, no samples, or a sample whose label is not a class, or whose probabilities do not
/// match the classes in number or are not a distribution.
pub fn read_samples(path: &Path, model: &str, dataset: &str) -> Result<DataFrame> {
    let bytes = crate::data::text::read(path)?;
    let text = crate::data::text::decoded(&bytes);
    let Predictions { label_dict, samples } =
        serde_json::from_slice(&text).map_err(|error| wrong(path, Some(error.line()), error.to_string()))?;
    let n_classes = label_dict.len();
    if samples.is_empty() {
        return Err(wrong(path, None, "no samples".into()));
    }
    let (mut losses, mut labels, mut predictions, mut confidences) = (vec![], vec![], vec![], vec![]);
    for (i, sample) in samples.iter().enumerate() {
        let Sample { probabilities, label, .. } = sample;
        let sum: f64 = probabilities.iter().sum();
        let fits = probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-3;
        if probabilities.len() != n_classes || *label >= n_classes || !fits {
            let problem = format!(
                "sample {i} has label {label} and {} probabilities with sum {sum} instead of a label below {n_classes} and a \
                 distribution over {n_classes} classes",
                probabilities.len()
            );
            return Err(wrong(path, None, problem));
        }
        let (mut best, mut most) = (0, f64::NEG_INFINITY);
        for (class, &probability) in probabilities.iter().enumerate() {
            if probability > most {
                (best, most) = (class, probability);
            }
        }
        let loss = sample.loss();
        if !loss.is_finite() {
            let position = format!("sample {i} of {}", path.display());
            return Err(LmcError::NonFiniteLoss { what: model.to_owned(), value: loss, position });
        }
        losses.push(loss);
        labels.push(*label as i64);
        predictions.push(best as i64);
        confidences.push(most);
    }
    let right: Vec<bool> = labels.iter().zip(&predictions).map(|(label, best)| label == best).collect();
    let f1 = if n_classes == 2 { f1(&labels, &predictions, 1) } else { macro_f1(&labels, &predictions) };
    EvaluationColumns {
        model: vec![model.to_owned()],
        dataset: vec![dataset.to_owned()],
        n_examples: vec![labels.len() as i64],
        loss: vec![Some(mean(&losses)?)],
        accuracy: vec![Some(accuracy(&labels, &predictions)?)],
        f1: vec![Some(f1?)],
        mcc: vec![Some(matthews_correlation(&labels, &predictions)?)],
        ece: vec![Some(expected_calibration_error(&confidences, &right)?)],
    }
    .frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyses::replay::scores::tests::in_file;
    use crate::study::EVALUATIONS;

    /// The labels and predictions are those of the test of `macro_f1` by hand.
    #[test]
    fn f1_of_three_classes_is_the_mean_over_them() {
        let (labels, predictions) = ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 1, 2, 2, 2, 2, 0]);
        let sample = |(label, prediction): (&usize, &usize)| {
            let p: Vec<String> =
                (0..3).map(|k| if k == *prediction { "0.5" } else { "0.25" }.to_owned()).collect();
            format!(
                r#"{{"probabilities": [{}], "logits": [0, 0, 0], "label": {label}, "sentence": "x"}}"#,
                p.join(",")
            )
        };
        let samples: Vec<String> = labels.iter().zip(&predictions).map(sample).collect();
        let text =
            format!(r#"{{"label_dict": {{"a": 0, "b": 1, "c": 2}}, "samples": [{}]}}"#, samples.join(","));
        let table = in_file(&text, |path| read_samples(path, "7", "id")).unwrap();
        let f1 = table.column("f1").unwrap().f64().unwrap().get(0).unwrap();
        assert!((f1 - (4.0 / 6.0 + 2.0 / 5.0 + 4.0 / 7.0) / 3.0).abs() < 1e-12, "{f1}");
        assert!(table.column("mcc").unwrap().f64().unwrap().get(0).is_some());
    }

    #[test]
    fn predictions_become_scores() {
        let sample = |p: [f64; 2], label: usize| {
            format!(
                r#"{{"probabilities": [{}, {}], "logits": [0, 0], "label": {label}, "sentence": "x"}}"#,
                p[0], p[1]
            )
        };
        let file = |samples: &[String]| {
            format!(r#"{{"label_dict": {{"no": 0, "yes": 1}}, "samples": [{}]}}"#, samples.join(","))
        };
        let read = |samples: &[String]| in_file(&file(samples), |path| read_samples(path, "7", "id"));
        let samples = [
            sample([0.25, 0.75], 1),
            sample([0.5, 0.5], 0),
            sample([0.75, 0.25], 1),
            sample([0.125, 0.875], 1),
        ];
        let table = read(&samples).unwrap();
        EVALUATIONS.check(&table).unwrap();
        let value = |name: &str| table.column(name).unwrap().f64().unwrap().get(0).unwrap();
        // Right are 1, 2 and 4; class 1 has 2 true positives and a false negative.
        assert_eq!((value("accuracy"), value("f1")), (0.75, 0.8));
        let loss = -(0.75f64.ln() + 0.5f64.ln() + 0.25f64.ln() + 0.875f64.ln()) / 4.0;
        assert!((value("loss") - loss).abs() < 1e-12);
        // Of the confusion matrix TP 2, TN 1, FN 1, FP 0.
        assert!((value("mcc") - 2.0 / 12.0f64.sqrt()).abs() < 1e-12, "{}", value("mcc"));
        let refused = |samples: &[String]| read(samples).unwrap_err().to_string();
        assert!(refused(&[]).contains("no samples"));
        assert!(refused(&[sample([0.5, 0.5], 2)]).contains("sample 0 has label 2"));
        assert!(refused(&[sample([0.5, 0.75], 1)]).contains("with sum 1.25"));
        assert!(refused(&[sample([1.5, -0.5], 1)]).contains("sample 0"));
        // Equal logits say that the probabilities were rounded elsewhere; without logits the loss is not
        // known.
        let rounded = read(&[sample([1.0, 0.0], 1)]).unwrap();
        assert!((rounded.column("loss").unwrap().f64().unwrap().get(0).unwrap() - 2f64.ln()).abs() < 1e-12);
        let without = sample([1.0, 0.0], 1).replace("\"logits\": [0, 0], ", "");
        assert!(refused(&[without]).contains("loss is inf at sample 0"));
    }
}
