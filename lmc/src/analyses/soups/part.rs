//! Part of the examples of a set.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::seq::SliceRandom;

use crate::encode::Encoded;
use crate::error::{LmcError, Result};
use crate::eval::{EvaluationSet, Outcome};
use crate::study::Evaluation;

/// Some examples of a set.
pub(super) struct Part {
    dataset: String,
    examples: Vec<usize>,
    labels: Arc<Vec<i64>>,
    n_labels: usize,
    /// The tokens of the examples.
    texts: BTreeSet<[Vec<i64>; 2]>,
}

impl Part {
    /// Returns a random half of the examples.
    pub fn for_choosing(set: &EvaluationSet, seed: u64) -> Result<Self> {
        let mut order: Vec<usize> = (0..set.encoded.len()).collect();
        order.shuffle(&mut crate::seed::rng(seed, "examples for choosing"));
        order.truncate(set.encoded.len() / 2);
        order.sort_unstable();
        Self::of(set, order)
    }

    /// Returns the examples of a set that are not among others, by their texts.
    pub fn without(set: &EvaluationSet, others: &Self) -> Result<Self> {
        let is_other = |example: usize| others.texts.contains(&text(&set.encoded[example]));
        Self::of(set, (0..set.encoded.len()).filter(|&example| !is_other(example)).collect())
    }

    fn of(set: &EvaluationSet, examples: Vec<usize>) -> Result<Self> {
        let dataset = set.dataset.name.clone();
        if examples.is_empty() {
            let got = format!("`{dataset}` with {} examples", set.encoded.len());
            return Err(LmcError::invalid(
                "evaluation set",
                got,
                "examples to choose by and others to judge by",
            ));
        }
        let labels = examples.iter().map(|&example| set.encoded[example].label).collect();
        let texts = examples.iter().map(|&example| text(&set.encoded[example])).collect();
        let n_labels = set.dataset.labels.len();
        Ok(Self { dataset, examples, labels: Arc::new(labels), n_labels, texts })
    }

    pub fn n_examples(&self) -> usize {
        self.examples.len()
    }

    /// Returns an outcome on the whole set, for these examples alone.
    pub fn evaluation(&self, whole: &Outcome) -> Evaluation {
        let pick =
            |values: &[f32]| self.examples.iter().map(|&example| values[example]).collect::<Vec<f32>>();
        Evaluation {
            model: String::new(),
            dataset: self.dataset.clone(),
            outcome: Outcome {
                losses: pick(&whole.losses),
                predictions: self.examples.iter().map(|&example| whole.predictions[example]).collect(),
                confidences: pick(&whole.confidences),
            },
            labels: self.labels.clone(),
            n_labels: self.n_labels,
        }
    }

    /// Returns the same for each outcome.
    pub fn evaluations(&self, whole: &[Outcome]) -> Vec<Evaluation> {
        whole.iter().map(|outcome| self.evaluation(outcome)).collect()
    }
}

fn text(encoded: &Encoded) -> [Vec<i64>; 2] {
    [encoded.ids.clone(), encoded.segments.clone()]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::data::grammar::tokenizer;
    use crate::data::{Dataset, Example};

    /// A set with one example for each of these texts.
    pub(crate) fn set(name: &str, texts: &[&str]) -> EvaluationSet {
        let examples = texts.iter().enumerate().map(|(i, text)| Example {
            first: (*text).to_owned(),
            second: None,
            label: i as i64 % 2,
        });
        let dataset = Dataset::new(name, &["a", "b"], examples.collect(), None).unwrap();
        EvaluationSet::new(dataset, &tokenizer().unwrap(), 16).unwrap()
    }

    #[test]
    fn what_was_chosen_by_is_not_judged_by() {
        let texts = [
            "doctors slept",
            "judges slept",
            "doctors helped judges",
            "judges helped doctors",
            "doctors slept",
        ];
        let own = set("id", &texts);
        for seed in 0..8 {
            let choosing = Part::for_choosing(&own, seed).unwrap();
            assert_eq!(choosing.n_examples(), 2);
            let rest = Part::without(&own, &choosing).unwrap();
            assert!(rest.texts.is_disjoint(&choosing.texts));
            // The first and the last example are the same text.
            let twin = choosing.examples.contains(&0) != choosing.examples.contains(&4);
            assert_eq!(rest.n_examples(), if twin { 2 } else { 3 });
            assert_eq!(choosing.examples, Part::for_choosing(&own, seed).unwrap().examples);
            let other = set("lo", &["doctors slept", "judges helped judges"]);
            let judged = Part::without(&other, &choosing).unwrap();
            assert_eq!(
                judged.n_examples(),
                if choosing.texts.contains(&text(&own.encoded[0])) { 1 } else { 2 }
            );
        }
        assert!(Part::for_choosing(&set("id", &["doctors slept"]), 0).is_err());
    }

    #[test]
    fn a_part_of_an_outcome_keeps_its_examples_together() {
        let own =
            set("id", &["doctors slept", "judges slept", "doctors helped judges", "judges helped doctors"]);
        let part = Part::for_choosing(&own, 1).unwrap();
        let whole = Outcome {
            losses: vec![0.0, 1.0, 2.0, 3.0],
            predictions: vec![10, 11, 12, 13],
            confidences: vec![0.1, 0.2, 0.3, 0.4],
        };
        let evaluation = part.evaluation(&whole);
        for (i, &example) in part.examples.iter().enumerate() {
            assert_eq!(evaluation.outcome.losses[i], example as f32);
            assert_eq!(evaluation.outcome.predictions[i], 10 + example as i64);
            assert_eq!(evaluation.labels[i], own.encoded[example].label);
        }
    }
}
