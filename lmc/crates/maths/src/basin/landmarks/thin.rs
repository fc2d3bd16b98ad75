use ndarray::Array2;

/// A matrix with more rows than columns as Q R by Householder reflections, where Q's columns are orthonormal.
pub(super) struct Thin {
    /// R, \[m, m\].
    pub triangle: Array2<f64>,
    n_rows: usize,
    /// The reflections 1 - factor v v' whose product is Q; the k-th v starts at row k.
    reflections: Vec<(f64, Vec<f64>)>,
}

impl Thin {
    /// Decomposes a matrix \[n, m\], where n is at least m.
    ///
    /// # Reference
    /// Golub and Van Loan 2013, section 5.2.2.
    pub fn of(matrix: &Array2<f64>) -> Self {
        let (n, m) = matrix.dim();
        let mut columns: Vec<Vec<f64>> = matrix.columns().into_iter().map(|column| column.to_vec()).collect();
        let mut reflections = Vec::with_capacity(m);
        for k in 0..m {
            let column = &columns[k][k..];
            let largest = column.iter().fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
            let mut v = column.to_vec();
            let mut factor = 0.0;
            if largest > 0.0 {
                v.iter_mut().for_each(|entry| *entry /= largest);
                let norm = dot(&v, &v).sqrt().copysign(-v[0]);
                factor = (norm - v[0]) / norm;
                let first = v[0] - norm;
                v[1..].iter_mut().for_each(|entry| *entry /= first);
                v[0] = 1.0;
            }
            columns[k..].iter_mut().for_each(|column| reflect(&mut column[k..], factor, &v));
            reflections.push((factor, v));
        }
        let triangle = Array2::from_shape_fn(
            (m, m),
            |(row, column)| if row <= column { columns[column][row] } else { 0.0 },
        );
        Self { triangle, n_rows: n, reflections }
    }

    /// Returns Q times a vector \[m\].
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let mut product = vector.to_vec();
        product.resize(self.n_rows, 0.0);
        for (k, (factor, v)) in self.reflections.iter().enumerate().rev() {
            reflect(&mut product[k..], *factor, v);
        }
        product
    }
}

fn reflect(column: &mut [f64], factor: f64, v: &[f64]) {
    let along = factor * dot(column, v);
    column.iter_mut().zip(v).for_each(|(entry, component)| *entry -= along * component);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn the_product_is_the_matrix_and_the_columns_are_orthonormal() {
        let mut rng = lmc_base::seed::rng(2, "thin");
        for (n, m) in [(1, 1), (5, 2), (40, 7), (9, 9)] {
            let mut matrix = Array2::from_shape_fn((n, m), |_| rng.random_range(-1.0..1.0));
            // A column of zeros, and one that is there twice.
            if m > 2 {
                matrix.column_mut(1).fill(0.0);
                let first = matrix.column(0).to_owned();
                matrix.column_mut(m - 1).assign(&first);
            }
            let thin = Thin::of(&matrix);
            let unit = |k: usize| (0..m).map(|i| f64::from(u8::from(i == k))).collect::<Vec<f64>>();
            let columns: Vec<Vec<f64>> = (0..m).map(|k| thin.times(&unit(k))).collect();
            let q = Array2::from_shape_fn((n, m), |(row, column)| columns[column][row]);
            assert!((q.dot(&thin.triangle) - &matrix).iter().all(|x| x.abs() < 1e-14));
            assert!((q.t().dot(&q) - Array2::<f64>::eye(m)).iter().all(|x| x.abs() < 1e-14));
        }
    }
}
