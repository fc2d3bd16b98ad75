//! Random symmetric matrices of many kinds, for tests and for the benchmark of the solver.

use ndarray::{Array2, Axis};
use rand::Rng;

/// Returns a random symmetric matrix of `n` rows; `kind` chooses among [`N_KINDS`] ways to draw it.
pub fn matrix(rng: &mut impl Rng, kind: usize, n: usize) -> Array2<f64> {
    match kind % N_KINDS {
        0 => symmetric(n, |_, _| rng.random_range(-1.0..1.0)),
        // Two blocks, three blocks, gradients with an outlier, and gaps that are nearly equal, as in
        // clustering.
        1 => laplacian(&blocks(rng, n, 2, 0.1, 2.0)),
        2 => laplacian(&blocks(rng, n, 3, 0.1, 30.0)),
        3 => {
            let places: Vec<f64> =
                (0..n).map(|i| if i == 0 { 40.0 } else { rng.random_range(0.0..3.0) }).collect();
            laplacian(&symmetric(n, |i, j| f64::abs(places[i] - places[j])))
        }
        4 => laplacian(&symmetric(n, |_, _| 1.0 + 1e-9 * rng.random_range(0.0..1.0))),
        // Whole numbers, whose eigenvalues coincide.
        5 => symmetric(n, |_, _| f64::from(rng.random_range(-1..=1))),
        // Entries from 1 down to 1e-30, in no order.
        6 => symmetric(n, |_, _| 10f64.powf(rng.random_range(-30.0..0.0))),
        // Already tridiagonal, with ascending diagonal entries and tiny ones beside them.
        _ => symmetric(n, |i, j| match i - j {
            0 => i as f64 + rng.random_range(0.0..1.0),
            1 => 10f64.powf(rng.random_range(-18.0..0.0)),
            _ => 0.0,
        }),
    }
}

/// The number of kinds.
pub const N_KINDS: usize = 8;

fn symmetric(n: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Array2<f64> {
    let mut matrix = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            matrix[[i, j]] = entry(i, j);
            matrix[[j, i]] = matrix[[i, j]];
        }
    }
    matrix
}

fn blocks(rng: &mut impl Rng, n: usize, n_blocks: usize, inside: f64, outside: f64) -> Array2<f64> {
    let block: Vec<usize> = (0..n).map(|_| rng.random_range(0..n_blocks)).collect();
    symmetric(n, |i, j| rng.random_range(0.5..1.5) * if block[i] == block[j] { inside } else { outside })
}

/// Returns the normalised Laplacian of similarities exp(-gap^2 / 2).
fn laplacian(gaps: &Array2<f64>) -> Array2<f64> {
    let mut weights = gaps.mapv(|gap| (-0.5 * gap * gap).exp());
    weights.diag_mut().fill(0.0);
    let root = weights.sum_axis(Axis(0)).mapv(|degree| if degree == 0.0 { 1.0 } else { degree.sqrt() });
    let n = gaps.nrows();
    Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { -weights[[i, j]] / root[i] / root[j] })
}
