use linfa::{
    DatasetBase,
    traits::{Fit, Predict},
};
use linfa_clustering::KMeans;
use lmc_base::error::{LmcError, Result};
use lmc_base::seed::sub_seed;
use ndarray::{Array2, Axis, s};
use rand_xoshiro::{Xoshiro256Plus, rand_core::SeedableRng};

/// The share up to which sums of squares count as equal.
const ROUNDING: f64 = 1e-9;

/// Returns the cluster (0 or 1) of each row of `points` by 2-means with k-means++ starts, the best of
/// `n_init`, and the means of the rows of each cluster, \[2, n_columns\]. If all rows differ only in the last
/// coordinate, except for some at one other place, as the rows of a graph do, the result is the best of all
/// divisions. None if another division is as good.
///
/// Rows are sorted first, so that the order in which they are given does not matter.
pub(super) fn two_means(
    points: &Array2<f64>,
    n_init: usize,
    seed: u64,
) -> Result<Option<(Vec<usize>, Array2<f64>)>> {
    if n_init == 0 {
        return Err(LmcError::invalid("n_init", n_init, "at least 1"));
    }
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    // The last coordinate comes first: the first one of a spectral embedding is constant except for rounding.
    let key = |row: usize| points.row(row).into_iter().rev();
    order.sort_by(|&a, &b| {
        key(a).zip(key(b)).fold(std::cmp::Ordering::Equal, |so_far, (x, y)| so_far.then(x.total_cmp(y)))
    });
    let labels = match cut(points, &order) {
        Some(labels) => labels,
        None => searched(points, &order, 2, n_init, seed)?,
    };
    let Some(labels) = the_only_best(points, &order, labels) else { return Ok(None) };

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
    Ok(Some((labels, centroids)))
}

/// Returns the labels, or better ones if a search missed them; none if another division is as good.
///
/// The divisions that are tried are cuts between rows in order, with the rows that lie off the line of the
/// others on either side.
fn the_only_best(points: &Array2<f64>, order: &[usize], labels: Vec<usize>) -> Option<Vec<usize>> {
    let last = points.ncols().checked_sub(1)?;
    let line = points
        .slice(s![.., ..last])
        .rows()
        .into_iter()
        .map(|row| row.to_vec())
        .reduce(|a, b| if b > a { b } else { a })?;
    let apart = |row: usize| {
        points.slice(s![row, ..last]).iter().zip(&line).any(|(a, b)| (a - b).abs() > ROUNDING * b.abs())
    };
    let (off, on): (Vec<usize>, Vec<usize>) = order.iter().partition(|&&row| apart(row));
    // The spread between the means, from sums of deviations: a division whose spread is far from the largest
    // need not be looked at.
    let centred = points - &points.mean_axis(Axis(0))?;
    let n = points.nrows();
    let mut candidates = Vec::with_capacity(2 * n);
    for side in 0..=usize::from(!off.is_empty()) {
        let first: &[usize] = if side == 0 { &off } else { &[] };
        let (mut sum, mut size) = (centred.select(Axis(0), first).sum_axis(Axis(0)), first.len());
        for cut in 0..=on.len() {
            if 0 < size && size < n {
                let between = sum.dot(&sum) * (1.0 / size as f64 + 1.0 / (n - size) as f64);
                candidates.push((side, cut, between));
            }
            if let Some(&row) = on.get(cut) {
                sum += &centred.row(row);
                size += 1;
            }
        }
    }
    let most = candidates.iter().map(|&(.., between)| between).fold(0.0, f64::max);
    let far = 1e-6 * centred.iter().map(|x| x * x).sum::<f64>();
    let mut best = (within(points, &labels), labels);
    let mut rivals = Vec::new();
    for (side, cut, _) in candidates.into_iter().filter(|&(.., between)| between >= most - far) {
        let mut division = vec![1; n];
        off.iter().for_each(|&row| division[row] = side);
        on[..cut].iter().for_each(|&row| division[row] = 0);
        let sum = within(points, &division);
        if sum < best.0 * (1.0 - ROUNDING) {
            best = (sum, division);
            rivals.clear();
        } else if sum <= best.0 * (1.0 + ROUNDING) {
            rivals.push(division);
        }
    }
    let same = |other: &Vec<usize>| {
        let differ = other.iter().zip(&best.1).filter(|(a, b)| a != b).count();
        differ == 0 || differ == other.len()
    };
    rivals.iter().all(same).then_some(best.1)
}

/// Returns the sum of squared distances of the rows from the mean of their cluster; infinite for one cluster.
fn within(points: &Array2<f64>, labels: &[usize]) -> f64 {
    let of_cluster = |cluster: usize| {
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == cluster).collect();
        let members = points.select(Axis(0), &rows);
        let mean = members.mean_axis(Axis(0))?;
        Some((members - mean).mapv(|x| x * x).sum())
    };
    of_cluster(0).zip(of_cluster(1)).map_or(f64::INFINITY, |(a, b): (f64, f64)| a + b)
}

/// Returns the best division of points that differ only in the last coordinate, except for rounding, by
/// trying all cuts between them; none for other points. `order`: their rows by that coordinate.
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
    // Deviations from the mean: with them, the spread within is least where the spread between, from sums of
    // one side, is greatest.
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

/// Returns the clusters of points by the best of `n_init` runs of k-means. The starts depend on `order`.
pub(super) fn searched(
    points: &Array2<f64>,
    order: &[usize],
    n_clusters: usize,
    n_init: usize,
    seed: u64,
) -> Result<Vec<usize>> {
    // The tolerance of the algorithm is absolute, and its steps approach the means geometrically. Points are
    // therefore brought to unit size, with a tolerance far below that, and the means are then taken exactly.
    let size = points.iter().fold(0.0, |size: f64, coordinate| size.max(coordinate.abs()));
    let scaled = points.select(Axis(0), order) / if size > 0.0 { size } else { 1.0 };
    let rng = Xoshiro256Plus::seed_from_u64(sub_seed(seed, "k-means"));
    let dataset = DatasetBase::from(scaled);
    let fitted =
        KMeans::params_with_rng(n_clusters, rng).n_runs(n_init).tolerance(1e-9).fit(&dataset).map_err(
            |error| LmcError::invalid("gaps", error, format!("models that fall into {n_clusters} clusters")),
        )?;
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
            let (labels, centroids) = two_means(&(&points * scale), 10, 42).unwrap().unwrap();
            let near = labels[0];
            assert_eq!(labels, [near, near, 1 - near, 1 - near, near]);
            assert!((&centroids.row(near) / scale - array![0.0, 2.0]).iter().all(|x| x.abs() < 1e-12));
            assert!((&centroids.row(1 - near) / scale - array![11.0, 0.0]).iter().all(|x| x.abs() < 1e-12));
        }
    }

    #[test]
    fn of_all_divisions_of_points_on_a_line_it_is_the_best() {
        let mut rng = lmc_base::seed::rng(1, "points");
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
            let (labels, _) = two_means(&points, 1, 0).unwrap().unwrap();
            let all = (1..1_usize << 8).map(|mask| within(&|i| (mask >> i) & 1));
            assert!(within(&|i| labels[i]) <= all.fold(f64::INFINITY, f64::min) + 1e-12);
        }
    }

    #[test]
    fn order_of_rows_does_not_matter() {
        let points = array![[0.1, 1.0], [0.0, 3.0], [4.0, 0.0], [5.0, 0.5], [2.5, 2.0], [2.2, 1.0]];
        let order = [3, 0, 5, 1, 4, 2];
        let (labels, _) = two_means(&points, 1, 7).unwrap().unwrap();
        let (shuffled, _) = two_means(&points.select(Axis(0), &order), 1, 7).unwrap().unwrap();
        assert_eq!(shuffled, order.map(|row| labels[row]));
    }

    #[test]
    fn two_equally_good_divisions_are_none() {
        // The middle could belong to either side, and so could a middle pair.
        for places in [&[-1.0, 0.0, 1.0][..], &[-2.0, -1.0, -1e-17, 1.0, 2.0], &[-1.0, 0.0, 0.0, 1.0]] {
            let points =
                Array2::from_shape_fn(
                    (places.len(), 2),
                    |(row, column)| if column == 0 { 0.5 } else { places[row] },
                );
            assert_eq!(two_means(&points, 10, 1).unwrap(), None, "{places:?}");
        }
        let uneven = array![[0.5, -1.0], [0.5, 0.001], [0.5, 1.0]];
        assert_eq!(two_means(&uneven, 10, 1).unwrap().unwrap().0, [0, 1, 1]);
        // A row off the line is first as far from one end as from the other, then nearer to one.
        let off = array![[0.5, -1.0], [0.0, 0.0], [0.5, 1.0]];
        assert_eq!(two_means(&off, 10, 1).unwrap(), None);
        let nearer = array![[0.5, -1.0], [0.0, 0.0], [0.5, 1.2]];
        let (labels, _) = two_means(&nearer, 10, 1).unwrap().unwrap();
        assert!(labels[0] == labels[1] && labels[2] != labels[0], "{labels:?}");
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let none = two_means(&Array2::eye(3), 0, 1);
        assert!(matches!(none, Err(LmcError::InvalidParameter { field: "n_init", .. })));
        // Rows at one place have no best division.
        for same in [Array2::ones((3, 2)), Array2::zeros((3, 2))] {
            assert_eq!(two_means(&same, 5, 1).unwrap(), None);
        }
    }
}
