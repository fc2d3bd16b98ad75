//! Convex combinations of more than two models in a page.

use serde::Serialize;

use super::options::{PageOptions, Shown};
use crate::analyses::convexity::SimplexSample;
use crate::basin::{Basins, Membership};
use crate::error::Result;
use crate::study::Models;

/// The convex combinations on one set: a row for each kind of subset and number of models.
#[derive(Serialize)]
pub(super) struct Simplices {
    set: String,
    n: usize,
    confidence: f64,
    n_resamples: usize,
    rows: Vec<Row>,
}

/// How far the loss lies above the combination of the models' losses, nats per example. An interval has the
/// estimate, its lower and its upper end.
#[derive(Serialize)]
struct Row {
    /// The basin of the models from 0 on; nothing for models across basins.
    basin: Option<usize>,
    n_models: usize,
    n_subsets: usize,
    n_points: usize,
    /// The largest that was sampled.
    largest: f32,
    /// That of the points that are highest on one half of the examples, measured on the other half.
    held_out: [f32; 3],
    mean: [f32; 3],
}

/// Returns the convex combinations on the set in domain: those of the options or, if they have none, the usual
/// ones if the store has all of them.
pub(super) fn simplices(
    models: &Models,
    basins: &Basins,
    options: &PageOptions,
    shown: &Shown,
) -> Result<Option<Simplices>> {
    let set = &shown.lines[0];
    let wanted = options.convexity.clone().unwrap_or_default();
    if options.convexity.is_none() && !models.has_convexity(set, basins, &wanted)? {
        return Ok(None);
    }
    let convexity = models.convexity(set, basins, &wanted)?;
    Ok(Some(Simplices {
        set: set.clone(),
        n: convexity.n_examples,
        confidence: wanted.confidence,
        n_resamples: wanted.n_resamples,
        rows: convexity.samples.iter().map(Row::of).collect(),
    }))
}

impl Row {
    fn of(sample: &SimplexSample) -> Self {
        let estimate = &sample.estimate;
        let interval = |value: f64, (low, high): (f64, f64)| [value, low, high].map(|value| value as f32);
        Self {
            basin: match sample.kind {
                Membership::Within(basin) => Some(basin),
                Membership::Across | Membership::Any => None,
            },
            n_models: sample.n_models(),
            n_subsets: sample.subsets.len(),
            n_points: sample.excess.len(),
            largest: estimate.eps as f32,
            held_out: interval(estimate.eps_held_out, estimate.eps_interval),
            mean: interval(estimate.mean, estimate.mean_interval),
        }
    }
}
