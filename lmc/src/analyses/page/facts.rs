//! Facts about each model beside its evaluations.

use serde::Serialize;

use super::options::PageOptions;
use crate::analyses::sharpness::{SharpnessColumns, SharpnessRecipe};
use crate::error::Result;
use crate::spec::RunSpec;
use crate::study::{Model, Models};

/// A fact about each model.
#[derive(Serialize)]
pub(super) struct Fact {
    name: &'static str,
    values: Vec<Value>,
}

/// A number, a text, or nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Number(Option<f32>),
    Text(Option<String>),
}

impl Value {
    fn is_known(&self) -> bool {
        !matches!(self, Self::Number(None) | Self::Text(None))
    }
}

/// The sharpness of each model, and in words how it was measured.
pub(super) struct Sharp {
    values: Vec<f64>,
    pub how: String,
}

/// Returns the sharpness of models: by the recipe of the options or, if they have none, by that of
/// [`SharpnessRecipe::mini`] if the store has it of all models.
pub(super) fn sharp(models: &Models, options: &PageOptions) -> Result<Option<Sharp>> {
    let recipe = options.sharpness.clone().unwrap_or_else(SharpnessRecipe::mini);
    if options.sharpness.is_none() && !models.has_sharpness(&recipe)? {
        return Ok(None);
    }
    let values = SharpnessColumns::sharpness(&models.sharpness(&recipe)?)?;
    let SharpnessRecipe { eps, n_updates, n_examples, .. } = recipe;
    let how = format!("a box of {eps:e}, {n_updates} updates, up to {n_examples} examples in domain");
    Ok(Some(Sharp { values, how }))
}

/// Returns the facts that are known of a model at least. Seeds are text, as they may be larger than the numbers
/// of a script.
pub(super) fn facts(models: &[Model], sharp: Option<&Sharp>) -> Vec<Fact> {
    let text = |name, of: &dyn Fn(&Model) -> Option<String>| Fact {
        name,
        values: models.iter().map(|model| Value::Text(of(model))).collect(),
    };
    let loss = |model: &Model| model.info().map(|info| info.train_loss as f32);
    let sharpness = |sharp: &Sharp| Fact {
        name: "sharpness",
        values: sharp.values.iter().map(|&value| Value::Number(Some(value as f32))).collect(),
    };
    let all = [
        text("seed", &|model| model.spec().map(|spec| spec.seed.to_string())),
        text("updates", &|model| model.step().map(|step| step.to_string())),
        text("name in the store", &|model| Some(model.spec().map_or_else(|| model.key(), RunSpec::run_id))),
        Fact {
            name: "training loss",
            values: models.iter().map(|model| Value::Number(loss(model))).collect(),
        },
    ];
    let known = all.into_iter().filter(|fact| fact.values.iter().any(Value::is_known));
    sharp.map(sharpness).into_iter().chain(known).collect()
}
