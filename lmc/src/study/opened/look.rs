//! Looking at models from elsewhere.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use tokenizers::Tokenizer;

use super::fit::{Traits, check_fit, check_labels, check_twins};
use super::known::{Known, Seen};
use super::trainer::trainer_state;
use super::{OpenedModel, in_order, key, read};
use crate::compute::Compute;
use crate::data::fetch::{ModelFolder, checkpoints, has_model};
use crate::data::labels::output_order;
use crate::error::{LmcError, Result};
use crate::model::load::{config_file, weight_files};
use crate::model::{ConfigFile, ModelConfig};
use crate::parallel::{n_threads, run_on_workers};
use crate::progress::{self, Progress, Unit};
use crate::store::Store;
use crate::study::GivenModels;
use crate::study::reading::side_by_side;
use crate::study::tokens::{has_tokenizer, no_tokenizer, tokens_of};
use crate::weights::Weights;

/// Models from elsewhere that fit together.
pub(in crate::study) struct Opened {
    pub models: Vec<OpenedModel>,
    /// The architecture of all.
    pub config: ModelConfig,
    pub tokenizer: Tokenizer,
    /// The folder of that tokenizer.
    pub tokens: PathBuf,
}

/// A model before its weights are read.
struct Found {
    model: ModelFolder,
    given: PathBuf,
    step: Option<u32>,
    config: ModelConfig,
}

/// Looks at models, which must fit together, and puts their outputs in the order of a task's labels. What a
/// store knows of models whose files are unchanged is not read again.
///
/// # Errors
/// [`LmcError::InvalidParameter`] for models that do not fit together, saying which do, and for two with the
/// same weights; [`LmcError::Labels`] if the outputs are not the labels of the task; [`LmcError::Format`] for
/// a model without a tokenizer; those of finding and reading models.
pub(in crate::study) fn look(
    given: &GivenModels,
    task_labels: &[String],
    store: Option<&Store>,
) -> Result<Opened> {
    let mut models = ModelFolder::find_all(&given.models)?;
    if !given.labels.is_empty() {
        models.iter_mut().for_each(|model| model.labels.clone_from(&given.labels));
    }
    if let Some(tokenizer) = &given.tokenizer {
        take_tokenizer(&mut models, ModelFolder::find_tokenizer(tokenizer)?)?;
    }
    look_at(models, task_labels, store)
}

/// Gives all models the tokenizer in a folder, and says which have a tokenizer with other tokens.
fn take_tokenizer(models: &mut [ModelFolder], tokenizer: PathBuf) -> Result<()> {
    let Some(first) = models.first() else { return Ok(()) };
    let given = ModelFolder { tokenizer: tokenizer.clone(), ..first.clone() };
    let tokens = given.has_tokenizer().then(|| tokens_of(&given)).transpose()?;
    for model in models {
        if let Some((_, tokens)) = &tokens
            && model.has_tokenizer()
            && tokens_of(model)?.1 != *tokens
        {
            let (name, folder) = (&model.name, tokenizer.display());
            progress::note(&format!(
                "{name} has a tokenizer with other tokens; that of {folder} is taken instead"
            ));
        }
        model.tokenizer.clone_from(&tokenizer);
    }
    Ok(())
}

/// Says so if configs call outputs otherwise than the names that are given.
fn note_other_labels(found: &[Found]) {
    for Found { model, config, .. } in found {
        let own: Vec<&String> = config.id2label.iter().flat_map(|labels| labels.values()).collect();
        let is_same = |(a, b): (&&String, &String)| a.trim().to_lowercase() == b.trim().to_lowercase();
        let says_nothing = own.iter().all(|name| name.to_lowercase().starts_with("label_"));
        if model.labels.is_empty() || own.is_empty() || says_nothing {
            continue;
        }
        if own.len() != model.labels.len() || !own.iter().zip(&model.labels).all(is_same) {
            let own: Vec<&str> = own.iter().map(|name| name.as_str()).collect();
            let (name, given) = (&model.name, model.labels.join(", "));
            progress::note(&format!(
                "{name}: its config names the outputs {}; {given} is taken",
                own.join(", ")
            ));
        }
    }
}

/// Does the same as [`look`] for folders that were found.
pub(super) fn look_at(
    models: Vec<ModelFolder>,
    task_labels: &[String],
    store: Option<&Store>,
) -> Result<Opened> {
    let mut found = models.into_iter().map(Found::new).collect::<Result<Vec<_>>>()?;
    note_other_labels(&found);
    share_tokenizers(&mut found)?;
    let (tokenizer, digest) = tokens_of(&found[0].model)?;
    // Models often share a tokenizer's folder, which is read once.
    let mut digests = BTreeMap::from([(place_of(&found[0].model), digest)]);
    let mut traits = Vec::new();
    for Found { model, config, .. } in &found {
        let digest = match digests.entry(place_of(model)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(tokens_of(model)?.1),
        };
        traits.push(Traits::new(config, digest));
    }
    let names: Vec<&str> = found.iter().map(|found| found.model.name.as_str()).collect();
    check_fit(&names, &traits)?;
    let seen = weights(&found, task_labels, store)?;
    let (config, tokens) = (found[0].config.clone(), found[0].model.tokenizer.clone());
    let models: Vec<OpenedModel> =
        found.into_iter().zip(seen).map(|(found, seen)| found.opened(seen)).collect();
    check_twins(&models)?;
    note_order(&models);
    Ok(Opened { models, config, tokenizer, tokens })
}

/// Returns the folder of a model's tokenizer, links followed.
fn place_of(model: &ModelFolder) -> PathBuf {
    model.tokenizer.canonicalize().unwrap_or_else(|_| model.tokenizer.clone())
}

/// Returns what the weights of all models tell; those that the store does not know are read.
fn weights(found: &[Found], task_labels: &[String], store: Option<&Store>) -> Result<Vec<Seen>> {
    let (n, names) = (found.len(), found.iter().map(|found| found.model.name.as_str()).collect::<Vec<_>>());
    let what = if n == 1 { format!("looking at {}", names[0]) } else { format!("looking at {n} models") };
    let progress = Progress::new(what, Unit::Models, n as u64);
    let largest = found.iter().map(|found| bytes_of(&found.model.folder)).max().unwrap_or(0);
    let n_workers = n_threads().min(n).min(side_by_side(Compute::cpu().host_memory, largest)).max(1);
    let labels = run_on_workers(
        &vec![(); n_workers],
        found.iter().collect(),
        |()| Ok(()),
        |(), _, found| {
            let Found { model, .. } = found;
            let known = store.and_then(|store| Known::of(store, &model.folder, &model.labels, task_labels));
            if let Some(Seen { labels, order, key }) = known.as_ref().and_then(Known::seen) {
                progress.tick(|| model.name.clone());
                return Ok((labels, Ok(order), Some(key)));
            }
            let (weights, labels) = read(&found.model.folder, &found.model.labels, &[])?;
            check_finite(&found.model.folder, &weights)?;
            let order = output_order(labels.len(), &labels, task_labels);
            // The digest is that of the outputs in the task's order; without one there is an error for all.
            let key = match &order {
                Ok(order) => Some(key(&in_order(&found.config, weights, order)?)?),
                Err(_) => None,
            };
            if let (Some(known), Ok(order), Some(key)) = (known, &order, &key) {
                known.keep(&Seen { labels: labels.clone(), order: order.clone(), key: key.clone() });
            }
            progress.tick(|| found.model.name.clone());
            Ok((labels, order, key))
        },
    )?;
    check_labels(&names, &labels.iter().map(|(labels, ..)| labels.as_slice()).collect::<Vec<_>>())?;
    let mut seen = Vec::new();
    for (found, (labels, order, key)) in found.iter().zip(labels) {
        let order = order.map_err(|error| error.found_in(&found.model.folder))?;
        seen.push(Seen { labels, order, key: key.unwrap_or_default() });
    }
    Ok(seen)
}

/// Checks that all weights of a folder are finite numbers.
fn check_finite(folder: &Path, weights: &Weights) -> Result<()> {
    if weights.theta().f_isfinite()?.f_all()?.f_int64_value(&[])? == 1 {
        return Ok(());
    }
    Err(LmcError::Format {
        path: folder.to_owned(),
        line: None,
        problem: "there are weights that are not finite numbers (NaN or infinity)".into(),
        remedy: "leave this model out, its training diverged; or give an earlier checkpoint",
    })
}

/// Returns the size of the largest file of a folder's weights, in bytes, or 0 if there is none. Those of an
/// adapter are also the weights of its base model.
fn bytes_of(folder: &Path) -> u64 {
    let files = weight_files(folder).unwrap_or_default();
    files.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len()).max().unwrap_or(0)
}

impl Found {
    /// Reads the config of a model; of a training run it is its last checkpoint.
    fn new(mut model: ModelFolder) -> Result<Self> {
        let given = model.folder.clone();
        let mut step = step_in(&given);
        if !has_model(&given)
            && let Some((last, folder)) = checkpoints(&given)?.pop()
        {
            step = Some(last);
            if model.tokenizer == given && has_tokenizer(&folder) {
                model.tokenizer.clone_from(&folder);
            }
            model.folder = folder;
        }
        let config = ConfigFile::read(&config_file(&model.folder)?)?.config;
        Ok(Self { model, given, step, config })
    }

    fn opened(self, seen: Seen) -> OpenedModel {
        let Self { model, given, step, .. } = self;
        let Seen { labels, order, key } = seen;
        let ModelFolder { name, folder, tokenizer, .. } = model;
        OpenedModel { name, given, folder, tokenizer, labels, order, key, step }
    }
}

/// Returns the number of updates that a folder's name or the state of its trainer tells.
pub(super) fn step_in(folder: &Path) -> Option<u32> {
    let named = folder.file_name()?.to_str()?.strip_prefix("checkpoint-").and_then(|step| step.parse().ok());
    named.or_else(|| trainer_state(folder).ok()??["global_step"].as_u64()?.try_into().ok())
}

/// Gives models without a tokenizer that of the first model that has one.
fn share_tokenizers(found: &mut [Found]) -> Result<()> {
    let lacks = |found: &Found| !found.model.has_tokenizer();
    let Some(tokenizer) = found.iter().find(|found| !lacks(found)).map(|found| found.model.clone()) else {
        return match found.first() {
            Some(first) => Err(no_tokenizer(&first.model)),
            None => Err(LmcError::invalid("MODEL", "none", "at least one folder or name of a classifier")),
        };
    };
    let mut names = Vec::new();
    for found in found.iter_mut().filter(|found| lacks(found)) {
        found.model.tokenizer.clone_from(&tokenizer.tokenizer);
        names.push(found.model.name.clone());
    }
    if !names.is_empty() {
        let (which, name) = (names.join(", "), &tokenizer.name);
        progress::note(&format!("{which}: no tokenizer is there; that of {name} is taken"));
    }
    Ok(())
}

/// Says which models have their outputs in another order than the task its labels.
fn note_order(models: &[OpenedModel]) {
    let first = &models[0].order;
    let others: Vec<&str> =
        models.iter().filter(|model| model.order != *first).map(|model| model.name.as_str()).collect();
    if !others.is_empty() {
        let (which, name) = (others.join(", "), &models[0].name);
        progress::note(&format!(
            "{which}: the outputs are in another order than those of {name}; labels are matched by name"
        ));
    }
}
