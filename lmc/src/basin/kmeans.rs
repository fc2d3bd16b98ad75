use crate::{
    error::{LmcError, Result},
    seed::sub_seed,
};
use linfa::{
    DatasetBase,
    traits::{Fit, Predict},
};
use linfa_clustering::KMeans;
use ndarray::{Array2, Axis};
use rand_xoshiro::{Xoshiro256Plus, rand_core::SeedableRng};

/// The cluster (0 or 1) of each row of `points` by 2-means with k-means++ starts, the best of `n_init`; the means of
/// the rows of each cluster, \[2, n_columns\]. Of rows that differ in the last coordinate alone, as those of a connected graph do, it is the
/// best of all divisions.
///
/// Rows are taken in an order of their own, so that the order in which they are given does not matter.
pub(super) fn two_means(points: &Array2<f64>, n_init: usize, seed: u64) -> Result<(Vec<usize>, Array2<f64>)> {
    if n_init == 0 {
        return Err(LmcError::invalid("n_init", n_init, "at least 1"));
    }
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    // The last coordinate first: the first one of a spectral embedding is constant but for rounding.
    let key = |row: usize| points.row(row).into_iter().rev();
    order.sort_by(|&a, &b| {
        key(a).zip(key(b)).fold(std::cmp::Ordering::Equal, |so_far, (x, y)| so_far.then(x.total_cmp(y)))
    });
    let labels = match cut(points, &order) {
        Some(labels) => labels,
        None => searched(points, &order, n_init, seed)?,
    };

    let mut centroids = Array2::zeros((2, points.ncols()));
    for (cluster, mut centroid) in centroids.rows_mut().into_iter().enumerate() {
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == cluster).collect();
        let Some(mean) = points.select(Axis(0), &rows).mean_axis(Axis(0)) else {
            return Err(LmcError::invalid(
                "gaps",
                "models at one point",
                "models that fall into two clusters",
            ));
        };
        centroid.assign(&mean);
    }
    Ok((labels, centroids))
}

/// The best division of points that differ in the last coordinate alone, but for rounding, by trying all cuts between them;
/// none for other points. `order`: their rows by that coordinate.
fn cut(points: &Array2<f64>, order: &[usize]) -> Option<Vec<usize>> {
    let spread = |column: usize| {
        let values = points.column(column);
        values.fold(f64::NEG_INFINITY, |a: f64, b| a.max(*b))
            - values.fold(f64::INFINITY, |a: f64, b| a.min(*b))
    };
    let last = points.ncols().checked_sub(1)?;
    if (0..last).any(|column| spread(column) > 1e-9 * spread(last)) {
        return None;
    }
    // Deviations from the mean: then the spread within is least where that between, from sums of one side, is greatest.
    let mean = points.column(last).mean()?;
    let (n, mut sum, mut best) = (order.len(), 0.0, None);
    for first in 1..n {
        let (before, after) = (points[[order[first - 1], last]], points[[order[first], last]]);
        sum += before - mean;
        let between = sum * sum / (first * (n - first)) as f64;
        if after > before && best.is_none_or(|(_, most)| between > most) {
            best = Some((first, between));
        }
    }
    let (first, _) = best?;
    let mut labels = vec![0; n];
    order[first..].iter().for_each(|&row| labels[row] = 1);
    Some(labels)
}

/// The best of `n_init` runs of k-means.
fn searched(points: &Array2<f64>, order: &[usize], n_init: usize, seed: u64) -> Result<Vec<usize>> {
    // The tolerance of the algorithm is absolute and its steps approach the means geometrically: points are brought to
    // unit size, the tolerance is far below it, and the means are then taken exactly.
    let size = points.iter().fold(0.0, |size: f64, coordinate| size.max(coordinate.abs()));
    let scaled = points.select(Axis(0), order) / if size > 0.0 { size } else { 1.0 };
    let rng = Xoshiro256Plus::seed_from_u64(sub_seed(seed, "k-means"));
    let dataset = DatasetBase::from(scaled);
    let fitted = KMeans::params_with_rng(2, rng)
        .n_runs(n_init)
        .tolerance(1e-9)
        .fit(&dataset)
        .map_err(|error| LmcError::invalid("gaps", error, "models that fall into two clusters"))?;
    let mut labels = vec![0; order.len()];
    for (&row, &label) in order.iter().zip(&fitted.predict(dataset.records())) {
        labels[row] = label;
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::Rng;

    #[test]
    fn hand_computed() {
        let points = array![[0.0, 1.0], [0.0, 3.0], [10.0, 0.0], [12.0, 0.0], [0.0, 2.0]];
        for scale in [1e-6, 1.0, 1e6] {
            let (labels, centroids) = two_means(&(&points * scale), 10, 42).unwrap();
            let near = labels[0];
            assert_eq!(labels, [near, near, 1 - near, 1 - near, near]);
            assert!((&centroids.row(near) / scale - array![0.0, 2.0]).iter().all(|x| x.abs() < 1e-12));
            assert!((&centroids.row(1 - near) / scale - array![11.0, 0.0]).iter().all(|x| x.abs() < 1e-12));
        }
    }

    #[test]
    fn of_all_divisions_of_points_on_a_line_it_is_the_best() {
        let mut rng = crate::seed::rng(1, "points");
        for _ in 0..20 {
            let points = Array2::from_shape_fn((9, 2), |(_, column)| match column {
                0 => 0.5,
                _ => rng.random_range(-1.0..1.0),
            });
            let within = |label: &dyn Fn(usize) -> usize| -> f64 {
                let spread = |of: usize| {
                    let of: Vec<f64> = (0..9).filter(|&i| label(i) == of).map(|i| points[[i, 1]]).collect();
                    let mean = of.iter().sum::<f64>() / of.len() as f64;
                    of.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
                };
                spread(0) + spread(1)
            };
            let (labels, _) = two_means(&points, 1, 0).unwrap();
            let all = (1..1_usize << 8).map(|mask| within(&|i| (mask >> i) & 1));
            assert!(within(&|i| labels[i]) <= all.fold(f64::INFINITY, f64::min) + 1e-12);
        }
    }

    #[test]
    fn order_of_rows_does_not_matter() {
        let points = array![[0.1, 1.0], [0.0, 3.0], [4.0, 0.0], [5.0, 0.5], [2.5, 2.0], [2.2, 1.0]];
        let order = [3, 0, 5, 1, 4, 2];
        let (labels, _) = two_means(&points, 1, 7).unwrap();
        let (shuffled, _) = two_means(&points.select(Axis(0), &order), 1, 7).unwrap();
        assert_eq!(shuffled, order.map(|row| labels[row]));
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let none = two_means(&Array2::eye(3), 0, 1);
        assert!(matches!(none, Err(LmcError::InvalidParameter { field: "n_init", .. })));
        let same = two_means(&Array2::ones((3, 2)), 5, 1);
        assert!(matches!(same, Err(LmcError::InvalidParameter { field: "gaps", .. })));
        assert!(two_means(&Array2::zeros((3, 2)), 5, 1).is_err());
    }
}
