//! Average linkage of gaps, cut in two ways that are not the library's.

use lmc_maths::gap::GapMatrix;
use lmc_maths::stats::silhouette;
use ndarray::Array2;

use crate::estimators::{Found, without_single};

/// Average linkage: heights of all merges and clusters before each.
pub fn average_linkage(values: &Array2<f64>) -> Vec<(f64, Vec<usize>)> {
    let n = values.nrows();
    let mut labels: Vec<usize> = (0..n).collect();
    let mut sums = values.clone();
    let mut alive: Vec<usize> = (0..n).collect();
    let mut sizes = vec![1.0; n];
    let mut steps = Vec::new();
    while alive.len() > 1 {
        let mut best = (f64::INFINITY, 0, 0);
        for (x, &a) in alive.iter().enumerate() {
            for &b in &alive[..x] {
                let height = sums[[a, b]] / (sizes[a] * sizes[b]);
                if height < best.0 {
                    best = (height, b, a);
                }
            }
        }
        let (height, keep, gone) = best;
        steps.push((height, labels.clone()));
        for c in 0..n {
            let sum = sums[[keep, c]] + sums[[gone, c]];
            (sums[[keep, c]], sums[[c, keep]]) = (sum, sum);
        }
        sizes[keep] += sizes[gone];
        labels.iter_mut().filter(|label| **label == gone).for_each(|label| *label = keep);
        alive.retain(|&cluster| cluster != gone);
    }
    steps.push((f64::INFINITY, labels));
    steps
}

/// Average linkage, cut at the largest ratio of successive heights among the last merges; one cluster if that
/// ratio is below `least`.
pub fn linkage_ratio(gaps: &GapMatrix, least: f64) -> Found {
    let steps = average_linkage(&gaps.values);
    let n = steps.len();
    let floor = 1e-3 * steps[n - 2].0;
    let mut best = (least, n - 1);
    for step in (n / 2).max(1)..n - 1 {
        let ratio = steps[step].0 / steps[step - 1].0.max(floor);
        if ratio > best.0 {
            best = (ratio, step);
        }
    }
    without_single(&steps[best.1].1)
}

/// Average linkage, cut where the silhouette of the clusters of two models and more is best.
pub fn linkage_silhouette(gaps: &GapMatrix, least: f64) -> Found {
    let n = gaps.models.len();
    let steps = average_linkage(&gaps.values);
    let mut best = (least, vec![0; n]);
    for (_, labels) in &steps[n / 2..n - 1] {
        let score = silhouette(&gaps.values, labels).unwrap_or(-1.0);
        if score > best.0 {
            best = (score, labels.clone());
        }
    }
    without_single(&best.1)
}
