use super::eigen::{Eigenpairs, smallest_eigenpairs};
use lmc_base::error::{LmcError, Result};
use ndarray::{Array1, Array2, Axis, Zip, s};

/// Returns coordinates \[n, n_components\] of n items in the space of the smoothest functions on their
/// similarity graph. They are eigenvectors of the normalised Laplacian in ascending order of eigenvalue, each
/// divided by the root of the degrees, with the sign that makes its largest entry positive.
///
/// `affinity`: \[n, n\], symmetric up to 1e-10, finite, at least 0; the diagonal is ignored. `drop_first`
/// leaves out the first eigenvector, which is constant on a connected graph. If two eigenvalues coincide,
/// their coordinates are determined only up to a rotation.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the matrix is not square; [`LmcError::InvalidParameter`] for fewer than 2
/// items, an entry that is negative, not finite or asymmetric, and no or too many components; the errors of
/// [`smallest_eigenpairs`].
///
/// # Reference
/// Shi and Malik 2000; von Luxburg 2007, section 4; scikit-learn's `spectral_embedding` and scipy's
/// `csgraph.laplacian(normed=True)`, which this reproduces.
pub fn spectral_embedding(
    affinity: &Array2<f64>,
    n_components: usize,
    drop_first: bool,
) -> Result<Array2<f64>> {
    check(affinity)?;
    let n = affinity.nrows();
    let first = usize::from(drop_first);
    if n_components == 0 || n_components > n - first {
        return Err(LmcError::invalid("n_components", n_components, format!("1 to {}", n - first)));
    }
    let (laplacian, degree) = laplacian(affinity);
    let pairs = smallest_eigenpairs(&laplacian, first + n_components)?;
    Ok(coordinates(pairs.vectors.slice_move(s![.., first..]), &degree.mapv(root_of_degree)))
}

/// Items in the plane of the first two eigenvectors, with the eigenvalues that say how well that plane is
/// determined.
pub(super) struct Plane {
    /// The coordinates, \[n, 2\]: those of [`spectral_embedding`], turned so that the first is the same for
    /// all items that are similar to any other, and 0 for the rest. Distances are the same as in any other
    /// basis of the plane.
    pub coordinates: Array2<f64>,
    /// The second eigenvalue of the normalised Laplacian.
    pub second: f64,
    /// The third eigenvalue.
    pub third: f64,
}

/// Returns the plane of a checked matrix of similarities of at least 3 items, some of which are similar.
pub(super) fn plane(affinity: &Array2<f64>) -> Result<Plane> {
    check(affinity)?;
    let (laplacian, degree) = laplacian(affinity);
    let Eigenpairs { values, vectors } = smallest_eigenpairs(&laplacian, 2)?;
    Ok(Plane { coordinates: turned(vectors, &degree), second: values[1], third: values[2] })
}

/// Items in the space of the first eigenvectors.
pub(super) struct Space {
    /// The coordinates of [`spectral_embedding`], \[n, n_vectors\].
    pub coordinates: Array2<f64>,
    /// The last eigenvalue whose vector is among the coordinates.
    pub last: f64,
    /// The next one, if there are more items than vectors.
    pub next: Option<f64>,
}

/// Returns the space of the first `n_vectors` eigenvectors of a checked matrix of similarities.
pub(super) fn space(affinity: &Array2<f64>, n_vectors: usize) -> Result<Space> {
    check(affinity)?;
    let (laplacian, degree) = laplacian(affinity);
    let Eigenpairs { values, vectors } = smallest_eigenpairs(&laplacian, n_vectors)?;
    let coordinates = coordinates(vectors, &degree.mapv(root_of_degree));
    Ok(Space { coordinates, last: values[n_vectors - 1], next: values.get(n_vectors).copied() })
}

/// Returns the normalised Laplacian of a graph, with ones on its diagonal, and the degrees of its items.
fn laplacian(affinity: &Array2<f64>) -> (Array2<f64>, Array1<f64>) {
    let mut weights = (affinity + &affinity.t()) / 2.0;
    weights.diag_mut().fill(0.0);
    let degree = weights.sum_axis(Axis(0));
    let root = degree.mapv(root_of_degree);
    let mut laplacian = weights;
    Zip::indexed(&mut laplacian).for_each(|(i, j), weight| {
        *weight = if i == j { 1.0 } else { -*weight / root[i] / root[j] };
    });
    (laplacian, degree)
}

/// Returns the coordinates of two eigenvectors of a Laplacian, turned in their plane so that the first is the
/// one that every graph has for the eigenvalue 0: the roots of the degrees. If the second eigenvalue is 0
/// too, a solver may give any basis of the plane.
pub(super) fn turned(mut vectors: Array2<f64>, degree: &Array1<f64>) -> Array2<f64> {
    let roots = degree.mapv(f64::sqrt);
    let first = &roots / roots.dot(&roots).sqrt();
    let (a, b) = (vectors.column(0).dot(&first), vectors.column(1).dot(&first));
    let mut second = (&vectors.column(1) * a - &vectors.column(0) * b) / a.hypot(b);
    let along = second.dot(&first);
    second.scaled_add(-along, &first);
    vectors.column_mut(0).assign(&first);
    vectors.column_mut(1).assign(&second);
    coordinates(vectors, &degree.mapv(root_of_degree))
}

/// Returns the divisor for the coordinates of an item of that degree; an item that resembles no other keeps
/// its coordinates.
pub(super) fn root_of_degree(degree: f64) -> f64 {
    if degree == 0.0 { 1.0 } else { degree.sqrt() }
}

/// Returns eigenvectors divided by the root of the degrees, with the sign that makes the largest entry of
/// each positive.
pub(super) fn coordinates(mut vectors: Array2<f64>, root_degree: &Array1<f64>) -> Array2<f64> {
    for mut column in vectors.columns_mut() {
        column /= root_degree;
        let largest = column.iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
        // Entries that differ only by rounding count as equally large: the first of them decides.
        let deciding = column.iter().find(|entry| entry.abs() >= largest * (1.0 - 1e-9));
        if deciding.is_some_and(|entry| *entry < 0.0) {
            column.mapv_inplace(|entry| -entry);
        }
    }
    vectors
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
        // Degrees 1, 2, 1. The Laplacian's eigenvalues are 0, 1, 2, with vectors (1, r, 1) / 2, (1, 0, -1) /
        // r and (1, -r, 1) / 2, where r is the root of 2; divided by the root of the degree 1, r, 1.
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
        // The isolated item has eigenvalue 1, between the pair's 0 and 2.
        let affinity = array![[1.0, 0.25, 0.0], [0.25, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let isolated = spectral_embedding(&affinity, 2, false).unwrap();
        assert!(close(&isolated, &array![[r, 0.0], [r, 0.0], [0.0, 1.0]], 1e-12), "{isolated}");
    }

    #[test]
    fn columns_solve_the_eigenvalue_problem() {
        let mut rng = lmc_base::seed::rng(3, "affinity");
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
    fn the_plane_of_two_components_is_turned_to_the_degrees() {
        // A pair with degree 1/4 and one with degree 1: both eigenvalues are 0, volumes 1/2 and 2.
        let affinity =
            array![[1.0, 0.25, 0.0, 0.0], [0.25, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]];
        let plane = plane(&affinity).unwrap();
        assert!(
            plane.second.abs() < 1e-15 && (plane.third - 2.0).abs() < 1e-14,
            "{} {}",
            plane.second,
            plane.third
        );
        // The first is the root of 1 / 2.5 everywhere. The second is orthogonal to it and has the same
        // length, weighted by degrees.
        let first = 0.4f64.sqrt();
        let expected =
            array![[first, 2.0 * first], [first, 2.0 * first], [first, -first / 2.0], [first, -first / 2.0]];
        assert!(close(&plane.coordinates, &expected, 1e-14), "{}", plane.coordinates);
        // An item without similarities lies at 0.
        let mut alone = Array2::zeros((5, 5));
        alone.slice_mut(s![..4, ..4]).assign(&affinity);
        let plane = super::plane(&alone).unwrap();
        assert!(close(&plane.coordinates.slice(s![..4, ..]).to_owned(), &expected, 1e-14));
        assert_eq!(plane.coordinates.row(4), array![0.0, 0.0]);
        assert!((plane.third - 1.0).abs() < 1e-14);
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
