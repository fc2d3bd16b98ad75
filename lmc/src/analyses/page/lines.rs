//! The lines of a sweep as blocks of numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::block::{Block, Blocks};
use crate::analyses::confidence::{Confidence, Interval};
use crate::error::{LmcError, Result};
use crate::eval::Outcome;
use crate::gap::Measure;
use crate::study::{Evaluation, Metric, Sweep};
use crate::sweep::Profile;

/// The quantile of the normal distribution for intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The lines between all pairs on one set: measures of each pair, and losses and metrics of each pair and
/// point, from the second model of the pair to the first.
#[derive(Serialize)]
pub(super) struct Lines {
    set: String,
    n: usize,
    convexity_gap: Block,
    barrier_height: Block,
    auc: Block,
    loss: Block,
    /// Half the width of the 95 % interval of each loss: 1.96 standard errors of its mean over examples.
    half_width: Block,
    metrics: Vec<Along>,
}

/// A metric along the lines.
#[derive(Serialize)]
struct Along {
    name: &'static str,
    /// The number of examples if the block counts right predictions; nothing if it has the metric itself.
    of: Option<usize>,
    block: Block,
}

/// The intervals of the measures of all pairs on one set: the lower and the upper ends.
#[derive(Serialize)]
pub(super) struct Intervals {
    set: String,
    confidence: f64,
    n_resamples: usize,
    convexity_gap: [Block; 2],
    barrier_height: [Block; 2],
    auc: [Block; 2],
}

/// The lines of a sweep in the order of the page: model 0 with 1, 2, ..., then model 1 with 2, ...
pub(super) struct Ordered {
    /// The place of each line in the sweep.
    pub places: Vec<usize>,
    /// The lines, each from its second model to its first.
    pub profiles: Vec<Profile>,
}

impl Ordered {
    /// Returns the lines of a sweep.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] for a sweep that lacks a pair.
    pub fn new(sweep: &Sweep) -> Result<Self> {
        let numbers: BTreeMap<&str, usize> = sweep.models.iter().map(String::as_str).zip(0..).collect();
        let pair = |profile: &Profile| {
            let number = |name: &str| numbers.get(name).copied();
            number(&profile.a).zip(number(&profile.b))
        };
        let n = sweep.models.len();
        let mut places = vec![None; n * n.saturating_sub(1) / 2];
        let mut turned = vec![false; places.len()];
        for (place, profile) in sweep.profiles.iter().enumerate() {
            if let Some((a, b)) = pair(profile).filter(|(a, b)| a != b) {
                let (low, high) = (a.min(b), a.max(b));
                let number = low * (2 * n - low - 1) / 2 + (high - low - 1);
                (places[number], turned[number]) = (Some(place), a > b);
            }
        }
        let lacks = || LmcError::invalid("sweep", "a sweep that lacks a pair", "every pair of models");
        let places: Vec<usize> = places.into_iter().collect::<Option<_>>().ok_or_else(lacks)?;
        let line = |(&place, turned): (&usize, bool)| match turned {
            true => sweep.profiles[place].reversed(),
            false => sweep.profiles[place].clone(),
        };
        let profiles = places.iter().zip(turned).map(line).collect();
        Ok(Self { places, profiles })
    }
}

/// Returns the distances of all pairs.
pub(super) fn distances(profiles: &[Profile], blocks: &mut Blocks) -> Block {
    blocks.reals(profiles.iter().map(|profile| profile.distance))
}

impl Lines {
    /// Returns the lines of a sweep in order, with accuracies and, if it is another, the metric of the score.
    pub fn new(
        sweep: &Sweep,
        profiles: Vec<Profile>,
        n_labels: usize,
        metric: Metric,
        blocks: &mut Blocks,
    ) -> Result<Self> {
        let n = sweep.labels.len();
        let mut measured = |measure| -> Result<Block> {
            let values =
                profiles.iter().map(|profile| profile.measure(measure)).collect::<Result<Vec<f64>>>()?;
            Ok(blocks.reals(values))
        };
        let convexity_gap = measured(Measure::ConvexityGap)?;
        let barrier_height = measured(Measure::BarrierHeight)?;
        let auc = measured(Measure::AreaUnderCurve)?;
        let points = || profiles.iter().flat_map(|profile| &profile.outcomes);
        let loss = blocks.reals(points().map(Outcome::mean_loss));
        let half_width = blocks.rounded(&points().map(half_width).collect::<Vec<_>>());
        let right =
            |outcome: &Outcome| outcome.predictions.iter().zip(&sweep.labels).filter(|(p, l)| p == l).count();
        let accuracy = blocks.counts(&points().map(right).collect::<Vec<_>>(), n);
        let mut metrics = vec![Along { name: Metric::Accuracy.column(), of: Some(n), block: accuracy }];
        if !matches!(metric, Metric::Accuracy | Metric::Loss) {
            let labels = Arc::new(sweep.labels.clone());
            let evaluated = |outcome: Outcome| {
                let (model, dataset) = (String::new(), sweep.dataset.clone());
                Evaluation { model, dataset, outcome, labels: labels.clone(), n_labels }.metric(metric)
            };
            let outcomes = profiles.into_iter().flat_map(|profile| profile.outcomes);
            let values = outcomes.map(evaluated).collect::<Result<Vec<f64>>>()?;
            metrics.push(Along { name: metric.column(), of: None, block: blocks.reals(values) });
        }
        let set = sweep.dataset.clone();
        Ok(Self { set, n, convexity_gap, barrier_height, auc, loss, half_width, metrics })
    }
}

/// Returns half the width of the interval of a mean loss.
fn half_width(outcome: &Outcome) -> f64 {
    let n = outcome.losses.len();
    if n < 2 {
        return 0.0;
    }
    let mean = outcome.mean_loss();
    let squares: f64 = outcome.losses.iter().map(|&loss| (f64::from(loss) - mean).powi(2)).sum();
    Z * (squares / (n - 1) as f64 / n as f64).sqrt()
}

impl Intervals {
    /// Returns the intervals of a sweep, lines in that order.
    pub fn new(confidence: &Confidence, order: &[usize], blocks: &mut Blocks) -> Self {
        let mut ends = |measure| {
            let of = |end: fn(Interval) -> f64| {
                let intervals = order.iter().map(|&line| confidence.lines[line].get(measure));
                intervals.map(|interval| interval.map_or(f64::NAN, end)).collect::<Vec<_>>()
            };
            [blocks.reals(of(|interval| interval.low)), blocks.reals(of(|interval| interval.high))]
        };
        Self {
            set: confidence.dataset.clone(),
            confidence: confidence.options.confidence,
            n_resamples: confidence.options.n_resamples,
            convexity_gap: ends(Measure::ConvexityGap),
            barrier_height: ends(Measure::BarrierHeight),
            auc: ends(Measure::AreaUnderCurve),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::reading::numbers;
    use super::super::html;
    use super::*;

    /// Returns a sweep over models `m0`, `m1`, ... whose losses tell the pair and the point; of every second line
    /// the ends are exchanged.
    fn sweep(n: usize) -> Sweep {
        let models: Vec<String> = (0..n).map(|model| format!("m{model}")).collect();
        let alphas: Vec<f64> = (0..=10).map(|k| f64::from(k) / 10.0).collect();
        let outcome = |a: usize, b: usize, alpha: f64| {
            let loss = (alpha * a as f64 + (1.0 - alpha) * b as f64 + alpha * (1.0 - alpha)) as f32;
            Outcome { losses: vec![loss, loss + 0.5], predictions: vec![1, 0], confidences: vec![0.9, 0.9] }
        };
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let profiles = pairs.map(|(a, b)| {
            let outcomes = alphas.iter().map(|&alpha| outcome(a, b, alpha)).collect();
            let (first, second) = (models[a].clone(), models[b].clone());
            let line = Profile {
                a: first,
                b: second,
                alphas: alphas.clone(),
                outcomes,
                distance: (a * n + b) as f64,
            };
            if (a + b) % 2 == 0 { line } else { line.reversed() }
        });
        let profiles = profiles.collect();
        Sweep { models, dataset: "id".into(), labels: vec![1, 1], profiles, imprecision: 0.0, sample: None }
    }

    fn lines(sweep: &Sweep, blocks: &mut Blocks) -> serde_json::Value {
        let ordered = Ordered::new(sweep).unwrap();
        serde_json::to_value(Lines::new(sweep, ordered.profiles, 2, Metric::Mcc, blocks).unwrap()).unwrap()
    }

    fn read(block: &serde_json::Value, blocks: &Blocks) -> Vec<f64> {
        let (_, text) = blocks.texts().find(|(id, _)| *id == block["id"]).unwrap();
        numbers(block, text)
    }

    #[test]
    fn every_line_goes_from_its_second_model_to_its_first() {
        let (sweep, mut blocks) = (sweep(4), Blocks::default());
        let lines = lines(&sweep, &mut blocks);
        let losses = read(&lines["loss"], &blocks);
        let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        for ((a, b), losses) in pairs.into_iter().zip(losses.chunks(11)) {
            assert!((losses[0] - (f64::from(b) + 0.25)).abs() < 1e-6, "{a} and {b}: {losses:?}");
            assert!((losses[10] - (f64::from(a) + 0.25)).abs() < 1e-6, "{a} and {b}: {losses:?}");
        }
        let gaps = read(&lines["convexity_gap"], &blocks);
        assert!(gaps.iter().all(|gap| (gap - 0.25).abs() < 1e-6), "{gaps:?}");
        let distances = distances(&Ordered::new(&sweep).unwrap().profiles, &mut blocks);
        assert_eq!(read(&serde_json::to_value(distances).unwrap(), &blocks), [1.0, 2.0, 3.0, 6.0, 7.0, 11.0]);
        // One of two predictions is right; the other metric is there beside the counts.
        assert_eq!(
            (&lines["metrics"][0]["name"], &lines["metrics"][0]["of"]),
            (&"accuracy".into(), &2.into())
        );
        assert!(read(&lines["metrics"][0]["block"], &blocks).iter().all(|&right| right == 1.0));
        assert_eq!(lines["metrics"][1]["name"], "mcc");
    }

    #[test]
    fn a_sweep_without_a_pair_is_refused() {
        let mut sweep = sweep(3);
        sweep.profiles.pop();
        let error = Ordered::new(&sweep).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("lacks a pair"), "{error}");
    }

    /// Everything that grows with the square of the models: two sets, intervals of one.
    #[test]
    fn the_lines_of_100_models_leave_the_page_below_5_megabytes() {
        let (sweep, mut blocks) = (sweep(100), Blocks::default());
        let intervals = 6;
        for _ in 0..2 {
            lines(&sweep, &mut blocks);
        }
        for _ in 0..intervals + 1 {
            distances(&sweep.profiles, &mut blocks);
        }
        let n = html::page("", "{}", &blocks).len();
        assert!(n < 4_000_000, "{n} bytes without evaluations");
    }

    #[test]
    fn the_interval_of_a_loss_is_that_of_its_mean() {
        let of =
            |losses: &[f32]| Outcome { losses: losses.to_vec(), predictions: vec![], confidences: vec![] };
        // The variance over examples is 3 / 4.
        let found = half_width(&of(&[1.0, 1.0, 1.0 + 3f32.sqrt(), 1.0]));
        assert!((found - Z * 0.75f64.sqrt() / 2.0).abs() < 1e-6, "{found}");
        assert_eq!(half_width(&of(&[2.0])), 0.0);
    }
}
