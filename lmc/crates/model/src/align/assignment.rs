use ndarray::ArrayView2;

use lmc_base::error::{LmcError, Result};

/// Returns a column for each row, all different, that give the greatest sum of `values`, `[n, n]`.
///
/// Exact up to rounding, in O(n^3) time: shortest augmenting paths with dual variables. If several
/// assignments are equally good, it returns one of them.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for a matrix that is not square; [`LmcError::InvalidParameter`] for a value
/// that is not finite or beyond 1e100 in size.
///
/// # Reference
/// Jonker and Volgenant 1987; Crouse 2016, the algorithm of scipy's `linear_sum_assignment`.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod analyses { pub use lmc_model::align as alignment; } }
/// use lmc::analyses::alignment::assignment;
/// // 7 + 6 is more than the 8 + 1 of taking the greatest value first.
/// assert_eq!(assignment(&ndarray::array![[8.0, 7.0], [6.0, 1.0]].view())?, [1, 0]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn assignment(values: &ArrayView2<f64>) -> Result<Vec<usize>> {
    let n = values.nrows();
    if values.ncols() != n {
        let (what, got) = ("values of an assignment".to_owned(), values.shape().to_vec());
        return Err(LmcError::ShapeMismatch { what, got, expected: vec![n, n] });
    }
    if let Some(value) = values.iter().find(|value| value.is_nan() || value.abs() > 1e100) {
        return Err(LmcError::invalid("values", value, "finite numbers of at most 1e100 in size"));
    }
    // A column's cost in a row is minus the value there, less the dual variables of both: never below 0
    // except by rounding.
    let (mut of_rows, mut of_columns) = (vec![0.0; n], vec![0.0; n]);
    let mut row_of: Vec<Option<usize>> = vec![None; n];
    let mut column_of = vec![0; n];
    let (mut distance, mut before) = (vec![0.0; n], vec![0; n]);
    for start in 0..n {
        distance.fill(f64::INFINITY);
        // The columns that are not yet reached, and those that are, in their order.
        let mut open: Vec<usize> = (0..n).collect();
        let mut reached = Vec::new();
        let (mut row, mut low) = (start, 0.0);
        let end = loop {
            let mut nearest = 0;
            for (i, &column) in open.iter().enumerate() {
                let through = low - values[[row, column]] - of_rows[row] - of_columns[column];
                if through < distance[column] {
                    (distance[column], before[column]) = (through, row);
                }
                let least = distance[open[nearest]];
                if distance[column] < least || (distance[column] == least && row_of[column].is_none()) {
                    nearest = i;
                }
            }
            let column = open.swap_remove(nearest);
            low = distance[column];
            match row_of[column] {
                None => break column,
                Some(next) => {
                    reached.push(column);
                    row = next;
                }
            }
        };
        of_rows[start] += low;
        for column in reached {
            if let Some(row) = row_of[column] {
                of_rows[row] += low - distance[column];
            }
            of_columns[column] -= low - distance[column];
        }
        // The path back, every row of which takes the column by which it was left.
        let mut column = end;
        loop {
            let row = before[column];
            row_of[column] = Some(row);
            std::mem::swap(&mut column_of[row], &mut column);
            if row == start {
                break;
            }
        }
    }
    Ok(column_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use rand::Rng;

    fn total(values: &Array2<f64>, columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(row, &column)| values[[row, column]]).sum()
    }

    /// The greatest sum over all permutations.
    fn by_force(values: &Array2<f64>, row: usize, free: &mut Vec<usize>) -> f64 {
        if free.is_empty() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for i in 0..free.len() {
            let column = free.swap_remove(i);
            best = best.max(values[[row, column]] + by_force(values, row + 1, free));
            free.push(column);
            let last = free.len() - 1;
            free.swap(i, last);
        }
        best
    }

    #[test]
    fn no_permutation_is_better() {
        let mut rng = lmc_base::seed::rng(1, "assignment");
        for n in 1..=7 {
            for round in 0..20 {
                // Every other round has many ties.
                let draw = |_| match round % 2 {
                    0 => rng.random_range(-1.0..1.0),
                    _ => f64::from(rng.random_range(-2..3)),
                };
                let values = Array2::from_shape_vec((n, n), (0..n * n).map(draw).collect()).unwrap();
                let columns = assignment(&values.view()).unwrap();
                let mut sorted = columns.clone();
                sorted.sort();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                let best = by_force(&values, 0, &mut (0..n).collect());
                assert!((total(&values, &columns) - best).abs() < 1e-12, "{values} {columns:?}");
            }
        }
    }

    #[test]
    fn a_planted_permutation_is_found_at_any_scale() {
        use rand::seq::SliceRandom;
        let (n, mut rng) = (200, lmc_base::seed::rng(2, "assignment"));
        let mut planted: Vec<usize> = (0..n).collect();
        planted.shuffle(&mut rng);
        for scale in [1e-30, 1.0, 1e30] {
            let values = Array2::from_shape_fn((n, n), |(row, column)| {
                let noise: f64 = rng.random_range(0.0..1.0);
                scale * if planted[row] == column { 1.0 + noise } else { noise }
            });
            // No other assignment can make up in sum for the extra value of a planted pair.
            let columns = assignment(&values.view()).unwrap();
            assert!(total(&values, &columns) >= total(&values, &planted));
            let clear = values.mapv(|value| if value >= scale { value } else { 0.0 });
            assert_eq!(assignment(&clear.view()).unwrap(), planted);
        }
    }

    #[test]
    fn nothing_to_assign_and_bad_input() {
        assert!(assignment(&Array2::zeros((0, 0)).view()).unwrap().is_empty());
        assert_eq!(assignment(&Array2::zeros((3, 3)).view()).unwrap().len(), 3);
        let wide = assignment(&Array2::zeros((2, 3)).view());
        assert!(matches!(wide, Err(LmcError::ShapeMismatch { .. })));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
            let result = assignment(&array![[0.0, 1.0], [bad, 0.0]].view());
            assert!(matches!(result, Err(LmcError::InvalidParameter { field: "values", .. })), "{bad}");
        }
    }
}
