//! The earlier stages of training in a page.

use std::collections::BTreeSet;

use serde::Serialize;

use super::options::{PageOptions, Shown};
use crate::basin::{Basins, DriftStage, Note, drift};
use crate::error::Result;
use crate::study::{Models, metrics};

/// The models at one stage of training, under the names that their basins have in the page.
#[derive(Serialize)]
pub(super) struct Stage {
    name: String,
    /// The basin of each model from 0 on, those without a partner at the end after the others; nothing for a
    /// model in no basin.
    cluster: Vec<Option<usize>>,
    /// The membership score of each model; nothing for a model in no basin.
    membership: Vec<Option<f32>>,
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
    let stages = drift.stages.into_iter().zip(&clustered).zip(scores);
    Ok(stages.map(|((stage, (_, now)), score)| Stage::new(stage, now, basins, score)).collect())
}

impl Stage {
    /// Makes the stage of the basins `now`, with the names that they have among the `last` ones.
    fn new(stage: DriftStage, now: &Basins, last: &Basins, score: Vec<f64>) -> Self {
        let row = |model: &String| now.models.iter().position(|other| other == model);
        let is_inside = |model| row(model).is_some_and(|row| now.basin_of(row).is_some());
        let inside: Vec<bool> = last.models.iter().map(is_inside).collect();
        let of = |(&number, &inside): (&usize, &bool)| inside.then_some(number);
        let numbers: Vec<Option<usize>> = stage.cluster.iter().zip(&inside).map(of).collect();
        // Basins without a partner have numbers with gaps between them.
        let own: BTreeSet<usize> =
            numbers.iter().flatten().copied().filter(|&number| number >= last.n_basins).collect();
        let name = |number| match own.iter().position(|&own| own == number) {
            Some(place) => last.n_basins + place,
            None => number,
        };
        let membership = stage.membership.iter().zip(inside);
        Self {
            name: stage.name,
            cluster: numbers.into_iter().map(|number| number.map(name)).collect(),
            membership: membership.map(|(&value, inside)| inside.then_some(value as f32)).collect(),
            score: score.into_iter().map(|value| value as f32).collect(),
            notes: stage.notes.iter().map(Note::to_string).collect(),
        }
    }
}
