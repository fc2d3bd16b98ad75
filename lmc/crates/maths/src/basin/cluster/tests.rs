//! Clusters of gaps that are planted, equal, near or in another order.

use super::*;
use crate::gap::Measure;
use lmc_base::seed::rng;
use ndarray::Axis;
use rand::{Rng, seq::SliceRandom};

/// Returns gaps about 0.1 inside two blocks and about 2.0 between them, item i in block `blocks[i]`.
fn planted(blocks: &[usize], seed: u64, scale: f64) -> GapMatrix {
    let (n, mut rng) = (blocks.len(), rng(seed, "planted"));
    let mut values = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..i {
            let centre = if blocks[i] == blocks[j] { 0.1 } else { 2.0 };
            values[[i, j]] = scale * centre * rng.random_range(0.5..1.5);
            values[[j, i]] = values[[i, j]];
        }
    }
    let models = (0..n).map(|i| format!("m{i}")).collect();
    GapMatrix::new(models, Measure::ConvexityGap, values).unwrap()
}

fn permuted(gaps: &GapMatrix, order: &[usize]) -> GapMatrix {
    let models = order.iter().map(|&i| gaps.models[i].clone()).collect();
    let values = gaps.values.select(Axis(0), order).select(Axis(1), order);
    GapMatrix::new(models, gaps.measure, values).unwrap()
}

#[test]
fn recovers_planted_blocks() {
    for seed in 0..6 {
        let mut blocks: Vec<usize> = (0..30).map(|i| usize::from(i < 11)).collect();
        blocks.shuffle(&mut rng(seed, "blocks"));
        for (delta, scale) in [(Delta::Paper, 1.0), (Delta::Auto, 0.01), (Delta::Fixed(0.05), 0.05)] {
            let options = ClusterOptions { delta, ..ClusterOptions::default() };
            let basins = cluster(&planted(&blocks, seed, scale), &options).unwrap();
            assert_eq!(basins.cluster, blocks);
            assert_eq!(basins.sizes(), [19, 11]);
            for (score, &block) in basins.membership.iter().zip(&blocks) {
                assert_eq!(*score > 0.0, block == 1);
            }
            assert!(basins.across > 10.0 * basins.within && basins.silhouette > 0.8, "{basins:?}");
        }
    }
}

#[test]
fn relabelling_changes_nothing() {
    for seed in 0..6 {
        let blocks: Vec<usize> = (0..21).map(|i| usize::from(i % 3 == 0)).collect();
        let gaps = planted(&blocks, seed, 0.02);
        let options = ClusterOptions::default();
        let basins = cluster(&gaps, &options).unwrap();
        let mut order: Vec<usize> = (0..21).collect();
        order.shuffle(&mut rng(seed, "order"));
        let moved = cluster(&permuted(&gaps, &order), &options).unwrap();
        for (to, &from) in order.iter().enumerate() {
            assert_eq!(moved.models[to], basins.models[from]);
            assert_eq!(moved.cluster[to], basins.cluster[from]);
            assert!((moved.membership[to] - basins.membership[from]).abs() < 1e-10);
        }
        for (a, b) in [(moved.within, basins.within), (moved.silhouette, basins.silhouette)] {
            assert!((a - b).abs() < 1e-12);
        }
        let mut renamed = gaps.clone();
        renamed.models.iter_mut().for_each(|name| *name = format!("other {name}"));
        let renamed = cluster(&renamed, &options).unwrap();
        assert_eq!((renamed.cluster, renamed.membership), (basins.cluster, basins.membership));
    }
}

/// Returns gaps by the groups of two models: `inside` within one group, `outside` between two.
fn grouped(groups: &[usize], inside: f64, outside: f64) -> GapMatrix {
    let n = groups.len();
    let values = Array2::from_shape_fn((n, n), |(i, j)| match i == j {
        true => 0.0,
        false if groups[i] == groups[j] => inside,
        false => outside,
    });
    GapMatrix::new((0..n).map(|i| format!("m{i}")).collect(), Measure::ConvexityGap, values).unwrap()
}

fn with(delta: Delta) -> ClusterOptions {
    ClusterOptions { delta, ..ClusterOptions::default() }
}

#[track_caller]
fn undivided(gaps: &GapMatrix, delta: Delta) -> Vec<Note> {
    let basins = cluster(gaps, &with(delta)).unwrap();
    let n = gaps.models.len();
    assert!(!basins.is_divided() && basins.check_divided().is_err(), "{basins:?}");
    assert_eq!(
        (basins.sizes(), &basins.cluster, &basins.membership),
        (vec![n, 0], &vec![0; n], &vec![0.0; n])
    );
    assert!(basins.silhouette.is_nan() && basins.across.is_nan() && basins.within.is_finite());
    assert!(basins.embedding.iter().chain(&basins.centroids).all(|x| *x == 0.0));
    assert!(format!("{basins:?}").starts_with(&format!("Basins({n} models in one cluster")));
    basins.notes
}

#[test]
fn equal_gaps_are_no_clusters() {
    for delta in [Delta::Paper, Delta::Auto, Delta::Fixed(0.3)] {
        for gap in [0.0, 0.2, 5.0, 1e-9] {
            let notes = undivided(&grouped(&[0, 1, 2, 3], 0.0, gap), delta);
            assert!(
                matches!(&notes[..], [Note::EqualGaps { smallest, .. }] if *smallest == gap),
                "{notes:?}"
            );
        }
        // Gaps that differ by the rounding of sums or by that of the measured values.
        let mut near = grouped(&[0, 1, 2, 3], 0.0, 0.3);
        near.values[[0, 1]] = 0.1 + 0.2;
        near.values[[1, 0]] = 0.1 + 0.2;
        assert!(near.values[[0, 1]] != 0.3);
        assert!(matches!(undivided(&near, delta)[..], [Note::EqualGaps { .. }]));
        near.values[[0, 1]] = 0.3001;
        near.values[[1, 0]] = 0.3001;
        assert!(matches!(
            undivided(&near.clone().with_resolution(1e-4), delta)[..],
            [Note::EqualGaps { .. }]
        ));
        let rounded = grouped(&[0, 0, 1, 1], 3e-9, 7e-8).with_resolution(5e-8);
        assert!(matches!(undivided(&rounded, delta)[..], [Note::EqualGaps { .. }]));
    }
    let real = grouped(&[0, 0, 1, 1], 3e-9, 7e-8);
    assert_eq!(cluster(&real, &with(Delta::Auto)).unwrap().cluster, [0, 0, 1, 1]);
}

#[test]
fn widths_far_from_the_gaps_are_no_clusters() {
    let gaps = planted(&[0, 0, 1, 1, 0], 1, 1.0);
    for delta in [1e-300, 1e-310, 1e-9] {
        let notes = undivided(&gaps, Delta::Fixed(delta));
        assert!(matches!(&notes[..], [Note::NoSimilarity { .. }]), "{notes:?}");
    }
    for delta in [1e300, 1e9] {
        let notes = undivided(&gaps, Delta::Fixed(delta));
        assert!(matches!(&notes[..], [Note::AllSimilar { .. }]), "{notes:?}");
    }
    assert_eq!(cluster(&gaps, &with(Delta::Paper)).unwrap().notes, []);
}

#[test]
fn nearly_equal_gaps_with_two_blocks_are_divided() {
    // 2 % apart: the standard deviation is a hundredth of the gaps.
    let blocks = [0, 1, 0, 0, 1, 0, 1];
    let gaps = grouped(&blocks, 0.99, 1.01);
    let basins = cluster(&gaps, &with(Delta::Auto)).unwrap();
    assert_eq!((&basins.cluster[..], basins.delta), (&blocks[..], 0.99 / 4.0));
    assert!(matches!(basins.notes[..], [Note::Widened { .. }]));
    assert!(basins.membership.iter().all(|score| score.abs() < 1e3), "{:?}", basins.membership);
}

#[test]
fn three_equal_groups_are_not_divided_in_any_order() {
    for groups in [[0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2], [1, 0, 2, 0, 1, 2]] {
        let notes = undivided(&grouped(&groups, 0.0, 90.0), Delta::Paper);
        let [Note::Components { parts }, Note::TiedEigenvalues { .. }] = &notes[..] else {
            panic!("{notes:?}")
        };
        assert_eq!(parts.len(), 3);
        for part in parts {
            let group = |name: &String| groups[name[1..].parse::<usize>().unwrap()];
            assert!(part.len() == 2 && group(&part[0]) == group(&part[1]));
        }
        let notes = undivided(&grouped(&groups, 0.0, 90.0), Delta::Auto);
        assert!(matches!(notes[..], [Note::TiedEigenvalues { .. }]), "{notes:?}");
    }
}

#[test]
fn a_model_halfway_between_two_others_belongs_to_neither() {
    for places in [[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]] {
        let values = Array2::from_shape_fn((3, 3), |(i, j)| f64::abs(places[i] - places[j]));
        let models = ["a", "b", "c"].map(String::from).to_vec();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
        assert!(matches!(undivided(&gaps, Delta::Paper)[..], [Note::TiedDivisions]));
    }
}

#[test]
fn parts_beside_two_blocks_are_named() {
    // Four and three models in blocks, and one far from all others: its similarity to them is 0.
    let gaps = grouped(&[0, 0, 0, 0, 1, 1, 1, 2], 0.1, 80.0);
    let basins = cluster(&gaps, &ClusterOptions::paper()).unwrap();
    assert_eq!(basins.cluster[..7], [0, 0, 0, 0, 1, 1, 1]);
    let [Note::Components { parts }] = &basins.notes[..] else { panic!("{:?}", basins.notes) };
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 1]);
    // Two parts that are the two clusters need no note.
    let two = cluster(&grouped(&[0, 0, 1, 1, 1], 0.1, 80.0), &ClusterOptions::paper()).unwrap();
    assert_eq!((&two.cluster[..], &two.notes[..]), (&[1, 1, 0, 0, 0][..], &[][..]));
}

#[test]
fn unconnected_basins_have_definite_scores() {
    // The similarity across is exactly 0. Two eigenvalues then coincide, which does not change distances
    // in the embedding.
    let blocks = [0, 1, 0, 0, 1, 1, 0];
    let gaps = planted(&blocks, 1, 100.0);
    let options = ClusterOptions { delta: Delta::Fixed(10.0), ..ClusterOptions::default() };
    let basins = cluster(&gaps, &options).unwrap();
    assert_eq!(basins.cluster, blocks);
    let order = [6, 2, 4, 0, 1, 3, 5];
    let moved = cluster(&permuted(&gaps, &order), &options).unwrap();
    for (to, from) in order.into_iter().enumerate() {
        assert!((moved.membership[to] - basins.membership[from]).abs() < 1e-8);
    }
}

#[test]
fn the_first_name_decides_between_equal_clusters_in_any_order() {
    for blocks in [[0, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0]] {
        let mut gaps = planted(&blocks, 5, 1.0);
        // As numbers, 9 comes before 10, and zeros in front do not count.
        gaps.models = ["run10", "run007", "run9", "run100", "run11", "run20"].map(String::from).to_vec();
        let basins = cluster(&gaps, &ClusterOptions::paper()).unwrap();
        assert_eq!(basins.cluster, blocks.map(|block| usize::from(block != blocks[1])));
        let order = [3, 0, 5, 1, 4, 2];
        let moved = cluster(&permuted(&gaps, &order), &ClusterOptions::paper()).unwrap();
        assert_eq!(moved.cluster, order.map(|i| basins.cluster[i]).to_vec());
    }
}

#[test]
fn bad_input_is_a_typed_error() {
    let fails = |gaps: &GapMatrix, options| cluster(gaps, &options).unwrap_err();
    let two = planted(&[0, 1], 1, 1.0);
    assert!(matches!(
        fails(&two, ClusterOptions::paper()),
        LmcError::InvalidParameter { field: "models", .. }
    ));
    let gaps = planted(&[0, 0, 1], 1, 1.0);
    let no_starts = ClusterOptions { n_init: 0, ..ClusterOptions::paper() };
    assert!(matches!(fails(&gaps, no_starts), LmcError::InvalidParameter { field: "n_init", .. }));
    let no_width = ClusterOptions { delta: Delta::Fixed(0.0), ..ClusterOptions::default() };
    assert!(matches!(fails(&gaps, no_width), LmcError::InvalidParameter { field: "delta", .. }));
    let mut broken = gaps;
    broken.models.pop();
    assert!(matches!(fails(&broken, ClusterOptions::paper()), LmcError::ShapeMismatch { .. }));
}
