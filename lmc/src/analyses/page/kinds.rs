//! How models do on each kind of example.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::eval::EvaluationSet;
use crate::study::{Evaluation, Study};

/// The right predictions of each model on one kind of example.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Kind {
    set: String,
    kind: String,
    n: usize,
    right: Vec<usize>,
}

/// Returns the kinds of a set's examples: those that its corpus knows, or else their labels. There are none for
/// the sample of another set, nor for a set with one kind only.
pub(super) fn kinds(study: &Study, set: &EvaluationSet, evaluations: &[Evaluation]) -> Vec<Kind> {
    let name = &set.dataset.name;
    let is_sample = name.strip_suffix("-sample").is_some_and(|whole| study.task().set(whole).is_ok());
    let groups = groups(set);
    if is_sample || groups.len() < 2 {
        return Vec::new();
    }
    let right = |evaluation: &Evaluation, examples: &[usize]| {
        examples.iter().filter(|&&i| evaluation.outcome.predictions[i] == evaluation.labels[i]).count()
    };
    let kind = |(kind, examples): (String, Vec<usize>)| Kind {
        set: name.clone(),
        kind,
        n: examples.len(),
        right: evaluations.iter().map(|evaluation| right(evaluation, &examples)).collect(),
    };
    groups.into_iter().map(kind).collect()
}

/// Returns the examples of each kind.
fn groups(set: &EvaluationSet) -> BTreeMap<String, Vec<usize>> {
    let dataset = &set.dataset;
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    match &dataset.kinds {
        Some(kinds) => {
            for (i, kind) in kinds.iter().enumerate() {
                groups.entry(kind.clone()).or_default().push(i);
            }
        }
        None => {
            for (i, label) in set.labels().into_iter().enumerate() {
                let label = usize::try_from(label).ok().and_then(|label| dataset.labels.get(label));
                groups.entry(label.cloned().unwrap_or_default()).or_default().push(i);
            }
        }
    }
    groups
}
