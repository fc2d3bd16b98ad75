use rand::Rng;

use super::*;
use crate::analyses::confidence::{
    BASIN_COUNTS, BasinCountColumns, CLUSTER_INTERVALS, CO_ASSIGNMENT, ClusterIntervalColumns,
    MEMBERSHIP_INTERVALS, MembershipIntervalColumns, PAIR_INTERVALS, PairIntervalColumns, SAMPLE_SIZES,
    SampleSizeColumns,
};
use crate::eval::Outcome;
use crate::seed::rng;
use crate::sweep::Profile;

const N: usize = 60;

/// Five models on `N` examples: the first three in one basin, the others in another, hills between them that
/// few examples see; lines have an uneven grid.
fn sweep() -> Sweep {
    let mut rng = rng(1, "sweep");
    let models: Vec<String> = (0..5).map(|i| format!("s{i}")).collect();
    let alphas = vec![0.0, 0.25, 0.375, 0.5, 1.0];
    let own: Vec<f32> = (0..N).map(|_| rng.random_range(0.0..1.0)).collect();
    let mut profiles = Vec::new();
    for a in 0..5 {
        for b in a + 1..5 {
            let height = if (a < 3) == (b < 3) { 0.3 } else { 0.6 };
            let seen: Vec<f32> = (0..N).map(|_| if rng.random_bool(0.2) { height } else { 0.0 }).collect();
            let outcome = |alpha: f64| Outcome {
                losses: (0..N).map(|i| own[i] + seen[i] * (4.0 * alpha * (1.0 - alpha)) as f32).collect(),
                predictions: vec![0; N],
                confidences: vec![0.5; N],
            };
            let outcomes = alphas.iter().map(|&alpha| outcome(alpha)).collect();
            let (a, b) = (models[a].clone(), models[b].clone());
            profiles.push(Profile { a, b, alphas: alphas.clone(), outcomes, distance: 2.0 });
        }
    }
    Sweep { models, dataset: "id".into(), labels: vec![0; N], profiles, imprecision: 0.0, sample: None }
}

/// Returns the same sweep on some of its examples.
fn on(sweep: &Sweep, examples: &[usize]) -> Sweep {
    let mut sweep = sweep.clone();
    sweep.labels = vec![0; examples.len()];
    for outcome in sweep.profiles.iter_mut().flat_map(|profile| &mut profile.outcomes) {
        outcome.losses = examples.iter().map(|&i| outcome.losses[i]).collect();
    }
    sweep
}

fn options() -> ConfidenceOptions {
    ConfidenceOptions { n_resamples: 60, ..ConfidenceOptions::default() }
}

#[test]
fn values_are_those_of_the_sweep_and_shares_are_shares() {
    let sweep = sweep();
    let confidence = sweep.confidence(&options()).unwrap();
    assert_eq!(confidence.basins, sweep.basins(&options().clusters).unwrap());
    assert_eq!(confidence.basins.cluster, [0, 0, 0, 1, 1]);
    let (pairs, gaps) = (confidence.pairs_table().unwrap(), sweep.gaps().unwrap());
    PAIR_INTERVALS.check(&pairs).unwrap();
    for name in ["a", "b", "convexity_gap", "barrier_height", "auc"] {
        assert!(pairs.column(name).unwrap().equals(gaps.column(name).unwrap()), "{name}");
    }
    let kinds = PairIntervalColumns::kind(&pairs).unwrap();
    assert_eq!(kinds.iter().filter(|kind| *kind == "within").count(), 4);
    for line in &confidence.lines {
        for interval in [line.convexity_gap, line.barrier_height, line.auc] {
            assert!(interval.contains(interval.value) && interval.low < interval.high, "{interval:?}");
        }
    }
    let membership = confidence.membership_table().unwrap();
    MEMBERSHIP_INTERVALS.check(&membership).unwrap();
    assert_eq!(MembershipIntervalColumns::cluster(&membership).unwrap(), [1, 1, 1, 2, 2]);
    assert!(
        confidence.stability.iter().all(|share| (0.5..=1.0).contains(share)),
        "{:?}",
        confidence.stability
    );
    let together = &confidence.together;
    assert!(together.diag().iter().all(|&share| share == 1.0) && together == together.t());
    let shares = confidence.co_assignment_table().unwrap();
    CO_ASSIGNMENT.check(&shares).unwrap();
    assert_eq!(shares.height(), 10);
    let scores = [0.1, 0.2, 0.1, 0.8, 0.9];
    let statistics = confidence.statistics_table(Some(&scores)).unwrap();
    CLUSTER_INTERVALS.check(&statistics).unwrap();
    assert_eq!(statistics.height(), 5);
    assert_eq!(ClusterIntervalColumns::value(&statistics).unwrap()[0], confidence.basins.silhouette);
    assert!(confidence.agreement().unwrap() <= 1.0 && confidence.share_identical() > 0.0);
}

#[test]
fn numbers_of_basins_are_counted_if_they_are_found() {
    let clusters = ClusterOptions { basins: BasinCount::Auto, ..ClusterOptions::default() };
    let found = sweep().confidence(&ConfidenceOptions { clusters, ..options() }).unwrap();
    assert_eq!(found.counts.iter().sum::<usize>(), 60);
    let table = found.counts_table().unwrap();
    BASIN_COUNTS.check(&table).unwrap();
    assert_eq!(BasinCountColumns::n_basins(&table).unwrap()[0], 1);
    assert!((BasinCountColumns::share(&table).unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let given = sweep().confidence(&options()).unwrap();
    assert!(given.counts.is_empty() && given.counts_table().unwrap().height() == 0);
}

#[test]
fn the_same_seed_gives_the_same_draws() {
    let sweep = sweep();
    let table = |seed| {
        let confidence = sweep.confidence(&ConfidenceOptions { seed, ..options() }).unwrap();
        (confidence.pairs_table().unwrap(), confidence.membership_table().unwrap())
    };
    assert_eq!(table(3), table(3));
    assert_ne!(table(3), table(4));
}

#[test]
fn a_draw_is_what_a_sweep_on_its_examples_shows() {
    let sweep = sweep();
    let options = ConfidenceOptions { n_resamples: 4, seed: 9, ..options() };
    let sizes = sweep.sample_sizes(&[20, N], &options).unwrap();
    assert_eq!(sizes.draws.len(), 5);
    let (counts, others) =
        (Resamples::subsamples(N, 20, 4, 9).unwrap(), Resamples::disjoint(N, 20, 4, 9).unwrap());
    let examples = |counts: &Resamples, draw: usize| -> Vec<usize> {
        (0..N).filter(|&i| counts.counts()[[i, draw]] > 0.0).collect()
    };
    for (number, draw) in sizes.draws[..4].iter().enumerate() {
        let alone = on(&sweep, &examples(&counts, number)).basins(&options.clusters).unwrap();
        let other = on(&sweep, &examples(&others, number)).basins(&options.clusters).unwrap();
        let index = |a: &[usize], b: &[usize]| crate::stats::adjusted_rand_index(a, b).unwrap();
        assert_eq!((draw.n_examples, draw.draw), (20, number));
        assert_eq!(index(&draw.basins.cluster, &alone.cluster), 1.0);
        assert_eq!(draw.basins.adjusted_rand, index(&alone.cluster, &sizes.basins.cluster));
        assert_eq!(draw.adjusted_rand_disjoint, Some(index(&alone.cluster, &other.cluster)));
        assert!((draw.basins.within - alone.within).abs() < 1e-12);
        for (score, expected) in draw.basins.membership.iter().zip(&alone.membership) {
            assert!((score.abs() - expected.abs()).abs() < 1e-8, "{score}, expected {expected}");
        }
    }
    let whole = &sizes.draws[4];
    assert_eq!((whole.n_examples, whole.basins.adjusted_rand, whole.adjusted_rand_disjoint), (N, 1.0, None));
    assert!(whole.gap_correlation.unwrap() > 1.0 - 1e-12);
    let table = sizes.table(&[0.1, 0.2, 0.1, 0.8, 0.9]).unwrap();
    SAMPLE_SIZES.check(&table).unwrap();
    assert_eq!(SampleSizeColumns::n_moved(&table).unwrap()[4], 0);
    assert!(matches!(sizes.table(&[0.1]), Err(LmcError::ShapeMismatch { .. })));
}

#[test]
fn bad_input_is_a_typed_error() {
    let good = sweep();
    let fails = |sweep: &Sweep, options: &ConfidenceOptions| match sweep.confidence(options).unwrap_err() {
        LmcError::InvalidParameter { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(fails(&good, &ConfidenceOptions { n_resamples: 0, ..options() }), "n_resamples");
    assert_eq!(fails(&good, &ConfidenceOptions { confidence: 0.0, ..options() }), "confidence");
    let mut lacking = good.clone();
    lacking.profiles.pop();
    assert_eq!(fails(&lacking, &options()), "sweep");
    let mut other = good.clone();
    other.profiles[0].a = "s9".into();
    assert_eq!(fails(&other, &options()), "sweep");
    let mut ragged = good.clone();
    ragged.profiles[4].outcomes[2].losses.pop();
    assert!(matches!(ragged.confidence(&options()), Err(LmcError::ShapeMismatch { .. })));
    let sizes = |sizes: &[usize]| match good.sample_sizes(sizes, &options()).unwrap_err() {
        LmcError::InvalidParameter { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(sizes(&[]), "sizes");
    assert_eq!(sizes(&[N + 1]), "size");
    assert_eq!(sizes(&[0]), "size");
}

#[test]
fn clusters_that_few_draws_have_get_no_intervals() {
    // A few examples lift the middle by a little more in sum than all others lower it. If one of them is
    // drawn too seldom, there is no gap at all; this happens in more than half of the draws.
    let above =
        |example: usize| [1.0, 0.1, 0.05, 0.025].get(example).copied().unwrap_or(0.0) - 1.165 / N as f32;
    let mut sweep = sweep();
    for (line, profile) in sweep.profiles.iter_mut().enumerate() {
        profile.alphas = vec![0.0, 0.5, 1.0];
        profile.outcomes.truncate(3);
        for (point, outcome) in profile.outcomes.iter_mut().enumerate() {
            let scale = if point == 1 { 1.0 + line as f32 } else { 0.0 };
            outcome.losses = (0..N).map(|example| 1.0 + scale * above(example)).collect();
        }
    }
    assert!(sweep.basins(&options().clusters).is_ok());
    let confidence = sweep.confidence(&ConfidenceOptions { n_resamples: 1000, ..options() }).unwrap();
    assert!(
        matches!(confidence.notes[..], [Note::FewDraws { divided, drawn: 1000 }] if divided < 500),
        "{:?}",
        confidence.notes
    );
    without_draws(&confidence);
}

/// Asserts that pairs have intervals, and that there are no statements about clusters.
#[track_caller]
fn without_draws(confidence: &Confidence) {
    assert!(confidence.draws.is_empty() && confidence.lines.len() == 10);
    let (pairs, membership) = (confidence.pairs_table().unwrap(), confidence.membership_table().unwrap());
    let (shares, scores) = (confidence.co_assignment_table().unwrap(), [0.1, 0.2, 0.1, 0.8, 0.9]);
    let statistics = confidence.statistics_table(Some(&scores)).unwrap();
    PAIR_INTERVALS.check(&pairs).unwrap();
    MEMBERSHIP_INTERVALS.check(&membership).unwrap();
    CO_ASSIGNMENT.check(&shares).unwrap();
    CLUSTER_INTERVALS.check(&statistics).unwrap();
    assert_eq!((pairs.height(), membership.height(), shares.height(), statistics.height()), (10, 5, 10, 0));
    for name in ["low", "high", "stability"] {
        assert_eq!(membership.column(name).unwrap().null_count(), 5);
    }
    assert_eq!(shares.column("share").unwrap().null_count(), 10);
}

#[test]
fn models_without_clusters_have_intervals_of_gaps() {
    let mut sweep = sweep();
    // One line for all: equal gaps.
    let outcomes = sweep.profiles[9].outcomes.clone();
    sweep.profiles.iter_mut().for_each(|profile| profile.outcomes = outcomes.clone());
    // Twice two units in the last place of the largest loss, which is between 0 and 2.
    let resolution = sweep.matrix(Measure::ConvexityGap).unwrap().resolution;
    assert!(resolution > 0.0 && resolution < 2.0 * 4.0 * f64::from(f32::EPSILON));
    sweep.imprecision = 1e-3;
    assert_eq!(sweep.matrix(Measure::ConvexityGap).unwrap().resolution, resolution + 1e-3);
    assert_eq!(sweep.matrix(Measure::AreaUnderCurve).unwrap().resolution, 0.0);
    let confidence = sweep.confidence(&options()).unwrap();
    assert!(matches!(confidence.notes[..], [Note::EqualGaps { .. }]));
    without_draws(&confidence);
    let sizes = sweep.sample_sizes(&[20, N], &options()).unwrap();
    assert!(sizes.draws.is_empty() && sizes.table(&[0.5; 5]).unwrap().height() == 0);
}

#[test]
fn equal_scores_have_no_correlation() {
    let confidence = sweep().confidence(&options()).unwrap();
    assert_eq!(confidence.statistics_table(Some(&[0.7; 5])).unwrap().height(), 4);
}
