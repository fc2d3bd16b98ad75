//! The reduction of a symmetric matrix to tridiagonal form by Householder reflections.

/// The size below which columns count as zero, beside entries of size 1: their squares would vanish.
const NOTHING: f64 = 1e-140;

/// A symmetric matrix A as Q T Q', with T tridiagonal.
pub(super) struct Tridiagonal {
    /// The diagonal of T.
    pub diagonal: Vec<f64>,
    /// The entries beside the diagonal, one less than on it.
    pub beside: Vec<f64>,
    /// The reflections 1 - factor v v' whose product is Q; each v runs from its first entry that is not 0 to
    /// its end.
    reflections: Vec<(f64, Vec<f64>)>,
}

impl Tridiagonal {
    /// Reduces a matrix of n rows, given row by row, with entries of at most 1.
    pub fn of(mut matrix: Vec<f64>, n: usize) -> Self {
        let (mut beside, mut reflections) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for k in 0..n.saturating_sub(1) {
            let column: Vec<f64> = (k + 1..n).map(|row| matrix[row * n + k]).collect();
            let (entry, factor, vector) = reflection(column);
            beside.push(entry);
            if factor != 0.0 {
                reflect(&mut matrix, n, k + 1, factor, &vector);
            }
            reflections.push((factor, vector));
        }
        let diagonal = matrix.into_iter().step_by(n + 1).collect();
        Self { diagonal, beside, reflections }
    }

    /// Turns a vector in the coordinates of T into one in those of A.
    pub fn undo(&self, vector: &mut [f64]) {
        for (factor, direction) in self.reflections.iter().rev().filter(|(factor, _)| *factor != 0.0) {
            let rest = vector.len() - direction.len();
            let rest = &mut vector[rest..];
            let along = factor * dot(rest, direction);
            rest.iter_mut().zip(direction).for_each(|(entry, component)| *entry -= along * component);
        }
    }
}

/// Returns the reflection 1 - factor v v' that leaves only the first entry of a column: that entry, the
/// factor, and v, whose first entry is 1.
fn reflection(mut column: Vec<f64>) -> (f64, f64, Vec<f64>) {
    let first = column[0];
    let largest = column[1..].iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
    if largest <= NOTHING {
        return (first, 0.0, column);
    }
    let rest = largest * column[1..].iter().map(|entry| (entry / largest).powi(2)).sum::<f64>().sqrt();
    let entry = -first.hypot(rest).copysign(first);
    let factor = (entry - first) / entry;
    column[1..].iter_mut().for_each(|component| *component /= first - entry);
    column[0] = 1.0;
    (entry, factor, column)
}

/// Applies a reflection to the block that begins at row and column `first`, from both sides.
fn reflect(matrix: &mut [f64], n: usize, first: usize, factor: f64, v: &[f64]) {
    let row = |i: usize| i * n + first..(i + 1) * n;
    let mut w: Vec<f64> = (first..n).map(|i| factor * dot(&matrix[row(i)], v)).collect();
    let half = 0.5 * factor * dot(&w, v);
    w.iter_mut().zip(v).for_each(|(w, v)| *w -= half * v);
    for (i, (own_v, own_w)) in (first..n).zip(v.iter().zip(&w)) {
        for (entry, (v, w)) in matrix[row(i)].iter_mut().zip(v.iter().zip(&w)) {
            *entry -= own_v * w + own_w * v;
        }
    }
}

/// Returns the sum of products, in eight parts that do not wait for each other.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (mut parts, n) = ([0.0; 8], a.len() / 8 * 8);
    for (a, b) in a[..n].chunks_exact(8).zip(b[..n].chunks_exact(8)) {
        parts.iter_mut().zip(a.iter().zip(b)).for_each(|(part, (a, b))| *part += a * b);
    }
    parts.iter().sum::<f64>() + a[n..].iter().zip(&b[n..]).map(|(a, b)| a * b).sum::<f64>()
}
