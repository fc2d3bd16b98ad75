use std::path::Path;

use super::*;
use crate::LmcError;
use crate::data::{Dataset, Example};
use crate::eval::{EvaluationSet, Outcome, evaluate};
use crate::model::Classifier;
use crate::model::fixture::{classifier, examples, weights};
use crate::store::Store;
use crate::weights::Weights;

fn set() -> EvaluationSet {
    let encoded = examples(24, 1);
    let example = |e: &crate::encode::Encoded| Example { first: "x".into(), second: None, label: e.label };
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

fn sweep(root: &Path, models: &[(String, Weights)]) -> crate::Result<Vec<Profile>> {
    let (classifier, set, store) = (classifier(), set(), Store::open(root)?);
    let plan = SweepPlan::new(models.len(), Grid::new(5)?)?;
    execute(&store, &classifier, &set, models, &ends(&classifier, &set, models), &plan)
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
            assert_eq!(profile.outcomes[k], alone);
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
fn a_model_against_itself_is_flat() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let twins = [("one".to_owned(), weights(&classifier, 4)), ("other".to_owned(), weights(&classifier, 4))];
    let profile = sweep(folder.path(), &twins).unwrap().remove(0);
    assert!(profile.outcomes.iter().all(|o| *o == profile.outcomes[0]));
    assert_eq!(profile.distance, 0.0);
}

#[test]
fn finished_pairs_are_read_and_missing_ones_computed() {
    let (folder, classifier) = (tempfile::tempdir().unwrap(), classifier());
    let models = models(&classifier, &[1, 2, 3]);
    let first = sweep(folder.path(), &models).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let path = |a, b| store.profile_path("set-24-5points", a, b);
    // A file that was found is a file that was read: what another hand put there comes back.
    let planted = [1, 2, 3].map(|_| first[2].outcomes[0].clone());
    let points: Vec<(usize, &Outcome)> = (1..4).zip(&planted).collect();
    write_outcomes(&path("m1", "m3"), &points).unwrap();
    std::fs::remove_file(path("m1", "m2")).unwrap();
    let second = sweep(folder.path(), &models).unwrap();
    assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
    assert_eq!(second[1].outcomes[1..4], planted);
    std::fs::write(path("m2", "m3"), b"not Parquet").unwrap();
    let message = sweep(folder.path(), &models).unwrap_err().to_string();
    assert!(message.contains("m2--m3.parquet") && message.contains("delete the file"), "{message}");
}

#[test]
fn a_line_that_diverges_is_named() {
    let (folder, classifier, set) = (tempfile::tempdir().unwrap(), classifier(), set());
    let mut models = models(&classifier, &[1, 2]);
    let ends = ends(&classifier, &set, &models);
    models[1].1 = Weights::new(classifier.layout().clone(), models[1].1.theta() * f64::NAN).unwrap();
    let plan = SweepPlan::new(2, Grid::new(3).unwrap()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let error = execute(&store, &classifier, &set, &models, &ends, &plan).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("line between m1 and m2: alpha 0.5"), "{message}");
    assert!(!store.profile_path("set-24-3points", "m1", "m2").exists());
    let error = execute(&store, &classifier, &set, &models, &ends[..1], &plan).unwrap_err();
    assert!(matches!(error, LmcError::ShapeMismatch { .. }), "{error}");
}
