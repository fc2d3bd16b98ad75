use ndarray::{Array2, array};
use rand::Rng;

use super::kinds::{N_KINDS, matrix};
use super::*;

/// Returns two errors relative to the norm of the matrix: the largest residual |A v - λ v|, and the largest
/// distance of the products of vectors from those of orthonormal ones.
fn errors(matrix: &Array2<f64>, pairs: &Eigenpairs) -> [f64; 2] {
    let norm = matrix.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    let values = ndarray::Array1::from(pairs.values[..pairs.vectors.ncols()].to_vec());
    let residual = matrix.dot(&pairs.vectors) - &pairs.vectors * &values;
    let products = pairs.vectors.t().dot(&pairs.vectors) - Array2::<f64>::eye(pairs.vectors.ncols());
    let largest =
        |matrix: Array2<f64>| matrix.iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
    [largest(residual) / norm, largest(products)]
}

#[test]
fn hand_computed() {
    // Eigenvalues 2 - r, 2, 2 + r with r the root of 2, vectors (1, r, 1) / 2, (1, 0, -1) / r, (1, -r, 1) /
    // 2.
    let path = array![[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]];
    let r = 2f64.sqrt();
    for scale in [1e-300, 1.0, 1e300] {
        let pairs = smallest_eigenpairs(&(&path * scale), 2).unwrap();
        for (value, expected) in pairs.values.iter().zip([2.0 - r, 2.0, 2.0 + r]) {
            assert!((value / scale - expected).abs() < 1e-15, "{value}");
        }
        for (i, expected) in [[0.5, r / 2.0, 0.5], [r / 2.0, 0.0, -r / 2.0]].into_iter().enumerate() {
            let column = pairs.vectors.column(i);
            let sign = column[0].signum();
            assert!(column.iter().zip(expected).all(|(got, expected)| (sign * got - expected).abs() < 1e-15));
        }
    }
    let one = smallest_eigenpairs(&array![[-3.0]], 1).unwrap();
    assert_eq!(one, Eigenpairs { values: vec![-3.0], vectors: array![[1.0]] });
    assert_eq!(smallest_eigenpairs(&Array2::zeros((3, 3)), 2).unwrap().values, [0.0; 3]);
    assert_eq!(smallest_eigenpairs(&Array2::zeros((0, 0)), 0).unwrap().values.len(), 0);
}

#[test]
fn five_thousand_random_matrices_are_right_to_rounding() {
    let mut rng = lmc_base::seed::rng(0, "symmetric matrices");
    let mut worst = [0.0f64; 2];
    for number in 0..5_000 {
        // Small sizes are as likely as large ones, up to 100 rows.
        let n = (3.0 * (100.0f64 / 3.0).powf(rng.random_range(0.0..1.0))).round() as usize;
        let matrix = matrix(&mut rng, number % N_KINDS, n);
        let n_vectors = if number % 10 == 0 { n } else { 2 };
        let pairs = smallest_eigenpairs(&matrix, n_vectors).unwrap();
        for (worst, error) in worst.iter_mut().zip(errors(&matrix, &pairs)) {
            *worst = worst.max(error);
        }
        assert!(pairs.values.is_sorted(), "{number}");
    }
    assert!(worst.iter().all(|error| *error < 1e-14), "{worst:?}");
}

#[test]
fn two_small_neighbours_on_the_diagonal_are_no_trouble() {
    // Only the block of the first two rows is left, its diagonal ascends, and the entry beside it is tiny:
    // there, a rotation by the angle of (λ - d, e) would consist of rounding errors.
    for tiny in [1e-3, 1e-9, 1e-12, 1e-15, 1e-17, 1e-200] {
        let matrix = array![[1.0, tiny, 0.0], [tiny, 1.0 + 1e-10, 0.0], [0.0, 0.0, 5.0]];
        let pairs = smallest_eigenpairs(&matrix, 3).unwrap();
        let [residual, products] = errors(&matrix, &pairs);
        assert!(residual < 1e-15 && products < 1e-15, "{tiny}: {residual} {products}");
        // tan 2θ = 2 tiny / (d_0 - d_1).
        let angle = 0.5 * (2.0 * tiny / 1e-10).atan();
        let sine = pairs.vectors[[1, 0]].abs();
        // Rounding of the largest entry, beside the difference of the two.
        let rounding = 4.0 * 5.0 * f64::EPSILON / 1e-10;
        assert!((sine - angle.sin().abs()).abs() < rounding, "{tiny}: {sine}, expected {}", angle.sin());
    }
}

#[test]
fn wrong_vectors_are_found() {
    let r = 0.5f64.sqrt();
    let (first, second) = (vec![r, -r], vec![r, r]);
    let coupled = [2.0, 1.0, 1.0, 2.0];
    assert!(check(&coupled, &[1.0, 3.0], &[first.clone(), second.clone()]).is_ok());
    let long = first.iter().map(|entry| entry * (1.0 + 1e-13)).collect();
    let even = vec![1.0, 0.0];
    for (message, entries, values, vectors) in [
        ("a residual is", coupled, [1.0, 3.0], vec![vec![0.6, -0.8]]),
        ("a residual is", coupled, [1.0, 3.0], vec![second]),
        ("a residual is", coupled, [1.0, 3.0], vec![vec![f64::NAN; 2]]),
        ("a length is off", coupled, [1.0, 3.0], vec![long]),
        ("a product of two is", [1.0, 0.0, 0.0, 1.0], [1.0, 1.0], vec![even.clone(), even]),
        ("the sum of the eigenvalues is off", coupled, [1.0, 1.0], vec![first.clone()]),
        ("the sum of their squares is off", coupled, [0.0, 4.0], vec![first]),
    ] {
        let error = check(&entries, &values, &vectors).unwrap_err().to_string();
        assert!(error.starts_with(&format!("eigenvectors of 2 x 2 entries: {message}")), "{error}");
    }
}

#[test]
fn bad_input_is_a_typed_error() {
    let fails = |matrix: Array2<f64>, n| smallest_eigenpairs(&matrix, n).unwrap_err();
    assert!(matches!(fails(Array2::zeros((2, 3)), 1), LmcError::ShapeMismatch { .. }));
    assert!(matches!(fails(Array2::eye(2), 3), LmcError::InvalidParameter { field: "n_vectors", .. }));
    for bad in [f64::NAN, f64::INFINITY, 0.5] {
        let error = fails(array![[1.0, bad], [0.25, 1.0]], 1);
        assert!(matches!(error, LmcError::InvalidParameter { field: "matrix", .. }), "{error}");
    }
}
