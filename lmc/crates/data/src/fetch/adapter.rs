//! Adapters, as PEFT saves them: a folder that holds the changes of a model, and names the model itself.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ModelFolder;
use super::model_names::Given;
use lmc_base::error::{LmcError, Result};

/// The file that describes an adapter.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// The files of its weights, the one that is preferred first.
pub const ADAPTER_WEIGHTS: [&str; 2] = ["adapter_model.safetensors", "adapter_model.bin"];

/// The files of the weights of a whole model, beside which an adapter does not matter.
const WHOLE: [&str; 5] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "flax_model.msgpack",
];

/// Returns whether a folder holds an adapter, and not a whole model.
#[doc(hidden)]
pub fn is_adapter(folder: &Path) -> bool {
    folder.join(ADAPTER_CONFIG).is_file() && !WHOLE.iter().any(|file| folder.join(file).exists())
}

/// Returns the model that the adapter in a folder changes, or none if the folder holds no adapter. Its
/// `base_model_name_or_path` is a folder, seen from the adapter or else from the working folder, or the name of
/// a manifest or of its repository, whose files are fetched.
///
/// # Errors
/// [`LmcError::Format`] with the file if it is damaged, names no model, one that is not known, or another
/// adapter; [`LmcError::Io`]; the errors of [`ModelFolder::find`].
#[doc(hidden)]
pub fn adapter_base(folder: &Path) -> Result<Option<ModelFolder>> {
    if !is_adapter(folder) {
        return Ok(None);
    }
    let path = folder.join(ADAPTER_CONFIG);
    let bytes = std::fs::read(&path).map_err(LmcError::io("read", &path))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| LmcError::Format {
        path: path.clone(),
        line: Some(error.line()),
        problem: format!("not JSON: {error}"),
        remedy: "give the adapter_config.json that belongs to this adapter",
    })?;
    let wrong = |problem: String| {
        let problem = format!("`base_model_name_or_path`: {problem}");
        let remedy = "write the folder of the model that was adapted into adapter_config.json, or a name that `lmc manifests` lists";
        LmcError::Format { path: path.clone(), line: None, problem, remedy }
    };
    let given = value.get("base_model_name_or_path").and_then(Value::as_str).unwrap_or_default();
    if given.trim().is_empty() {
        return Err(wrong("it names no model".to_owned()));
    }
    let places = [folder.join(given), PathBuf::from(given)];
    let place = places.into_iter().find(|place| place.is_dir()).unwrap_or_else(|| given.into());
    let base = Given::new(&place).and_then(ModelFolder::whole).map_err(|error| match error {
        LmcError::NoModel { given, why } => wrong(format!("got {given}: {why}")),
        other => other,
    })?;
    if is_adapter(&base.folder) {
        return Err(wrong(format!("got {given}, an adapter too, expected a whole model")));
    }
    Ok(Some(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An adapter in `run/adapter` with that description.
    fn adapter(root: &Path, config: &str) -> PathBuf {
        let folder = root.join("run/adapter");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(ADAPTER_CONFIG), config).unwrap();
        folder
    }

    #[test]
    fn the_base_is_a_folder_seen_from_the_adapter() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("run/base")).unwrap();
        std::fs::write(root.path().join("run/base/vocab.txt"), "[PAD]\n").unwrap();
        let folder = adapter(root.path(), r#"{"base_model_name_or_path": "../base"}"#);
        let base = adapter_base(&folder).unwrap().unwrap();
        assert_eq!(base.folder, folder.join("../base"));
        // The tokenizer of the base, unless the adapter has one.
        let model = ModelFolder::find(&folder).unwrap();
        assert_eq!(
            (model.name.as_str(), &model.folder, &model.tokenizer),
            ("adapter", &folder, &base.folder)
        );
        assert_eq!(ModelFolder::find_tokenizer(&folder).unwrap(), base.folder);
        std::fs::write(folder.join("vocab.txt"), "[PAD]\n").unwrap();
        assert_eq!(ModelFolder::find(&folder).unwrap().tokenizer, folder);
        // By an absolute path, and beside the weights of a whole model.
        let absolute = root.path().join("run/base");
        let config = format!(r#"{{"base_model_name_or_path": "{}"}}"#, absolute.display());
        assert_eq!(adapter_base(&adapter(root.path(), &config)).unwrap().unwrap().folder, absolute);
        std::fs::write(folder.join("model.safetensors"), "").unwrap();
        assert_eq!(adapter_base(&folder).unwrap(), None);
    }

    #[test]
    fn what_names_no_base_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for (config, expected) in [
            ("{", "adapter_config.json:1: not JSON"),
            ("{}", "`base_model_name_or_path`: it names no model"),
            (r#"{"base_model_name_or_path": null}"#, "it names no model"),
            (r#"{"base_model_name_or_path": "../some/where"}"#, "got ../some/where: there is no such folder"),
            (r#"{"base_model_name_or_path": "."}"#, "an adapter too, expected a whole model"),
        ] {
            let error = adapter_base(&adapter(root.path(), config)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
