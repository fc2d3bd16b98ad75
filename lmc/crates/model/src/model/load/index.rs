//! The index of a checkpoint in shards: which file holds which tensors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde::Deserialize;

use super::File;
use lmc_base::error::{LmcError, Result};

/// The content of a `model.safetensors.index.json` or `pytorch_model.bin.index.json`: the names of the
/// tensors in each shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardIndex(BTreeMap<String, BTreeSet<String>>);

#[derive(Deserialize)]
struct IndexFile {
    weight_map: BTreeMap<String, String>,
}

impl ShardIndex {
    /// Reads the index in a file's bytes; `path` is named in errors.
    ///
    /// # Errors
    /// [`LmcError::Format`] if it is damaged, has no tensors, or a shard is not a file of the same folder.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        let file = File { path, remedy: "fetch the file again" };
        let index: IndexFile = serde_json::from_slice(bytes).map_err(|e| LmcError::Format {
            path: path.to_owned(),
            line: Some(e.line()),
            problem: e.to_string(),
            remedy: file.remedy,
        })?;
        let mut shards: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, shard) in index.weight_map {
            if !is_file_name(&shard) {
                let problem = format!("tensor {name} is in `{shard}`, which is not a file of this folder");
                let remedy = "do not use this checkpoint, its shards must lie beside the index";
                return Err(File { path, remedy }.damaged(problem));
            }
            shards.entry(shard).or_default().insert(name);
        }
        if shards.is_empty() {
            return Err(file.damaged("`weight_map` is empty"));
        }
        Ok(Self(shards))
    }

    /// Returns the shards with the names of their tensors, in the order of the shards' names.
    pub fn shards(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(shard, names)| (shard.as_str(), names))
    }
}

fn is_file_name(shard: &str) -> bool {
    let mut components = Path::new(shard).components();
    let first = components.next();
    matches!(first, Some(Component::Normal(name)) if name == shard)
        && components.next().is_none()
        && !shard.contains(['\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ShardIndex> {
        ShardIndex::parse(text.as_bytes(), Path::new("folder/model.safetensors.index.json"))
    }

    #[test]
    fn tensors_by_shard() {
        let index = parse(
            r#"{"metadata": {"total_size": 8}, "weight_map": {"a": "2.bin", "b": "1.bin", "c": "2.bin"}}"#,
        )
        .unwrap();
        let shards: Vec<(&str, Vec<&str>)> = index
            .shards()
            .map(|(shard, names)| (shard, names.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(shards, [("1.bin", vec!["b"]), ("2.bin", vec!["a", "c"])]);
    }

    #[test]
    fn shards_outside_the_folder_are_refused() {
        for shard in [
            "../x.bin",
            "/etc/passwd",
            "a/../../x",
            "sub/x.bin",
            "..",
            ".",
            "",
            "x.bin/",
            "./x",
            r"..\\x",
            "c:x",
        ] {
            let error = parse(&format!(r#"{{"weight_map": {{"w": "{shard}"}}}}"#)).unwrap_err().to_string();
            let start = "folder/model.safetensors.index.json: tensor w is in `";
            assert!(error.starts_with(start) && error.contains("not a file of this folder"), "{error}");
        }
    }

    #[test]
    fn damaged_indices_are_refused_with_the_line() {
        for (text, problem) in [
            ("{\n\"weight_map\": {\"a\": 1}}", "index.json:2: invalid type: integer `1`"),
            ("{\n\n\"metadata\": {}}", "index.json:3: missing field `weight_map`"),
            ("", "index.json:1: EOF"),
            (r#"{"weight_map": {}}"#, "index.json: `weight_map` is empty"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(problem) && error.ends_with("fetch the file again"), "{error}");
        }
    }
}
