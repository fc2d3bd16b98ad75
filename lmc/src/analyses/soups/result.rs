//! One choice of copies on one set: the soup, the ensemble and the copies themselves.

use crate::analyses::excess::excess;
use crate::analyses::soups::{Choice, Part};
use crate::error::Result;
use crate::eval::Outcome;
use crate::stats::mean;
use crate::study::{Evaluation, Metric, metrics};

/// The result of a choice of copies on the examples of a set that were not used in choosing.
#[derive(Debug, Clone)]
pub struct SoupResult {
    /// The copies.
    pub choice: Choice,
    /// The average of their weights.
    pub soup: Evaluation,
    /// The average of their logits.
    pub ensemble: Evaluation,
    /// The mean of each metric over the copies, in the order of [`Metric::ALL`].
    pub singles: [f64; Metric::ALL.len()],
    /// The loss of every example by the soup less the mean of that by the copies, in nats.
    pub excess: Vec<f64>,
    /// The same excess for the ensemble.
    pub ensemble_excess: Vec<f64>,
}

impl SoupResult {
    /// Makes the result from outcomes on the whole set; `ends` are those of all copies.
    pub(super) fn new(
        choice: &Choice,
        part: &Part,
        ends: &[Outcome],
        soup: &Outcome,
        ensemble: &Outcome,
    ) -> Result<Self> {
        let members: Vec<Evaluation> =
            choice.models.iter().map(|&model| part.evaluation(&ends[model])).collect();
        let mut singles = [0.0; Metric::ALL.len()];
        for (single, metric) in singles.iter_mut().zip(Metric::ALL) {
            *single = mean(&metrics(&members, metric)?)?;
        }
        let outcomes: Vec<&Outcome> = members.iter().map(|member| &member.outcome).collect();
        let (soup, ensemble) = (part.evaluation(soup), part.evaluation(ensemble));
        let [excess, ensemble_excess] = [&soup, &ensemble].map(|made| excess(&made.outcome, &outcomes));
        Ok(Self { choice: choice.clone(), soup, ensemble, singles, excess, ensemble_excess })
    }

    /// Returns the evaluation set's name.
    pub fn dataset(&self) -> &str {
        &self.soup.dataset
    }

    /// Returns the mean of one metric over the copies.
    pub fn single(&self, metric: Metric) -> f64 {
        let known = Metric::ALL.iter().zip(self.singles).find(|(other, _)| **other == metric);
        known.map_or(f64::NAN, |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyses::soups::part::tests::set;

    #[test]
    fn excesses_are_over_the_mean_of_the_ingredients() {
        let own = set("lo", &["doctors slept", "judges slept", "doctors helped judges"]);
        let chosen_by = set("id", &["doctors helped doctors", "judges helped judges"]);
        let choosing = Part::for_choosing(&chosen_by, 0).unwrap();
        let part = Part::without(&own, &choosing).unwrap();
        let outcome = |losses: [f32; 3], predictions: [i64; 3]| Outcome {
            losses: losses.to_vec(),
            predictions: predictions.to_vec(),
            confidences: vec![0.75; 3],
        };
        let ends = [
            outcome([1.0, 2.0, 3.0], [0, 1, 0]),
            outcome([9.0; 3], [0; 3]),
            outcome([2.0, 2.0, 1.0], [0, 0, 1]),
        ];
        let choice = Choice { kind: "across".into(), models: vec![0, 2] };
        let soup = outcome([2.0, 2.0, 2.0], [0, 1, 1]);
        let ensemble = outcome([1.0, 1.0, 1.0], [0, 1, 0]);
        let result = SoupResult::new(&choice, &part, &ends, &soup, &ensemble).unwrap();
        assert_eq!(result.excess, [0.5, 0.0, 0.0]);
        assert_eq!(result.ensemble_excess, [-0.5, -1.0, -1.0]);
        // The labels are 0, 1, 0: the copies have 3 and 1 right.
        assert!((result.single(Metric::Accuracy) - 2.0 / 3.0).abs() < 1e-12);
        assert!((result.single(Metric::Loss) - 11.0 / 6.0).abs() < 1e-12);
        assert_eq!(result.soup.metric(Metric::Accuracy).unwrap(), 2.0 / 3.0);
        assert_eq!((result.ensemble.metric(Metric::Accuracy).unwrap(), result.dataset()), (1.0, "lo"));
    }
}
