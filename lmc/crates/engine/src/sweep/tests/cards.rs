//! Several devices side by side; two CPUs stand for two cards.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tch::Device;

use super::*;

/// Returns two devices with a worker each.
fn two_cards() -> Compute {
    Compute { devices: vec![Device::Cpu; 2], ..Compute::cpu() }
}

/// Runs a plan of the units [0, 1] and [2, 3]; `load` is called before each model is loaded.
fn run_pairs(
    root: &Path,
    compute: &Compute,
    load: &(dyn Fn(usize) -> lmc_base::error::Result<()> + Sync),
) -> (lmc_base::error::Result<Vec<Sampled>>, Vec<usize>) {
    let (classifier, set, store) = (classifier(), set(), Store::open(root).unwrap());
    let models = models(&classifier, &[1, 2, 3, 4]);
    let plan = SweepPlan::lines_between(4, &[[0, 1], [2, 3]], Grid::new(4).unwrap()).unwrap();
    let names: Vec<String> = models.iter().map(|(name, _)| name.clone()).collect();
    let thetas: Vec<Mutex<Tensor>> = models.iter().map(|(_, w)| Mutex::new(w.theta().copy())).collect();
    let layout = classifier.layout().clone();
    let load = |model: usize| {
        load(model)?;
        Weights::new(layout.clone(), thetas[model].lock().unwrap().shallow_clone())
    };
    let ends = ends(&classifier, &set, &models);
    let job = SweepJob {
        store: &store,
        classifier: &classifier,
        set: &set,
        models: &names,
        load: &load,
        ends: &ends,
        plan: &plan,
        compute,
    };
    (execute(&job), job.missing())
}

/// Returns once both units are in work: no worker does them one after the other.
fn both_begun(begun: &AtomicUsize, model: usize) {
    if ![0, 2].contains(&model) {
        return;
    }
    begun.fetch_add(1, Ordering::Relaxed);
    let start = Instant::now();
    while begun.load(Ordering::Relaxed) < 2 {
        assert!(start.elapsed() < Duration::from_secs(60), "one worker has both units");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn both_cards_get_units_and_give_the_bits_of_one() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (alone, _) = run_pairs(one.path(), &Compute::cpu(), &|_| Ok(()));
    let begun = AtomicUsize::new(0);
    let (shared, _) = run_pairs(two.path(), &two_cards(), &|model| {
        both_begun(&begun, model);
        Ok(())
    });
    assert_eq!(shared.unwrap(), alone.unwrap());
    assert_eq!(begun.into_inner(), 2);
}

#[test]
fn an_error_on_one_card_costs_its_unit() {
    let folder = tempfile::tempdir().unwrap();
    let begun = AtomicUsize::new(0);
    let (result, missing) = run_pairs(folder.path(), &two_cards(), &|model| {
        both_begun(&begun, model);
        if model == 3 { Err(LmcError::Figure("the card is lost".into())) } else { Ok(()) }
    });
    assert_eq!(result.unwrap_err().to_string(), "figure: the card is lost");
    assert_eq!(missing, [1]);
    let (again, missing) = run_pairs(folder.path(), &two_cards(), &|model| {
        assert!(model > 1, "the finished unit was computed again");
        Ok(())
    });
    assert_eq!((again.unwrap().len(), missing.len()), (2, 0));
}
