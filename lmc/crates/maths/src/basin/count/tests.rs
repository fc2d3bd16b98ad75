//! Numbers of basins and models alone on planted gaps.

use lmc_base::seed::rng;
use ndarray::array;
use rand::{Rng, seq::SliceRandom};

use super::*;
use crate::basin::{Basins, ClusterOptions, Delta, cluster, cluster_landmarks};
use crate::gap::{LandmarkGaps, Measure};

/// Returns gaps of models in blocks: 0 or about 0.01 within one, about 0.05 across. Models of block 9 are
/// alone.
fn planted(blocks: &[usize], seed: u64) -> GapMatrix {
    let (n, mut rng) = (blocks.len(), rng(seed, "planted"));
    let mut values = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..i {
            let within = if rng.random_bool(0.2) { 0.0 } else { 0.01 };
            let level = if blocks[i] == blocks[j] && blocks[i] != 9 { within } else { 0.05 };
            let gap = level * rng.random_range(0.5..1.5);
            (values[[i, j]], values[[j, i]]) = (gap, gap);
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

fn auto() -> ClusterOptions {
    ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() }
}

fn blocks(sizes: &[usize], alone: usize) -> Vec<usize> {
    let of_blocks = sizes.iter().enumerate().flat_map(|(block, &size)| std::iter::repeat_n(block, size));
    of_blocks.chain(std::iter::repeat_n(9, alone)).collect()
}

/// Asserts that clusters are the blocks, whose sizes are in descending order, and that block 9 is in none.
#[track_caller]
fn are_blocks(basins: &Basins, blocks: &[usize]) {
    for (model, &block) in blocks.iter().enumerate() {
        assert_eq!(basins.basin_of(model), (block != 9).then_some(block), "{basins:?}, {:?}", basins.cluster);
    }
}

#[test]
fn planted_numbers_and_models_alone_are_found() {
    for (sizes, alone) in [
        (&[16][..], 0),
        (&[15], 1),
        (&[14], 2),
        (&[9, 7], 0),
        (&[9, 6], 1),
        (&[12, 4], 0),
        (&[7, 5, 4], 0),
        (&[8, 6, 5], 2),
        (&[9, 8, 7, 6], 0),
        (&[12, 10, 9, 8, 7], 3),
    ] {
        for seed in [1, 3] {
            let blocks = blocks(sizes, alone);
            let basins = cluster(&planted(&blocks, seed), &auto()).unwrap();
            assert_eq!(basins.n_basins, sizes.len(), "{sizes:?}, {alone} alone: {basins:?}");
            are_blocks(&basins, &blocks);
            assert_eq!((basins.outliers().len(), basins.is_divided()), (alone, sizes.len() > 1));
            assert_eq!(basins.sizes()[..sizes.len()], *sizes);
            let [Note::Counted { basins: n, alone: names, p_value, .. }, ..] = &basins.notes[..] else {
                panic!("{:?}", basins.notes)
            };
            assert_eq!((*n, names.len()), (sizes.len(), alone));
            assert!(p_value.is_nan() || (*p_value <= 0.02) == (sizes.len() > 1 || alone > 0), "{p_value}");
            for (model, score) in basins.membership.iter().enumerate() {
                let inside = basins.is_divided() && basins.basin_of(model) == Some(0);
                assert_eq!(*score < 0.0, inside, "model {model}: {score}");
            }
        }
    }
}

#[test]
fn an_outlier_takes_the_second_basin_only_if_two_are_asked_for() {
    let gaps = planted(&blocks(&[15], 1), 1);
    let two = cluster(&gaps, &ClusterOptions::default()).unwrap();
    assert_eq!((two.sizes(), two.cluster[15], two.outliers()), (vec![15, 1], 1, vec![]));
    let found = cluster(&gaps, &auto()).unwrap();
    assert_eq!((found.n_basins, found.outliers(), found.basin_of(15)), (1, vec![15], None));
    let text = found.notes[0].to_string();
    assert!(
        text.starts_with("no clusters: the gaps show one basin, and 1 in none: m15 (firmness 0."),
        "{text}"
    );
    assert!(
        found.check_divided().unwrap_err().to_string().contains("got no clusters: the gaps show one basin")
    );
}

#[test]
fn the_order_of_models_does_not_matter_nor_does_the_scale() {
    for (seed, planted_blocks) in
        [blocks(&[7, 5, 4], 2), blocks(&[9, 6], 1), blocks(&[14], 1)].iter().enumerate()
    {
        let gaps = planted(planted_blocks, seed as u64);
        let basins = cluster(&gaps, &auto()).unwrap();
        let mut order: Vec<usize> = (0..planted_blocks.len()).collect();
        order.shuffle(&mut rng(seed as u64, "order"));
        let moved = cluster(&permuted(&gaps, &order), &auto()).unwrap();
        assert_eq!(moved.notes, basins.notes);
        for (to, &from) in order.iter().enumerate() {
            assert_eq!(moved.basin_of(to), basins.basin_of(from));
            for (a, b) in moved.memberships.row(to).iter().zip(basins.memberships.row(from)) {
                assert!((a - b).abs() < 1e-9, "{a} and {b}");
            }
        }
        let mut larger = gaps.clone();
        larger.values *= 1024.0;
        let larger = cluster(&larger, &auto()).unwrap();
        assert_eq!((larger.cluster, larger.notes), (basins.cluster, basins.notes));
    }
}

#[test]
fn a_given_number_holds_every_model() {
    let blocks = blocks(&[7, 5, 4, 3], 0);
    let gaps = planted(&blocks, 3);
    let basins = cluster(&gaps, &ClusterOptions { basins: BasinCount::Exactly(4), ..auto() }).unwrap();
    are_blocks(&basins, &blocks);
    assert_eq!(
        (basins.memberships.dim(), basins.embedding.dim(), basins.centroids.dim()),
        ((19, 4), (19, 4), (4, 4))
    );
    for (model, &block) in blocks.iter().enumerate() {
        let row = basins.memberships.row(model);
        assert!((0..4).all(|basin| (row[basin] < 0.0) == (basin == block)), "{row}");
        assert_eq!(row[0], basins.membership[model]);
    }
    assert!(basins.across > 3.0 * basins.within && basins.silhouette > 0.5, "{basins:?}");
    assert_eq!(format!("{basins:?}")[..30], *"Basins(7 + 5 + 4 + 3 models, s");
    let two = cluster(&gaps, &ClusterOptions::default()).unwrap();
    assert!(two.memberships.column(1).iter().zip(&two.membership).all(|(second, first)| *second == -first));
    // A number that the gaps do not show is given all the same.
    let three = cluster(&gaps, &ClusterOptions { basins: BasinCount::Exactly(3), ..auto() }).unwrap();
    assert_eq!((three.n_basins, three.sizes().iter().sum::<usize>()), (3, 19));
}

#[test]
fn equal_gaps_show_no_number() {
    let n = 6;
    let values = Array2::from_shape_fn((n, n), |(i, j)| if i == j { 0.0 } else { 0.3 });
    let gaps =
        GapMatrix::new((0..n).map(|i| format!("m{i}")).collect(), Measure::ConvexityGap, values).unwrap();
    for basins in [BasinCount::Auto, BasinCount::Exactly(3)] {
        let found = cluster(&gaps, &ClusterOptions { basins, ..auto() }).unwrap();
        assert!(matches!(found.notes[..], [Note::EqualGaps { .. }]) && found.n_basins == 1, "{found:?}");
    }
    // Three groups that are equally far from each other cannot be four basins.
    let values = Array2::from_shape_fn((n, n), |(i, j)| if i / 2 == j / 2 { 0.0 } else { 0.3 });
    let gaps = GapMatrix { values, ..gaps };
    let four = ClusterOptions { basins: BasinCount::Exactly(4), delta: Delta::Fixed(0.01), ..auto() };
    let notes = cluster(&gaps, &four).unwrap().notes;
    assert!(matches!(notes[..], [Note::Components { .. }, Note::TiedEigenvalues { .. }]), "{notes:?}");
}

#[test]
fn few_models_are_one_basin() {
    let values = array![[0.0, 0.1, 2.0], [0.1, 0.0, 2.2], [2.0, 2.2, 0.0]];
    let models = ["a", "b", "c"].map(String::from).to_vec();
    let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
    let basins = cluster(&gaps, &auto()).unwrap();
    assert_eq!((basins.n_basins, basins.outliers().len()), (1, 0), "a quarter of three is none");
    assert_eq!(
        basins.notes[0].to_string(),
        "no clusters: the gaps show one basin (no division is firm enough)"
    );
}

#[test]
fn numbers_are_read_and_bad_ones_refused() {
    assert_eq!("auto".parse::<BasinCount>().unwrap(), BasinCount::Auto);
    assert_eq!("12".parse::<BasinCount>().unwrap(), BasinCount::Exactly(12));
    for text in ["0", "1", "-2", "2.5", "two", "", "1001"] {
        let error = text.parse::<BasinCount>().unwrap_err().to_string();
        assert_eq!(error, format!("`basins`: got {text}, expected auto or a number from 2"));
    }
    assert_eq!([BasinCount::Auto, BasinCount::default()].map(|count| count.to_string()), ["auto", "2"]);
    let gaps = planted(&blocks(&[3, 3], 0), 1);
    for number in [0, 1, 6, 7, 1001] {
        let options = ClusterOptions { basins: BasinCount::Exactly(number), ..auto() };
        let error = cluster(&gaps, &options).unwrap_err();
        assert!(matches!(error, LmcError::InvalidParameter { field: "basins", .. }), "{number}: {error}");
    }
    let two = permuted(&gaps, &[0, 1]);
    assert!(matches!(cluster(&two, &auto()), Err(LmcError::InvalidParameter { field: "models", .. })));
    let known = LandmarkGaps::from_matrix(&gaps, &[0, 4]).unwrap();
    let error = cluster_landmarks(&known, &auto()).unwrap_err().to_string();
    assert_eq!(error, "`basins`: got auto, expected 2: the gaps to landmarks give two basins");
}

#[test]
fn one_block_seldom_passes_for_several() {
    let is_wrong = |seed: &u64| {
        let basins = cluster(&planted(&blocks(&[12], 0), *seed), &auto()).unwrap();
        basins.n_basins > 1 || !basins.outliers().is_empty()
    };
    // Gaps within one block are as likely in any order, so 2 % are expected at most.
    let wrong = (0..100).filter(is_wrong).count();
    assert!(wrong <= 6, "{wrong} of 100");
}

#[test]
fn a_model_much_farther_away_than_basins_hides_them() {
    let of = |far: f64| {
        let gaps = Array2::from_shape_fn((9, 9), |(a, b)| match (a, b) {
            _ if a == b => 0.0,
            (8, _) | (_, 8) => far,
            _ if a / 3 == b / 3 => 0.1,
            _ => 2.0,
        });
        let models = (0..9).map(|i| format!("s{i}")).collect();
        let gaps = GapMatrix::new(models, Measure::ConvexityGap, gaps).unwrap();
        let basins = cluster(&gaps, &auto()).unwrap();
        (basins.n_basins, basins.outliers())
    };
    assert_eq!(of(3.0), (3, vec![8]));
    // The correlation of the gaps with the division is then that of the one model alone.
    assert_eq!(of(40.0), (1, vec![8]));
}
