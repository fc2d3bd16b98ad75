//! The diagonalisation of a tridiagonal matrix by implicit QL.

/// The most steps for one eigenvalue; two are usual.
const MOST_STEPS: usize = 60;

/// A rotation of two neighbouring columns.
pub(super) struct Rotation {
    first: usize,
    cosine: f64,
    sine: f64,
}

impl Rotation {
    /// Turns the coordinates of a vector after the rotation into those before it.
    pub fn apply(&self, vector: &mut [f64]) {
        let (a, b) = (vector[self.first], vector[self.first + 1]);
        vector[self.first] = self.cosine * a + self.sine * b;
        vector[self.first + 1] = self.cosine * b - self.sine * a;
    }
}

/// Returns the eigenvalues of a tridiagonal matrix and the rotations that make it diagonal, in their order;
/// none if it does not converge.
///
/// `beside` has one entry less than the diagonal `d`. An entry beside the diagonal counts as 0 if it is below
/// the rounding of the whole matrix: beside two small diagonal entries alone, there would be nothing to
/// compare it with.
pub(super) fn diagonalised(mut d: Vec<f64>, beside: Vec<f64>) -> Option<(Vec<f64>, Vec<Rotation>)> {
    let n = d.len();
    let mut e = beside;
    e.push(0.0);
    let size = d.iter().zip(&e).map(|(d, e)| d.abs() + e.abs()).fold(0.0, f64::max);
    let nothing = f64::EPSILON * size;
    let mut rotations = Vec::with_capacity(n * n);
    for l in 0..n {
        for step in 0.. {
            let m = (l..n - 1).find(|&m| e[m].abs() <= nothing).unwrap_or(n - 1);
            if m == l {
                break;
            }
            if step == MOST_STEPS {
                return None;
            }
            let ratio = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let mut g = d[m] - d[l] + e[l] / (ratio + ratio.hypot(1.0).copysign(ratio));
            let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
            let mut ended_early = false;
            for i in (l..m).rev() {
                let (f, b) = (sine * e[i], cosine * e[i]);
                let length = f.hypot(g);
                e[i + 1] = length;
                if length == 0.0 {
                    d[i + 1] -= shift;
                    e[m] = 0.0;
                    ended_early = true;
                    break;
                }
                (sine, cosine) = (f / length, g / length);
                g = d[i + 1] - shift;
                let r = (d[i] - g) * sine + 2.0 * cosine * b;
                shift = sine * r;
                d[i + 1] = g + shift;
                g = cosine * r - b;
                rotations.push(Rotation { first: i, cosine, sine });
            }
            if !ended_early {
                d[l] -= shift;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    Some((d, rotations))
}
