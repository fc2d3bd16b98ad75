use super::*;
use crate::basin::{Delta, Note, cluster};
use crate::gap::{GapMatrix, Measure};
use crate::stats::adjusted_rand_index;
use lmc_base::seed::rng;
use ndarray::{Array2, Axis};
use rand::{Rng, seq::SliceRandom};

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("m{i}")).collect()
}

/// Returns `first` models of block 0 and the others of block 1, in random order.
fn blocks(n: usize, first: usize, seed: u64) -> Vec<usize> {
    let mut blocks: Vec<usize> = (0..n).map(|i| usize::from(i >= first)).collect();
    blocks.shuffle(&mut rng(seed, "blocks"));
    blocks
}

/// Returns gaps about `inside` within a block and `outside` between blocks, from half to one and a half of
/// it.
fn planted(blocks: &[usize], inside: f64, outside: f64, seed: u64) -> GapMatrix {
    let (n, mut rng) = (blocks.len(), rng(seed, "planted"));
    let mut values = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..i {
            let centre = if blocks[i] == blocks[j] { inside } else { outside };
            values[[i, j]] = centre * rng.random_range(0.5..1.5);
            values[[j, i]] = values[[i, j]];
        }
    }
    GapMatrix::new(names(n), Measure::ConvexityGap, values).unwrap()
}

fn options(delta: Delta) -> ClusterOptions {
    ClusterOptions { delta, n_init: 10, ..ClusterOptions::default() }
}

fn at_random(gaps: &GapMatrix, n_landmarks: usize, seed: u64) -> LandmarkGaps {
    let landmarks = choose_landmarks(gaps.models.len(), n_landmarks, seed).unwrap();
    LandmarkGaps::from_matrix(gaps, &landmarks).unwrap()
}

#[test]
fn all_models_as_landmarks_are_the_whole_matrix() {
    for (seed, n) in [(0, 3), (1, 4), (2, 11), (3, 30)] {
        let gaps = planted(&blocks(n, n / 2 + 1, seed), 0.5, 1.0, seed);
        for delta in [Delta::Paper, Delta::Auto, Delta::Fixed(0.4)] {
            let whole = cluster(&gaps, &options(delta)).unwrap();
            let mut order: Vec<usize> = (0..n).collect();
            order.shuffle(&mut rng(seed, "order"));
            let basins =
                cluster_landmarks(&LandmarkGaps::from_matrix(&gaps, &order).unwrap(), &options(delta))
                    .unwrap();
            assert!((basins.silhouette - whole.silhouette).abs() < 1e-12);
            assert_eq!(basins, Basins { silhouette: basins.silhouette, ..whole });
        }
    }
}

#[test]
fn recovers_planted_blocks_of_a_thousand_models() {
    let few = [(500, 32), (850, 32), (950, 100)].map(|(first, m)| (first, m, 0..3));
    // A quarter of the models once: it takes as long as all the others.
    for (first, m, seeds) in few.into_iter().chain([(850, 250, 3..4)]) {
        for seed in seeds {
            let delta = if seed == 0 { Delta::Paper } else { Delta::Auto };
            let blocks = blocks(1000, first, seed);
            let gaps = planted(&blocks, 0.1, 2.0, seed);
            let basins = cluster_landmarks(&at_random(&gaps, m, seed), &options(delta)).unwrap();
            let index = adjusted_rand_index(&basins.cluster, &blocks).unwrap();
            assert!(index >= 0.95, "{first} of 1000, {m} landmarks, seed {seed}: {index}");
            assert!(basins.across > 10.0 * basins.within && basins.silhouette > 0.8, "{basins:?}");
        }
    }
}

#[test]
fn agrees_with_the_whole_matrix_on_noisy_gaps() {
    for (first, inside, outside) in [(100, 0.7, 1.3), (120, 0.01, 0.02), (160, 0.5, 1.5)] {
        for seed in 0..4 {
            let gaps = planted(&blocks(200, first, seed), inside, outside, seed);
            let whole = cluster(&gaps, &options(Delta::Auto)).unwrap();
            let basins = cluster_landmarks(&at_random(&gaps, 50, seed), &options(Delta::Auto)).unwrap();
            let index = adjusted_rand_index(&basins.cluster, &whole.cluster).unwrap();
            assert!(index >= 0.95, "{first} of 200, gaps {inside} and {outside}, seed {seed}: {index}");
            // Means over at least a quarter of the pairs.
            for (a, b) in
                [(basins.within, whole.within), (basins.across, whole.across), (basins.delta, whole.delta)]
            {
                assert!((a / b - 1.0).abs() < 0.05, "{a} and {b}");
            }
            assert!((basins.silhouette - whole.silhouette).abs() < 0.02);
        }
    }
}

#[test]
fn farthest_models_find_the_smaller_basin_with_fewer_landmarks() {
    let n_seeds = 10;
    let (mut random, mut farthest) = (0, 0);
    for seed in 0..n_seeds {
        let blocks = blocks(100, 94, seed);
        let gaps = planted(&blocks, 0.1, 2.0, seed);
        let found = |gaps: &LandmarkGaps| {
            let basins = cluster_landmarks(gaps, &options(Delta::Auto)).unwrap();
            adjusted_rand_index(&basins.cluster, &blocks).unwrap() >= 0.95
        };
        random += u64::from(found(&at_random(&gaps, 8, seed)));
        let mut chosen = at_random(&gaps, 1, seed);
        for _ in 1..8 {
            let next = farthest_model(&chosen).unwrap();
            chosen = chosen.with_landmark(next, &gaps.values.column(next).to_vec()).unwrap();
        }
        farthest += u64::from(found(&chosen));
    }
    assert_eq!(farthest, n_seeds);
    assert!(random < n_seeds, "{random} of {n_seeds}");
}

#[test]
fn order_of_models_and_landmarks_does_not_matter() {
    for m in [4, 9] {
        for seed in 0..4 {
            let gaps = planted(&blocks(15, 9, seed), 0.01, 0.03, seed);
            let known = at_random(&gaps, m, seed);
            let basins = cluster_landmarks(&known, &options(Delta::Auto)).unwrap();
            let mut order: Vec<usize> = (0..15).collect();
            order.shuffle(&mut rng(seed, "order"));
            let mut columns: Vec<usize> = (0..m).collect();
            columns.shuffle(&mut rng(seed, "columns"));
            let to = |row: usize| order.iter().position(|&from| from == row).unwrap();
            let moved = LandmarkGaps::new(
                order.iter().map(|&row| known.models[row].clone()).collect(),
                known.measure,
                columns.iter().map(|&column| to(known.landmarks[column])).collect(),
                known.values.select(Axis(0), &order).select(Axis(1), &columns),
            );
            let moved = cluster_landmarks(&moved.unwrap(), &options(Delta::Auto)).unwrap();
            for (to, &from) in order.iter().enumerate() {
                assert_eq!(moved.cluster[to], basins.cluster[from]);
                assert!((moved.membership[to] - basins.membership[from]).abs() < 1e-10);
            }
            for (a, b) in [(moved.within, basins.within), (moved.silhouette, basins.silhouette)] {
                assert!((a - b).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn other_coordinates_are_extensions_of_the_landmarks() {
    // s(x, l) / (sum over l) applied to the landmarks' coordinates is the eigenvalue times that of x: one
    // factor for all.
    let gaps = planted(&blocks(40, 25, 7), 0.5, 1.0, 7);
    let known = at_random(&gaps, 6, 7);
    let basins = cluster_landmarks(&known, &options(Delta::Auto)).unwrap();
    let weights = similarities(&known.values, basins.delta);
    let landmarks = basins.embedding.select(Axis(0), &known.landmarks);
    let ratios = |component: usize| -> Vec<f64> {
        let others = (0..40).filter(|row| !known.landmarks.contains(row));
        let smoothed =
            |row: usize| weights.row(row).dot(&landmarks.column(component)) / weights.row(row).sum();
        others.map(|row| smoothed(row) / basins.embedding[[row, component]]).collect()
    };
    assert!(ratios(0).iter().all(|ratio| (ratio - 1.0).abs() < 1e-10));
    let second = ratios(1);
    assert!(second[0] > 0.0 && second[0] < 1.0);
    assert!(second.iter().all(|ratio| (ratio - second[0]).abs() < 1e-10), "{second:?}");
}

#[test]
fn hand_computed_means_of_known_pairs() {
    // Landmarks a and d; unknown: b-c, b-e and c-e.
    let values = ndarray::array![[0.0, 2.0], [0.1, 2.2], [0.1, 2.1], [2.0, 0.0], [1.9, 0.2]];
    let gaps = LandmarkGaps::new(names(5), Measure::ConvexityGap, vec![0, 3], values).unwrap();
    let basins = cluster_landmarks(&gaps, &ClusterOptions::paper()).unwrap();
    assert_eq!(basins.cluster, [0, 0, 0, 1, 1]);
    assert!((basins.within - (0.1 + 0.1 + 0.2) / 3.0).abs() < 1e-12);
    assert!((basins.across - (2.0 + 2.2 + 2.1 + 1.9) / 4.0).abs() < 1e-12);
    // a: inside 0.1, outside 1.95; b: 0.1, 2.2; c: 0.1, 2.1; d: 0.2, 2.1; e: 0.2, 1.9.
    let silhouette =
        [(0.1, 1.95), (0.1, 2.2), (0.1, 2.1), (0.2, 2.1), (0.2, 1.9)].map(|(inside, out)| 1.0 - inside / out);
    assert!((basins.silhouette - silhouette.iter().sum::<f64>() / 5.0).abs() < 1e-12);
}

#[test]
fn a_basin_without_a_landmark_is_found_by_its_distance() {
    // Both landmarks lie in block 0: only the gaps to block 0 are known of the models of block 1.
    let blocks = [0, 0, 0, 0, 0, 0, 1, 1, 1];
    let gaps = LandmarkGaps::from_matrix(&planted(&blocks, 0.1, 2.0, 3), &[0, 2]).unwrap();
    let basins = cluster_landmarks(&gaps, &options(Delta::Fixed(0.2))).unwrap();
    assert!(basins.silhouette.is_finite() && basins.within.is_finite() && basins.across.is_finite());
    let unlike = LandmarkGaps::from_matrix(&planted(&blocks, 0.1, 2e6, 3), &[0, 2]).unwrap();
    assert!(cluster_landmarks(&unlike, &options(Delta::Paper)).is_ok());
}

#[test]
fn known_gaps_that_say_nothing_are_no_clusters() {
    let whole = planted(&[0, 0, 0, 1, 1, 1, 0, 1], 0.1, 2.0, 1);
    let mut equal = LandmarkGaps::from_matrix(&whole, &[3, 0]).unwrap();
    equal.values.indexed_iter_mut().for_each(|((row, column), gap)| {
        *gap = if row == [3, 0][column] { 0.0 } else { 0.5 };
    });
    for delta in [Delta::Paper, Delta::Auto] {
        let basins = cluster_landmarks(&equal, &options(delta)).unwrap();
        assert!(
            matches!(basins.notes[..], [Note::EqualGaps { .. }]) && basins.sizes() == [8, 0],
            "{basins:?}"
        );
    }
    let known = LandmarkGaps::from_matrix(&whole, &[3, 0]).unwrap();
    let far = cluster_landmarks(&known, &options(Delta::Fixed(1e-300))).unwrap();
    assert!(matches!(far.notes[..], [Note::NoSimilarity { .. }]));
    // Ten models in two blocks, a landmark in each, with no similarity between them.
    let apart = planted(&[0, 0, 0, 1, 1, 1, 0, 1, 0, 0], 0.1, 2e6, 1);
    let basins =
        cluster_landmarks(&LandmarkGaps::from_matrix(&apart, &[3, 0]).unwrap(), &options(Delta::Paper))
            .unwrap();
    assert_eq!((&basins.cluster[..], &basins.notes[..]), (&[0, 0, 0, 1, 1, 1, 0, 1, 0, 0][..], &[][..]));
}

#[test]
fn bad_input_is_a_typed_error() {
    let whole = planted(&[0, 0, 0, 1, 1, 1, 0, 1], 0.1, 2.0, 1);
    let fails = |gaps: &LandmarkGaps, options: &ClusterOptions| cluster_landmarks(gaps, options).unwrap_err();
    let one = LandmarkGaps::from_matrix(&whole, &[3]).unwrap();
    let error = fails(&one, &ClusterOptions::paper());
    assert!(matches!(error, LmcError::InvalidParameter { field: "landmarks", .. }));
    let two_models = LandmarkGaps::from_matrix(&planted(&[0, 1], 0.1, 2.0, 1), &[0, 1]).unwrap();
    let error = fails(&two_models, &ClusterOptions::paper());
    assert!(matches!(error, LmcError::InvalidParameter { field: "models", .. }));
    let known = LandmarkGaps::from_matrix(&whole, &[3, 0]).unwrap();
    for (delta, n_init, expected) in [(Delta::Fixed(-1.0), 1, "delta"), (Delta::Paper, 0, "n_init")] {
        let error = fails(&known, &ClusterOptions { delta, n_init, seed: 1, ..ClusterOptions::default() });
        assert!(matches!(error, LmcError::InvalidParameter { field, .. } if field == expected), "{error}");
    }
    let mut broken = known;
    broken.landmarks[0] = 8;
    let error = fails(&broken, &ClusterOptions::paper());
    assert!(matches!(error, LmcError::InvalidParameter { field: "landmarks", .. }));
}
