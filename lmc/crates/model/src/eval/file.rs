//! Outcomes as Parquet: a row for each example.

use std::path::Path;

use polars::prelude::*;

use super::Outcome;
use lmc_base::error::{LmcError, Result};
use lmc_base::frame::{read_frame, write_frame};

/// Writes an outcome with the columns example i64, loss f32, prediction i64, confidence f32.
///
/// # Errors
/// [`LmcError::Io`] if the folder cannot be written; the file is whole or absent.
pub fn write_outcome(path: &Path, outcome: &Outcome) -> Result<()> {
    let outcomes = std::slice::from_ref(outcome);
    write_frame(path, &mut DataFrame::new(outcome.losses.len(), outcome_columns(outcomes))?)
}

/// Reads the outcome in a file that [`write_outcome`] wrote, over `n_examples`.
///
/// # Errors
/// [`LmcError::Io`] if it cannot be read, [`LmcError::Format`] if it is damaged or of another number of
/// examples.
pub fn read_outcome(path: &Path, n_examples: usize) -> Result<Outcome> {
    Ok(read_outcomes(path, 1, n_examples)?.1.swap_remove(0))
}

/// Returns the columns of outcomes one after the other.
#[doc(hidden)]
pub fn outcome_columns(outcomes: &[Outcome]) -> Vec<Column> {
    let examples = outcomes.iter().flat_map(|outcome| 0..outcome.losses.len() as i64);
    let predictions = outcomes.iter().flat_map(|outcome| outcome.predictions.iter().copied());
    let all = |f: fn(&Outcome) -> &[f32]| outcomes.iter().flat_map(f).copied().collect::<Vec<f32>>();
    vec![
        Column::new("example".into(), examples.collect::<Vec<_>>()),
        Column::new("loss".into(), all(|outcome| &outcome.losses)),
        Column::new("prediction".into(), predictions.collect::<Vec<_>>()),
        Column::new("confidence".into(), all(|outcome| &outcome.confidences)),
    ]
}

/// Reads the table in a file with such columns, and the outcomes in it.
#[doc(hidden)]
pub fn read_outcomes(path: &Path, n_outcomes: usize, n_examples: usize) -> Result<(DataFrame, Vec<Outcome>)> {
    let damaged = |problem: String| damaged_unit(path, problem);
    let frame = read_frame(path, damaged)?;
    let column = |name: &str| frame.column(name).map_err(|e| damaged(e.to_string()));
    let integers = |name: &str| -> Result<Vec<i64>> {
        Ok(column(name)?.i64().map_err(|e| damaged(e.to_string()))?.into_no_null_iter().collect())
    };
    let reals = |name: &str| -> Result<Vec<f32>> {
        Ok(column(name)?.f32().map_err(|e| damaged(e.to_string()))?.into_no_null_iter().collect())
    };
    let (examples, predictions) = (integers("example")?, integers("prediction")?);
    let (losses, confidences) = (reals("loss")?, reals("confidence")?);
    let expected: Vec<i64> = (0..n_outcomes).flat_map(|_| 0..n_examples as i64).collect();
    let lengths = [predictions.len(), losses.len(), confidences.len()];
    if examples != expected || lengths != [expected.len(); 3] {
        let rows = examples.len();
        return Err(damaged(format!("{rows} rows, expected {n_outcomes} points of {n_examples} examples")));
    }
    let outcome = |start: usize| {
        let rows = start..start + n_examples;
        Outcome {
            losses: losses[rows.clone()].to_vec(),
            predictions: predictions[rows.clone()].to_vec(),
            confidences: confidences[rows].to_vec(),
        }
    };
    let outcomes = (0..n_outcomes).map(|k| outcome(k * n_examples)).collect();
    Ok((frame, outcomes))
}

/// Returns the error for a damaged file of outcomes.
#[doc(hidden)]
pub fn damaged_unit(path: &Path, problem: String) -> LmcError {
    LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the file and run the same call again, only this unit is computed again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/model.parquet");
        let outcome =
            Outcome { losses: vec![0.25, 3.0], predictions: vec![1, 0], confidences: vec![0.75, 0.5] };
        write_outcome(&path, &outcome).unwrap();
        assert_eq!(read_outcome(&path, 2).unwrap(), outcome);
        let message = read_outcome(&path, 3).unwrap_err().to_string();
        assert!(message.contains("model.parquet: 2 rows, expected 1 points of 3 examples"), "{message}");
        let swapped = DataFrame::new(2, outcome_columns(&[outcome])).unwrap().reverse();
        write_frame(&path, &mut swapped.clone()).unwrap();
        assert!(matches!(read_outcome(&path, 2), Err(LmcError::Format { .. })));
    }
}
