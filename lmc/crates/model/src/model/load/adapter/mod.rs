//! LoRA adapters, as PEFT saves them: read, and merged into the weights of their base model.
//!
//! A linear layer with weights W of shape [outputs, inputs] and an adapter of rank r, A of shape [r, inputs]
//! and B of shape [outputs, r], computes with W + s B A, where s is alpha / r, or alpha / sqrt(r) with
//! `use_rslora` (Hu et al. 2021, <https://arxiv.org/abs/2106.09685>; Kalajdzievski 2023,
//! <https://arxiv.org/abs/2312.03732>). `fan_in_fan_out` is for layers that keep W transposed, which no BERT
//! has; PEFT ignores it there, and so is it here.

mod config;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

use super::folder::{weight_files, weights_of};
use super::names::{Part, Place, place, select};
use super::{CheckpointFormat, File};
use crate::model::config::{ConfigFile, ModelConfig};
use config::AdapterConfig;
use lmc_base::error::{LmcError, MisshapenTensor, Result};
use lmc_data::fetch::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, adapter_base};

/// The remedy for an adapter that does not fit its base.
const FIT: &str =
    "name the model that was adapted in `base_model_name_or_path` of adapter_config.json, or its folder";

/// An adapter and its base model.
#[derive(Debug)]
pub(super) struct Adapter {
    folder: PathBuf,
    weights: PathBuf,
    base: PathBuf,
}

/// The changes that an adapter makes.
#[derive(Debug, Default)]
struct Changes {
    /// The two matrices of each adapted layer, by the layer's name in the model that was adapted.
    layers: BTreeMap<String, [Option<Tensor>; 2]>,
    /// Tensors that take the place of those of the base, by their name there.
    whole: BTreeMap<String, Tensor>,
}

impl Adapter {
    /// Returns the adapter in a folder, or none if it holds a whole model or something else.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let Some(base) = adapter_base(folder)? else { return Ok(None) };
        let weights = ADAPTER_WEIGHTS.map(|name| folder.join(name)).into_iter().find(|path| path.exists());
        let weights = weights.ok_or_else(|| {
            let file = File { path: folder, remedy: "give the folder that save_pretrained() of PEFT wrote" };
            file.damaged(format!("an adapter without weights; looked for {}", ADAPTER_WEIGHTS.join(", ")))
        })?;
        Ok(Some(Self { folder: folder.to_owned(), weights, base: base.folder }))
    }

    /// Returns the file of the config: that of the base, unless the adapter has one of its own.
    pub fn config(&self) -> PathBuf {
        let own = self.folder.join("config.json");
        if own.is_file() { own } else { self.base.join("config.json") }
    }

    /// Returns the files on which the merged weights depend.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let own = [self.folder.join(ADAPTER_CONFIG), self.weights.clone()];
        Ok(own.into_iter().chain(weight_files(&self.base)?).collect())
    }

    /// Returns the tensors of the base model with the adapter merged into them, f32 on the CPU, under the names
    /// of today's transformers.
    pub fn merged(&self) -> Result<BTreeMap<String, Tensor>> {
        let described = AdapterConfig::read(&self.folder)?;
        let config = ConfigFile::read(&self.config())?.config;
        let format = match self.weights.extension().is_some_and(|extension| extension == "bin") {
            true => CheckpointFormat::Torch,
            false => CheckpointFormat::Safetensors,
        };
        let changes = self.changes(format.read(&self.weights)?)?;
        if described.saves_modules && changes.whole.is_empty() {
            return Err(
                self.wrong("`modules_to_save` names modules, and no weights of any are there".to_owned())
            );
        }
        let mut tensors = select(weights_of(&self.base)?, &config, Part::Classifier, &self.base)?.tensors;
        self.replace(&mut tensors, changes.whole, &config)?;
        self.merge(&mut tensors, changes.layers, &described, &config)?;
        Ok(tensors)
    }

    fn wrong(&self, problem: String) -> LmcError {
        File { path: &self.weights, remedy: "give an adapter of LoRA on linear layers" }.damaged(problem)
    }

    fn unfit(&self, missing: Vec<String>, misshapen: Vec<MisshapenTensor>) -> LmcError {
        let origin = Some(self.folder.clone());
        LmcError::Tensors { origin, missing, unexpected: Vec::new(), misshapen, remedy: FIT }
    }

    /// Sorts the tensors of an adapter.
    fn changes(&self, tensors: BTreeMap<String, Tensor>) -> Result<Changes> {
        let mut changes = Changes::default();
        for (source, tensor) in tensors {
            let name = source.strip_prefix("base_model.model.").unwrap_or(&source);
            // The head that was replaced by one that is saved.
            if name.contains(".original_module.") {
                continue;
            }
            // PEFT wraps layers, and leaves these words in some names.
            let parts =
                name.split('.').filter(|part| !["base_layer", "modules_to_save", "default"].contains(part));
            let parts: Vec<&str> = parts.collect();
            let matrix = match parts.as_slice() {
                [.., "lora_A", "weight"] => Some(0),
                [.., "lora_B", "weight"] => Some(1),
                _ => None,
            };
            match matrix {
                Some(matrix) => {
                    let layer = parts[..parts.len() - 2].join(".");
                    changes.layers.entry(layer).or_default()[matrix] = Some(tensor);
                }
                None if parts.iter().any(|part| part.starts_with("lora_")) => {
                    let kind = match parts.iter().find(|part| part.starts_with("lora_")) {
                        Some(&"lora_magnitude_vector") => "DoRA",
                        Some(&("lora_embedding_A" | "lora_embedding_B")) => "LoRA of embeddings",
                        _ => "a part of LoRA that is not known",
                    };
                    return Err(self.wrong(format!("tensor {source} is {kind}, which is not read")));
                }
                None => drop(changes.whole.insert(parts.join("."), tensor)),
            }
        }
        Ok(changes)
    }

    /// Puts whole tensors in the place of those of the base. Only a head may have another shape.
    fn replace(
        &self,
        tensors: &mut BTreeMap<String, Tensor>,
        whole: BTreeMap<String, Tensor>,
        config: &ModelConfig,
    ) -> Result<()> {
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        for (source, tensor) in whole {
            let Place::Part(name) = place(&source, &[], config, Part::Classifier) else {
                tensors.insert(source, tensor);
                continue;
            };
            let is_head = !matches!(place(&source, &[], config, Part::Encoder), Place::Part(_));
            match tensors.get(&name).map(Tensor::size) {
                Some(expected) if !is_head && expected != tensor.size() => {
                    misshapen.push(MisshapenTensor { name, got: tensor.size(), expected });
                }
                // A pooler that the base lacks is learnt here.
                None if !is_head && !config.is_pooler(&name) => missing.push(name),
                _ => drop(tensors.insert(name, tensor)),
            }
        }
        match missing.is_empty() && misshapen.is_empty() {
            true => Ok(()),
            false => Err(self.unfit(missing, misshapen)),
        }
    }

    /// Adds the product of its two matrices to the weights of each adapted layer.
    fn merge(
        &self,
        tensors: &mut BTreeMap<String, Tensor>,
        layers: BTreeMap<String, [Option<Tensor>; 2]>,
        described: &AdapterConfig,
        config: &ModelConfig,
    ) -> Result<()> {
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        for (layer, matrices) in layers {
            let [Some(a), Some(b)] = matrices else {
                let lacking = if matrices[0].is_none() { "lora_A" } else { "lora_B" };
                missing.push(format!("{layer}.{lacking}.weight"));
                continue;
            };
            let source = format!("{layer}.weight");
            let Place::Part(name) = place(&source, &[], config, Part::Classifier) else {
                return Err(self.wrong(format!("layer {layer} is adapted, which no classifier of lmc has")));
            };
            let Some(weight) = tensors.get(&name).filter(|weight| weight.dim() == 2) else {
                missing.push(name);
                continue;
            };
            let (size, rank) = (weight.size(), described.rank(&layer));
            let shapes = [("lora_A", &a, vec![rank, size[1]]), ("lora_B", &b, vec![size[0], rank])];
            let before = misshapen.len();
            misshapen.extend(
                shapes.into_iter().filter(|(_, tensor, expected)| tensor.size() != *expected).map(
                    |(matrix, tensor, expected)| MisshapenTensor {
                        name: format!("{layer}.{matrix}.weight"),
                        got: tensor.size(),
                        expected,
                    },
                ),
            );
            if misshapen.len() > before {
                continue;
            }
            let change = b.f_to_kind(Kind::Float)?.f_matmul(&a.f_to_kind(Kind::Float)?)?;
            let merged = weight.f_add(&change.f_mul_scalar(described.scaling(&layer))?)?;
            tensors.insert(name, merged);
        }
        match missing.is_empty() && misshapen.is_empty() {
            true => Ok(()),
            false => Err(self.unfit(missing, misshapen)),
        }
    }
}

#[cfg(test)]
mod tests;
