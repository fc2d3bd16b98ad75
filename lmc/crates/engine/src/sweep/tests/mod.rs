mod cards;

use std::path::Path;
use std::sync::Mutex;

use tch::Tensor;

use super::*;
use crate::store::Store;
use lmc_base::error::LmcError;
use lmc_data::{Dataset, Example};
use lmc_model::compute::{Compute, Precision};
use lmc_model::eval::{EvaluationSet, Outcome, evaluate};
use lmc_model::model::Classifier;
use lmc_model::model::fixture::{classifier, examples, weights};
use lmc_model::path::Combination;
use lmc_model::weights::Weights;

fn set() -> EvaluationSet {
    let encoded = examples(24, 1);
    let example =
        |e: &lmc_model::encode::Encoded| Example { first: "x".into(), second: None, label: e.label };
    let dataset = Dataset::new("set", &["a", "b"], encoded.iter().map(example).collect(), None).unwrap();
    EvaluationSet { dataset, encoded, key: "set-24".into(), label_map: None }
}

fn models(classifier: &Classifier, seeds: &[u64]) -> Vec<(String, Weights)> {
    seeds.iter().map(|&s| (format!("m{s}"), weights(classifier, s))).collect()
}

fn ends(classifier: &Classifier, set: &EvaluationSet, models: &[(String, Weights)]) -> Vec<Outcome> {
    let end = |(_, w): &(String, Weights)| evaluate(classifier, w.theta(), &set.batches(), 24).unwrap();
    models.iter().map(end).collect()
}

/// Runs a plan over models in memory, with the ends that belong to them.
fn run(
    root: &Path,
    models: &[(String, Weights)],
    plan: &SweepPlan,
    compute: &Compute,
) -> lmc_base::error::Result<Vec<Sampled>> {
    run_with_ends(root, models, &ends(&classifier(), &set(), models), plan, compute)
}

fn run_with_ends(
    root: &Path,
    models: &[(String, Weights)],
    ends: &[Outcome],
    plan: &SweepPlan,
    compute: &Compute,
) -> lmc_base::error::Result<Vec<Sampled>> {
    let (classifier, set, store) = (classifier(), set(), Store::open(root)?);
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let thetas: Vec<Mutex<Tensor>> = models.iter().map(|(_, w)| Mutex::new(w.theta().copy())).collect();
    let layout = classifier.layout().clone();
    let load = |model: usize| Weights::new(layout.clone(), thetas[model].lock().unwrap().shallow_clone());
    let (store, classifier, set) = (&store, &classifier, &set);
    execute(&SweepJob { store, classifier, set, models: &names, load: &load, ends, plan, compute })
}

/// Returns the job of a plan between models of those names that nothing loads or evaluates.
fn planned<'a>(
    store: &'a Store,
    (classifier, set): (&'a Classifier, &'a EvaluationSet),
    models: &'a [String],
    plan: &'a SweepPlan,
    compute: &'a Compute,
) -> SweepJob<'a> {
    SweepJob { store, classifier, set, models, load: &|_| unreachable!(), ends: &[], plan, compute }
}

fn sweep(root: &Path, models: &[(String, Weights)]) -> lmc_base::error::Result<Vec<Profile>> {
    let plan = SweepPlan::lines(models.len(), Grid::new(5)?)?;
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let sampled = run(root, models, &plan, &Compute::cpu())?;
    Ok(sampled.into_iter().map(|line| Profile::of(line, &plan, &names)).collect())
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

#[test]
fn ends_are_the_models_and_points_lie_on_the_line() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let models = models(&classifier, &[1, 2, 3]);
    let ends = ends(&classifier, &set, &models);
    let profiles = sweep(folder.path(), &models).unwrap();
    let names: Vec<(&str, &str)> = profiles.iter().map(|p| (p.a.as_str(), p.b.as_str())).collect();
    assert_eq!(names, [("m1", "m2"), ("m1", "m3"), ("m2", "m3")]);
    for (profile, (a, b)) in profiles.iter().zip([(0, 1), (0, 2), (1, 2)]) {
        assert_eq!(profile.alphas, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!((&profile.outcomes[4], &profile.outcomes[0]), (&ends[a], &ends[b]));
        let distance = Weights::distance(&models[a].1, &models[b].1).unwrap();
        assert!((profile.distance - distance).abs() < 1e-5 * distance);
        for (k, alpha) in [(1, 0.25), (2, 0.5), (3, 0.75)] {
            let point = Weights::lerp(&models[a].1, &models[b].1, alpha).unwrap();
            let alone = evaluate(&classifier, point.theta(), &set.batches(), 24).unwrap();
            let difference = |(a, b): (&f32, &f32)| (a - b).abs();
            let pairs = profile.outcomes[k].losses.iter().zip(&alone.losses);
            assert!(pairs.map(difference).all(|difference| difference < 1e-5));
            assert_eq!(profile.outcomes[k].predictions, alone.predictions);
        }
    }
}

#[test]
fn swapping_a_pair_reverses_its_profile() {
    let classifier = classifier();
    let profile = |seeds: &[u64]| {
        let folder = tempfile::tempdir().unwrap();
        sweep(folder.path(), &models(&classifier, seeds)).unwrap().remove(0)
    };
    let (ab, ba) = (profile(&[1, 2]), profile(&[2, 1]));
    let reversed = ba.reversed();
    assert_eq!((&reversed.a, &reversed.b, &reversed.alphas), (&ab.a, &ab.b, &ab.alphas));
    assert!(close(&reversed.losses(), &ab.losses()), "{:?} {:?}", reversed.losses(), ab.losses());
    assert!((reversed.distance - ab.distance).abs() < 1e-6);
    assert_eq!(ab.reversed().reversed(), ab);
}

#[test]
fn a_line_is_found_from_its_other_end() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let profile = |seeds: &[u64]| sweep(folder.path(), &models(&classifier, seeds)).unwrap().remove(0);
    let ab = profile(&[1, 2]);
    assert_eq!(profile(&[2, 1]).reversed(), ab);
    // It is one file, whose numbers come back from either end.
    let file = Store::open(folder.path()).unwrap().sweep_path("set-24-5points", &["m1", "m2"]);
    let planted = |loss: f32| Outcome { losses: vec![loss; 24], ..ab.outcomes[0].clone() };
    let plan = SweepPlan::lines(2, Grid::new(5).unwrap()).unwrap();
    let points: Vec<_> = plan.interior().collect();
    super::unit::write_unit(&file, &points, &[1.5], &[1.0, 2.0, 3.0].map(planted)).unwrap();
    assert!(close(&profile(&[1, 2]).losses()[1..4], &[1.0, 2.0, 3.0]));
    assert!(close(&profile(&[2, 1]).losses()[1..4], &[3.0, 2.0, 1.0]));
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    std::fs::write(&file, b"not Parquet").unwrap();
    let message = sweep(folder.path(), &models(&classifier, &[2, 1])).unwrap_err().to_string();
    assert!(message.contains("m1--m2.parquet") && message.contains("delete the file"), "{message}");
}

#[test]
fn a_model_against_itself_is_flat() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let twins = [("one".to_owned(), weights(&classifier, 4)), ("other".to_owned(), weights(&classifier, 4))];
    let profile = sweep(folder.path(), &twins).unwrap().remove(0);
    // Points are evaluated side by side, which may round otherwise than the model alone.
    let losses = profile.losses();
    assert!(losses.iter().all(|loss| (loss - losses[0]).abs() < 1e-6), "{losses:?}");
    assert_eq!(profile.distance, 0.0);
}

#[test]
fn finished_pairs_are_read_and_missing_ones_computed() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let models = models(&classifier, &[1, 2, 3]);
    let first = sweep(folder.path(), &models).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let path = |a, b| store.sweep_path("set-24-5points", &[a, b]);
    // A file that was found is read: the content that something else put there comes back.
    let planted = [1, 2, 3].map(|_| first[2].outcomes[0].clone());
    let plan = SweepPlan::lines(3, Grid::new(5).unwrap()).unwrap();
    let points: Vec<_> = plan.interior().collect();
    super::unit::write_unit(&path("m1", "m3"), &points, &[1.5], &planted).unwrap();
    std::fs::remove_file(path("m1", "m2")).unwrap();
    let second = sweep(folder.path(), &models).unwrap();
    assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
    assert_eq!((&second[1].outcomes[1..4], second[1].distance), (planted.as_slice(), 1.5));
    std::fs::write(path("m2", "m3"), b"not Parquet").unwrap();
    let message = sweep(folder.path(), &models).unwrap_err().to_string();
    assert!(message.contains("m2--m3.parquet") && message.contains("delete the file"), "{message}");
}

#[test]
fn a_line_that_diverges_is_named() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let mut models = models(&classifier, &[1, 2]);
    let ends = ends(&classifier, &set(), &models);
    models[1].1 = Weights::new(classifier.layout().clone(), models[1].1.theta() * f64::NAN).unwrap();
    let plan = SweepPlan::lines(2, Grid::new(5).unwrap()).unwrap();
    let error = run_with_ends(folder.path(), &models, &ends, &plan, &Compute::cpu()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("between m1 and m2: evaluation: loss is NaN"), "{message}");
    let store = Store::open(folder.path()).unwrap();
    assert!(!store.sweep_path("set-24-5points", &["m1", "m2"]).exists());
}

#[test]
fn every_model_needs_its_own_evaluation() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let models = models(&classifier, &[1, 2]);
    let plan = SweepPlan::lines(2, Grid::TENTHS).unwrap();
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let job = SweepJob {
        store: &Store::open(folder.path()).unwrap(),
        classifier: &classifier,
        set: &set,
        models: &names,
        load: &|_| unreachable!(),
        ends: &ends(&classifier, &set, &models)[..1],
        plan: &plan,
        compute: &Compute::cpu(),
    };
    assert!(matches!(execute(&job), Err(LmcError::ShapeMismatch { .. })));
}

#[test]
fn one_unit_is_not_several() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let said = |n_models: usize, plan: SweepPlan| {
        let names: Vec<String> = (0..n_models).map(|model| format!("m{model}")).collect();
        let store = Store::open(folder.path()).unwrap();
        planned(&store, (&classifier, &set), &names, &plan, &Compute::cpu()).heading()
    };
    let [one, three] = [2, 3].map(|n| said(n, SweepPlan::lines(n, Grid::TENTHS).unwrap()));
    let points = vec![Combination::in_plane(0.5, 0.25)];
    let plane = said(3, SweepPlan::new(3, vec![vec![0, 1, 2]], points).unwrap());
    let name = &set.dataset.name;
    assert_eq!(one, format!("interpolating 1 line on {name}"));
    assert_eq!(three, format!("interpolating 3 lines on {name}"));
    assert_eq!(plane, format!("interpolating 1 unit on {name}"));
}

#[test]
fn any_points_between_any_models_are_evaluated() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let models = models(&classifier, &[1, 2, 3, 4]);
    let points = vec![
        Combination::in_plane(0.0, 0.0),
        Combination::in_plane(0.5, 0.25),
        Combination::in_plane(1.0, 1.0),
        Combination::in_plane(0.0, 1.0),
    ];
    let plan = SweepPlan::new(4, vec![vec![0, 1, 2], vec![3, 1, 0]], points.clone()).unwrap();
    let sampled = run(folder.path(), &models, &plan, &Compute::cpu()).unwrap();
    for unit in &sampled {
        let controls: Vec<&Weights> = unit.models.iter().map(|&model| &models[model].1).collect();
        for ((point, outcome), k) in points.iter().zip(&unit.outcomes).zip(0..) {
            let weighted = controls.iter().zip(point.weights()).map(|(control, &w)| control.theta() * w);
            let theta = weighted.reduce(|a, b| a + b).unwrap();
            let alone = evaluate(&classifier, &theta, &set.batches(), 24).unwrap();
            let worst = alone.losses.iter().zip(&outcome.losses).map(|(a, b)| (a - b).abs());
            assert!(worst.fold(0.0, f32::max) < 1e-4, "point {k} of {:?}", unit.models);
        }
        let expected = Weights::distance(controls[1], controls[2]).unwrap();
        assert!((unit.distances[2] - expected).abs() < 1e-5 * expected);
    }
}

/// Weights are loaded again when they do not fit; results are the same to the last bit.
#[test]
fn room_for_two_models_is_room_enough() {
    let classifier = classifier();
    let models = models(&classifier, &[1, 2, 3, 4, 5]);
    let plan = SweepPlan::lines(5, Grid::new(4).unwrap()).unwrap();
    let with = |host_memory| {
        let folder = tempfile::tempdir().unwrap();
        let compute = Compute { host_memory, ..Compute::cpu() };
        run(folder.path(), &models, &plan, &compute).unwrap()
    };
    let bytes = 4 * classifier.layout().n_parameters() as u64;
    assert_eq!(with(2 * bytes), with(100 * bytes));
    assert_eq!(with(0), with(100 * bytes));
}

#[test]
fn a_precision_that_changes_results_is_refused() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let models = models(&classifier, &[1, 2, 3]);
    let plan = SweepPlan::lines(3, Grid::new(4).unwrap()).unwrap();
    let exact = run(folder.path(), &models, &plan, &Compute::cpu()).unwrap();
    let rounded = Compute { tolerance: 1.0, ..Compute::cpu().with_precision(Precision::BFloat16) };
    let sampled = run(folder.path(), &models, &plan, &rounded).unwrap();
    assert_ne!(exact, sampled);
    for (exact, rounded) in exact.iter().zip(&sampled) {
        for (a, b) in exact.outcomes.iter().zip(&rounded.outcomes) {
            assert!((a.mean_loss() - b.mean_loss()).abs() < 0.1, "{a:?} {b:?}");
        }
    }
    // Units that are in the store are held against the tolerance of whoever asks for them.
    let strict = Compute { tolerance: 1e-9, ..rounded.clone() };
    let empty = tempfile::tempdir().unwrap();
    for place in [folder.path(), empty.path()] {
        let error = run(place, &models, &plan, &strict).unwrap_err();
        assert!(matches!(error, LmcError::Imprecise { .. }), "{error}");
        assert!(error.to_string().starts_with("bf16: a loss is off by"), "{error}");
    }
    assert_eq!(run(folder.path(), &models, &plan, &rounded).unwrap(), sampled);
}

/// A unit that was filled in without the models' own outcomes equals the result of a sweep.
#[test]
fn a_store_is_filled_without_results() {
    let (classifier, set) = (classifier(), set());
    let models = models(&classifier, &[1, 2, 3]);
    let plan = SweepPlan::lines(3, Grid::new(4).unwrap()).unwrap();
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let thetas: Vec<Mutex<Tensor>> = models.iter().map(|(_, w)| Mutex::new(w.theta().copy())).collect();
    let layout = classifier.layout().clone();
    let load = |model: usize| Weights::new(layout.clone(), thetas[model].lock().unwrap().shallow_clone());
    for precision in [Precision::Float32, Precision::Float16, Precision::BFloat16] {
        let (direct, filled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let compute = &Compute { tolerance: 1.0, ..Compute::cpu().with_precision(precision) };
        let expected = run(direct.path(), &models, &plan, compute).unwrap();
        let store = &Store::open(filled.path()).unwrap();
        let (classifier, set) = (&classifier, &set);
        let job = |names| SweepJob {
            store,
            classifier,
            set,
            models: names,
            load: &load,
            ends: &[],
            plan: &plan,
            compute,
        };
        assert_eq!(job(&names).missing(), [0, 1, 2]);
        fill(&job(&names)).unwrap();
        assert!(job(&names).missing().is_empty());
        assert!(matches!(fill(&job(&names[1..])), Err(LmcError::ShapeMismatch { .. })));
        assert!(matches!(execute(&job(&names)), Err(LmcError::ShapeMismatch { .. })));
        assert_eq!(run(filled.path(), &models, &plan, compute).unwrap(), expected);
        let imprecision = job(&names).imprecision();
        assert_eq!(imprecision.is_some_and(|found| found > 0.0), precision != Precision::Float32);
    }
}

#[test]
fn the_cost_is_that_of_what_is_missing() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let models = models(&classifier, &[1, 2, 3]);
    let plan = SweepPlan::lines(3, Grid::new(5).unwrap()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let compute = Compute::cpu();
    let job = planned(&store, (&classifier, &set), &names, &plan, &compute);
    let cost = job.cost().unwrap();
    assert_eq!((cost.n_points, cost.n_examples), (9, 24));
    // Two layers of width 8 and 16, attention and a pooler, by hand for the tokens of the set.
    let (mut tokens, mut squares) = (0.0, 0.0);
    for example in &set.encoded {
        tokens += example.ids.len() as f64;
        squares += (example.ids.len() * example.ids.len()) as f64;
    }
    let first = 2.0 * (tokens * (4.0 * 64.0 + 2.0 * 128.0) + 2.0 * squares * 8.0);
    let last = 2.0 * (tokens * 2.0 * 64.0 + 24.0 * (2.0 * 64.0 + 2.0 * 128.0) + 2.0 * tokens * 8.0);
    let expected = 9.0 * (first + last + 24.0 * 2.0 * 64.0);
    assert!((cost.flop - expected).abs() < 1.0, "{} {expected}", cost.flop);
    assert!(cost.flop_per_second > 0.0 && cost.seconds() > 0.0);
    assert_eq!(cost.bytes_read, 3.0 * 4.0 * classifier.layout().n_parameters() as f64);
    run(folder.path(), &models, &plan, &Compute::cpu()).unwrap();
    assert_eq!(job.cost().unwrap().n_points, 0);
}
