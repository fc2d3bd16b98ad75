//! Lines of equal height over a grid, by marching squares (Lorensen and Cline 1987, in two dimensions).

/// Returns the segments on which values over a grid are `level`. Values between grid points are linear along
/// the edges of its cells.
///
/// `z[j][i]` is the value at `(x[i], y[j])`. A cell with a value that is not finite has no segment. If the
/// line crosses all four edges of a cell, the mean of its corners decides which two are joined.
pub fn contour(x: &[f64], y: &[f64], z: &[Vec<f64>], level: f64) -> Vec<[(f64, f64); 2]> {
    let mut segments = Vec::new();
    for j in 1..y.len().min(z.len()) {
        for i in 1..x.len().min(z[j].len()).min(z[j - 1].len()) {
            // The corners of the cell, around it.
            let corners =
                [(i - 1, j - 1), (i, j - 1), (i, j), (i - 1, j)].map(|(i, j)| ((x[i], y[j]), z[j][i]));
            segments.extend(in_cell(corners, level));
        }
    }
    segments
}

/// A corner of a cell: its place and its value.
type Corner = ((f64, f64), f64);

fn in_cell(corners: [Corner; 4], level: f64) -> Vec<[(f64, f64); 2]> {
    let values = corners.map(|corner| corner.1);
    if values.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let above = values.map(|value| value >= level);
    let crossing = |from: usize| {
        let ((a, low), (b, high)) = (corners[from], corners[(from + 1) % 4]);
        let share = (level - low) / (high - low);
        (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
    };
    let crossed: Vec<usize> = (0..4).filter(|&edge| above[edge] != above[(edge + 1) % 4]).collect();
    match crossed[..] {
        [a, b] => vec![[crossing(a), crossing(b)]],
        [a, b, c, d] => {
            // Corner 0 lies between the edges d and a: it is cut off if the middle is on the other side.
            let middle = values.iter().sum::<f64>() / 4.0 >= level;
            let pairs = if middle == above[0] { [(a, b), (c, d)] } else { [(d, a), (b, c)] };
            pairs.map(|(one, other)| [crossing(one), crossing(other)]).to_vec()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_has_a_straight_line_half_way() {
        let (x, y) = ([0.0, 1.0, 2.0], [0.0, 1.0]);
        let z = [vec![0.0, 2.0, 4.0], vec![0.0, 2.0, 4.0]];
        assert_eq!(contour(&x, &y, &z, 1.0), [[(0.5, 0.0), (0.5, 1.0)]]);
        assert!(contour(&x, &y, &z, 5.0).is_empty());
        let hole = [vec![f64::NAN, 2.0, 4.0], vec![0.0, 2.0, 4.0]];
        assert_eq!(contour(&x, &y, &hole, 3.0), [[(1.5, 0.0), (1.5, 1.0)]]);
        assert!(contour(&x, &y, &hole, 1.0).is_empty());
    }

    #[test]
    fn a_saddle_is_joined_by_its_middle() {
        let (x, y) = ([0.0, 1.0], [0.0, 1.0]);
        // High at (0, 0) and (1, 1): with a high middle they are joined, and the other two corners cut off.
        let joined = contour(&x, &y, &[vec![1.0, 0.0], vec![0.0, 1.0]], 0.25);
        assert_eq!(joined, [[(0.75, 0.0), (1.0, 0.25)], [(0.25, 1.0), (0.0, 0.75)]]);
        let parted = contour(&x, &y, &[vec![1.0, 0.0], vec![0.0, 1.0]], 0.75);
        assert_eq!(parted, [[(0.0, 0.25), (0.25, 0.0)], [(1.0, 0.75), (0.75, 1.0)]]);
    }

    #[test]
    fn a_bowl_has_circles() {
        let axis: Vec<f64> = (-20..=20).map(|k| f64::from(k) / 20.0).collect();
        let z: Vec<Vec<f64>> = axis.iter().map(|y| axis.iter().map(|x| x * x + y * y).collect()).collect();
        let segments = contour(&axis, &axis, &z, 0.25);
        let length: f64 = segments.iter().map(|[a, b]| (a.0 - b.0).hypot(a.1 - b.1)).sum();
        assert!((length - std::f64::consts::PI).abs() < 0.01, "{length}");
        assert!(segments.iter().flatten().all(|(x, y)| (x.hypot(*y) - 0.5).abs() < 0.003));
    }
}
