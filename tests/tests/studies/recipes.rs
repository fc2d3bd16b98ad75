//! Tests recipes that build on each other: a linear probe, and finetuning from the head that it found.

use std::path::Path;

use lmc::model::Classifier;
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Models, Study, StudySpec};
use lmc::weights::Weights;

const SEEDS: [u64; 3] = [1, 2, 3];

fn short(recipe: Recipe) -> Recipe {
    Recipe { length: Step::Iterations(12), ..recipe }
}

fn finetune(root: &Path, recipe: Recipe) -> Models {
    let task = TaskSpec::mini_nli(1).with_n_train(200).with_counterexample_share(0.03);
    let spec = StudySpec { task, recipe, stack: 2, ..StudySpec::mini_nli(0) }.with_seeds(SEEDS);
    Study::open_in(spec, Store::open(root).unwrap()).unwrap().finetune().unwrap()
}

fn n_runs(root: &Path) -> usize {
    std::fs::read_dir(root.join("runs")).unwrap().count()
}

/// Returns whether all tensors that `select` names have the same bits.
fn same(a: &Weights, b: &Weights, select: impl Fn(&str) -> bool) -> bool {
    let pairs = a.named().into_iter().zip(b.named());
    pairs.filter(|((name, _), _)| select(name)).all(|((_, a), (_, b))| a == b)
}

#[test]
fn a_probe_trains_the_head_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let probed = finetune(root.path(), short(Recipe::linear_probe())).weights().unwrap();
    let root = tempfile::tempdir().unwrap();
    let still = Recipe { learning_rate: 1e-30, ..short(Recipe::linear_probe()) };
    let fresh = finetune(root.path(), still).weights().unwrap();
    for (probed, fresh) in probed.iter().zip(&fresh) {
        assert!(same(probed, fresh, |name| !Classifier::is_head(name)));
        assert!(!same(probed, fresh, Classifier::is_head));
    }
    assert!(!same(&probed[0], &probed[1], Classifier::is_head));
}

#[test]
fn lp_ft_starts_where_the_probe_of_the_same_seed_ended() {
    let root = tempfile::tempdir().unwrap();
    let probe = short(Recipe::linear_probe());
    let after = Some(Box::new(probe.clone()));
    // So small a rate changes no bit.
    let still = Recipe { learning_rate: 1e-30, after: after.clone(), ..short(Recipe::lp_ft()) };
    let started = finetune(root.path(), still).weights().unwrap();
    assert_eq!(n_runs(root.path()), 6);
    // The probe's runs are found, not made again.
    let probed = finetune(root.path(), probe).weights().unwrap();
    assert_eq!(n_runs(root.path()), 6);
    for (started, probed) in started.iter().zip(&probed) {
        assert!(same(started, probed, |_| true));
    }
    let moved = finetune(root.path(), Recipe { after, ..short(Recipe::lp_ft()) }).weights().unwrap();
    assert_eq!(n_runs(root.path()), 9);
    for (moved, probed) in moved.iter().zip(&probed) {
        assert!(!same(moved, probed, |name| !Classifier::is_head(name)));
    }
}

#[test]
fn a_training_set_without_a_whole_batch_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let task = TaskSpec::mini_nli(1).with_n_train(31).with_counterexample_share(0.03);
    let spec = StudySpec { task, recipe: Recipe::google(), ..StudySpec::mini_nli(0) };
    let message = Study::open_in(spec, Store::open(root.path()).unwrap()).unwrap_err().to_string();
    assert!(message.contains("`recipe.batch_size`: got 32, expected at most 31"), "{message}");
}
