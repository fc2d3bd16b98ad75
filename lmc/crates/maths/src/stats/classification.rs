use super::{check_finite, check_lengths};
use lmc_base::error::{LmcError, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the share of predictions that are right, in \[0, 1\].
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no examples.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// assert_eq!(lmc::stats::accuracy(&[0, 1, 1, 2], &[0, 1, 2, 2])?, 0.75);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn accuracy(labels: &[i64], predictions: &[i64]) -> Result<f64> {
    check_lengths("predictions", labels.len(), predictions.len(), 1)?;
    let right = labels.iter().zip(predictions).filter(|(label, prediction)| label == prediction).count();
    Ok(right as f64 / labels.len() as f64)
}

/// Returns the harmonic mean of precision and recall of the class `positive`, in \[0, 1\]; 0 if that class
/// occurs neither among labels nor among predictions.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no examples.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Of class 1, one is found, one is missed and one more is claimed: precision and recall are a half.
/// assert_eq!(lmc::stats::f1(&[1, 1, 0, 0], &[1, 0, 1, 0], 1)?, 0.5);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn f1(labels: &[i64], predictions: &[i64], positive: i64) -> Result<f64> {
    check_lengths("predictions", labels.len(), predictions.len(), 1)?;
    let both = labels.iter().zip(predictions).filter(|&(&l, &p)| l == positive && p == positive).count();
    let either = labels.iter().chain(predictions).filter(|&&class| class == positive).count();
    Ok(if either == 0 { 0.0 } else { 2.0 * both as f64 / either as f64 })
}

/// Returns the mean of [`f1`] over the classes that occur among labels or predictions, in \[0, 1\]. Each
/// class has the same weight, however many examples it has, as in scikit-learn's `f1_score(average="macro")`.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no examples.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Class 0: one found, none missed, one more claimed, F1 = 2 / 3. Class 1: one of two found, F1 = 2 / 3. Class 2: F1 = 1.
/// let f1 = lmc::stats::macro_f1(&[0, 1, 1, 2], &[0, 1, 0, 2])?;
/// assert!((f1 - 7.0 / 9.0).abs() < 1e-15);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn macro_f1(labels: &[i64], predictions: &[i64]) -> Result<f64> {
    check_lengths("predictions", labels.len(), predictions.len(), 1)?;
    let classes: BTreeSet<i64> = labels.iter().chain(predictions).copied().collect();
    let each = classes.iter().map(|&class| f1(labels, predictions, class)).collect::<Result<Vec<f64>>>()?;
    Ok(each.iter().sum::<f64>() / each.len() as f64)
}

/// Returns the Matthews correlation of labels and predictions, from -1 to 1, for two or more classes; 0 if
/// either is constant.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no examples.
///
/// # Reference
/// Matthews 1975; Gorodkin 2004 for more than two classes.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// use lmc::stats::matthews_correlation;
/// assert_eq!(matthews_correlation(&[0, 1, 0, 1], &[0, 1, 0, 1])?, 1.0);
/// assert_eq!(matthews_correlation(&[0, 1, 0, 1], &[1, 1, 1, 1])?, 0.0);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn matthews_correlation(labels: &[i64], predictions: &[i64]) -> Result<f64> {
    check_lengths("predictions", labels.len(), predictions.len(), 1)?;
    let mut counts = BTreeMap::<i64, (f64, f64)>::new();
    let (mut right, total) = (0.0, labels.len() as f64);
    for (&label, &prediction) in labels.iter().zip(predictions) {
        counts.entry(label).or_default().0 += 1.0;
        counts.entry(prediction).or_default().1 += 1.0;
        right += if label == prediction { 1.0 } else { 0.0 };
    }
    let sum = |term: fn(&(f64, f64)) -> f64| counts.values().map(term).sum::<f64>();
    let covariance = right * total - sum(|(label, prediction)| label * prediction);
    let label_variance = total * total - sum(|(label, _)| label * label);
    let prediction_variance = total * total - sum(|(_, prediction)| prediction * prediction);
    let scale = (label_variance * prediction_variance).sqrt();
    Ok(if scale == 0.0 { 0.0 } else { covariance / scale })
}

/// Returns the expected calibration error, in \[0, 1\]: the mean distance between confidence and accuracy
/// over 10 bins of equal width ((0, 0.1], (0.1, 0.2], ...), each weighted by its number of examples.
///
/// `confidences`: the probability given to the predicted class; `right`: whether it was the label.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ, [`LmcError::InvalidParameter`] for no examples or a
/// confidence outside \[0, 1\].
///
/// # Reference
/// Guo et al. 2017, section 2.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Four predictions at a confidence of 0.95, of which three are right.
/// let error = lmc::stats::expected_calibration_error(&[0.95; 4], &[true, true, true, false])?;
/// assert!((error - 0.2).abs() < 1e-12);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn expected_calibration_error(confidences: &[f64], right: &[bool]) -> Result<f64> {
    const N_BINS: usize = 10;
    check_lengths("right", confidences.len(), right.len(), 1)?;
    let mut excess = [0.0; N_BINS];
    for (&confidence, &right) in confidences.iter().zip(right) {
        if !(0.0..=1.0).contains(&confidence) {
            return Err(LmcError::invalid("confidences", confidence, "probabilities from 0 to 1"));
        }
        let bin = (1..N_BINS).filter(|&edge| confidence > edge as f64 / N_BINS as f64).count();
        excess[bin] += confidence - if right { 1.0 } else { 0.0 };
    }
    Ok(excess.iter().map(|sum| sum.abs()).sum::<f64>() / confidences.len() as f64)
}

/// Returns the area under the ROC curve, in \[0, 1\]: the probability that a random positive scores higher
/// than a random negative, where a tie counts one half.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the lengths differ; [`LmcError::InvalidParameter`] for a non-finite score,
/// or if all labels are the same.
///
/// # Reference
/// Fawcett 2006.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// // Of the four pairs of a positive and a negative, three are in order.
/// assert_eq!(lmc::stats::roc_auc(&[true, true, false, false], &[0.9, 0.4, 0.6, 0.1])?, 0.75);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn roc_auc(labels: &[bool], scores: &[f64]) -> Result<f64> {
    check_lengths("scores", labels.len(), scores.len(), 2)?;
    check_finite(scores)?;
    let n_positive = labels.iter().filter(|&&label| label).count();
    let n_negative = labels.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return Err(LmcError::invalid("labels", "one class only", "positives and negatives"));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Twice the number of (positive, negative) pairs in the right order, where ties count half: an integer.
    let (mut twice_won, mut negatives_below) = (0, 0);
    for ties in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let positives = ties.iter().filter(|&&i| labels[i]).count();
        let negatives = ties.len() - positives;
        twice_won += positives * (2 * negatives_below + negatives);
        negatives_below += negatives;
    }
    Ok(twice_won as f64 / (2.0 * n_positive as f64 * n_negative as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [i64; 8] = [1, 1, 1, 1, 0, 0, 0, 0];
    const PREDICTIONS: [i64; 8] = [1, 1, 1, 0, 1, 0, 0, 0];

    #[test]
    fn hand_computed_labels() {
        assert_eq!(accuracy(&LABELS, &PREDICTIONS).unwrap(), 0.75);
        // TP 3, FP 1, FN 1, TN 3: F1 = 6 / 8, MCC = (9 - 1) / 16.
        assert_eq!(f1(&LABELS, &PREDICTIONS, 1).unwrap(), 0.75);
        assert_eq!(f1(&LABELS, &PREDICTIONS, 7).unwrap(), 0.0);
        assert_eq!(f1(&[0, 0], &[1, 1], 1).unwrap(), 0.0);
        assert_eq!(matthews_correlation(&LABELS, &PREDICTIONS).unwrap(), 0.5);
        assert_eq!(matthews_correlation(&[0, 1], &[1, 0]).unwrap(), -1.0);
        assert_eq!(matthews_correlation(&[0, 1, 2], &[0, 1, 2]).unwrap(), 1.0);
        assert_eq!(matthews_correlation(&LABELS, &[1; 8]).unwrap(), 0.0);
    }

    #[test]
    fn hand_computed_f1_of_more_than_two_classes() {
        // Class 0: TP 2, FP 1, FN 1, F1 = 4 / 6. Class 1: TP 1, FP 1, FN 2, F1 = 2 / 5. Class 2: TP 2, FP 2,
        // FN 1, F1 = 4 / 7.
        let labels = [0, 0, 0, 1, 1, 1, 2, 2, 2];
        let predictions = [0, 0, 1, 1, 2, 2, 2, 2, 0];
        let expected = (4.0 / 6.0 + 2.0 / 5.0 + 4.0 / 7.0) / 3.0;
        assert!((macro_f1(&labels, &predictions).unwrap() - expected).abs() < 1e-15);
        // A class that is only predicted counts with 0, and a class that does not occur does not count.
        assert_eq!(macro_f1(&[0, 0, 1, 1], &[0, 0, 1, 2]).unwrap(), (1.0 + 2.0 / 3.0) / 3.0);
        assert_eq!(macro_f1(&[1, 1], &[1, 1]).unwrap(), 1.0);
        assert_eq!(macro_f1(&[1, 1], &[0, 0]).unwrap(), 0.0);
        // For two classes it is the mean of both, not the value of one.
        let both = (f1(&LABELS, &[1; 8], 0).unwrap() + f1(&LABELS, &[1; 8], 1).unwrap()) / 2.0;
        assert_eq!(macro_f1(&LABELS, &[1; 8]).unwrap(), both);
    }

    #[test]
    fn hand_computed_probabilities() {
        // Bin (0.9, 1]: mean confidence 0.95, accuracy 0.5. Bin (0.5, 0.6]: 0.6, accuracy 1. Weights 2/3 and
        // 1/3.
        let ece = expected_calibration_error(&[0.92, 0.98, 0.6], &[true, false, true]).unwrap();
        assert!((ece - (0.45 * 2.0 + 0.4) / 3.0).abs() < 1e-15);
        assert_eq!(expected_calibration_error(&[1.0, 0.0], &[true, false]).unwrap(), 0.0);
        // Opposite errors in one bin cancel, in two bins they do not.
        assert!(expected_calibration_error(&[0.55, 0.55], &[true, false]).unwrap() - 0.05 < 1e-15);
        assert!(expected_calibration_error(&[0.5, 0.55], &[true, false]).unwrap() > 0.5);
        // Pairs (0.8, 0.3) (0.8, 0.5) (0.5, 0.3) won, (0.5, 0.5) tied.
        let auc = roc_auc(&[true, true, false, false], &[0.8, 0.5, 0.3, 0.5]).unwrap();
        assert_eq!(auc, 3.5 / 4.0);
        assert_eq!(roc_auc(&[true, false, true], &[2.0; 3]).unwrap(), 0.5);
        assert_eq!(roc_auc(&[true, false], &[0.0, 1.0]).unwrap(), 0.0);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        for metric in [accuracy, matthews_correlation, macro_f1, |l: &[i64], p: &[i64]| f1(l, p, 1)] {
            assert!(matches!(metric(&[1, 0], &[1]), Err(LmcError::ShapeMismatch { .. })));
            assert!(matches!(metric(&[], &[]), Err(LmcError::InvalidParameter { field: "values", .. })));
        }
        assert!(matches!(expected_calibration_error(&[0.5], &[]), Err(LmcError::ShapeMismatch { .. })));
        for confidence in [1.5, -0.1, f64::NAN] {
            let error = expected_calibration_error(&[confidence], &[true]);
            assert!(matches!(error, Err(LmcError::InvalidParameter { field: "confidences", .. })));
        }
        let auc = |labels: &[bool], scores: &[f64]| roc_auc(labels, scores).unwrap_err();
        assert!(matches!(auc(&[true], &[]), LmcError::ShapeMismatch { .. }));
        assert!(matches!(
            auc(&[true, true], &[1.0, 2.0]),
            LmcError::InvalidParameter { field: "labels", .. }
        ));
        let nan = auc(&[true, false], &[f64::NAN, 1.0]);
        assert!(matches!(nan, LmcError::InvalidParameter { field: "values", .. }));
    }
}
