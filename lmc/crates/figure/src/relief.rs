//! Heights between the points of a grid.

/// Returns the height at a place over a grid, bilinear between the corners of its cell; `None` beyond the
/// grid and in a cell with a value that is not finite.
///
/// `x` and `y` ascend, and `z[j][i]` is the height at `(x[i], y[j])`.
pub fn height(x: &[f64], y: &[f64], z: &[Vec<f64>], [at_x, at_y]: [f64; 2]) -> Option<f64> {
    let ((i, right), (j, up)) = (place(x, at_x)?, place(y, at_y)?);
    let row = |j: usize| {
        let (from, to) = (*z.get(j)?.get(i)?, *z[j].get(i + 1)?);
        Some(from + right * (to - from))
    };
    let (low, high) = (row(j)?, row(j + 1)?);
    Some(low + up * (high - low)).filter(|height| height.is_finite())
}

/// Returns the step between two of the ascending values that holds another value, and its share of it.
fn place(values: &[f64], at: f64) -> Option<(usize, f64)> {
    let (first, last) = (*values.first()?, *values.last()?);
    if values.len() < 2 || !(first..=last).contains(&at) {
        return None;
    }
    let step = values.partition_point(|value| *value <= at).clamp(1, values.len() - 1) - 1;
    Some((step, (at - values[step]) / (values[step + 1] - values[step])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_bilinear_and_end_with_the_grid() {
        let (x, y) = ([0.0, 1.0, 3.0], [0.0, 2.0]);
        let z = [vec![0.0, 4.0, 8.0], vec![8.0, 4.0, f64::NAN]];
        let at = |place| height(&x, &y, &z, place);
        assert_eq!((at([0.0, 0.0]), at([1.0, 2.0]), at([0.5, 1.0])), (Some(0.0), None, Some(4.0)));
        assert_eq!((at([0.5, 2.0]), at([0.25, 0.5])), (Some(6.0), Some(2.5)));
        assert_eq!((at([2.0, 0.0]), at([-0.1, 0.0]), at([0.0, 2.1])), (None, None, None));
        assert_eq!(height(&[0.0], &[0.0], &[vec![1.0]], [0.0, 0.0]), None);
    }
}
