//! Reading a finetuned classifier: encoder and head of a Hugging Face folder.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::classifier::Classifier;
use super::config::ModelConfig;
use super::head;
use super::load::{Part, read_folder, select};
use crate::data::labels::counted;
use crate::error::{LmcError, Result};
use crate::weights::Weights;

/// A finetuned classifier with what its classes are called.
#[derive(Debug)]
pub struct Finetuned {
    /// The classifier.
    pub classifier: Classifier,
    /// Its weights, head included.
    pub weights: Weights,
    /// The label of each class, in the order of the logits.
    pub labels: Vec<String>,
}

/// The finetuned BERT or RoBERTa classifier in a Hugging Face folder. The number of classes is that of the head's outputs;
/// labels come from `id2label` as they are spelt there, and are `LABEL_0`, `LABEL_1`, ... where the config names none.
///
/// # Errors
/// Those of [`ModelConfig::read`] and [`read_folder`]; [`LmcError::Format`] when there is no head;
/// [`LmcError::Labels`] when `id2label` does not fit the head; those of [`Weights::from_named`] when a tensor is
/// missing, unexpected or has another shape.
pub fn load_finetuned(folder: &Path) -> Result<Finetuned> {
    load_finetuned_as(folder, &[])
}

/// The finetuned classifier in a folder as [`load_finetuned`] reads it, with the given names of its outputs instead of those of its
/// config, which then do not matter; no names leave them as they are.
///
/// # Errors
/// As [`load_finetuned`]; [`LmcError::Labels`] for another number of names than outputs.
pub fn load_finetuned_as(folder: &Path, labels: &[String]) -> Result<Finetuned> {
    let config = ModelConfig::read(&folder.join("config.json"))?;
    let mut named = select(read_folder(folder)?, config.prefix(), Part::Classifier, folder)?;
    named.retain(|name, _| !Classifier::is_unused(&config, name));
    let name = head::output_weight(&config);
    let n_labels = match named.get(name).map(Tensor::size).as_deref() {
        Some(&[rows, _]) if rows > 0 => rows as usize,
        Some(size) => {
            return Err(LmcError::ShapeMismatch {
                what: format!("tensor {name}"),
                got: size.iter().map(|&n| n as usize).collect(),
                expected: vec![
                    config.id2label.as_ref().map_or(2, BTreeMap::len),
                    config.hidden_size as usize,
                ],
            });
        }
        None => {
            return Err(LmcError::Format {
                path: folder.to_owned(),
                line: None,
                problem: format!("there is no tensor {name}, the head of a finetuned classifier"),
                remedy: "give the folder of a finetuned classifier, or read its encoder alone",
            });
        }
    };
    let classifier = Classifier::new(&config, n_labels);
    let weights = Weights::from_named(classifier.layout().clone(), named).map_err(|e| e.found_in(folder))?;
    let labels = match &config.id2label {
        _ if !labels.is_empty() => labels.to_vec(),
        Some(labels) => labels.values().cloned().collect(),
        None => config.labels(n_labels)?,
    };
    if labels.len() != n_labels {
        let (outputs, names) = (counted(n_labels, "output"), counted(labels.len(), "label"));
        let problem = format!("{outputs}, {names} ({})", labels.join(", "));
        let remedy = "name the outputs in their order, by --labels".to_owned();
        return Err(LmcError::Labels { origin: Some(folder.to_owned()), problem, remedy });
    }
    Ok(Finetuned { classifier, weights, labels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{config, roberta, weights};
    use crate::model::save::to_bytes;
    use crate::model::{read_safetensors, save_folder};
    use tch::Kind;

    /// A folder with the weights of a classifier over three classes, and those weights.
    fn saved(config: &ModelConfig) -> (tempfile::TempDir, Weights) {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(&Classifier::new(config, 3), 7);
        save_folder(folder.path(), config, &weights).unwrap();
        (folder, weights)
    }

    /// The same folder with its tensors changed.
    fn change(folder: &Path, change: impl Fn(&mut BTreeMap<String, Tensor>)) {
        let path = folder.join("model.safetensors");
        let mut named = read_safetensors(&path).unwrap();
        change(&mut named);
        let tensors: Vec<(String, Tensor)> = named.into_iter().collect();
        Tensor::write_safetensors(&tensors, path).unwrap();
    }

    #[test]
    fn both_families_come_back_with_head_and_labels() {
        for config in [config(), roberta(), roberta().with_labels(["no", "perhaps", "yes"])] {
            let (folder, weights) = saved(&config);
            let finetuned = load_finetuned(folder.path()).unwrap();
            assert_eq!(finetuned.weights.theta(), weights.theta());
            assert_eq!(finetuned.classifier.n_labels(), 3);
            assert_eq!(finetuned.labels, config.labels(3).unwrap());
        }
    }

    #[test]
    fn without_labels_the_head_counts_the_classes() {
        let (folder, _) = saved(&config());
        let path = folder.path().join("config.json");
        std::fs::write(path, serde_json::to_string(&config()).unwrap()).unwrap();
        let labels = load_finetuned(folder.path()).unwrap().labels;
        assert_eq!(labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    }

    #[test]
    fn labels_must_fit_the_head() {
        let (folder, weights) = saved(&roberta());
        let four = roberta().with_labels(["a", "b", "c", "d"]);
        let message = save_folder(folder.path(), &four, &weights).unwrap_err().to_string();
        assert!(message.contains("id2label") && message.contains("expected 3"), "{message}");
        std::fs::write(folder.path().join("config.json"), serde_json::to_string(&four).unwrap()).unwrap();
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        let expected = format!("{}: 3 outputs, 4 labels (a, b, c, d); ", folder.path().display());
        assert!(message.starts_with(&expected), "{message}");
        let named = ["x", "y", "z"].map(String::from);
        assert_eq!(load_finetuned_as(folder.path(), &named).unwrap().labels, named);
        let message = load_finetuned_as(folder.path(), &named[..2]).unwrap_err().to_string();
        assert!(message.contains("3 outputs, 2 labels (x, y); "), "{message}");
    }

    #[test]
    fn what_the_classifier_does_not_use_is_left_out_and_nothing_else() {
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, tch::Device::Cpu));
        let (folder, weights) = saved(&roberta());
        change(folder.path(), |named| {
            named.insert("roberta.embeddings.position_ids".into(), zeros(&[1, 12]));
            named.insert("roberta.embeddings.token_type_ids".into(), zeros(&[1, 12]));
            named.insert("roberta.pooler.dense.weight".into(), zeros(&[8, 8]));
            named.insert("roberta.pooler.dense.bias".into(), zeros(&[8]));
        });
        assert_eq!(load_finetuned(folder.path()).unwrap().weights.theta(), weights.theta());
        change(folder.path(), |named| {
            named.insert("lm_head.bias".into(), zeros(&[20]));
            named.remove("classifier.dense.bias");
        });
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        assert!(message.contains("classifier.dense.bias") && message.contains("lm_head.bias"), "{message}");
        assert!(!message.contains("pooler") && !message.contains("position_ids"), "{message}");
    }

    #[test]
    fn an_encoder_without_a_head_is_refused() {
        for (config, name) in [(config(), "classifier.weight"), (roberta(), "classifier.out_proj.weight")] {
            let (folder, _) = saved(&config);
            change(folder.path(), |named| named.retain(|name, _| !Classifier::is_head(name)));
            let error = load_finetuned(folder.path()).unwrap_err();
            assert!(matches!(&error, LmcError::Format { path, .. } if path == folder.path()), "{error}");
            assert!(error.to_string().contains(&format!("there is no tensor {name}")), "{error}");
            change(folder.path(), |named| {
                named.insert(name.into(), Tensor::from_slice(&[1.0f32, 2.0]));
            });
            let error = load_finetuned(folder.path()).unwrap_err();
            assert!(matches!(&error, LmcError::ShapeMismatch { got, .. } if got == &[2]), "{error}");
        }
    }

    /// The header says that the tensors are PyTorch's; files that do not say so are read alike.
    #[test]
    fn files_with_and_without_metadata_are_read() {
        let (folder, weights) = saved(&config());
        let path = folder.path().join("model.safetensors");
        let (_, header) = safetensors::SafeTensors::read_metadata(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        assert_eq!(std::fs::read(&path).unwrap(), to_bytes(&weights).unwrap());
        change(folder.path(), |_| ());
        let (_, header) = safetensors::SafeTensors::read_metadata(&std::fs::read(&path).unwrap()).unwrap();
        assert!(header.metadata().is_none());
        assert_eq!(load_finetuned(folder.path()).unwrap().weights.theta(), weights.theta());
    }
}
