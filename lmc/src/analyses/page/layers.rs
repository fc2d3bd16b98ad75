//! The averages in some layers alone in a page.

use serde::Serialize;

use super::options::{PageOptions, Shown};
use crate::analyses::layers::LayerKindColumns;
use crate::basin::Basins;
use crate::error::Result;
use crate::study::Models;

/// The averages on one set: a row for each part and kind of pair.
#[derive(Serialize)]
pub(super) struct LayersOn {
    set: String,
    /// The parts that are averaged together: "alone", "up-to" or "from".
    moving: String,
    confidence: f64,
    n_resamples: usize,
    /// The names of the parts, from the texts to the logits.
    parts: Vec<String>,
    rows: Vec<Row>,
}

/// The mean over the averages of one kind in one part, nats per example.
#[derive(Serialize)]
struct Row {
    part: String,
    kind: String,
    /// The number of averages.
    n: i64,
    distance: f32,
    excess: f32,
    low: f32,
    high: f32,
}

/// Returns the averages on the set in domain and on that of the score: those of the options or, if they have
/// none, the usual ones on the sets of which the store has all.
pub(super) fn layers(
    models: &Models,
    basins: &Basins,
    options: &PageOptions,
    shown: &Shown,
) -> Result<Vec<LayersOn>> {
    let wanted = options.layers.clone().unwrap_or_default();
    let mut sets = vec![&shown.lines[0], &shown.scored];
    sets.dedup();
    let mut found = Vec::new();
    for set in sets {
        if options.layers.is_none() && !models.has_layers(set, &wanted)? {
            continue;
        }
        let layers = models.layers(set, &wanted)?;
        let kinds = layers.kinds(basins)?;
        let (parts, names) = (LayerKindColumns::part(&kinds)?, LayerKindColumns::kind(&kinds)?);
        let n = LayerKindColumns::n_averages(&kinds)?;
        let (excess, distance) = (LayerKindColumns::excess(&kinds)?, LayerKindColumns::distance(&kinds)?);
        let low = LayerKindColumns::excess_low(&kinds)?;
        let high = LayerKindColumns::excess_high(&kinds)?;
        let row = |((i, part), kind): ((usize, String), String)| Row {
            part,
            kind,
            n: n[i],
            distance: distance[i] as f32,
            excess: excess[i] as f32,
            low: low[i] as f32,
            high: high[i] as f32,
        };
        found.push(LayersOn {
            set: set.clone(),
            moving: wanted.moving.to_string(),
            confidence: wanted.confidence,
            n_resamples: wanted.n_resamples,
            parts: layers.parts.iter().map(|part| part.name.clone()).collect(),
            rows: parts.into_iter().enumerate().zip(names).map(row).collect(),
        });
    }
    Ok(found)
}
