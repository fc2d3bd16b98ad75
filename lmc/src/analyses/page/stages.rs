//! The earlier stages of training in a page.

use serde::Serialize;

use super::options::{PageOptions, Shown};
use crate::basin::{Basins, Note, drift};
use crate::error::Result;
use crate::study::{Models, metrics};

/// The models at one stage of training, under the names that their basins have in the page.
#[derive(Serialize)]
pub(super) struct Stage {
    name: String,
    cluster: Vec<usize>,
    membership: Vec<f32>,
    score: Vec<f32>,
    notes: Vec<String>,
}

/// Returns the stages up to that of the models, if there are at least two of them: all, if the options ask for
/// them, or else those whose lines the store has. Checkpoints of models from elsewhere are read only if the
/// options ask for them.
pub(super) fn stages(
    models: &Models,
    basins: &Basins,
    options: &PageOptions,
    shown: &Shown,
) -> Result<Vec<Stage>> {
    let is_opened = models.study().spec().models.is_some();
    if !basins.is_divided() || (is_opened && !options.stages) {
        return Ok(Vec::new());
    }
    let swept = &shown.lines[0];
    let mut kept = Vec::new();
    for stage in models.stages()? {
        let is_before = stage.step() <= models.step();
        if is_before && (options.stages || options.has_lines(&stage, swept)?) {
            kept.push(stage);
        }
    }
    if kept.len() < 2 {
        return Ok(Vec::new());
    }
    let (mut clustered, mut scores) = (Vec::new(), Vec::new());
    for stage in kept {
        let stage = stage.stage(swept, &shown.scored, options.grid, &options.clusters)?;
        scores.push(metrics(&stage.scored, shown.metric)?);
        clustered.push((stage.step, stage.basins));
    }
    let drift = drift(&clustered, basins)?;
    let stage = |(stage, score): (crate::basin::DriftStage, Vec<f64>)| Stage {
        name: stage.name,
        cluster: stage.cluster,
        membership: stage.membership.into_iter().map(|value| value as f32).collect(),
        score: score.into_iter().map(|value| value as f32).collect(),
        notes: stage.notes.iter().map(Note::to_string).collect(),
    };
    Ok(drift.stages.into_iter().zip(scores).map(stage).collect())
}
