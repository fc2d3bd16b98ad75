//! The results of one unit that is done, and its Parquet file.

use std::path::Path;

use polars::prelude::*;

use crate::store::write_frame;
use lmc_base::error::Result;
use lmc_model::eval::{Outcome, damaged_unit, outcome_columns, read_outcomes};
use lmc_model::path::Combination;

/// The evaluated points of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The control models' numbers.
    pub models: Vec<usize>,
    /// The Euclidean distance between each two models over all parameters: of 0 and 1, 0 and 2, 1 and 2, ...
    pub distances: Vec<f64>,
    /// Per-example results at every point of the plan, the control models' own included.
    pub outcomes: Vec<Outcome>,
}

/// Writes a unit's file with the columns point i64 (from 0), the weight of each control model f64, their
/// distances f64, example i64, loss f32, prediction i64, confidence f32; one row group.
pub(super) fn write_unit(
    path: &Path,
    points: &[(usize, &Combination)],
    distances: &[f64],
    outcomes: &[Outcome],
) -> Result<()> {
    let sizes = || outcomes.iter().map(|outcome| outcome.losses.len());
    let rows: usize = sizes().sum();
    let each_point = |value: &dyn Fn(usize, &Combination) -> f64| -> Vec<f64> {
        points.iter().zip(sizes()).flat_map(|(&(k, point), n)| vec![value(k, point); n]).collect()
    };
    let n_controls = points.first().map_or(0, |(_, point)| point.weights().len());
    let numbers = points.iter().zip(sizes()).flat_map(|(&(k, _), n)| vec![k as i64; n]);
    let mut columns = vec![Column::new("point".into(), numbers.collect::<Vec<_>>())];
    columns.extend((0..n_controls).map(|control| {
        let weights = each_point(&|_, point| point.weights()[control]);
        Column::new(format!("weight_{control}").into(), weights)
    }));
    columns.extend(
        pairs(n_controls)
            .zip(distances)
            .map(|((i, j), &distance)| Column::new(format!("distance_{i}_{j}").into(), vec![distance; rows])),
    );
    columns.extend(outcome_columns(outcomes));
    write_frame(path, &mut DataFrame::new(rows, columns)?)
}

/// Reads the distances and outcomes in the file of a unit, which must hold those points of `n_examples`
/// examples.
pub(super) fn read_unit(
    path: &Path,
    points: &[(usize, &Combination)],
    n_examples: usize,
) -> Result<(Vec<f64>, Vec<Outcome>)> {
    let (frame, outcomes) = read_outcomes(path, points.len(), n_examples)?;
    let column = |name: &str| frame.column(name).map_err(|e| damaged_unit(path, e.to_string()));
    let found = column("point")?.i64().map_err(|e| damaged_unit(path, e.to_string()))?;
    let expected = points.iter().flat_map(|&(k, _)| vec![k as i64; n_examples]);
    if !found.iter().eq(expected.map(Some)) {
        return Err(damaged_unit(path, "other points than those of this plan".into()));
    }
    let n_controls = points.first().map_or(0, |(_, point)| point.weights().len());
    let distances = pairs(n_controls).map(|(i, j)| {
        let name = format!("distance_{i}_{j}");
        let values = column(&name)?.f64().map_err(|e| damaged_unit(path, e.to_string()))?;
        values.get(0).ok_or_else(|| damaged_unit(path, format!("column {name} is empty")))
    });
    Ok((distances.collect::<Result<_>>()?, outcomes))
}

/// Returns the pairs (0, 1), (0, 2), (1, 2), (0, 3), ...
pub(super) fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(|j| (0..j).map(move |i| (i, j)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use lmc_base::error::LmcError;

    fn outcome(start: f32) -> Outcome {
        Outcome {
            losses: vec![start, start + 0.5, start + 1.0],
            predictions: vec![0, 1, 0],
            confidences: vec![0.5; 3],
        }
    }

    #[test]
    fn a_unit_survives_its_file_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/unit.parquet");
        let (first, second) = (Combination::in_plane(0.5, 0.25), Combination::in_plane(2.0, 0.0));
        let points = [(1, &first), (4, &second)];
        let (distances, outcomes) = (vec![1.5, 2.5, 3.5], vec![outcome(0.25), outcome(2.0)]);
        write_unit(&path, &points, &distances, &outcomes).unwrap();
        let frame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
        let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
        let expected = "point weight_0 weight_1 weight_2 distance_0_1 distance_0_2 distance_1_2 example loss prediction confidence";
        assert_eq!(names.join(" "), expected);
        assert_eq!(read_unit(&path, &points, 3).unwrap(), (distances, outcomes));
        let message = read_unit(&path, &points[..1], 3).unwrap_err().to_string();
        assert!(message.contains("unit.parquet") && message.contains("6 rows"), "{message}");
        let message = read_unit(&path, &[(1, &first), (5, &second)], 3).unwrap_err().to_string();
        assert!(message.contains("other points"), "{message}");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let message = read_unit(&path, &points, 3).unwrap_err().to_string();
        assert!(message.contains("unit.parquet") && message.contains("delete the file"), "{message}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(read_unit(&path, &points, 3), Err(LmcError::Io { action: "read", .. })));
    }
}
