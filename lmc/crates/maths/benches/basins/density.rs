//! DBSCAN and OPTICS of linfa-clustering on gaps.
//!
//! Both take points and a distance. Here a "point" is the number of a model, and the distance of two is their
//! gap.

use std::sync::Arc;

use linfa::{Float, ParamGuard, traits::Transformer};
use linfa_clustering::{Dbscan, Optics};
use linfa_nn::{
    BuildError, LinearSearch, NearestNeighbour, NearestNeighbourIndex, NnError, distance::Distance,
};
use lmc_maths::gap::GapMatrix;
use lmc_maths::stats::quantile;
use ndarray::{Array1, Array2, ArrayBase, ArrayView, ArrayView1, Data, Dimension, Ix2};

use crate::estimators::{Found, without_single};

/// Looks up the gap of two models, which are "points" that hold their number.
#[derive(Clone, Debug)]
pub struct LookUp(Arc<Array2<f64>>);

impl Distance<f64> for LookUp {
    fn distance<D: Dimension>(&self, a: ArrayView<f64, D>, b: ArrayView<f64, D>) -> f64 {
        let row = |view: ArrayView<f64, D>| view.iter().next().map_or(0, |number| *number as usize);
        self.0[[row(a), row(b)]]
    }
}

/// All models by their distance from a point. linfa's OPTICS takes the distance to the last of the first few
/// neighbours for the core distance, and its own indices do not sort them.
#[derive(Clone, Debug)]
struct Sorted;

impl NearestNeighbour for Sorted {
    fn from_batch_with_leaf_size<'a, F: Float, DT: Data<Elem = F>, D: 'a + Distance<F>>(
        &self,
        batch: &'a ArrayBase<DT, Ix2>,
        leaf_size: usize,
        distance: D,
    ) -> Result<Box<dyn 'a + Send + Sync + NearestNeighbourIndex<F>>, BuildError> {
        let index = LinearSearch::new().from_batch_with_leaf_size(batch, leaf_size, distance.clone())?;
        Ok(Box::new(SortedIndex { index, distance }))
    }
}

struct SortedIndex<'a, F, D> {
    index: Box<dyn 'a + Send + Sync + NearestNeighbourIndex<F>>,
    distance: D,
}

impl<F: Float, D: Distance<F>> NearestNeighbourIndex<F> for SortedIndex<'_, F, D> {
    fn k_nearest(&self, point: ArrayView1<F>, k: usize) -> Result<Vec<(ArrayView1<'_, F>, usize)>, NnError> {
        self.index.k_nearest(point, k)
    }

    fn within_range(
        &self,
        point: ArrayView1<F>,
        range: F,
    ) -> Result<Vec<(ArrayView1<'_, F>, usize)>, NnError> {
        let mut found = self.index.within_range(point.view(), range)?;
        let distance = |other: &ArrayView1<F>| self.distance.distance(point.view(), other.view());
        found.sort_by(|(a, _), (b, _)| distance(a).partial_cmp(&distance(b)).expect("finite gaps"));
        Ok(found)
    }
}

fn numbers(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 1), |(row, _)| row as f64)
}

pub fn dbscan(gaps: &GapMatrix, least: usize, tolerance: f64) -> Found {
    let look_up = LookUp(gaps.values.clone().into());
    let params = Dbscan::params_with(least, look_up, LinearSearch::new()).tolerance(tolerance);
    let found: Array1<Option<usize>> =
        params.check().expect("options").transform(&numbers(gaps.models.len()));
    found.to_vec()
}

/// The threshold that separates the logarithms of gaps best into two groups (Otsu 1979).
pub fn otsu(gaps: &[f64]) -> f64 {
    let largest = gaps.iter().copied().fold(0.0, f64::max);
    let mut logs: Vec<f64> = gaps.iter().map(|gap| gap.max(1e-3 * largest).ln()).collect();
    logs.sort_by(f64::total_cmp);
    let total: f64 = logs.iter().sum();
    let n = logs.len();
    let (mut sum, mut best) = (0.0, (f64::NEG_INFINITY, 0.0));
    for first in 1..n {
        sum += logs[first - 1];
        let centre = total / n as f64;
        let between = (sum - centre * first as f64).powi(2) / (first * (n - first)) as f64;
        if between > best.0 {
            best = (between, (0.5 * (logs[first - 1] + logs[first])).exp());
        }
    }
    best.1
}

pub fn dbscan_otsu(gaps: &GapMatrix, least: usize) -> Found {
    let list: Vec<f64> = gaps.pairs().into_iter().map(|pair| pair.2).collect();
    dbscan(gaps, least, otsu(&list))
}

/// OPTICS: cuts the reachability where it rises above `times` its median.
pub fn optics(gaps: &GapMatrix, least: usize, times: f64) -> Found {
    let n = gaps.models.len();
    let look_up = LookUp(gaps.values.clone().into());
    let params = Optics::params_with(least, look_up, Sorted).tolerance(f64::MAX);
    let analysis = linfa::traits::Transformer::transform(
        &linfa::ParamGuard::check(params).expect("options"),
        numbers(n).view(),
    );
    let reach: Vec<(usize, f64)> = analysis
        .iter()
        .map(|sample| (sample.index(), sample.reachability_distance().unwrap_or(f64::INFINITY)))
        .collect();
    let finite: Vec<f64> = reach.iter().map(|pair| pair.1).filter(|r| r.is_finite()).collect();
    let cut = times * quantile(&finite, 0.5).expect("models");
    let (mut labels, mut current) = (vec![0; n], 0);
    for (index, reach) in reach {
        if reach > cut {
            current += 1;
        }
        labels[index] = current;
    }
    without_single(&labels)
}
