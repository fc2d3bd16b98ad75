//! Compares linear assignment with scipy (`golden/generate_assignment.py`), and aligns the copies of a study.

use std::path::Path;

use lmc::LmcError;
use lmc::align::{assignment, shuffled, weight_matching};
use lmc::analyses::alignment::{AlignBy, AlignOptions};
use lmc::encode::Batch;
use lmc::gap::Measure;
use lmc::model::Dropout;
use lmc::sweep::{Grid, Profile};
use lmc::table::{ALIGNMENT, AlignmentColumns, Table};
use lmc::tch::{Kind, Tensor};
use lmc::weights::{Parameters, Weights};
use lmc_tests::small;
use ndarray::Array2;
use serde_json::Value;

#[test]
fn assignments_are_as_good_as_scipys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/assignment.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 35);
    for case in cases {
        let rows: Vec<Vec<f64>> = serde_json::from_value(case["values"].clone()).unwrap();
        let n = rows.len();
        let values = Array2::from_shape_vec((n, n), rows.concat()).unwrap();
        let columns = assignment(&values.view()).unwrap();
        let sum: f64 = columns.iter().enumerate().map(|(row, &column)| values[[row, column]]).sum();
        let expected = case["sum"].as_f64().unwrap();
        assert!((sum - expected).abs() < 1e-9, "{} of {n}: {sum} instead of {expected}", case["kind"]);
        if let Some(best) = case.get("columns") {
            assert_eq!(serde_json::to_value(&columns).unwrap(), *best, "{} of {n}", case["kind"]);
        }
    }
}

#[test]
fn a_copy_in_another_order_is_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let task = models.study().task();
    let (config, set) = (task.classifier.config(), task.set("id").unwrap());
    let copy = models.weights_of(&models.models()[0]).unwrap();
    let other = shuffled(config, &copy, 1).unwrap();
    // The comparison is in float64, so that nothing but the function is compared.
    let logits = |weights: &Weights| {
        let p =
            Parameters::views(&weights.theta().to_kind(Kind::Double).unsqueeze(0), weights.layout()).unwrap();
        let of = |batch: &Batch| {
            task.classifier.packed_logits(&p, &batch.tokens, &Dropout::NONE).unwrap().squeeze_dim(0)
        };
        Tensor::cat(&set.batches().iter().map(of).collect::<Vec<_>>(), 0)
    };
    let (as_it_was, in_other_order) = (logits(&copy), logits(&other));
    assert_eq!(as_it_was.size(), [512, 2]);
    assert!((&as_it_was - &in_other_order).abs().max().double_value(&[]) < 1e-9);
    assert!(as_it_was.std(true).double_value(&[]) > 0.1);
    let alignment = weight_matching(config, &copy, &other).unwrap();
    assert_eq!(alignment.apply(&other).unwrap().theta(), copy.theta());
}

#[test]
fn lines_to_a_copy_in_another_order_are_those_to_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    let grid = Grid::new(5).unwrap();
    let expected = models.sweep("id", grid).unwrap();
    let unmoved = models.sweep_aligned(&expected).unwrap();
    ALIGNMENT.check(&unmoved.table().unwrap()).unwrap();
    for ((alignment, before), after) in
        unmoved.alignments.iter().zip(&unmoved.before.profiles).zip(&unmoved.after.profiles)
    {
        assert!(alignment.is_identity(), "{alignment:?}");
        assert_eq!(before, after);
    }

    // The second copy has its units in another order, in a store without evaluations and sweeps.
    for results in ["evaluations", "sweeps"] {
        std::fs::remove_dir_all(folder.path().join(results)).unwrap();
    }
    let second = &models.models()[1];
    let weights = models.weights_of(second).unwrap();
    let other = shuffled(models.study().task().classifier.config(), &weights, 1).unwrap();
    models.study().store().save_checkpoint(second.spec().unwrap(), &other, second.info().unwrap()).unwrap();
    let bent = models.sweep("id", grid).unwrap();
    let aligned = models.sweep_aligned(&bent).unwrap();
    for (line, expected) in expected.profiles.iter().enumerate() {
        let moves = line != 1;
        assert_eq!(aligned.alignments[line].is_identity(), !moves, "{expected:?}");
        let (before, after) = (&aligned.before.profiles[line], &aligned.after.profiles[line]);
        assert_eq!(before.distance > expected.distance + 1.0, moves);
        assert!((after.distance - expected.distance).abs() < 1e-9 * expected.distance);
        for (a, b) in after.losses().into_iter().zip(expected.losses()) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }
    let gaps = aligned.after.matrix(Measure::ConvexityGap).unwrap();
    let difference = &gaps.values - &expected.matrix(Measure::ConvexityGap).unwrap().values;
    assert!(difference.iter().all(|difference| difference.abs() < 1e-6));
    // Earlier evaluations are found again.
    let again = models.sweep_aligned(&bent).unwrap();
    assert_eq!(
        (again.after.profiles, &again.alignments),
        (aligned.after.profiles.clone(), &aligned.alignments)
    );

    let mut refined = bent.clone();
    refined.profiles[2] = models.refine(&bent).unwrap().profiles[2].clone();
    let error = models.sweep_aligned(&refined).unwrap_err();
    assert!(matches!(error, LmcError::InvalidParameter { field: "sweep", .. }), "{error}");
    let mut foreign = bent;
    foreign.profiles[0].a = "s9".into();
    let error = models.sweep_aligned(&foreign).unwrap_err().to_string();
    assert!(error.contains("model s9"), "{error}");
    assert!(models.align(0, 3).unwrap_err().to_string().contains("below 3"));
}

#[test]
fn activations_and_repair_have_rows_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let models = small::models(folder.path(), 3);
    // The second copy has its units in another order.
    let second = &models.models()[1];
    let weights = models.weights_of(second).unwrap();
    let other = shuffled(models.study().task().classifier.config(), &weights, 1).unwrap();
    models.study().store().save_checkpoint(second.spec().unwrap(), &other, second.info().unwrap()).unwrap();
    let sweep = models.sweep("id", Grid::new(5).unwrap()).unwrap();
    let usual = AlignOptions { n_texts: 64, ..AlignOptions::default() };
    let by_activations = AlignOptions { by: AlignBy::Activations, repair: true, ..usual.clone() };
    let aligned = models.sweep_aligned_by(&sweep, &by_activations).unwrap();
    let gap = |profile: &Profile| profile.measure(Measure::ConvexityGap).unwrap();
    let repaired = aligned.repaired.as_ref().unwrap();
    for line in [0, 2] {
        // Lines to the second copy.
        let (before, after) = (&aligned.before.profiles[line], &aligned.after.profiles[line]);
        assert!(after.distance < before.distance && gap(after) < gap(before));
        assert!(aligned.alignments[line].moved().neurons > 0);
        let inner = &repaired.profiles[line];
        assert_eq!((&inner.outcomes[0], &inner.outcomes[4]), (&before.outcomes[0], &before.outcomes[4]));
        assert_ne!(inner.outcomes[2], after.outcomes[2]);
    }
    let table = aligned.table().unwrap();
    assert_eq!(AlignmentColumns::by(&table).unwrap(), ["activations"; 3]);
    assert_eq!(AlignmentColumns::n_stream_units(&table).unwrap(), [0; 3]);
    assert!(AlignmentColumns::convexity_gap_repaired(&table).unwrap().iter().all(Option::is_some));
    // Repaired points are found again, and are others with other texts.
    let again = models.sweep_aligned_by(&sweep, &by_activations).unwrap();
    assert_eq!(again.repaired.unwrap().profiles, repaired.profiles);
    let nothing = AlignOptions { by: AlignBy::Nothing, ..by_activations };
    let alone = models.sweep_aligned_by(&sweep, &nothing).unwrap();
    assert_eq!(alone.after.profiles, sweep.profiles);
    assert_ne!(alone.repaired.unwrap().profiles[0].outcomes[2], sweep.profiles[0].outcomes[2]);
    // With the stream, nothing is lost.
    let stream = AlignOptions { stream: true, ..usual };
    let streamed = models.sweep_aligned_by(&sweep, &stream).unwrap();
    let plain = models.sweep_aligned(&sweep).unwrap();
    for (with, without) in streamed.after.profiles.iter().zip(&plain.after.profiles) {
        assert!(with.distance <= without.distance + 1e-9);
    }
    assert!(streamed.table().unwrap().column("n_stream_units").unwrap().i64().unwrap().get(0) > Some(0));
}
