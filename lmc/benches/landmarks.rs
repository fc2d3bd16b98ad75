//! Measures how well and how fast the gaps to a few landmarks give the clusters of the whole matrix. It uses
//! the embedded study (16 copies for each of four master seeds, 64 for the first) and planted blocks. Studies
//! that are not in the store are run: this takes one to two minutes for each 16 copies, and some 20 minutes
//! for the 64.
//!
//! `cargo bench -p lmc --profile dev --bench landmarks`

use std::time::Instant;

use lmc::basin::{
    Basins, ClusterOptions, Delta, choose_landmarks, cluster, cluster_landmarks, farthest_model,
    smallest_eigenpairs,
};
use lmc::gap::{GapMatrix, LandmarkGaps, Measure};
use lmc::ndarray::{Array1, Array2, Axis};
use lmc::seed::rng;
use lmc::stats::{adjusted_rand_index, mean, standard_deviation};
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use rand::Rng;

const N_CHOICES: u64 = 200;
/// The starts of k-means: there are thousands of clusterings to make.
const N_INIT: usize = 10;

fn main() -> lmc::Result<()> {
    println!("Adjusted Rand index with the clusters of the whole matrix: mean, and the share of choices of");
    println!("landmarks where it is at least 0.95.\n");
    for master in 0..4 {
        choices(&format!("seed {master}"), StudySpec::mini_nli(master), &[Delta::Auto])?;
    }
    let many = StudySpec::mini_nli(0).with_seeds(100..164);
    choices("seed 0", many, &[Delta::Auto, Delta::Fixed(0.006)])?;
    println!("\nPlanted blocks: index with them, and seconds.\n");
    for (n, first, m) in [(1000, 500, 32), (1000, 500, 250), (1000, 850, 32), (1000, 850, 250)] {
        for seed in 0..3 {
            planted(n, first, m, seed)?;
        }
    }
    for m in [25, 50, 100] {
        planted(10_000, 8_500, m, 0)?;
    }
    planted(20_000, 17_000, 50, 0)
}

/// Prints one table: rules of choice and methods at two numbers of landmarks.
fn choices(name: &str, spec: StudySpec, widths: &[Delta]) -> lmc::Result<()> {
    let gaps = Study::open(spec)?.finetune()?.sweep("id", Grid::TENTHS)?.matrix(Measure::ConvexityGap)?;
    let n = gaps.models.len();
    for &delta in widths {
        let whole = cluster(&gaps, &ClusterOptions { delta, ..ClusterOptions::default() })?;
        let options = ClusterOptions { delta, n_init: N_INIT, ..ClusterOptions::default() };
        let sizes = whole.sizes();
        let (first, second) = (sizes[0], sizes[1]);
        println!("{name}, {n} copies, clusters of {first} + {second}, {delta:?} ({:.4} nats)", whole.delta);
        let index = stability(&gaps, &whole, &options)?;
        println!("  the whole matrix of half of the copies, at random   {:5.2}", index);
        for m in [n / 4, n / 2] {
            let random = (0..N_CHOICES).map(|seed| {
                let landmarks = choose_landmarks(n, m, seed)?;
                LandmarkGaps::from_matrix(&gaps, &landmarks)
            });
            let random = random.collect::<lmc::Result<Vec<_>>>()?;
            let farthest =
                (0..n).map(|start| farthest_first(&gaps, start, m)).collect::<lmc::Result<Vec<_>>>()?;
            let known = |gaps: &LandmarkGaps| Ok(cluster_landmarks(gaps, &options)?.cluster);
            report(m, "known pairs, random choice", &whole, &random, known)?;
            report(m, "known pairs, farthest models", &whole, &farthest, known)?;
            for tolerance in [1e-8, 0.1] {
                let method = format!("Fowlkes et al., tolerance {tolerance:e}, random");
                report(m, &method, &whole, &random, |gaps| fowlkes(gaps, delta, tolerance))?;
            }
        }
    }
    Ok(())
}

fn report(
    m: usize,
    method: &str,
    whole: &Basins,
    choices: &[LandmarkGaps],
    clusters: impl Fn(&LandmarkGaps) -> lmc::Result<Vec<usize>>,
) -> lmc::Result<()> {
    let index = |gaps| adjusted_rand_index(&clusters(gaps)?, &whole.cluster);
    let indices = choices.iter().map(index).collect::<lmc::Result<Vec<f64>>>()?;
    let good = indices.iter().filter(|&&index| index >= 0.95).count() as f64 / indices.len() as f64;
    println!("  m = {m:2}  {method:40} {:5.2}  {good:4.2}", mean(&indices)?);
    Ok(())
}

/// Returns how stable the clusters of the whole matrix are when half of the models are left out: the mean
/// index on the others.
fn stability(gaps: &GapMatrix, whole: &Basins, options: &ClusterOptions) -> lmc::Result<f64> {
    let n = gaps.models.len();
    let index = |seed| {
        let kept = choose_landmarks(n, n / 2, seed)?;
        let models = kept.iter().map(|&row| gaps.models[row].clone()).collect();
        let values = gaps.values.select(Axis(0), &kept).select(Axis(1), &kept);
        let half = cluster(&GapMatrix::new(models, gaps.measure, values)?, options)?;
        let expected: Vec<usize> = kept.iter().map(|&row| whole.cluster[row]).collect();
        adjusted_rand_index(&half.cluster, &expected)
    };
    mean(&(0..N_CHOICES).map(index).collect::<lmc::Result<Vec<f64>>>()?)
}

fn farthest_first(gaps: &GapMatrix, start: usize, m: usize) -> lmc::Result<LandmarkGaps> {
    let mut known = LandmarkGaps::from_matrix(gaps, &[start])?;
    while known.landmarks.len() < m {
        let next = farthest_model(&known)?;
        known = known.with_landmark(next, &gaps.values.column(next).to_vec())?;
    }
    Ok(known)
}

/// Returns the clusters of the usual form of the Nyström method, for comparison. It fills in unknown
/// similarities by C A^+ C' with ones where a landmark meets itself, takes degrees and leading vectors from
/// that, and applies 2-means to the second coordinate. Eigenvalues of A up to `tolerance` times the largest
/// count as 0. A model whose estimated degree is not above 0 takes the sum of its known similarities.
///
/// This is the one-shot form of Fowlkes, Belongie, Chung and Malik 2004, "Spectral grouping using the Nyström
/// method".
fn fowlkes(gaps: &LandmarkGaps, delta: Delta, tolerance: f64) -> lmc::Result<Vec<usize>> {
    let delta = match delta {
        Delta::Paper => 1.0,
        Delta::Fixed(width) => width,
        Delta::Auto => standard_deviation(&gaps.pairs().iter().map(|pair| pair.2).collect::<Vec<_>>())?,
    };
    let c = gaps.values.mapv(|gap| (-0.5 * (gap / delta).powi(2)).exp());
    let (values, vectors) = eigen(&c.select(Axis(0), &gaps.landmarks));
    let largest = values[values.len() - 1];
    let kept: Vec<usize> = (0..values.len()).filter(|&k| values[k] > tolerance * largest).collect();
    let mut scaled = vectors.select(Axis(1), &kept);
    scaled.columns_mut().into_iter().zip(&kept).for_each(|(mut column, &k)| column /= values[k].sqrt());
    // The estimate is F F'.
    let mut f = c.dot(&scaled);
    let estimated = f.dot(&f.sum_axis(Axis(0)));
    let root: Array1<f64> = (0..f.nrows())
        .map(|i| if estimated[i] > 1e-9 { estimated[i] } else { c.row(i).sum() }.sqrt())
        .collect();
    f.rows_mut().into_iter().zip(&root).for_each(|(mut row, root)| row /= *root);
    let (_, directions) = eigen(&f.t().dot(&f));
    let second = directions.ncols().saturating_sub(2);
    Ok(halves(&(f.dot(&directions.column(second)) / root)))
}

/// Returns eigenvalues in ascending order, and their vectors as columns.
fn eigen(matrix: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let pairs = smallest_eigenpairs(matrix, matrix.nrows()).expect("a symmetric, finite matrix");
    (Array1::from(pairs.values), pairs.vectors)
}

/// Returns the best 2-means of numbers, from all cuts of them in order.
fn halves(numbers: &Array1<f64>) -> Vec<usize> {
    let n = numbers.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let spread = |rows: &[usize]| {
        let centre = rows.iter().map(|&row| numbers[row]).sum::<f64>() / rows.len() as f64;
        rows.iter().map(|&row| (numbers[row] - centre).powi(2)).sum::<f64>()
    };
    let cost = |cut: usize| spread(&order[..cut]) + spread(&order[cut..]);
    let best = (1..n).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).expect("two numbers or more");
    let mut cluster = vec![0; n];
    order[best..].iter().for_each(|&row| cluster[row] = 1);
    cluster
}

/// Prints the result for planted blocks: gaps are about 0.1 inside the block of the `first` models and inside
/// that of the others, and about 2.0 between them. Only the gaps to `m` landmarks are made.
fn planted(n: usize, first: usize, m: usize, seed: u64) -> lmc::Result<()> {
    let landmarks = choose_landmarks(n, m, seed)?;
    let mut rng = rng(seed, "planted");
    let mut values = Array2::from_shape_fn((n, m), |(i, column)| {
        let centre = if (i < first) == (landmarks[column] < first) { 0.1 } else { 2.0 };
        centre * rng.random_range(0.5..1.5)
    });
    for (a, &row) in landmarks.iter().enumerate() {
        for (b, &other) in landmarks.iter().enumerate().take(a) {
            values[[row, b]] = values[[other, a]];
        }
        values[[row, a]] = 0.0;
    }
    let models = (0..n).map(|i| format!("m{i}")).collect();
    let gaps = LandmarkGaps::new(models, Measure::ConvexityGap, landmarks, values)?;
    let start = Instant::now();
    let basins = cluster_landmarks(&gaps, &ClusterOptions { n_init: N_INIT, ..ClusterOptions::paper() })?;
    let seconds = start.elapsed().as_secs_f64();
    let blocks: Vec<usize> = (0..n).map(|i| usize::from(i >= first)).collect();
    let index = adjusted_rand_index(&basins.cluster, &blocks)?;
    let second = n - first;
    println!("  {first} + {second} models, {m:3} landmarks, seed {seed}: {index:.3}  {seconds:6.2} s");
    Ok(())
}
