//! Ways to find the number of basins from spectral clusters, and from points that classical scaling gives.

use linfa::{
    DatasetBase,
    traits::{Fit, Predict},
};
use linfa_clustering::KMeans;
use lmc_base::seed::{rng, sub_seed};
use lmc_maths::basin::{Delta, affinity, smallest_eigenpairs, spectral_embedding};
use lmc_maths::gap::GapMatrix;
use lmc_maths::stats::{mean, silhouette};
use ndarray::{Array2, Axis};
use rand::{Rng, seq::SliceRandom};
use rand_xoshiro::{Xoshiro256Plus, rand_core::SeedableRng};

/// The basin of every model, or none for a model that is alone.
pub type Found = Vec<Option<usize>>;

/// The most basins that are tried.
const MOST: usize = 6;

fn most(n: usize) -> usize {
    MOST.min(n / 2).max(1)
}

/// Names models in clusters of one as alone, and numbers the other clusters.
pub fn without_single(labels: &[usize]) -> Found {
    let mut numbers = std::collections::BTreeMap::new();
    labels
        .iter()
        .map(|label| {
            (labels.iter().filter(|other| *other == label).count() > 1).then(|| {
                let next = numbers.len();
                *numbers.entry(*label).or_insert(next)
            })
        })
        .collect()
}

fn k_means(points: &Array2<f64>, k: usize, seed: u64) -> Vec<usize> {
    if k == 1 {
        return vec![0; points.nrows()];
    }
    let size = points.iter().fold(0.0, |size: f64, x| size.max(x.abs()));
    let dataset = DatasetBase::from(points / if size > 0.0 { size } else { 1.0 });
    let rng = Xoshiro256Plus::seed_from_u64(sub_seed(seed, "k-means"));
    let fitted = KMeans::params_with_rng(k, rng).n_runs(10).tolerance(1e-6).fit(&dataset).expect("k-means");
    fitted.predict(dataset.records()).to_vec()
}

/// Returns spectral clusters, as scikit-learn makes them; one cluster if there is nothing to divide by.
pub fn spectral(gaps: &GapMatrix, k: usize) -> Vec<usize> {
    if k == 1 {
        return vec![0; gaps.models.len()];
    }
    let Ok(similar) = affinity(gaps, Delta::Auto) else { return vec![0; gaps.models.len()] };
    k_means(&spectral_embedding(&similar.values, k, false).expect("embedding"), k, 1)
}

/// Returns the number with the largest distance between successive eigenvalues of the normalised Laplacian
/// (von Luxburg 2007, section 8.3).
pub fn eigengap(gaps: &GapMatrix) -> usize {
    let n = gaps.models.len();
    let Ok(similar) = affinity(gaps, Delta::Auto) else { return 1 };
    let mut weights = similar.values;
    weights.diag_mut().fill(0.0);
    let root = weights.sum_axis(Axis(0)).mapv(|d: f64| if d > 0.0 { d.sqrt() } else { 1.0 });
    let laplacian =
        Array2::from_shape_fn((n, n), |(i, j)| f64::from(i == j) - weights[[i, j]] / root[i] / root[j]);
    let values = smallest_eigenpairs(&laplacian, 1).expect("eigenvalues").values;
    let gap = |k: usize| values[k] - values[k - 1];
    (1..=most(n)).max_by(|&a, &b| gap(a).total_cmp(&gap(b))).unwrap_or(1)
}

/// Returns the number of spectral clusters with the best silhouette, and that.
fn best_silhouette(gaps: &GapMatrix) -> (usize, f64) {
    let score = |k| silhouette(&gaps.values, &spectral(gaps, k)).unwrap_or(-1.0);
    let scores = (2..=most(gaps.models.len())).map(|k| (k, score(k)));
    scores.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((1, -1.0))
}

/// Returns the number with the best silhouette (Rousseeuw 1987), or 1 if that is below `least`.
pub fn silhouette_above(gaps: &GapMatrix, least: f64) -> usize {
    let (k, score) = best_silhouette(gaps);
    if score >= least { k } else { 1 }
}

/// Points whose distances are like the gaps (classical scaling).
fn scaled(gaps: &GapMatrix, n_columns: usize) -> Array2<f64> {
    let n = gaps.models.len();
    let squares = gaps.values.mapv(|gap| gap * gap);
    let rows = squares.mean_axis(Axis(1)).expect("models");
    let all = rows.mean().expect("models");
    let minus = Array2::from_shape_fn((n, n), |(i, j)| 0.5 * (squares[[i, j]] - rows[i] - rows[j] + all));
    let minus = (&minus + &minus.t()) / 2.0;
    let mut pairs = smallest_eigenpairs(&minus, n_columns.min(n)).expect("eigenvalues");
    for (mut column, value) in pairs.vectors.columns_mut().into_iter().zip(&pairs.values) {
        column *= (-value).max(0.0).sqrt();
    }
    pairs.vectors
}

fn spread(points: &Array2<f64>, labels: &[usize]) -> f64 {
    let k = labels.iter().max().map_or(0, |last| last + 1);
    (0..k)
        .map(|cluster| {
            let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == cluster).collect();
            let members = points.select(Axis(0), &rows);
            members.mean_axis(Axis(0)).map_or(0.0, |mean| (members - mean).mapv(|x| x * x).sum())
        })
        .sum()
}

/// Tibshirani et al. 2001, on points from classical scaling, with uniform points in the box of the principal
/// axes.
pub fn gap_statistic(gaps: &GapMatrix, seed: u64) -> Vec<usize> {
    const DRAWS: usize = 20;
    let points = scaled(gaps, 4);
    let (n, columns) = points.dim();
    let mut rng = rng(seed, "reference");
    let ranges: Vec<(f64, f64)> = points
        .columns()
        .into_iter()
        .map(|c| (c.fold(f64::INFINITY, |a, b| a.min(*b)), c.fold(f64::NEG_INFINITY, |a, b| a.max(*b))))
        .collect();
    let references: Vec<Array2<f64>> = (0..DRAWS)
        .map(|_| {
            Array2::from_shape_fn((n, columns), |(_, c)| {
                ranges[c].0 + (ranges[c].1 - ranges[c].0) * rng.random_range(0.0..1.0)
            })
        })
        .collect();
    let log = |points: &Array2<f64>, k| (spread(points, &k_means(points, k, 1)) + 1e-300).ln();
    let stats: Vec<(f64, f64)> = (1..=most(n) + 1)
        .map(|k| {
            let draws: Vec<f64> = references.iter().map(|reference| log(reference, k)).collect();
            let centre = mean(&draws).expect("draws");
            let deviation = (draws.iter().map(|d| (d - centre).powi(2)).sum::<f64>() / DRAWS as f64).sqrt();
            (centre - log(&points, k), deviation * (1.0 + 1.0 / DRAWS as f64).sqrt())
        })
        .collect();
    let k = (1..=most(n)).find(|&k| stats[k - 1].0 >= stats[k].0 - stats[k].1).unwrap_or(most(n));
    k_means(&points, k, 1)
}

/// Tibshirani and Walther 2005: halves of the models foretell each other's pairs.
pub fn prediction_strength(gaps: &GapMatrix, seed: u64) -> usize {
    let n = gaps.models.len();
    let mut rng = rng(seed, "halves");
    let half = |rows: &[usize]| {
        let models = rows.iter().map(|&row| gaps.models[row].clone()).collect();
        let values = gaps.values.select(Axis(0), rows).select(Axis(1), rows);
        GapMatrix::new(models, gaps.measure, values).expect("gaps")
    };
    let mut best = 1;
    for k in 2..=(n / 4).min(MOST) {
        let strengths: Vec<f64> = (0..8)
            .map(|_| {
                let mut order: Vec<usize> = (0..n).collect();
                order.shuffle(&mut rng);
                let (one, other) = order.split_at(n / 2);
                let (a, b) = (spectral(&half(one), k), spectral(&half(other), k));
                // The other half's models go to the nearest cluster of the first by mean gap.
                let foretold: Vec<usize> = other
                    .iter()
                    .map(|&model| {
                        let to = |c: usize| {
                            let all: Vec<f64> = (0..one.len())
                                .filter(|&i| a[i] == c)
                                .map(|i| gaps.values[[model, one[i]]])
                                .collect();
                            mean(&all).unwrap_or(f64::INFINITY)
                        };
                        (0..k).min_by(|&x, &y| to(x).total_cmp(&to(y))).unwrap_or(0)
                    })
                    .collect();
                (0..k)
                    .map(|c| {
                        let members: Vec<usize> = (0..b.len()).filter(|&i| b[i] == c).collect();
                        let (mut same, mut all) = (0, 0);
                        for &i in &members {
                            for &j in &members {
                                if i < j {
                                    all += 1;
                                    same += usize::from(foretold[i] == foretold[j]);
                                }
                            }
                        }
                        if all == 0 { 1.0 } else { f64::from(same as u32) / f64::from(all as u32) }
                    })
                    .fold(1.0, f64::min)
            })
            .collect();
        if mean(&strengths).expect("draws") >= 0.8 {
            best = k;
        }
    }
    best
}
