//! Finetuning in half precision: the way of a device, taken on the CPU.

use std::rc::Rc;

use lmc::compute::{Compute, Precision};
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc_tests::small;

fn study(root: &std::path::Path, precision: Precision) -> Rc<Study> {
    let spec = StudySpec { stack: 1, ..small::spec(3) };
    let compute = Compute::cpu().with_training(precision);
    Study::open_in(spec, Store::open(root).unwrap()).unwrap().on(compute).unwrap()
}

/// The names of the runs in a store.
fn runs(root: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("runs")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Copies in other precisions have names of their own, are found again, and learn what those in float32 do.
#[test]
fn copies_are_finetuned_in_half_precision_beside_those_in_float32() {
    let folder = tempfile::tempdir().unwrap();
    let losses = |precision| {
        let models = study(folder.path(), precision).finetune().unwrap();
        let evaluations = models.evaluate("id").unwrap();
        evaluations.iter().map(|evaluation| evaluation.outcome.mean_loss()).collect::<Vec<f64>>()
    };
    let float32 = losses(Precision::Float32);
    assert_eq!(runs(folder.path()).len(), 3);
    for (precision, n_runs) in [(Precision::Float16, 6), (Precision::BFloat16, 9)] {
        let half = losses(precision);
        assert_eq!(runs(folder.path()).len(), n_runs);
        for (half, float32) in half.iter().zip(&float32) {
            assert!((half - float32).abs() < 0.1 && half != float32, "{precision}: {half}, {float32}");
        }
        let before = runs(folder.path());
        assert_eq!(losses(precision), half);
        assert_eq!(runs(folder.path()), before);
    }
}
