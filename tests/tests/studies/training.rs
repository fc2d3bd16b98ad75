//! Tests the records of training: every update of the copies of a study, and the logs of models from elsewhere.

use std::path::Path;

use lmc::analyses::merging::{MergeCard, MergeFolder};
use lmc::compute::{Compute, Precision};
use lmc::figure;
use lmc::model::Replace;
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Models, Study, StudySpec};
use lmc::table::TrainingColumns;
use lmc::train::Schedule;
use lmc_tests::files::{assert_same, files};

const SEEDS: [u64; 3] = [1, 2, 3];
const N_UPDATES: i64 = 12;

fn spec(recipe: Recipe) -> StudySpec {
    let task = TaskSpec::mini_nli(1).with_n_train(200).with_counterexample_share(0.03);
    let recipe = Recipe { length: Step::Iterations(N_UPDATES as u32), trajectory: vec![0.5, 1.0], ..recipe };
    StudySpec { task, recipe, stack: 2, ..StudySpec::mini_nli(0) }.with_seeds(SEEDS)
}

fn finetune(root: &Path, recipe: Recipe) -> Models {
    Study::open_in(spec(recipe), Store::open(root).unwrap()).unwrap().finetune().unwrap()
}

fn updates(models: &Models) -> TrainingColumns {
    TrainingColumns::read(&models.training().unwrap()).unwrap()
}

#[test]
fn every_update_of_every_copy_is_in_the_table() {
    for recipe in [Recipe::mini(), Recipe::mini_linear_probe()] {
        let root = tempfile::tempdir().unwrap();
        let models = finetune(root.path(), recipe.clone());
        let table = updates(&models);
        let expected = ["s1", "s2", "s3"].map(|name| vec![name; N_UPDATES as usize]).concat();
        assert_eq!(table.model, expected);
        assert_eq!(table.update, (1..=N_UPDATES).cycle().take(3 * N_UPDATES as usize).collect::<Vec<_>>());
        let schedule = Schedule::new(&models.study().spec().recipe, 200);
        for (i, &update) in table.update.iter().enumerate() {
            assert_eq!(table.learning_rate[i], schedule.rate(update as u32 - 1));
            assert!(table.gradient_norm[i].is_some_and(|norm| norm > 0.0));
        }
        // The loss of a model in the table of models is the mean since the last checkpoint but one.
        for (copy, model) in models.models().iter().enumerate() {
            let last = &table.loss[12 * copy + 6..12 * copy + 12];
            let mean = last.iter().sum::<f64>() / 6.0;
            assert!((mean - model.info().unwrap().train_loss).abs() < 1e-12, "{recipe:?}");
        }
        let stages = models.stages().unwrap();
        assert_eq!(updates(&stages[0]).update.len(), 18, "up to the first of two checkpoints");
    }
}

/// In another precision updates are made in the way of a device, whose numbers are read a few updates later.
#[test]
fn the_way_of_a_device_records_the_same_updates() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = updates(&finetune(one.path(), Recipe::mini()));
    let study = Study::open_in(spec(Recipe::mini()), Store::open(other.path()).unwrap()).unwrap();
    let rounded = Compute { training: Precision::BFloat16, ..Compute::cpu() };
    let got = updates(&study.on(rounded).unwrap().finetune().unwrap());
    assert_eq!((&got.model, &got.update), (&expected.model, &expected.update));
    assert_eq!(got.learning_rate, expected.learning_rate);
    for i in 0..got.loss.len() {
        assert!((got.loss[i] - expected.loss[i]).abs() < 0.05, "{i}");
        let [got, expected] = [&got, &expected].map(|table| table.gradient_norm[i].unwrap());
        assert!((got / expected - 1.0).abs() < 0.2, "{i}: {got}, in float32 {expected}");
    }
}

#[test]
fn copies_without_a_record_are_trained_for_it_and_a_damaged_record_is_named() {
    let root = tempfile::tempdir().unwrap();
    let models = finetune(root.path(), Recipe::mini());
    let expected = updates(&models);
    let path = models.study().store().updates_path(models.models()[1].spec().unwrap(), 12).unwrap();
    std::fs::write(&path, "nothing").unwrap();
    let error = models.training().unwrap_err().to_string();
    assert!(error.contains("updates-12it.parquet") && error.contains("delete the file"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let weights = |models: &Models| files(&models.study().store().root().join("runs"));
    let mut before = weights(&models);
    let again = updates(&models);
    assert_eq!(again, expected);
    let mut after = weights(&models);
    for files in [&mut before, &mut after] {
        files.retain(|path, _| !path.to_string_lossy().contains("updates-"));
    }
    assert_same(&after, &before);
    figure::training_curves(&again.frame().unwrap(), None).unwrap();
}

#[test]
fn the_log_of_a_trainer_is_the_record_of_a_model_from_elsewhere() {
    let (root, saved) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let models = finetune(root.path(), Recipe::mini());
    for number in 0..2 {
        let folder = saved.path().join(format!("run{number}"));
        let place = MergeFolder::new(models.study(), &folder, "one copy", Replace::Same).unwrap();
        place.save(&models, &[number], &MergeCard::default()).unwrap();
    }
    let log = r#"{"log_history": [{"step": 5, "loss": 0.7, "learning_rate": 1e-05, "grad_norm": 2.0},
        {"step": 10, "eval_loss": 0.5}, {"step": 10, "loss": 0.6, "learning_rate": 0.0}]}"#;
    std::fs::write(saved.path().join("run1/trainer_state.json"), log).unwrap();
    let words = [saved.path().join("run0"), saved.path().join("run1")];
    let opened = StudySpec::of_models(spec(Recipe::mini()).task, &words).unwrap();
    let opened = Study::open_in(opened, Store::open(root.path()).unwrap()).unwrap().models().unwrap();
    let table = updates(&opened);
    assert_eq!((table.model, table.update), (vec!["run1".to_owned(); 2], vec![5, 10]));
    assert_eq!((table.loss, table.gradient_norm), (vec![0.7, 0.6], vec![Some(2.0), None]));
}
