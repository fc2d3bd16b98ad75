//! Running a plan: each pair is a unit that is found in the store or computed and written there.

use tch::Tensor;

use super::plan::SweepPlan;
use super::profile::{Profile, read_outcomes, write_outcomes};
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome, evaluate_mapped};
use crate::interrupt;
use crate::model::Classifier;
use crate::parallel::run_units;
use crate::progress::{Progress, Unit};
use crate::store::Store;
use crate::weights::Weights;

/// The profiles of all pairs of `models` on `set`, in the order of [`SweepPlan::pairs`].
///
/// `ends` are the models' own outcomes on the set. Finished pairs are read from the store, the others computed,
/// several at a time, and written as they are done.
///
/// # Errors
/// The first error of a unit: [`LmcError::NonFiniteLoss`], [`LmcError::Io`], [`LmcError::Format`]; or
/// [`LmcError::Interrupted`]. Finished pairs stay in the store.
pub fn execute(
    store: &Store,
    classifier: &Classifier,
    set: &EvaluationSet,
    models: &[(String, Weights)],
    ends: &[Outcome],
    plan: &SweepPlan,
) -> Result<Vec<Profile>> {
    if models.len() != plan.n_models || ends.len() != plan.n_models {
        return Err(LmcError::ShapeMismatch {
            what: "models and their own evaluations in a sweep".into(),
            got: vec![models.len(), ends.len()],
            expected: vec![plan.n_models; 2],
        });
    }
    let pairs = plan.pairs();
    let key = format!("{}-{}points", set.key, plan.grid.n_points());
    let interior: Vec<usize> = plan.grid.interior().collect();
    let n = set.encoded.len();
    let heading = format!("interpolating {} lines on {}", pairs.len(), set.dataset.name);
    let progress = Progress::new(heading, Unit::Points, (pairs.len() * interior.len()) as u64);
    let names: Vec<&str> = models.iter().map(|(name, _)| name.as_str()).collect();
    let theta = |i: usize| models[i].1.theta().shallow_clone();
    let lines = pairs.iter().map(|&(a, b)| (a, b, theta(a), theta(b))).collect();
    let profiles = run_units(lines, |_, (a, b, theta_a, theta_b)| {
        let (name_a, name_b) = (names[a], names[b]);
        let path = store.profile_path(&key, name_a, name_b);
        let inner = if path.exists() {
            let outcomes = read_outcomes(&path, &interior, n)?;
            progress.found(interior.len() as u64);
            outcomes
        } else {
            let outcomes = along(classifier, set, &theta_a, &theta_b, plan, &progress)
                .map_err(|e| e.of(format!("line between {name_a} and {name_b}")))?;
            let points: Vec<(usize, &Outcome)> = interior.iter().copied().zip(&outcomes).collect();
            write_outcomes(&path, &points)?;
            outcomes
        };
        let outcomes = std::iter::once(ends[b].clone()).chain(inner).chain([ends[a].clone()]).collect();
        Ok(Profile {
            a: name_a.to_owned(),
            b: name_b.to_owned(),
            alphas: (0..plan.grid.n_points()).map(|k| plan.grid.alpha(k)).collect(),
            outcomes,
            distance: (theta_a - theta_b).to_kind(tch::Kind::Double).norm().double_value(&[]),
        })
    });
    interrupt::settle(profiles, |_| {
        let kept = pairs.iter().filter(|&&(a, b)| store.profile_path(&key, names[a], names[b]).exists());
        interrupt::in_store(kept.count() as u64, pairs.len() as u64, "lines")
    })
}

fn along(
    classifier: &Classifier,
    set: &EvaluationSet,
    a: &Tensor,
    b: &Tensor,
    plan: &SweepPlan,
    progress: &Progress,
) -> Result<Vec<Outcome>> {
    let batches = set.batches();
    plan.grid
        .interior()
        .map(|k| {
            let alpha = plan.grid.alpha(k);
            let (theta, map) = (b.lerp(a, alpha), set.label_map.as_ref());
            let outcome = evaluate_mapped(classifier, &theta, &batches, set.encoded.len(), map)
                .map_err(|e| e.of(format!("alpha {alpha}")))?;
            progress.tick(String::new);
            Ok(outcome)
        })
        .collect()
}
