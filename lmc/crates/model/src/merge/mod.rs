//! Ways to make one model of several: averages, and methods that add task vectors to a pretrained base.
//!
//! All work on one tensor after the other. Those that mergekit (Goddard et al. 2024) has give its numbers:
//! `tests/golden/generate_merging.py` runs mergekit on tiny models.
//!
//! A task vector is a finetuned model less the base that it started from. A base often lacks tensors, for
//! example the head of a classifier. There is no task vector of those: methods that need a base take their
//! weighted mean instead.

mod config;
mod draw;
mod fisher;
mod linear;
mod method;
mod options;
mod reg_mean;
mod slerp;
mod statistic;
mod stock;
mod task_vectors;
mod trim;

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

pub use config::MergeConfig;
pub use draw::{Draw, SeededDraw};
pub use fisher::Fisher;
pub use method::MergeMethod;
pub use options::MergeOptions;
pub use reg_mean::RegMean;
pub use statistic::Statistic;
pub use stock::ModelStock;
pub use task_vectors::TaskVectors;
pub use trim::Trim;

use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};
use lmc_base::options::Valid;

/// Returns the model that a method makes of `models`, which have one layout.
///
/// `base` has the tensors of the pretrained model by name; those of the models that it lacks are averaged.
/// `statistics` has what [`Statistic::gather`] returns for each model, if the method has a statistic, and is
/// empty otherwise. All models lie in memory, and each tensor is computed in float32, averages in float64.
/// Random numbers depend on the seed, the tensor's name and the model's place alone.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for too few or too many models, another number of weights than models,
/// models of different layouts, a method that needs a base or statistics without them, or a base that has no
/// tensor of the models or one of another shape.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_model::*; pub mod model { pub use lmc_model::{encode::*, eval::*, model::*, path::*, weights::*}; } pub mod analyses { pub use lmc_model::merge as merging; } pub use lmc_base::{LmcError, options::Options}; }
/// use std::collections::BTreeMap;
/// use std::sync::Arc;
/// use lmc::Options;
/// use lmc::analyses::merging::{MergeMethod, MergeOptions, merge};
/// use lmc::model::{Layout, Weights};
/// use tch::Tensor;
/// let mut layout = Layout::default();
/// layout.push("w", &[4]);
/// let layout = Arc::new(layout);
/// let model = |values: [f32; 4]| Weights::new(layout.clone(), Tensor::from_slice(&values));
/// let models = [model([1.0, 4.0, 0.0, -3.0])?, model([1.0, -2.0, 0.5, -1.0])?];
/// let base = BTreeMap::from([("w".to_owned(), Tensor::from_slice(&[1.0f32, 0.0, 0.0, 0.0]))]);
/// // TIES keeps the half of each task vector that is largest: [_, 4, _, -3] and [_, -2, _, -1]. The signs
/// // of the sums win, +2 and -4, and the mean is taken over those models that agree.
/// let options = MergeOptions::new(MergeMethod::ties(0.5)).check()?;
/// let merged = merge(&options, &models, Some(&base), &[])?;
/// assert_eq!(Vec::<f32>::try_from(merged.theta()).unwrap(), [1.0, 4.0, 0.0, -2.0]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn merge(
    options: &Valid<MergeOptions>,
    models: &[Weights],
    base: Option<&BTreeMap<String, Tensor>>,
    statistics: &[BTreeMap<String, Tensor>],
) -> Result<Weights> {
    merge_drawn(options, models, base, statistics, &SeededDraw { seed: options.seed })
}

/// Returns the same as [`merge`], with random numbers of the caller's choice.
#[doc(hidden)]
pub fn merge_drawn(
    options: &Valid<MergeOptions>,
    models: &[Weights],
    base: Option<&BTreeMap<String, Tensor>>,
    statistics: &[BTreeMap<String, Tensor>],
    draw: &dyn Draw,
) -> Result<Weights> {
    let shares = options.shares(models.len())?;
    for other in &models[1..] {
        Weights::same_layout(&models[0], other)?;
    }
    if options.method.statistic().is_some() && statistics.len() != models.len() {
        let got = format!("the statistics of {} models", statistics.len());
        return Err(LmcError::invalid("merge.statistics", got, format!("those of {}", models.len())));
    }
    let base = if options.method.needs_base() { Some(checked(base, options, &models[0])?) } else { None };
    let named: Vec<Vec<(String, Tensor)>> = models.iter().map(Weights::named).collect();
    let merged = Tensor::f_empty([models[0].layout().n_parameters()], (Kind::Float, tch::Device::Cpu))?;
    for (i, entry) in models[0].layout().entries().iter().enumerate() {
        let tensors: Vec<&Tensor> = named.iter().map(|tensors| &tensors[i].1).collect();
        let made = match base.map(|base| base.get(&entry.name)) {
            None => {
                let known: Vec<&Tensor> =
                    statistics.iter().filter_map(|tensors| tensors.get(&entry.name)).collect();
                options.method.with_statistics(&entry.name, &tensors, &shares, &known)?
            }
            Some(None) => linear::mean(&tensors, &shares)?,
            Some(Some(base)) => {
                let sites = task_vectors::Sites { name: &entry.name, draw };
                options.method.with_base(base, &tensors, &shares, &sites)?
            }
        };
        let place = merged.f_narrow(0, entry.offset, entry.shape.iter().product())?;
        place.shallow_clone().f_copy_(&made.f_reshape([-1])?)?;
    }
    Weights::new(models[0].layout().clone(), merged)
}

/// Returns the base of a method that needs one, once it fits the models.
fn checked<'a>(
    base: Option<&'a BTreeMap<String, Tensor>>,
    options: &MergeOptions,
    model: &Weights,
) -> Result<&'a BTreeMap<String, Tensor>> {
    let name = options.method.name();
    let base = base.ok_or_else(|| {
        LmcError::invalid("merge.base", "none", format!("the pretrained model that {name} starts from"))
    })?;
    let mut shared = 0;
    for entry in model.layout().entries() {
        let Some(tensor) = base.get(&entry.name) else { continue };
        if tensor.size() != entry.shape {
            let got = format!("{} of shape {:?}", entry.name, tensor.size());
            return Err(LmcError::invalid("merge.base", got, format!("{:?}, as in the models", entry.shape)));
        }
        shared += 1;
    }
    if shared == 0 {
        let got = format!("a model without any of their {} tensors", model.layout().entries().len());
        return Err(LmcError::invalid(
            "merge.base",
            got,
            "the pretrained model that the models started from",
        ));
    }
    Ok(base)
}

#[cfg(test)]
mod tests;
