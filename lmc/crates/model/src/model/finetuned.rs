//! Reading a finetuned classifier: encoder and head of a Hugging Face folder.

use std::path::Path;

use tch::Tensor;

use super::classifier::Classifier;
use super::config::{ConfigFile, Labels};
use super::head;
use super::load::{Part, Selected, config_file, note_others, read_folder, select};
use crate::weights::Weights;
use lmc_base::error::{LmcError, Result};
use lmc_base::show::counted;

/// The advice for labels that do not fit.
const NAME_THEM: &str = "name every output in its order, as `--labels` does, or mend config.json; a classifier with more outputs than the set has labels is for another task";

/// A finetuned classifier with the names of its classes.
#[derive(Debug)]
pub struct Finetuned {
    /// The classifier.
    pub classifier: Classifier,
    /// Its weights, head included.
    pub weights: Weights,
    /// The label of each class, in the order of the logits.
    pub labels: Vec<String>,
}

/// Loads the finetuned classifier in a Hugging Face folder. The number of classes is that of
/// the head's outputs; labels come from `id2label` as they are spelt there, and are `LABEL_0`, `LABEL_1`, ...
/// if the config has none, or if its `num_labels` differs from their number.
///
/// # Errors
/// [`LmcError::Io`], [`LmcError::Format`] with the folder if its config is not one of [`ModelConfig::read`],
/// its weights cannot be read ([`read_folder`]), there is no head or no pooler, the head is one for
/// regression or for several labels of one text, or [`LmcError::Labels`] if `id2label` does not fit it;
/// [`LmcError::Tensors`] if tensors are missing or have another shape, or the model would need other tensors.
///
/// [`ModelConfig::read`]: super::ModelConfig::read
pub fn load_finetuned(folder: &Path) -> Result<Finetuned> {
    load_finetuned_as(folder, &[])
}

/// Loads the finetuned classifier in a folder as [`load_finetuned`] reads it, with the given names of its
/// outputs instead of those of its config, which then do not matter; an empty list leaves those as they are.
///
/// # Errors
/// The errors of [`load_finetuned`]; [`LmcError::Labels`] for another number of names than outputs.
pub fn load_finetuned_as(folder: &Path, labels: &[String]) -> Result<Finetuned> {
    let file = ConfigFile::read(&config_file(folder)?)?;
    check_problem(&file)?;
    let Selected { tensors, others } = select(read_folder(folder)?, &file.config, Part::Classifier, folder)?;
    let wrong =
        |problem: String, remedy| LmcError::Format { path: folder.to_owned(), line: None, problem, remedy };
    let name = head::output_weight(&file.config);
    let remedy = "give the folder of a finetuned classifier, or read its encoder alone";
    let n_outputs = match tensors.get(&name).map(Tensor::size).as_deref() {
        Some(&[1, _]) => {
            let problem =
                format!("the head has 1 output ({name}), as for regression, a classifier has 2 or more");
            return Err(wrong(problem, "give a classifier, numbers are not evaluated"));
        }
        Some(&[rows, _]) if rows > 0 => rows as usize,
        Some(size) => {
            let expected = format!("[number of classes, {}]", file.config.hidden_size);
            return Err(wrong(format!("tensor {name} has shape {size:?}, expected {expected}"), remedy));
        }
        None => {
            return Err(wrong(
                format!("there is no tensor {name}, the head of a finetuned classifier"),
                remedy,
            ));
        }
    };
    let classifier = Classifier::new(&file.config, n_outputs).found_in(folder);
    let weights = Weights::from_named(classifier.layout().clone(), tensors).map_err(|error| match error {
        LmcError::Tensors { missing, unexpected, misshapen, .. }
            if missing.iter().all(|name| file.config.is_pooler(name))
                && unexpected.is_empty()
                && misshapen.is_empty() =>
        {
            let problem = format!(
                "there is no {}, which a finetuned {} has learnt",
                missing.join(" and no "),
                file.config.family().class
            );
            wrong(problem, "give the folder that training saved; a classifier of tokens has no pooler")
        }
        error => error.found_in(folder).beside(&others),
    })?;
    let labels = names(&file, n_outputs, labels).map_err(|problem| LmcError::Labels {
        origin: Some(folder.to_owned()),
        problem,
        remedy: NAME_THEM.to_owned(),
    })?;
    note_others(&others, Part::Classifier, folder);
    Ok(Finetuned { classifier, weights, labels })
}

/// Checks that the outputs are classes and that each text has exactly one.
fn check_problem(file: &ConfigFile) -> Result<()> {
    let Some(problem) =
        file.problem_type.as_deref().filter(|problem| *problem != "single_label_classification")
    else {
        return Ok(());
    };
    let what = match problem {
        "regression" => "the outputs are numbers, not classes",
        "multi_label_classification" => "a text may have several labels at once",
        _ => "transformers knows no such problem",
    };
    Err(LmcError::Format {
        path: file.path.clone(),
        line: None,
        problem: format!("`problem_type`: got {problem}, {what}"),
        remedy: "give a classifier with one label for each text (single_label_classification)",
    })
}

/// Returns the names of the outputs: those given, or those of the config, or else the problem with these.
fn names(file: &ConfigFile, n_outputs: usize, given: &[String]) -> Result<Vec<String>, String> {
    let differ = |n: usize| format!("{}, {}", counted(n_outputs, "output"), counted(n, "label"));
    match &file.labels {
        _ if given.len() == n_outputs => Ok(given.to_vec()),
        _ if !given.is_empty() => Err(format!("{} ({})", differ(given.len()), given.join(", "))),
        Labels::Named(names) if names.len() == n_outputs => Ok(names.clone()),
        Labels::Named(names) => Err(format!("{} in `id2label` ({})", differ(names.len()), names.join(", "))),
        Labels::Unnamed(Some(n)) if *n != n_outputs => Err(format!("{} by `num_labels`", differ(*n))),
        Labels::Unnamed(_) => Ok((0..n_outputs).map(|i| format!("LABEL_{i}")).collect()),
        Labels::Unusable(problem) => Err(problem.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{config, roberta, weights};
    use crate::model::save::to_bytes;
    use crate::model::{ModelConfig, read_safetensors, save_folder};
    use std::collections::BTreeMap;
    use tch::Kind;

    /// A folder with the weights of a classifier over three classes, and those weights.
    fn saved(config: &ModelConfig) -> (tempfile::TempDir, Weights) {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(&Classifier::new(config, 3), 7);
        save_folder(folder.path(), config, &weights).unwrap();
        (folder, weights)
    }

    /// Changes the tensors of a folder.
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
        let expected =
            format!("{}: 3 outputs, 4 labels in `id2label` (a, b, c, d); ", folder.path().display());
        assert!(message.starts_with(&expected), "{message}");
    }

    #[test]
    fn given_labels_win_over_those_of_the_config() {
        let (folder, _) = saved(&roberta());
        let json = serde_json::to_value(roberta()).unwrap();
        let given = ["no", "perhaps", "yes"].map(String::from);
        let config = |field: &str, value: serde_json::Value| {
            let mut json = json.clone();
            json[field] = value;
            std::fs::write(folder.path().join("config.json"), json.to_string()).unwrap();
        };
        for (field, value) in [
            ("id2label", serde_json::json!({"0": "a"})),
            ("id2label", serde_json::json!({"0": 0, "1": 1, "2": 2})),
            ("id2label", serde_json::json!(["a", "b", "c"])),
            ("num_labels", serde_json::json!(2)),
        ] {
            config(field, value);
            assert!(load_finetuned(folder.path()).is_err(), "{field}");
            assert_eq!(load_finetuned_as(folder.path(), &given).unwrap().labels, given);
            let message = load_finetuned_as(folder.path(), &given[..2]).unwrap_err().to_string();
            assert!(message.contains("3 outputs, 2 labels (no, perhaps); name "), "{message}");
        }
        config("num_labels", serde_json::json!(3));
        assert_eq!(load_finetuned(folder.path()).unwrap().labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
        for problem in ["regression", "multi_label_classification", "ranking"] {
            config("problem_type", serde_json::json!(problem));
            let message = load_finetuned_as(folder.path(), &given).unwrap_err().to_string();
            assert!(message.contains(&format!("config.json: `problem_type`: got {problem}, ")), "{message}");
        }
        config("problem_type", serde_json::json!("single_label_classification"));
        load_finetuned(folder.path()).unwrap();
    }

    #[test]
    fn one_output_is_no_classifier() {
        let folder = tempfile::tempdir().unwrap();
        save_folder(folder.path(), &config(), &weights(&Classifier::new(&config(), 1), 7)).unwrap();
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        assert!(
            message.contains("the head has 1 output (classifier.weight), as for regression"),
            "{message}"
        );
    }

    #[test]
    fn a_classifier_has_learnt_its_pooler() {
        let (folder, _) = saved(&config());
        change(folder.path(), |named| named.retain(|name, _| !name.contains("pooler")));
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        assert!(
            message.contains("there is no bert.pooler.dense.weight and no bert.pooler.dense.bias, which"),
            "{message}"
        );
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
    fn others_are_left_out_and_unknown_parts_of_the_model_are_not() {
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, tch::Device::Cpu));
        let (folder, weights) = saved(&config());
        change(folder.path(), |named| {
            named.insert("cls.predictions.bias".into(), zeros(&[20]));
            named.insert("bert.encoder.layer.2.output.dense.bias".into(), zeros(&[8]));
            named.insert("optimizer.exp_avg".into(), zeros(&[3]));
        });
        assert_eq!(load_finetuned(folder.path()).unwrap().weights.theta(), weights.theta());
        let name = "bert.encoder.layer.1.attention.self.distance_embedding.weight";
        change(folder.path(), |named| {
            named.insert(name.into(), zeros(&[19, 4]));
        });
        let message = load_finetuned(folder.path()).unwrap_err().to_string();
        assert!(message.contains("1 unexpected") && message.contains(name), "{message}");
        assert!(!message.contains("cls."), "{message}");
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
            let message = error.to_string();
            assert!(
                message.contains(&format!("tensor {name} has shape [2], expected [number of classes, 8]")),
                "{message}"
            );
        }
    }

    /// The header says that the tensors are PyTorch's; files that do not say so are read in the same way.
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
