//! The checkpoints of training runs from elsewhere as stages.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use super::OpenedModel;
use super::look::look_at;
use crate::data::fetch::{ModelFolder, checkpoints};
use crate::error::{LmcError, Result};
use crate::progress;
use crate::study::{Model, Models, Origin, Study};

impl Models {
    /// Returns the models from elsewhere of a study.
    pub(in crate::study) fn opened(study: &Rc<Study>) -> Self {
        Self::of_opened(study, &study.task.opened)
    }

    fn of_opened(study: &Rc<Study>, opened: &[OpenedModel]) -> Self {
        let steps: BTreeSet<Option<u32>> = opened.iter().map(OpenedModel::step).collect();
        let step = steps.into_iter().collect::<Option<Vec<u32>>>().filter(|steps| steps.len() == 1);
        let model = |opened: &OpenedModel| Model {
            name: opened.name().to_owned(),
            origin: Origin::Opened(opened.clone().into()),
        };
        Self::new(study, step.map_or(0, |steps| steps[0]), opened.iter().map(model).collect())
    }

    /// Returns the models from elsewhere of a study after that many updates: themselves, or their
    /// checkpoints.
    pub(in crate::study) fn opened_at(study: &Rc<Study>, step: u32) -> Result<Self> {
        let last = Self::opened(study);
        if last.step() == step {
            return Ok(last);
        }
        let steps = common_steps(&study.task.opened)?;
        if !steps.contains(&step) {
            let got = format!("{step} updates");
            return Err(LmcError::invalid("step", got, format!("one of the checkpoints of all: {steps:?}")));
        }
        Self::at_checkpoint(study, step)
    }

    /// Returns the checkpoints after that many updates, which all models have.
    fn at_checkpoint(study: &Rc<Study>, step: u32) -> Result<Self> {
        let folders = study.task.opened.iter().map(|model| model.at(step)).collect();
        Ok(Self::of_opened(study, &look_at(folders, &study.task.labels, Some(study.store()))?.models))
    }

    /// Returns the stages of models from elsewhere: the checkpoints that all of them have, and after these
    /// the models themselves if they were trained for longer.
    pub(in crate::study) fn opened_stages(&self) -> Result<Vec<Models>> {
        let study = self.study();
        let steps = common_steps(&study.task.opened)?;
        let last = Self::opened(study);
        let stage = |&step: &u32| match step == last.step() {
            true => Ok(last.clone()),
            false => Self::at_checkpoint(study, step),
        };
        let mut stages = steps.iter().map(stage).collect::<Result<Vec<_>>>()?;
        let keys = |models: &Models| models.models().iter().map(Model::key).collect::<Vec<_>>();
        match stages.last() {
            Some(stage) if keys(stage) == keys(&last) => {}
            Some(stage) if last.step() <= stage.step() => progress::note(
                "the models themselves are no stage: no trainer_state.json says how many updates they had",
            ),
            _ => stages.push(last),
        }
        Ok(stages)
    }
}

impl OpenedModel {
    /// Returns the folder of the checkpoint after that many updates, as a model of the same name.
    fn at(&self, step: u32) -> ModelFolder {
        let folder: PathBuf = self.given.join(format!("checkpoint-{step}"));
        ModelFolder {
            name: self.name.clone(),
            folder,
            tokenizer: self.tokenizer.clone(),
            labels: self.labels.clone(),
        }
    }
}

/// Returns the numbers of updates after which every model has a checkpoint, the fewest first.
fn common_steps(models: &[OpenedModel]) -> Result<Vec<u32>> {
    let mut common: Option<BTreeSet<u32>> = None;
    let mut all = BTreeSet::new();
    for model in models {
        let steps: BTreeSet<u32> = checkpoints(&model.given)?.into_iter().map(|(step, _)| step).collect();
        all.extend(steps.iter().copied());
        common = Some(match common {
            None => steps,
            Some(known) => known.intersection(&steps).copied().collect(),
        });
    }
    let common = common.unwrap_or_default();
    let others: Vec<String> = all.difference(&common).map(u32::to_string).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        progress::note(&format!("checkpoints after {others} updates are left out: not every run has them"));
    }
    Ok(common.into_iter().collect())
}
