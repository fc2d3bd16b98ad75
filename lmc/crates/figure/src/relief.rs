//! Heights between the points of a grid.

/// Returns the height at a place over a grid, bilinear between the points around it; `None` beyond the grid and
/// between points of which one is not finite.
///
/// `x` and `y` ascend, and `z[j][i]` is the height at `(x[i], y[j])`.
pub fn height(x: &[f64], y: &[f64], z: &[Vec<f64>], [at_x, at_y]: [f64; 2]) -> Option<f64> {
    let ((i, right), (j, up)) = (place(x, at_x)?, place(y, at_y)?);
    let row = |j: usize| {
        let (from, to) = (*z.get(j)?.get(i)?, *z[j].get(i + 1)?);
        Some(between(from, to, right))
    };
    Some(between(row(j)?, row(j + 1)?, up)).filter(|height| height.is_finite())
}

/// Returns the value at a share of the way; an end, whatever the other one is.
fn between(from: f64, to: f64, share: f64) -> f64 {
    match share {
        0.0 => from,
        1.0 => to,
        _ => from + share * (to - from),
    }
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
        assert_eq!((at([0.0, 0.0]), at([1.0, 2.0]), at([0.5, 1.0])), (Some(0.0), Some(4.0), Some(4.0)));
        assert_eq!((at([0.5, 2.0]), at([0.25, 0.5])), (Some(6.0), Some(2.5)));
        // At the grid's points and on its lines, a hole beside them is no harm.
        assert_eq!(at([2.0, 0.0]), Some(6.0));
        assert_eq!(
            (at([2.0, 1.0]), at([3.0, 2.0]), at([-0.1, 0.0]), at([0.0, 2.1])),
            (None, None, None, None)
        );
        assert_eq!(height(&[0.0], &[0.0], &[vec![1.0]], [0.0, 0.0]), None);
    }
}
