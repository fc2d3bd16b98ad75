//! The comparison of how well single numbers of a model predict a score.

use polars::prelude::DataFrame;

use crate::analyses::sharpness::PredictorColumns;
use crate::error::{LmcError, Result};
use crate::stats::{check_finite, correlation_test, is_constant, least_squares, pearson};

/// Resamples of each permutation test.
const N_PERMUTATIONS: usize = 10_000;

/// Returns a linear regression of a score on each predictor alone: the schema
/// [`PREDICTORS`](crate::table::PREDICTORS).
///
/// `predictors` are names with one value for each model, such as membership, sharpness or in-domain loss,
/// `scores` the models' scores in the same order; `seed` draws the permutations. Results that are undefined,
/// since all values of a predictor or all scores are equal, are empty. The paper compares membership and
/// sharpness in this way (Juneja et al. 2023, Fig. 3).
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for a predictor with another number of values, [`LmcError::InvalidParameter`]
/// for less than two models and a value that is not finite.
///
/// # Examples
/// ```
/// use lmc::prelude::*;
/// let membership = vec![-1.0, 0.0, 1.0];
/// let scores = [0.25, 0.5, 0.75];
/// let table = analyses::sharpness::compare_predictors(&[("membership", membership)], &scores, 0)?;
/// let slope = table::PredictorColumns::slope(&table)?[0];
/// assert!((slope.unwrap() - 0.25).abs() < 1e-12);
/// # Ok::<(), LmcError>(())
/// ```
pub fn compare_predictors(predictors: &[(&str, Vec<f64>)], scores: &[f64], seed: u64) -> Result<DataFrame> {
    let mut rows = Vec::with_capacity(predictors.len());
    for (name, values) in predictors {
        check_finite(values)?;
        let named = |error| match error {
            LmcError::ShapeMismatch { got, expected, .. } => {
                LmcError::ShapeMismatch { what: format!("predictor {name}"), got, expected }
            }
            other => other,
        };
        // A line through points above each other has no slope, and a level one has no correlation.
        let line = match is_constant(values) && values.len() == scores.len() {
            true => None,
            false => Some(least_squares(values, scores).map_err(named)?),
        };
        let r = match line.is_none() || is_constant(scores) {
            true => None,
            false => {
                Some((pearson(values, scores)?, correlation_test(values, scores, N_PERMUTATIONS, seed)?))
            }
        };
        rows.push((*name, line, r));
    }
    PredictorColumns {
        predictor: rows.iter().map(|row| row.0.to_owned()).collect(),
        n_models: vec![scores.len() as i64; rows.len()],
        slope: rows.iter().map(|row| Some(row.1?.slope)).collect(),
        intercept: rows.iter().map(|row| Some(row.1?.intercept)).collect(),
        r: rows.iter().map(|row| Some(row.2?.0)).collect(),
        r_squared: rows.iter().map(|row| Some(row.2?.0.powi(2))).collect(),
        p_value: rows.iter().map(|row| Some(row.2?.1)).collect(),
    }
    .frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyses::sharpness::PREDICTORS;

    #[test]
    fn a_row_by_hand_and_a_predictor_that_says_nothing() {
        let scores = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0];
        let predictors =
            [("half", vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("even", vec![1.0, -1.0, 1.0, 1.0, -1.0, 1.0])];
        let table = compare_predictors(&predictors, &scores, 0).unwrap();
        PREDICTORS.check(&table).unwrap();
        let value = |column: &str, row| table.column(column).unwrap().f64().unwrap().get(row).unwrap();
        assert_eq!((value("slope", 0), value("intercept", 0)), (2.0, 0.0));
        assert!((value("r_squared", 0) - 1.0).abs() < 1e-12 && value("p_value", 0) < 0.01);
        assert!(value("r", 1).abs() < 1e-12 && value("p_value", 1) > 0.9);
    }

    #[test]
    fn what_is_not_defined_is_empty() {
        let predictors = [("membership", vec![0.0; 4]), ("loss", vec![1.0, 2.0, 3.0, 4.0])];
        let empty = |scores: &[f64], column: &str| -> Vec<bool> {
            let table = compare_predictors(&predictors, scores, 0).unwrap();
            PREDICTORS.check(&table).unwrap();
            table.column(column).unwrap().f64().unwrap().iter().map(|value| value.is_none()).collect()
        };
        for column in ["slope", "intercept", "r", "r_squared", "p_value"] {
            assert_eq!(empty(&[2.0, 1.0, 4.0, 3.0], column), [true, false]);
        }
        assert_eq!(empty(&[0.7; 4], "slope"), [true, false]);
        assert_eq!(empty(&[0.7; 4], "r"), [true, true]);
    }

    #[test]
    fn a_predictor_of_other_models_is_named() {
        let error = compare_predictors(&[("sharpness", vec![1.0, 2.0])], &[1.0, 2.0, 3.0], 0).unwrap_err();
        assert!(error.to_string().contains("predictor sharpness"), "{error}");
    }
}
