//! One merged model on one set, beside its ingredients.

use crate::analyses::excess::excess;
use crate::error::Result;
use crate::eval::Outcome;
use crate::merge::MergeMethod;
use crate::stats::mean;
use crate::study::{Evaluation, Metric};

/// The result of one method for some models on one set.
#[derive(Debug, Clone)]
pub struct MergeResult {
    /// The method.
    pub method: MergeMethod,
    /// Where the models come from: "within 1", "within 2" or "across".
    pub kind: String,
    /// The numbers of the models.
    pub ingredients: Vec<usize>,
    /// The largest convexity gap between two of them, in nats per example.
    pub gap: f64,
    /// The merged model.
    pub merged: Evaluation,
    /// The mean of the models' scores.
    pub mean_score: f64,
    /// The best of the models' scores.
    pub best_score: f64,
    /// The loss of every example by the merged model less the mean of that by the models, in nats.
    pub excess: Vec<f64>,
}

impl MergeResult {
    /// Makes the result; `members` are the evaluations of the ingredients.
    pub(super) fn new(
        method: MergeMethod,
        kind: String,
        ingredients: Vec<usize>,
        gap: f64,
        merged: Evaluation,
        members: &[&Evaluation],
        metric: Metric,
    ) -> Result<Self> {
        let scores = members.iter().map(|member| member.metric(metric)).collect::<Result<Vec<f64>>>()?;
        let better = |a: f64, b: f64| if metric.larger_is_better() { a.max(b) } else { a.min(b) };
        let best_score = scores.iter().copied().reduce(better).unwrap_or(f64::NAN);
        let losses: Vec<&Outcome> = members.iter().map(|member| &member.outcome).collect();
        let excess = excess(&merged.outcome, &losses);
        Ok(Self { method, kind, ingredients, gap, merged, mean_score: mean(&scores)?, best_score, excess })
    }

    /// Returns the evaluation set's name.
    pub fn dataset(&self) -> &str {
        &self.merged.dataset
    }

    /// Returns the mean excess loss.
    pub fn mean_excess(&self) -> f64 {
        self.excess.iter().sum::<f64>() / self.excess.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn evaluation(losses: [f32; 3], predictions: [i64; 3]) -> Evaluation {
        let (losses, predictions) = (losses.to_vec(), predictions.to_vec());
        let outcome = Outcome { losses, predictions, confidences: vec![0.75; 3] };
        let (model, dataset) = ("m".to_owned(), "lo".to_owned());
        Evaluation { model, dataset, outcome, labels: Arc::new(vec![0, 1, 0]), n_labels: 2 }
    }

    #[test]
    fn a_merge_is_judged_beside_its_ingredients() {
        let (a, b) = (evaluation([1.0, 2.0, 3.0], [0, 1, 1]), evaluation([2.0, 2.0, 1.0], [1, 1, 1]));
        let merged = evaluation([2.0, 2.0, 2.5], [0, 1, 0]);
        let made = |metric| {
            let merged = merged.clone();
            MergeResult::new(
                MergeMethod::linear(),
                "across".into(),
                vec![0, 3],
                0.1,
                merged,
                &[&a, &b],
                metric,
            )
        };
        let result = made(Metric::Accuracy).unwrap();
        assert_eq!(result.excess, [0.5, 0.0, 0.5]);
        assert!((result.mean_excess() - 1.0 / 3.0).abs() < 1e-12);
        assert!((result.mean_score - 0.5).abs() < 1e-12 && (result.best_score - 2.0 / 3.0).abs() < 1e-12);
        // Of losses the smallest is best.
        assert!((made(Metric::Loss).unwrap().best_score - 5.0 / 3.0).abs() < 1e-12);
    }
}
