//! The clusters of each draw beside those of all examples.

use std::fmt;

use ndarray::{Array2, ArrayView1};

use lmc_base::error::{LmcError, Result};
use lmc_maths::basin::{Basins, ClusterOptions, Matched, cluster, matched};
use lmc_maths::gap::{GapMatrix, Measure};
use lmc_maths::stats::adjusted_rand_index;
use lmc_model::parallel::run_units;

/// The draws that are clustered in one go.
const IN_ONE_GO: usize = 16;

/// The clusters of one draw, under the names that they have for all examples. Vectors are in the order of the
/// models.
#[derive(Clone, PartialEq)]
pub struct ResampledBasins {
    /// The number of basins of the draw.
    pub n_basins: usize,
    /// The cluster of each model: that of all examples which has most models in common with the draw's. A
    /// basin that has no such partner, and a model in no basin, have numbers from those of all examples on.
    pub cluster: Vec<usize>,
    /// The models that are in no basin, in ascending order.
    pub outliers: Vec<usize>,
    /// The membership score of each model in cluster 0: negative inside.
    pub membership: Vec<f64>,
    /// The adjusted Rand index with the clusters of all examples.
    pub adjusted_rand: f64,
    /// The mean silhouette.
    pub silhouette: f64,
    /// The mean gap of two models of one cluster, nats per example.
    pub within: f64,
    /// The mean gap of two models of different clusters, nats per example.
    pub across: f64,
}

impl fmt::Debug for ResampledBasins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |basin| self.cluster.iter().filter(|&&of| of == basin).count().to_string();
        let mut numbers = self.cluster.clone();
        numbers.sort_unstable();
        numbers.dedup();
        let sizes: Vec<String> = numbers.into_iter().map(size).collect();
        let index = self.adjusted_rand;
        write!(f, "ResampledBasins({} models, adjusted Rand index {index:.2})", sizes.join(" + "))
    }
}

impl ResampledBasins {
    /// Returns whether a model is where it is with all examples: in the same basin, or in none.
    pub fn agrees(&self, full: &Basins, model: usize) -> bool {
        match full.basin_of(model) {
            Some(basin) => self.cluster[model] == basin,
            None => self.outliers.contains(&model),
        }
    }

    /// Returns the mean gap across clusters over that within.
    pub fn ratio(&self) -> f64 {
        self.across / self.within
    }
}

/// Returns the clusters of each draw, found as those of all examples were. The entry is `None` for a draw
/// whose models are not divided, for example one without any gap.
///
/// `full`: the clusters of all examples. `pairs`: the numbers of the models of each line, every pair once.
/// `gaps`: the convexity gap of each line in each draw, `[n_lines, n_draws]`. The clusters of a draw are
/// named so that most models are in the same cluster as in `full`. If exactly half of them are either way in
/// two clusters, the naming with similar membership scores is taken. The result does not depend on the number
/// of threads.
///
/// # Errors
/// [`LmcError::ShapeMismatch`] for another number of lines than pairs of models;
/// [`LmcError::InvalidParameter`] for a pair that comes twice or has no model, and options that
/// [`cluster`](lmc_maths::basin::cluster) would refuse; [`LmcError::Interrupted`].
pub fn recluster(
    full: &Basins,
    pairs: &[[usize; 2]],
    gaps: &Array2<f64>,
    options: &ClusterOptions,
) -> Result<Vec<Option<ResampledBasins>>> {
    check(full.models.len(), pairs, gaps)?;
    if options.n_init == 0 {
        return Err(LmcError::invalid("n_init", 0, "at least 1"));
    }
    let n_draws = gaps.ncols();
    let starts: Vec<usize> = (0..n_draws).step_by(IN_ONE_GO).collect();
    let parts = run_units(starts, |_, first| {
        let draws = first..(first + IN_ONE_GO).min(n_draws);
        draws.map(|draw| one(full, pairs, gaps.column(draw), options)).collect::<Result<Vec<_>>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

fn one(
    full: &Basins,
    pairs: &[[usize; 2]],
    gaps: ArrayView1<f64>,
    options: &ClusterOptions,
) -> Result<Option<ResampledBasins>> {
    let n = full.models.len();
    let mut values = Array2::zeros((n, n));
    for (&[a, b], &gap) in pairs.iter().zip(gaps) {
        values[[a, b]] = gap;
        values[[b, a]] = gap;
    }
    let (models, resolution) = (full.models.clone(), full.resolution);
    let basins = cluster(&GapMatrix { models, measure: Measure::ConvexityGap, values, resolution }, options)?;
    if !basins.is_divided() {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..n).collect();
    let Matched { cluster, membership, .. } = matched(&basins, &rows, full);
    let (n_basins, outliers) = (basins.n_basins, basins.outliers());
    let Basins { silhouette, within, across, .. } = basins;
    let adjusted_rand = adjusted_rand_index(&cluster, &full.cluster)?;
    Ok(Some(ResampledBasins {
        n_basins,
        cluster,
        outliers,
        membership,
        adjusted_rand,
        silhouette,
        within,
        across,
    }))
}

fn check(n_models: usize, pairs: &[[usize; 2]], gaps: &Array2<f64>) -> Result<()> {
    let expected = n_models * n_models.saturating_sub(1) / 2;
    if pairs.len() != expected || gaps.nrows() != expected {
        return Err(LmcError::ShapeMismatch {
            what: format!("lines of all pairs of {n_models} models, and rows of their gaps"),
            got: vec![pairs.len(), gaps.nrows()],
            expected: vec![expected; 2],
        });
    }
    let mut seen = std::collections::BTreeSet::new();
    for &[a, b] in pairs {
        if a == b || a.max(b) >= n_models || !seen.insert([a.min(b), a.max(b)]) {
            let expected = format!("each pair of {n_models} models once");
            return Err(LmcError::invalid("pairs", format!("{a} and {b}"), expected));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;

    /// Five models in a row; the gap of two is their distance.
    fn gaps(places: [f64; 5]) -> Vec<f64> {
        pairs().into_iter().map(|[a, b]| (places[a] - places[b]).abs()).collect()
    }

    fn pairs() -> Vec<[usize; 2]> {
        (0..5).flat_map(|a| (a + 1..5).map(move |b| [a, b])).collect()
    }

    fn matrix(values: &[f64]) -> GapMatrix {
        let mut matrix = Array2::zeros((5, 5));
        for ([a, b], gap) in pairs().into_iter().zip(values) {
            (matrix[[a, b]], matrix[[b, a]]) = (*gap, *gap);
        }
        GapMatrix::new((0..5).map(|i| format!("m{i}")).collect(), Measure::ConvexityGap, matrix).unwrap()
    }

    fn options() -> ClusterOptions {
        ClusterOptions::default()
    }

    #[test]
    fn clusters_take_the_names_that_they_have_for_all_examples() {
        let full = cluster(&matrix(&gaps([0.0, 0.1, 0.2, 2.0, 2.1])), &options()).unwrap();
        assert_eq!(full.cluster, [0, 0, 0, 1, 1]);
        let draws = [
            [0.0, 0.1, 0.2, 2.0, 2.1],
            // The larger cluster is the other one: names stay, one model moves.
            [0.0, 0.1, 2.2, 2.0, 2.1],
            [1.0; 5],
        ];
        let columns: Vec<Vec<f64>> = draws.iter().map(|places| gaps(*places)).collect();
        let all = Array2::from_shape_fn((10, 3), |(line, draw)| columns[draw][line]);
        let again = recluster(&full, &pairs(), &all, &options()).unwrap();
        let first = again[0].as_ref().unwrap();
        assert_eq!(first.cluster, full.cluster);
        for (score, expected) in first.membership.iter().zip(&full.membership) {
            assert!((score - expected).abs() < 1e-12, "{score}, expected {expected}");
        }
        assert_eq!((first.adjusted_rand, first.silhouette), (1.0, full.silhouette));
        assert_eq!(first.ratio(), full.across / full.within);
        let second = again[1].as_ref().unwrap();
        assert_eq!(second.cluster, [0, 0, 1, 1, 1]);
        assert!(second.membership[0] < 0.0 && second.membership[2] > 0.0);
        let index = adjusted_rand_index(&[0, 0, 1, 1, 1], &[0, 0, 0, 1, 1]).unwrap();
        assert_eq!(second.adjusted_rand, index);
        assert_eq!(again[2], None, "no gap, no clusters");
    }

    #[test]
    fn the_result_is_that_of_each_draw_alone_whatever_the_order_of_lines() {
        let full = cluster(&matrix(&gaps([0.0, 0.3, 0.5, 1.0, 1.4])), &options()).unwrap();
        let mut rng = lmc_base::seed::rng(1, "draws");
        use rand::Rng;
        let all = Array2::from_shape_fn((10, 40), |_| rng.random_range(0.0..1.0));
        let together = recluster(&full, &pairs(), &all, &options()).unwrap();
        let order = [9, 0, 3, 5, 1, 8, 2, 7, 6, 4];
        let moved: Vec<[usize; 2]> = order.iter().map(|&line| pairs()[line]).collect();
        assert_eq!(together, recluster(&full, &moved, &all.select(Axis(0), &order), &options()).unwrap());
        for (draw, expected) in together.iter().enumerate() {
            let alone = all.select(Axis(1), &[draw]);
            assert_eq!(&recluster(&full, &pairs(), &alone, &options()).unwrap()[0], expected);
        }
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let full = cluster(&matrix(&gaps([0.0, 0.1, 0.2, 2.0, 2.1])), &options()).unwrap();
        let zeros = Array2::zeros((10, 2));
        let fails =
            |pairs: &[[usize; 2]], gaps: &Array2<f64>| recluster(&full, pairs, gaps, &options()).unwrap_err();
        assert!(matches!(fails(&pairs()[1..], &zeros), LmcError::ShapeMismatch { .. }));
        assert!(matches!(fails(&pairs(), &Array2::zeros((9, 2))), LmcError::ShapeMismatch { .. }));
        for wrong in [[1, 0], [2, 2], [0, 5]] {
            let mut pairs = pairs();
            pairs[5] = wrong;
            assert!(matches!(fails(&pairs, &zeros), LmcError::InvalidParameter { field: "pairs", .. }));
        }
        let none = ClusterOptions { n_init: 0, ..options() };
        let error = recluster(&full, &pairs(), &zeros, &none).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "n_init", .. }));
    }
}
