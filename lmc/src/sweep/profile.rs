//! Per-example results along one line, and their Parquet files.

use std::fmt;
use std::fs::File;
use std::path::Path;

use polars::prelude::*;

use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::store::write_frame;

/// The results along the line between two models; point 0 is B, the last is A.
#[derive(Clone, PartialEq)]
pub struct Profile {
    /// Model A, at alpha = 1.
    pub a: String,
    /// Model B, at alpha = 0.
    pub b: String,
    /// The values of alpha, ascending.
    pub alphas: Vec<f64>,
    /// Per-example results at each alpha.
    pub outcomes: Vec<Outcome>,
    /// The Euclidean distance of the two models over all parameters.
    pub distance: f64,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile { a, b, alphas, distance, .. } = self;
        write!(f, "Profile({a} to {b}, {} points, distance {distance:.3})", alphas.len())
    }
}

impl Profile {
    /// The mean loss at each alpha, in nats per example.
    pub fn losses(&self) -> Vec<f64> {
        self.outcomes.iter().map(Outcome::mean_loss).collect()
    }

    /// The same line walked from the other end, on the same equally spaced grid.
    pub fn reversed(&self) -> Self {
        Self {
            a: self.b.clone(),
            b: self.a.clone(),
            alphas: self.alphas.clone(),
            outcomes: self.outcomes.iter().rev().cloned().collect(),
            distance: self.distance,
        }
    }
}

/// Writes outcomes of numbered points as Parquet: columns point i64, example i64, loss f32, prediction i64,
/// confidence f32.
///
/// # Errors
/// [`LmcError::Io`] when the folder cannot be written; the file is whole or absent.
pub fn write_outcomes(path: &Path, points: &[(usize, &Outcome)]) -> Result<()> {
    let per_point = |f: &dyn Fn(usize, &Outcome) -> Vec<i64>| -> Vec<i64> {
        points.iter().flat_map(|(point, outcome)| f(*point, outcome)).collect()
    };
    let mut frame = df!(
        "point" => per_point(&|point, o| vec![point as i64; o.losses.len()]),
        "example" => per_point(&|_, o| (0..o.losses.len() as i64).collect()),
        "loss" => points.iter().flat_map(|(_, o)| o.losses.iter().copied()).collect::<Vec<f32>>(),
        "prediction" => per_point(&|_, o| o.predictions.clone()),
        "confidence" => points.iter().flat_map(|(_, o)| o.confidences.iter().copied()).collect::<Vec<f32>>(),
    )?;
    write_frame(path, &mut frame)
}

/// The outcomes in such a file, in the order of `points`, each over `n_examples`.
///
/// # Errors
/// [`LmcError::Io`] when it cannot be read, [`LmcError::Format`] when it is damaged or holds other points.
pub fn read_outcomes(path: &Path, points: &[usize], n_examples: usize) -> Result<Vec<Outcome>> {
    let damaged = |problem: String| LmcError::Format {
        path: path.to_owned(),
        line: None,
        problem,
        remedy: "delete the file and run the same call again, only this unit is computed again",
    };
    let file = File::open(path).map_err(LmcError::io("read", path))?;
    let frame = ParquetReader::new(file)
        .finish()
        .map_err(|e| damaged(format!("not a complete Parquet file ({e})")))?;
    let column = |name: &str| frame.column(name).map_err(|e| damaged(e.to_string()));
    let integers = |name: &str| -> Result<Vec<i64>> {
        Ok(column(name)?.i64().map_err(|e| damaged(e.to_string()))?.into_no_null_iter().collect())
    };
    let (found, predictions) = (integers("point")?, integers("prediction")?);
    let reals = |name: &str| -> Result<Vec<f32>> {
        Ok(column(name)?.f32().map_err(|e| damaged(e.to_string()))?.into_no_null_iter().collect())
    };
    let (losses, confidences) = (reals("loss")?, reals("confidence")?);
    let expected: Vec<i64> = points.iter().flat_map(|&p| vec![p as i64; n_examples]).collect();
    let lengths = [predictions.len(), losses.len(), confidences.len()];
    if found != expected || lengths != [expected.len(); 3] {
        return Err(damaged(format!(
            "{} rows, expected {} points of {n_examples} examples",
            found.len(),
            points.len()
        )));
    }
    let outcome = |start: usize| {
        let rows = start..start + n_examples;
        Outcome {
            losses: losses[rows.clone()].to_vec(),
            predictions: predictions[rows.clone()].to_vec(),
            confidences: confidences[rows].to_vec(),
        }
    };
    Ok((0..points.len()).map(|k| outcome(k * n_examples)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(start: f32) -> Outcome {
        Outcome {
            losses: vec![start, start + 0.5, start + 1.0],
            predictions: vec![0, 1, 0],
            confidences: vec![0.5; 3],
        }
    }

    #[test]
    fn outcomes_survive_the_file_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/unit.parquet");
        let (x, y) = (outcome(0.25), outcome(2.0));
        write_outcomes(&path, &[(1, &x), (2, &y)]).unwrap();
        assert_eq!(read_outcomes(&path, &[1, 2], 3).unwrap(), [x, y]);
        let message = read_outcomes(&path, &[1], 3).unwrap_err().to_string();
        assert!(message.contains("unit.parquet") && message.contains("6 rows"), "{message}");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let message = read_outcomes(&path, &[1, 2], 3).unwrap_err().to_string();
        assert!(message.contains("unit.parquet") && message.contains("delete the file"), "{message}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(read_outcomes(&path, &[1], 3), Err(LmcError::Io { action: "read", .. })));
    }
}
