//! The eigenvectors of a symmetric matrix that belong to its smallest eigenvalues.
//!
//! Householder reflections make the matrix tridiagonal, and implicit QL with Wilkinson's shifts makes that
//! diagonal. Both steps are kept and undone for the few vectors that are asked for, so the cost beyond the
//! reduction grows only with the square of the size. The result is always checked against the matrix itself.

#[cfg(test)]
mod kinds;
mod rotations;
#[cfg(test)]
mod tests;
mod tridiagonal;

use ndarray::Array2;

use lmc_base::error::{LmcError, Result};
use rotations::diagonalised;
use tridiagonal::Tridiagonal;

/// The smallest eigenvalues of a symmetric matrix and their eigenvectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigenpairs {
    /// All eigenvalues in ascending order, \[n\].
    pub values: Vec<f64>,
    /// The eigenvectors of the smallest of them as columns, \[n, n_vectors\], orthonormal.
    pub vectors: Array2<f64>,
}

/// Returns all eigenvalues of a symmetric matrix and the eigenvectors of the `n_vectors` smallest.
///
/// Errors of eigenvalues and residuals are of the size of rounding beside the largest eigenvalue. If
/// eigenvalues coincide, their vectors are one of many orthonormal bases. Before they are returned, the
/// vectors are checked against the matrix: the residual |A v - λ v|, the products of vectors, and the sums of
/// all eigenvalues and of their squares.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] if the matrix is not square; [`LmcError::InvalidParameter`] for an entry that
/// is not finite or not symmetric up to 1e-10 of the largest, and more vectors than rows;
/// [`LmcError::Eigenvectors`] if a check fails.
///
/// # Reference
/// Golub and Van Loan 2013, sections 8.3.1 and 8.3.3; EISPACK's `tred2` and `tql2`.
///
/// # Examples
/// ```
/// # extern crate lmc_maths as lmc;
/// let pairs = lmc::basin::smallest_eigenpairs(&ndarray::array![[2.0, 1.0], [1.0, 2.0]], 1)?;
/// assert!((pairs.values[0] - 1.0).abs() < 1e-15 && (pairs.values[1] - 3.0).abs() < 1e-15);
/// assert!((pairs.vectors[[0, 0]] + pairs.vectors[[1, 0]]).abs() < 1e-15);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn smallest_eigenpairs(matrix: &Array2<f64>, n_vectors: usize) -> Result<Eigenpairs> {
    let scale = checked_scale(matrix, n_vectors)?;
    let n = matrix.nrows();
    if scale == 0.0 {
        return Ok(Eigenpairs {
            values: vec![0.0; n],
            vectors: Array2::eye(n).slice_move(ndarray::s![.., ..n_vectors]),
        });
    }
    // Entries are at most 1, so that squares neither overflow nor, where they matter, vanish.
    let entries: Vec<f64> = matrix.iter().map(|entry| entry / scale).collect();
    let reduced = Tridiagonal::of(entries.clone(), n);
    let Some((values, rotations)) = diagonalised(reduced.diagonal.clone(), reduced.beside.clone()) else {
        return Err(LmcError::Eigenvectors {
            n,
            what: "the iteration does not end",
            got: f64::NAN,
            allowed: 0.0,
        });
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut vectors = Vec::with_capacity(n_vectors);
    for &number in &order[..n_vectors] {
        let mut vector = vec![0.0; n];
        vector[number] = 1.0;
        rotations.iter().rev().for_each(|rotation| rotation.apply(&mut vector));
        reduced.undo(&mut vector);
        vectors.push(vector);
    }
    let values: Vec<f64> = order.into_iter().map(|number| values[number]).collect();
    check(&entries, &values, &vectors)?;
    Ok(Eigenpairs {
        values: values.into_iter().map(|value| value * scale).collect(),
        vectors: Array2::from_shape_fn((n, n_vectors), |(row, column)| vectors[column][row]),
    })
}

/// Returns the largest magnitude of an entry, after checking that the matrix can be decomposed.
fn checked_scale(matrix: &Array2<f64>, n_vectors: usize) -> Result<f64> {
    let n = matrix.nrows();
    if matrix.ncols() != n {
        let (what, got) = ("symmetric matrix".to_owned(), matrix.shape().to_vec());
        return Err(LmcError::ShapeMismatch { what, got, expected: vec![n, n] });
    }
    if n_vectors > n {
        return Err(LmcError::invalid("n_vectors", n_vectors, format!("at most the {n} of the matrix")));
    }
    let scale = matrix.iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
    for ((i, j), &entry) in matrix.indexed_iter() {
        let mirrored = matrix[[j, i]];
        if !entry.is_finite() || (entry - mirrored).abs() > 1e-10 * scale {
            let got = format!("{entry} at [{i}, {j}], {mirrored} at [{j}, {i}]");
            return Err(LmcError::invalid("matrix", got, "finite and symmetric"));
        }
    }
    Ok(scale)
}

/// Returns the most that rounding may leave of a residual, relative to the Frobenius norm of the matrix.
fn allowed(n: usize) -> f64 {
    8.0 * (n as f64 + 8.0) * f64::EPSILON
}

/// Checks vectors and eigenvalues against the entries of the matrix.
fn check(entries: &[f64], values: &[f64], vectors: &[Vec<f64>]) -> Result<()> {
    let n = values.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = dot(entries, entries).sqrt();
    let trace: f64 = entries.iter().step_by(n + 1).sum();
    let mut found = vec![
        ("the sum of the eigenvalues is off", (values.iter().sum::<f64>() - trace).abs() / norm),
        ("the sum of their squares is off", (dot(values, values).sqrt() - norm).abs() / norm),
    ];
    for (i, vector) in vectors.iter().enumerate() {
        let residuals =
            entries.chunks_exact(n).zip(vector).map(|(row, own)| dot(row, vector) - values[i] * own);
        let residual = residuals.map(|residual| residual * residual).sum::<f64>().sqrt();
        found.push(("a residual is", residual / norm));
        found.push(("a length is off", (dot(vector, vector) - 1.0).abs()));
        found.extend(vectors[..i].iter().map(|other| ("a product of two is", dot(vector, other).abs())));
    }
    let allowed = allowed(n);
    match found.into_iter().find(|&(_, got)| got.is_nan() || got > allowed) {
        Some((what, got)) => Err(LmcError::Eigenvectors { n, what, got, allowed }),
        None => Ok(()),
    }
}
