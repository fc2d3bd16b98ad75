use crate::error::{LmcError, Result};
use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array1, Array2, Axis, Zip, s};

/// Coordinates \[n, n_components\] of n items in the space of the smoothest functions on their similarity graph:
/// eigenvectors of the normalised Laplacian in ascending order of eigenvalue, each divided by the root of the
/// degrees, with the sign that makes its largest entry positive.
///
/// `affinity`: \[n, n\], symmetric up to 1e-10, finite, at least 0; the diagonal is ignored. `drop_first` leaves out
/// the first eigenvector, which is constant on a connected graph. Where two eigenvalues coincide, the
/// coordinates of the two are determined only up to a rotation.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the matrix is not square; [`LmcError::InvalidParameter`] for fewer than 2 items,
/// an entry that is negative, not finite or asymmetric, and no or too many components.
///
/// # Reference
/// Shi and Malik 2000; von Luxburg 2007, section 4; scikit-learn's `spectral_embedding` and scipy's
/// `csgraph.laplacian(normed=True)`, which this reproduces.
pub fn spectral_embedding(
    affinity: &Array2<f64>,
    n_components: usize,
    drop_first: bool,
) -> Result<Array2<f64>> {
    embedding_by(affinity, n_components, drop_first, eigenvectors)
}

/// The same with another solver: of the eigenvectors of a symmetric matrix, as columns in ascending order of eigenvalue.
pub(super) fn embedding_by(
    affinity: &Array2<f64>,
    n_components: usize,
    drop_first: bool,
    eigenvectors: impl Fn(&Array2<f64>) -> Result<Array2<f64>>,
) -> Result<Array2<f64>> {
    check(affinity)?;
    let n = affinity.nrows();
    let first = usize::from(drop_first);
    if n_components == 0 || n_components > n - first {
        return Err(LmcError::invalid("n_components", n_components, format!("1 to {}", n - first)));
    }
    let mut weights = (affinity + &affinity.t()) / 2.0;
    weights.diag_mut().fill(0.0);
    let root_degree = weights.sum_axis(Axis(0)).mapv(root_of_degree);

    // 1 is added to the Laplacian's diagonal of ones: its eigenvalues then lie in [1, 3], away from 0, where the
    // solver's relative test for convergence has nothing to be relative to.
    let mut shifted = weights;
    Zip::indexed(&mut shifted).for_each(|(i, j), weight| {
        *weight = if i == j { 2.0 } else { -*weight / root_degree[i] / root_degree[j] };
    });
    let vectors = eigenvectors(&shifted)?;
    Ok(coordinates(vectors.slice(s![.., first..first + n_components]).to_owned(), &root_degree))
}

/// What the coordinates of an item of that degree are divided by: those of one that resembles no other stay as they are.
pub(super) fn root_of_degree(degree: f64) -> f64 {
    if degree == 0.0 { 1.0 } else { degree.sqrt() }
}

/// The eigenvectors of a symmetric matrix with eigenvalues away from 0, as columns in ascending order of eigenvalue.
pub(super) fn eigenvectors(matrix: &Array2<f64>) -> Result<Array2<f64>> {
    let decomposed = matrix.clone().eigh_into();
    let (_, vectors) =
        decomposed.map_err(|error| LmcError::invalid("affinity", error, "eigenvectors"))?.sort_eig_asc();
    Ok(refined(matrix, refined(matrix, vectors)))
}

/// Eigenvectors divided by the root of the degrees, with the sign that makes the largest entry of each positive.
pub(super) fn coordinates(mut vectors: Array2<f64>, root_degree: &Array1<f64>) -> Array2<f64> {
    for mut column in vectors.columns_mut() {
        column /= root_degree;
        let largest = column.iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
        // Entries that differ by rounding alone count as equally large: the first of them decides.
        let deciding = column.iter().find(|entry| entry.abs() >= largest * (1.0 - 1e-9));
        if deciding.is_some_and(|entry| *entry < 0.0) {
            column.mapv_inplace(|entry| -entry);
        }
    }
    vectors
}

/// Eigenvectors of a symmetric matrix brought nearer: the solver leaves errors about the root of the machine
/// precision, of which this leaves the square (Ogita and Aishima 2018, algorithm 1).
fn refined(matrix: &Array2<f64>, vectors: Array2<f64>) -> Array2<f64> {
    let defect = Array2::eye(vectors.nrows()) - vectors.t().dot(&vectors);
    let rotated = vectors.t().dot(&matrix.dot(&vectors));
    let values = &rotated.diag() / (1.0 - &defect.diag());
    let norm = |matrix: &Array2<f64>| matrix.mapv(|entry| entry * entry).sum().sqrt();
    let remainder = &rotated - &Array2::from_diag(&values);
    let apart = 2.0 * (norm(&remainder) + norm(matrix) * norm(&defect));
    let correction = Array2::from_shape_fn(vectors.dim(), |(i, j)| {
        let gap = values[j] - values[i];
        if gap.abs() > apart {
            (rotated[[i, j]] + values[j] * defect[[i, j]]) / gap
        } else {
            defect[[i, j]] / 2.0
        }
    });
    &vectors + &vectors.dot(&correction)
}

fn check(affinity: &Array2<f64>) -> Result<()> {
    let n = affinity.nrows();
    if affinity.ncols() != n {
        return Err(LmcError::ShapeMismatch {
            what: "affinity".to_owned(),
            got: affinity.shape().to_vec(),
            expected: vec![n, n],
        });
    }
    if n < 2 {
        return Err(LmcError::invalid("affinity", format!("{n} items"), "at least 2"));
    }
    for ((i, j), &value) in affinity.indexed_iter() {
        if !value.is_finite() || value < 0.0 || (value - affinity[[j, i]]).abs() > 1e-10 {
            let got = format!("{value} at [{i}, {j}], {} at [{j}, {i}]", affinity[[j, i]]);
            return Err(LmcError::invalid("affinity", got, "finite, at least 0 and symmetric"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::Rng;

    fn close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) -> bool {
        a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < tolerance)
    }

    #[test]
    fn hand_computed_path_of_three() {
        // Degrees 1, 2, 1. The Laplacian's eigenvalues are 0, 1, 2, with vectors (1, r, 1) / 2, (1, 0, -1) / r and
        // (1, -r, 1) / 2, where r is the root of 2; divided by the root of the degree 1, r, 1.
        let path = array![[9.0, 1.0, 0.0], [1.0, 9.0, 1.0], [0.0, 1.0, 9.0]];
        let h = 0.5f64.sqrt();
        let expected = array![[0.5, h, 0.5], [0.5, 0.0, -0.5], [0.5, -h, 0.5]];
        let embedding = spectral_embedding(&path, 3, false).unwrap();
        assert!(close(&embedding, &expected, 1e-12), "{embedding}");
        let dropped = spectral_embedding(&path, 2, true).unwrap();
        assert!(close(&dropped, &expected.slice(s![.., 1..]).to_owned(), 1e-12), "{dropped}");
    }

    #[test]
    fn two_items_and_an_isolated_one() {
        let pair = spectral_embedding(&array![[1.0, 0.25], [0.25, 1.0]], 2, false).unwrap();
        let r = 2.0f64.sqrt();
        assert!(close(&pair, &array![[r, r], [r, -r]], 1e-12), "{pair}");
        // The isolated item has eigenvalue 1, between 0 and 2 of the pair.
        let affinity = array![[1.0, 0.25, 0.0], [0.25, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let isolated = spectral_embedding(&affinity, 2, false).unwrap();
        assert!(close(&isolated, &array![[r, 0.0], [r, 0.0], [0.0, 1.0]], 1e-12), "{isolated}");
    }

    #[test]
    fn columns_solve_the_eigenvalue_problem() {
        let mut rng = crate::seed::rng(3, "affinity");
        for n in [2, 3, 5, 17, 60, 100] {
            let mut affinity = Array2::<f64>::zeros((n, n));
            for i in 0..n {
                for j in 0..i {
                    affinity[[i, j]] = rng.random_range(0.0..1.0);
                    affinity[[j, i]] = affinity[[i, j]];
                }
            }
            let degree = affinity.sum_axis(Axis(0));
            let embedding = spectral_embedding(&affinity, n, false).unwrap();
            let mut previous = -1e-12;
            for u in embedding.columns() {
                // (D - W) u = lambda D u and u' D u = 1.
                let smoothed = &degree * &u - affinity.dot(&u);
                let eigenvalue = u.dot(&smoothed);
                assert!((u.dot(&(&degree * &u)) - 1.0).abs() < 1e-12);
                assert!((smoothed - eigenvalue * &degree * u).iter().all(|residual| residual.abs() < 1e-12));
                assert!(eigenvalue >= previous - 1e-12);
                previous = eigenvalue;
            }
            let first = embedding[[0, 0]];
            assert!(first > 0.0 && embedding.column(0).iter().all(|entry| (entry - first).abs() < 1e-10));
        }
    }

    #[test]
    fn separate_and_equal_blocks_end() {
        for affinity in [Array2::eye(6), Array2::ones((40, 40)), Array2::from_diag_elem(5, 0.0)] {
            let embedding = spectral_embedding(&affinity, 3, false).unwrap();
            assert!(embedding.iter().all(|entry| entry.is_finite()));
        }
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let fails = |affinity: &Array2<f64>, n| spectral_embedding(affinity, n, true).unwrap_err();
        assert!(matches!(fails(&Array2::zeros((2, 3)), 1), LmcError::ShapeMismatch { .. }));
        for bad in [f64::NAN, -0.5, 0.3] {
            let error = fails(&array![[1.0, bad], [0.25, 1.0]], 1);
            assert!(matches!(error, LmcError::InvalidParameter { field: "affinity", .. }));
        }
        assert!(matches!(fails(&Array2::eye(1), 1), LmcError::InvalidParameter { field: "affinity", .. }));
        for n in [0, 3] {
            assert!(matches!(
                fails(&Array2::eye(3), n),
                LmcError::InvalidParameter { field: "n_components", .. }
            ));
        }
    }
}
