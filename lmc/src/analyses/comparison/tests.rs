use ndarray::array;

use super::*;
use crate::analyses::comparison::{ComparisonColumns, GROUP_COMPARISON};
use crate::basin::{ClusterOptions, cluster};
use crate::stats::{permutation_test, silhouette};
use crate::tables::Table;

/// Positions on a line, so that gaps are distances; the last two models are far from the others.
fn group(name: &str, scale: f64) -> Group {
    let positions: [f64; 5] = [0.0, 1.0, 3.0, 10.0, 12.0];
    let values = ndarray::Array2::from_shape_fn((5, 5), |(i, j)| scale * (positions[i] - positions[j]).abs());
    let models = (0..5).map(|i| format!("m{i}")).collect();
    let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
    let options = ClusterOptions::default();
    Group {
        name: name.to_owned(),
        basins: cluster(&gaps, &options).unwrap(),
        gaps,
        id_accuracy: vec![0.9, 1.0, 0.8, 0.7, 0.6],
        id_loss: vec![0.1, 0.2, 0.3, 0.4, 0.5],
        scores: vec![0.1, 0.2, 0.1, 0.8, 1.0],
    }
}

fn of(group: &Group, models: &[usize], statistic: Statistic) -> Option<f64> {
    let position = Statistic::ALL.iter().position(|&s| s == statistic).unwrap();
    group.statistics(models)[position]
}

fn assert_value(group: &Group, models: &[usize], statistic: Statistic, expected: f64) {
    let value = of(group, models, statistic).unwrap();
    assert!((value - expected).abs() < 1e-12, "{statistic:?}: {value}, expected {expected}");
}

#[test]
fn hand_computed_for_all_models() {
    let (group, all) = (group("g", 1.0), [0, 1, 2, 3, 4]);
    assert_eq!(group.basins.cluster, [0, 0, 0, 1, 1]);
    assert_value(&group, &all, Statistic::IdAccuracy, 0.8);
    assert_value(&group, &all, Statistic::Score, 0.44);
    assert_value(&group, &all, Statistic::LowestScore, 0.1);
    assert_value(&group, &all, Statistic::HighestScore, 1.0);
    // Gaps 1 2 2 3 7 9 9 10 11 12.
    assert_value(&group, &all, Statistic::MedianGap, 8.0);
    assert_value(&group, &all, Statistic::GapRange, 11.55 - 1.45);
    assert_value(&group, &all, Statistic::LargestGap, 12.0);
    // Within 1 2 2 3, across 7 9 9 10 11 12.
    assert_value(&group, &all, Statistic::AcrossWithin, (58.0 / 6.0) / 2.0);
    assert_value(&group, &all, Statistic::ScoreDifference, 0.9 - 0.4 / 3.0);
    let whole = silhouette(&group.gaps.values, &group.basins.cluster).unwrap();
    assert_value(&group, &all, Statistic::Silhouette, whole);
}

#[test]
fn a_model_that_is_drawn_twice_is_not_compared_with_itself() {
    let group = group("g", 1.0);
    // Pairs of 0 0 1 3: 0-1 twice, 0-3 twice, 1-3.
    let models = [0, 0, 1, 3];
    assert_value(&group, &models, Statistic::MedianGap, 9.0);
    assert_value(&group, &models, Statistic::AcrossWithin, (29.0 / 3.0) / 1.0);
    // Each 0: inside 1, outside 10; 1: inside 1 (twice), outside 9; 3: alone.
    assert_value(&group, &models, Statistic::Silhouette, (0.9 + 0.9 + 8.0 / 9.0) / 4.0);
    assert_value(&group, &models, Statistic::Score, 0.3);
}

#[test]
fn what_a_resample_does_not_define_is_left_out() {
    let group = group("g", 1.0);
    let one_cluster = [0, 0, 1, 2];
    for statistic in [Statistic::Silhouette, Statistic::AcrossWithin, Statistic::ScoreDifference] {
        assert_eq!(of(&group, &one_cluster, statistic), None);
    }
    assert_eq!(of(&group, &[3; 4], Statistic::MedianGap), None, "no pair of two models");
    assert_eq!(of(&group, &[0, 2, 2, 0], Statistic::MembershipCorrelation), None, "equal scores");
}

#[test]
fn intervals_hold_the_value_and_follow_the_seed() {
    let groups = [group("a", 1.0), group("b", 3.0)];
    let options = ComparisonOptions { n_resamples: 400, n_permutations: 50, ..ComparisonOptions::default() };
    let comparison = compare(&groups, &options).unwrap();
    assert_eq!(comparison, compare(&groups, &options).unwrap());
    assert_ne!(comparison, compare(&groups, &ComparisonOptions { seed: 1, ..options.clone() }).unwrap());
    assert_eq!(comparison.groups(), ["a", "b"]);
    for row in &comparison.rows {
        let value = row.value.unwrap();
        assert_eq!(row.interval.is_some(), row.statistic.has_interval(), "{row:?}");
        if let Some((low, high)) = row.interval {
            assert!(low <= value && value <= high, "{row:?}");
        }
        assert_eq!(row.difference.is_some(), row.group == "b");
        assert_eq!(row.p_value.is_some(), !row.permuted.is_empty());
    }
    // Gaps three times as large, the same relations of gaps and scores.
    let get = |group, statistic| comparison.get(group, statistic).unwrap();
    assert_eq!(get("b", Statistic::MedianGap).difference, Some(16.0));
    let same = get("b", Statistic::AcrossWithin).difference.unwrap();
    assert!(same.abs() < 1e-12, "{same}");
}

/// Half of 100 models are right: the interval of their mean is that of a binomial share, 0.5 ± 1.96 · 0.05.
#[test]
fn the_interval_of_a_mean_is_that_of_its_standard_error() {
    let n = 100;
    let models: Vec<String> = (0..n).map(|i| format!("m{i}")).collect();
    let gap = |(i, j): (usize, usize)| if i == j { 0.0 } else { 1.0 + ((i % 2) != (j % 2)) as u8 as f64 };
    let values = ndarray::Array2::from_shape_fn((n, n), gap);
    let gaps = GapMatrix::new(models, Measure::ConvexityGap, values).unwrap();
    let alternating: Vec<f64> = (0..n).map(|i| (i % 2) as f64).collect();
    let group = Group {
        name: "g".to_owned(),
        basins: cluster(&gaps, &ClusterOptions::paper()).unwrap(),
        gaps,
        id_accuracy: alternating.clone(),
        id_loss: (0..n).map(|i| (i / 2) as f64).collect(),
        scores: alternating,
    };
    let clusters = ClusterOptions { n_init: 1, ..ClusterOptions::paper() };
    let options =
        ComparisonOptions { n_resamples: 1_000, n_permutations: 1, clusters, ..ComparisonOptions::default() };
    let comparison = compare(&[group], &options).unwrap();
    let (low, high) = comparison.get("g", Statistic::IdAccuracy).unwrap().interval.unwrap();
    assert!((low - 0.402).abs() < 0.015 && (high - 0.598).abs() < 0.015, "{low} {high}");
}

#[test]
fn tests_count_as_enumeration_does() {
    let mut groups = [group("a", 1.0), group("b", 1.0)];
    groups[1].id_accuracy = vec![0.0, 0.01, 0.02, 0.03, 0.04];
    let options =
        ComparisonOptions { n_resamples: 10, n_permutations: 4_000, ..ComparisonOptions::default() };
    let options = ComparisonOptions { clusters: ClusterOptions { n_init: 1, ..options.clusters }, ..options };
    let comparison = compare(&groups, &options).unwrap();
    let p = |group, statistic| comparison.get(group, statistic).unwrap().p_value;
    // Of the 252 ways to choose 5 of 10, two differ as much.
    let of_means = p("b", Statistic::IdAccuracy).unwrap();
    assert!((of_means - 2.0 / 252.0).abs() < 0.005, "{of_means}");
    assert_eq!((p("a", Statistic::IdAccuracy), p("b", Statistic::Score)), (None, Some(1.0)));
    // Of the 10 ways to choose the two models of the second cluster, only {3, 4} differs as much.
    let clusters = &groups[0].basins.cluster;
    let expected = permutation_test(clusters, &groups[0].scores, 4_000, options.seed).unwrap();
    assert_eq!(p("a", Statistic::ScoreDifference), Some(expected));
    assert!((expected - 0.1).abs() < 0.02, "{expected}");
}

#[test]
fn tables_have_their_schema_and_every_group_a_column() {
    let options = ComparisonOptions { n_resamples: 20, n_permutations: 9, ..ComparisonOptions::default() };
    let comparison = compare(&[group("a", 1.0), group("b", 2.0)], &options).unwrap();
    let table = comparison.table().unwrap();
    GROUP_COMPARISON.check(&table).unwrap();
    assert_eq!(table.height(), 2 * Statistic::ALL.len());
    assert!((ComparisonColumns::value(&table).unwrap()[1].unwrap() - 0.44).abs() < 1e-12);
    let summary = comparison.summary().unwrap();
    assert_eq!(summary.get_column_names(), ["statistic", "a", "b"]);
    let cell = summary.column("b").unwrap().str().unwrap().get(7).unwrap().to_owned();
    assert_eq!(cell, "24.000", "the largest gap has no interval");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let options = ComparisonOptions::default();
    let refused = |groups: &[Group], options: &ComparisonOptions, expected: &str| {
        let message = compare(groups, options).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    let one = [group("a", 1.0)];
    refused(&[], &options, "`groups`: got no group");
    refused(&[group("a", 1.0), group("a", 2.0)], &options, "`a` twice");
    refused(&one, &ComparisonOptions { n_resamples: 0, ..options.clone() }, "`n_resamples`");
    refused(&one, &ComparisonOptions { n_permutations: 0, ..options.clone() }, "`n_permutations`");
    refused(&one, &ComparisonOptions { confidence: 1.0, ..options.clone() }, "`confidence`");
    let changed = |change: fn(&mut Group)| {
        let mut group = group("a", 1.0);
        change(&mut group);
        [group]
    };
    refused(&changed(|g| g.scores = vec![0.0; 4]), &options, "scores: got shape [4], expected [5]");
    refused(&changed(|g| g.id_loss[0] = f64::NAN), &options, "`id_loss`: got NaN");
    refused(&changed(|g| g.basins.models[0] = "x".into()), &options, "`basins.models`");
    refused(&changed(|g| g.basins.cluster[0] = 2), &options, "`basins.cluster`");
    refused(&changed(|g| g.gaps.values = array![[0.0]]), &options, "gap matrix: got shape [1, 1]");
}
