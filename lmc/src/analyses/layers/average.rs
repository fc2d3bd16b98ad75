//! The average of two models in one part, beside its ends.

use crate::analyses::excess::excess;
use crate::eval::Outcome;

/// The average of two models in some of their parts; all other parts are those of the first model.
#[derive(Debug, Clone)]
pub struct LayerAverage {
    /// The numbers of the models; the first keeps its other parts.
    pub models: [usize; 2],
    /// The number of the part.
    pub part: usize,
    /// The Euclidean distance of the two models over the parameters that are averaged.
    pub distance: f64,
    /// The mean loss of the first model, in nats per example.
    pub loss: f64,
    /// The mean loss of the first model with the second model's parts.
    pub loss_swapped: f64,
    /// The mean loss of the average.
    pub loss_average: f64,
    /// The loss of every example by the average less the mean of that at the two ends, in nats.
    pub excess: Vec<f64>,
}

impl LayerAverage {
    /// Makes the result; `ends` are the first model, and the same with the second model's parts.
    pub(super) fn new(
        models: [usize; 2],
        part: usize,
        distance: f64,
        ends: [&Outcome; 2],
        average: &Outcome,
    ) -> Self {
        let [own, swapped] = ends;
        Self {
            models,
            part,
            distance,
            loss: own.mean_loss(),
            loss_swapped: swapped.mean_loss(),
            loss_average: average.mean_loss(),
            excess: excess(average, &ends),
        }
    }

    /// Returns the mean excess, in nats per example.
    pub fn mean_excess(&self) -> f64 {
        self.excess.iter().sum::<f64>() / self.excess.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excess_is_that_above_both_ends() {
        let outcome = |losses: [f32; 2]| Outcome {
            losses: losses.to_vec(),
            predictions: vec![0; 2],
            confidences: vec![0.5; 2],
        };
        let (a, b, average) = (outcome([1.0, 2.0]), outcome([3.0, 2.0]), outcome([2.5, 1.0]));
        let result = LayerAverage::new([0, 1], 2, 0.5, [&a, &b], &average);
        assert_eq!(result.excess, [0.5, -1.0]);
        assert_eq!(result.mean_excess(), -0.25);
        assert_eq!((result.loss, result.loss_swapped, result.loss_average), (1.5, 2.5, 1.75));
    }
}
