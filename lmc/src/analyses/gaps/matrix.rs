//! Matrices of gaps, read back from the table of gaps.

use std::collections::BTreeMap;

use ndarray::Array2;
use polars::prelude::DataFrame;

use crate::analyses::gaps::{GAPS, GapColumns};
use crate::gap::{GapMatrix, Measure};
use crate::study::unknown;
use crate::{LmcError, Result};

/// Returns the matrix of one measure of all pairs of models on one set, from a [`GAPS`](crate::table::GAPS)
/// table; models in the order in which the table first names them.
///
/// # Errors
/// [`LmcError::Column`] for a table of another schema, [`LmcError::UnknownName`] for a set that is not in it,
/// [`LmcError::InvalidParameter`] for a pair that is missing or occurs twice, in either order, and as in
/// [`GapMatrix::new`].
///
/// # Examples
/// ```
/// use lmc::prelude::*;
/// let gaps = lmc::polars::df!("a" => ["s1"], "b" => ["s2"], "dataset" => ["id"], "barrier_height" => [0.1],
///     "convexity_gap" => [0.2], "auc" => [0.3], "euclidean_distance" => [2.0])?;
/// let matrix = table::gap_matrix(&gaps, "id", Measure::ConvexityGap)?;
/// assert_eq!(matrix.pairs(), [(0, 1, 0.2)]);
/// # Ok::<(), LmcError>(())
/// ```
pub fn gap_matrix(gaps: &DataFrame, dataset: &str, measure: Measure) -> Result<GapMatrix> {
    GAPS.check(gaps)?;
    let (a, b) = (GapColumns::a(gaps)?, GapColumns::b(gaps)?);
    let (sets, values) = (GapColumns::dataset(gaps)?, GapColumns::of_measure(gaps, measure)?);
    if !sets.iter().any(|set| set == dataset) {
        return Err(unknown("dataset in the gaps", dataset, sets));
    }
    let (mut models, mut index) = (Vec::new(), BTreeMap::new());
    let mut number = |name: String| {
        *index.entry(name).or_insert_with_key(|name| {
            models.push(name.clone());
            models.len() - 1
        })
    };
    let mut pairs = Vec::new();
    for (((a, b), set), value) in a.into_iter().zip(b).zip(sets).zip(values) {
        if set == dataset {
            pairs.push((number(a), number(b), value));
        }
    }
    let n = models.len();
    let mut matrix: Array2<Option<f64>> = Array2::from_elem((n, n), None);
    for (i, j, value) in pairs {
        if i == j || matrix[[i, j]].is_some() {
            let got = format!("`{}` and `{}` again", models[i], models[j]);
            return Err(LmcError::invalid("gaps", got, "each pair of different models once"));
        }
        (matrix[[i, j]], matrix[[j, i]]) = (Some(value), Some(value));
    }
    if let Some(((i, j), _)) = matrix.indexed_iter().find(|((i, j), value)| i != j && value.is_none()) {
        let got = format!("no row for `{}` and `{}`", models[i], models[j]);
        return Err(LmcError::invalid("gaps", got, "every pair of models"));
    }
    GapMatrix::new(models, measure, matrix.mapv(|value| value.unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn gaps(a: [&str; 4], b: [&str; 4], sets: [&str; 4]) -> DataFrame {
        df!("a" => a, "b" => b, "dataset" => sets, "barrier_height" => [0.1, 0.2, 0.3, 0.4],
            "convexity_gap" => [1.0, 2.0, 3.0, 4.0], "auc" => [5.0; 4], "euclidean_distance" => [6.0; 4])
        .unwrap()
    }

    #[test]
    fn every_measure_of_one_set_becomes_a_symmetric_matrix() {
        let table = gaps(["c", "c", "a", "c"], ["a", "b", "b", "a"], ["id", "id", "id", "lo"]);
        let matrix = gap_matrix(&table, "id", Measure::ConvexityGap).unwrap();
        assert_eq!(matrix.models, ["c", "a", "b"]);
        assert_eq!(matrix.values, ndarray::array![[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]);
        let height = gap_matrix(&table, "id", Measure::BarrierHeight).unwrap();
        assert_eq!((height.values[[0, 2]], height.measure), (0.2, Measure::BarrierHeight));
        assert_eq!(gap_matrix(&table, "id", Measure::AreaUnderCurve).unwrap().values[[0, 1]], 5.0);
        assert_eq!(gap_matrix(&table, "id", Measure::EuclideanDistance).unwrap().values[[0, 1]], 6.0);
        assert_eq!(gap_matrix(&table, "lo", Measure::ConvexityGap).unwrap().models, ["c", "a"]);
    }

    #[test]
    fn pairs_that_are_missing_or_there_twice_are_named() {
        let refused =
            |a, b| gap_matrix(&gaps(a, b, ["id"; 4]), "id", Measure::ConvexityGap).unwrap_err().to_string();
        let missing = refused(["a", "a", "a", "b"], ["b", "c", "d", "c"]);
        assert_eq!(missing, "`gaps`: got no row for `b` and `d`, expected every pair of models");
        let twice = refused(["a", "a", "b", "b"], ["b", "c", "c", "a"]);
        assert_eq!(twice, "`gaps`: got `b` and `a` again, expected each pair of different models once");
        let itself = refused(["a", "a", "b", "b"], ["b", "c", "c", "b"]);
        assert!(itself.starts_with("`gaps`: got `b` and `b` again"), "{itself}");
        let table = gaps(["a"; 4], ["b"; 4], ["id"; 4]);
        let error = gap_matrix(&table, "lo", Measure::ConvexityGap).unwrap_err().to_string();
        assert_eq!(error, "unknown dataset in the gaps `lo`; known: id");
    }
}
