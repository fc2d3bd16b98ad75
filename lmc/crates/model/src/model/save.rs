//! Writing weights as safetensors, alone or in a Hugging Face model folder.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::{Value, json};

use super::config::ModelConfig;
use super::head;
use super::saved::{Replace, Saved};
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};

/// Writes `config.json` and `model.safetensors` into a folder. If the weights are those of a classifier, it
/// is one that transformers' `AutoModelForSequenceClassification.from_pretrained` reads, with the labels of
/// the config, or `LABEL_0`, `LABEL_1`, ... if it has none. Both files appear at once.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if the config has another number of labels than the head; [`LmcError::Io`]
/// if the folder cannot be written; [`LmcError::Occupied`] if it holds anything.
pub fn save_folder(folder: &Path, config: &ModelConfig, weights: &Weights) -> Result<()> {
    Saved { config, weights, files: Vec::new(), card: None }.write(folder, &Value::Null, Replace::Same)
}

/// Returns the fields of the `config.json` beside those weights.
pub(super) fn folder_config(config: &ModelConfig, weights: &Weights) -> Result<Value> {
    let name = head::output_weight(config);
    let head = weights.layout().entries().iter().find(|entry| entry.name == name);
    let family = config.family().class;
    let mut config = ModelConfig { pad_token_id: Some(config.pad_id()), ..config.clone() };
    let architecture = match head {
        Some(head) => {
            let labels = config.labels(head.shape[0] as usize)?;
            config = config.with_labels(labels);
            "ForSequenceClassification"
        }
        None if config.pooler().is_none() => "ForMaskedLM",
        None => "ForPreTraining",
    };
    let mut fields = config.to_json()?;
    fields["architectures"] = json!([format!("{family}{architecture}")]);
    if let Some(labels) = &config.id2label {
        fields["label2id"] = labels.iter().map(|(id, label)| (label.clone(), json!(id))).collect();
    }
    Ok(fields)
}

/// Returns the weights as the bytes of a safetensors file, f32, in Hugging Face's names.
#[doc(hidden)]
pub fn to_bytes(weights: &Weights) -> Result<Vec<u8>> {
    let numel = weights.theta().numel();
    let mut data = vec![0u8; numel * 4];
    weights.theta().f_copy_data_u8(&mut data, numel)?;
    let views = weights
        .layout()
        .entries()
        .iter()
        .map(|e| {
            let shape: Vec<usize> = e.shape.iter().map(|&n| n as usize).collect();
            let start = e.offset as usize * 4;
            let size = shape.iter().product::<usize>() * 4;
            let view = TensorView::new(Dtype::F32, shape, &data[start..start + size])
                .map_err(|err| LmcError::invalid("weights", err, "tensors that fill theta"))?;
            Ok((e.name.clone(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    // Without the format transformers refuses the file.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    serialize(views, Some(metadata)).map_err(|e| LmcError::invalid("weights", e, "serialisable tensors"))
}
