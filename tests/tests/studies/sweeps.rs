//! Tests sweeps over the copies of a study: all lines, lines to landmarks, refined lines and planes, and
//! their cost.

use lmc::LmcError;
use lmc::analyses::confidence::ConfidenceOptions;
use lmc::compute::{Compute, Precision};
use lmc::gap::Measure;
use lmc::path::Combination;
use lmc::study::{SampleOptions, Sweep};
use lmc::sweep::{Grid, SweepPlan};
use lmc::table::Table;
use lmc::tch::{Cuda, Device};
use lmc_tests::skip::skipped;
use lmc_tests::small;

#[test]
fn lines_to_landmarks_are_those_of_the_whole_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let grid = Grid::new(5).unwrap();
    let some = models.sweep_to(&[3, 1], "id", grid).unwrap();
    assert_eq!(some.profiles.len(), 7);
    let plan = SweepPlan::lines(5, grid).unwrap();
    // Lines that are in the store are not computed again.
    assert_eq!(models.cost("id", &plan).unwrap().n_points, 3 * 3);
    let all = models.sweep("id", grid).unwrap();
    assert_eq!(models.cost("id", &plan).unwrap().n_points, 0);
    let gaps = some.landmark_gaps(Measure::ConvexityGap, &[3, 1]).unwrap();
    let matrix = all.matrix(Measure::ConvexityGap).unwrap();
    for model in 0..5 {
        for (column, landmark) in [(0, 3), (1, 1)] {
            assert_eq!(gaps.values[[model, column]], matrix.values[[model, landmark]]);
        }
    }
    assert_eq!(all.landmark_gaps(Measure::ConvexityGap, &[3, 1]).unwrap(), gaps);
    let error = some.matrix(Measure::ConvexityGap).unwrap_err();
    assert!(error.to_string().starts_with("`sweep`: got no line between s1 and s3"), "{error}");
    let error = some.landmark_gaps(Measure::ConvexityGap, &[9]).unwrap_err();
    assert!(error.to_string().starts_with("`landmarks`: got 9"), "{error}");
}

#[test]
fn refinement_looks_closer_where_a_line_is_highest() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let coarse = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let finer = models.refine(&coarse).unwrap();
    let finest = models.refine(&finer).unwrap();
    let exact = models.sweep("id", Grid::new(9).unwrap()).unwrap();
    for (((a, b), c), exact) in
        coarse.profiles.iter().zip(&finer.profiles).zip(&finest.profiles).zip(&exact.profiles)
    {
        assert_eq!(b.alphas, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(c.alphas.len(), 7);
        assert!(c.alphas.windows(2).all(|pair| pair[0] < pair[1]));
        // Earlier points stay, and new ones lie on the same line.
        assert_eq!(
            (&b.outcomes[0], &b.outcomes[2], &b.outcomes[4]),
            (&a.outcomes[0], &a.outcomes[1], &a.outcomes[2])
        );
        for (alpha, loss) in c.alphas.iter().zip(c.losses()) {
            let k = (alpha * 8.0) as usize;
            assert_eq!(exact.alphas[k], *alpha);
            assert!((exact.losses()[k] - loss).abs() < 1e-5);
        }
        let heights = [a, b, c].map(|profile| profile.measure(Measure::BarrierHeight).unwrap());
        assert!(heights[0] <= heights[1] && heights[1] <= heights[2], "{heights:?}");
        let (gap, whole) =
            (c.measure(Measure::ConvexityGap).unwrap(), exact.measure(Measure::ConvexityGap).unwrap());
        assert!(gap <= whole + 1e-9 && gap >= heights[2], "{gap} {whole}");
    }
    // Every table and matrix takes the refined lines.
    assert_eq!(finest.table().unwrap().height(), 10 * 7);
    assert_eq!(
        finest.matrix(Measure::ConvexityGap).unwrap().values[[0, 1]],
        finest.profiles[0].measure(Measure::ConvexityGap).unwrap()
    );
}

#[test]
fn a_sample_of_the_examples_stands_for_the_whole_set() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 4);
    let grid = Grid::new(5).unwrap();
    let whole = models.sweep("id", grid).unwrap();
    let n = whole.labels.len();
    let sampled =
        |n_examples, seed| models.sweep_sampled("id", grid, &SampleOptions { n_examples, seed }).unwrap();
    // A sample as large as the set is the set.
    let all = sampled(n, 0);
    assert!(all.sample.is_none() && all.profiles == whole.profiles);
    let some = sampled(n / 4, 0);
    let drawn = some.sample.as_ref().unwrap().examples.len();
    assert!(drawn > n / 8 && drawn < n / 2, "{drawn} of {n}");
    assert_eq!(
        format!("{some:?}"),
        format!("Sweep(4 models on id, 6 lines of 5 points, {drawn} of {n} examples inside)")
    );
    for (some, whole) in some.profiles.iter().zip(&whole.profiles) {
        assert_eq!((&some.outcomes[0], &some.outcomes[4]), (&whole.outcomes[0], &whole.outcomes[4]));
        assert_eq!((&some.a, &some.b, some.distance), (&whole.a, &whole.b, whole.distance));
    }
    assert_eq!(sampled(n / 4, 0).profiles, some.profiles);
    assert_ne!(sampled(n / 4, 1).profiles, some.profiles);
    // Over draws, losses and accuracies are on average those of the whole set.
    let table = |sweep: &Sweep, name: &str| -> Vec<f64> {
        let table = sweep.table().unwrap();
        table.column(name).unwrap().f64().unwrap().into_no_null_iter().collect()
    };
    let n_draws = 40;
    let draws: Vec<Sweep> = (0..n_draws).map(|seed| sampled(n / 4, seed)).collect();
    for name in ["loss", "accuracy"] {
        let truth = table(&whole, name);
        let tables: Vec<Vec<f64>> = draws.iter().map(|sweep| table(sweep, name)).collect();
        for (point, truth) in truth.iter().enumerate() {
            let values: Vec<f64> = tables.iter().map(|table| table[point]).collect();
            let error = lmc::stats::standard_deviation(&values).unwrap() / f64::from(n_draws as u32).sqrt();
            let mean = lmc::stats::mean(&values).unwrap();
            assert!((mean - truth).abs() < 5.0 * error + 1e-4, "{name} {point}: {mean} {truth} {error}");
        }
    }
    // What needs every example says so.
    for error in [models.refine(&some).unwrap_err(), models.sweep_aligned(&some).unwrap_err()] {
        let expected = format!("`sweep`: got a sample of {drawn} of {n} examples, expected every example");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
    let confidence = some.confidence(&ConfidenceOptions { n_resamples: 50, ..ConfidenceOptions::default() });
    assert_eq!(confidence.unwrap().n_examples, n);
}

#[test]
fn a_plane_through_three_copies() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let coordinates = [0.0, 0.5, 1.0];
    let points: Vec<Combination> =
        coordinates.iter().flat_map(|&v| coordinates.map(|u| Combination::in_plane(u, v))).collect();
    let plan = SweepPlan::new(5, vec![vec![0, 2, 4]], points.clone()).unwrap();
    let plane = models.sample("id", &plan).unwrap().remove(0);
    let own = models.evaluate("id").unwrap();
    for (point, outcome) in points.iter().zip(&plane.outcomes) {
        if let Some(corner) = point.vertex() {
            assert_eq!(*outcome, own[[0, 2, 4][corner]].outcome);
        }
    }
    // The middle of an edge is the middle of the line.
    let line = models.sweep("id", Grid::new(3).unwrap()).unwrap();
    let middle = line.profiles.iter().find(|p| p.a == "s1" && p.b == "s3").unwrap();
    assert!((middle.outcomes[1].mean_loss() - plane.outcomes[1].mean_loss()).abs() < 1e-6);
    assert_eq!(middle.distance, plane.distances[0]);
}

#[test]
fn bf16_is_near_and_says_how_near() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 5);
    let grid = Grid::new(5).unwrap();
    let exact = models.sweep("id", grid).unwrap();
    let bf16 = Compute { tolerance: 0.05, ..Compute::cpu().with_precision(Precision::BFloat16) };
    let rounded = models.on(bf16.clone()).unwrap().sweep("id", grid).unwrap();
    let mut differs = false;
    for (a, b) in exact.profiles.iter().zip(&rounded.profiles) {
        for (a, b) in a.losses().into_iter().zip(b.losses()) {
            assert!((a - b).abs() < 0.05, "{a} {b}");
            differs |= a != b;
        }
    }
    assert!(differs);
    let strict = Compute { tolerance: 1e-7, ..bf16 };
    // Another grid, whose lines are not in the store.
    let error = models.on(strict).unwrap().sweep("id", Grid::new(4).unwrap()).unwrap_err();
    assert!(matches!(error, LmcError::Imprecise { .. }), "{error}");
}

/// Ends and inside of a line run on the device of the study: on another one some losses round differently.
#[test]
fn a_study_moves_to_another_device() {
    if Cuda::device_count() == 0 {
        skipped("a study on another device: libtorch sees no CUDA device");
        return;
    }
    let grid = Grid::new(3).unwrap();
    let swept = |compute: Compute| {
        let folder = tempfile::tempdir().unwrap();
        let models = small::models(folder.path(), 2).on(compute).unwrap();
        (models.evaluate("id").unwrap(), models.sweep("id", grid).unwrap())
    };
    let cuda = Compute { devices: vec![Device::Cuda(0)], ..Compute::cpu() };
    let ((ends, sweep), (cuda_ends, cuda_sweep)) = (swept(Compute::cpu()), swept(cuda));
    let compare = |what: &str, a: &[f32], b: &[f32]| {
        assert!(a.iter().zip(b).any(|(a, b)| a.to_bits() != b.to_bits()), "{what} ran on the CPU");
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3), "{what}");
    };
    for (a, b) in ends.iter().zip(&cuda_ends) {
        compare(&format!("the end {}", a.model), &a.outcome.losses, &b.outcome.losses);
    }
    let middle = |sweep: &Sweep| sweep.profiles[0].outcomes[1].losses.clone();
    compare("the inside", &middle(&sweep), &middle(&cuda_sweep));
}
