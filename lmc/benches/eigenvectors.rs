//! Tests the solver behind clusters on random symmetric matrices of 3 to 100 rows. It compares the errors
//! that rounding leaves in residuals, in products of vectors and in eigenvalues with those of LAPACK, and
//! measures how long both take. Times only mean something in an optimised build on a quiet machine: leave
//! `--profile dev` out for them.
//!
//! `cargo bench -p lmc --profile dev --bench eigenvectors -- [MATRICES]`; without a number it takes 500,000.

#[path = "../crates/maths/src/basin/eigen/kinds.rs"]
mod kinds;

use std::time::{Duration, Instant};

use lmc::basin::smallest_eigenpairs;
use lmc::ndarray::{Array1, Array2};
use lmc::seed::rng;
use rand::Rng;
use tch::Tensor;

use kinds::{N_KINDS, matrix};

/// The number of matrices between two lines of progress.
const SAID: usize = 50_000;

fn main() -> lmc::Result<()> {
    tch::set_num_threads(1);
    let n_matrices = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(500_000);
    accuracy(n_matrices)?;
    for n in [12, 16, 50, 100, 300, 1000] {
        speed(n)?;
    }
    Ok(())
}

/// Prints the largest errors beside the norm of the matrix: of the two smallest eigenpairs, and for every
/// tenth matrix of all eigenpairs.
fn accuracy(n_matrices: usize) -> lmc::Result<()> {
    let mut rng = rng(1, "symmetric matrices");
    let [mut residual, mut product, mut value] = [0.0f64; 3];
    for number in 1..=n_matrices {
        let n = (3.0 * (100.0f64 / 3.0).powf(rng.random_range(0.0..1.0))).round() as usize;
        let matrix = matrix(&mut rng, number % N_KINDS, n);
        let n_vectors = if number % 10 == 0 { n } else { 2 };
        let pairs = smallest_eigenpairs(&matrix, n_vectors)?;
        let norm = matrix.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        let values = Array1::from(pairs.values[..n_vectors].to_vec());
        let left = matrix.dot(&pairs.vectors) - &pairs.vectors * &values;
        residual = residual.max(largest(left.iter()) / norm);
        let products = pairs.vectors.t().dot(&pairs.vectors) - Array2::<f64>::eye(n_vectors);
        product = product.max(largest(products.iter()));
        let apart: Vec<f64> =
            pairs.values.iter().zip(lapack(&matrix)?).map(|(own, other)| own - other).collect();
        value = value.max(largest(apart.iter()) / norm);
        if number % SAID == 0 || number == n_matrices {
            println!(
                "{number} matrices: residual {residual:.1e}, product {product:.1e}, from LAPACK's eigenvalues {value:.1e}"
            );
        }
    }
    Ok(())
}

fn largest<'a>(numbers: impl Iterator<Item = &'a f64>) -> f64 {
    numbers.fold(0.0, |largest, number| largest.max(number.abs()))
}

/// Returns LAPACK's eigenvalues in ascending order; LAPACK computes all vectors, too.
fn lapack(matrix: &Array2<f64>) -> lmc::Result<Vec<f64>> {
    let n = matrix.nrows() as i64;
    let flat: Vec<f64> = matrix.iter().copied().collect();
    let (values, _) = Tensor::f_from_slice(&flat)?.f_view([n, n])?.f_linalg_eigh("L")?;
    Ok(Vec::try_from(values)?)
}

/// Prints the median times of both, in milliseconds.
fn speed(n: usize) -> lmc::Result<()> {
    let matrix = matrix(&mut rng(2, "speed"), 1, n);
    let rounds = (100_000_000 / (n * n * n)).clamp(3, 300);
    let median = |run: &dyn Fn() -> lmc::Result<()>| -> lmc::Result<f64> {
        let mut times: Vec<Duration> = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let start = Instant::now();
            run()?;
            times.push(start.elapsed());
        }
        times.sort();
        Ok(times[rounds / 2].as_secs_f64() * 1e3)
    };
    let own = median(&|| smallest_eigenpairs(&matrix, 2).map(|_| ()))?;
    let other = median(&|| lapack(&matrix).map(|_| ()))?;
    println!(
        "{n} rows: {own:.3} ms for two vectors, LAPACK {other:.3} ms for all: {:.2} times as long",
        own / other
    );
    Ok(())
}
