//! The cells of a heatmap, and finer cells between the given ones.

/// Values over the coordinates of columns and rows, NaN if there is none.
pub(super) struct Cells {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
    /// The values, row by row.
    pub(super) z: Vec<Vec<f64>>,
}

impl Cells {
    /// Returns the cells with each step between two columns or rows divided into `n` steps, and bilinear
    /// values in between, as plotly smooths a heatmap.
    pub(super) fn finer(&self, n: usize) -> Cells {
        let (x, y) = (places(self.x.len(), n), places(self.y.len(), n));
        let value =
            |i: usize, j: usize| self.z.get(j).and_then(|row| row.get(i)).copied().unwrap_or(f64::NAN);
        let z = y
            .iter()
            .map(|&(j, up)| {
                let across =
                    |j: usize| move |(i, right): (usize, f64)| mix(value(i, j), value(i + 1, j), right);
                x.iter().map(|&place| mix(across(j)(place), across(j + 1)(place), up)).collect()
            })
            .collect();
        let between = |values: &[f64], places: &[(usize, f64)]| {
            let at = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
            places.iter().map(|&(i, share)| mix(at(i), at(i + 1), share)).collect()
        };
        Cells { x: between(&self.x, &x), y: between(&self.y, &y), z }
    }
}

/// Returns, for every place on `len` values with `n` steps between two of them, the index and the share of
/// the step to the next.
fn places(len: usize, n: usize) -> Vec<(usize, f64)> {
    let n = n.max(1);
    let last = len.saturating_sub(1) * n;
    if len == 0 { Vec::new() } else { (0..=last).map(|k| (k / n, (k % n) as f64 / n as f64)).collect() }
}

/// Returns a value between two values; at an end the other one does not matter.
fn mix(a: f64, b: f64, share: f64) -> f64 {
    if share == 0.0 { a } else { a + share * (b - a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_are_bilinear_and_those_given_stay() {
        let cells = Cells {
            x: vec![0.0, 1.0],
            y: vec![0.0, 2.0, 4.0],
            z: vec![vec![0.0, 4.0], vec![8.0, 4.0], vec![1.0, 1.0]],
        };
        let finer = cells.finer(2);
        assert_eq!(finer.x, [0.0, 0.5, 1.0]);
        assert_eq!(finer.y, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(finer.z[0], [0.0, 2.0, 4.0]);
        assert_eq!(finer.z[1], [4.0, 4.0, 4.0]);
        assert_eq!(finer.z[2], [8.0, 6.0, 4.0]);
        assert_eq!(cells.finer(1).z, cells.z);
    }

    #[test]
    fn a_missing_value_leaves_a_hole_and_no_more() {
        let cells = Cells {
            x: vec![0.0, 1.0, 2.0],
            y: vec![0.0, 1.0],
            z: vec![vec![0.0, 1.0, f64::NAN], vec![0.0, 1.0]],
        };
        let finer = cells.finer(2);
        assert!(finer.z.iter().all(|row| row[..3].iter().all(|v| v.is_finite())), "{:?}", finer.z);
        assert!(finer.z.iter().all(|row| row[3..].iter().all(|v| v.is_nan())), "{:?}", finer.z);
        assert!(Cells { x: vec![], y: vec![], z: vec![] }.finer(3).z.is_empty());
    }
}
