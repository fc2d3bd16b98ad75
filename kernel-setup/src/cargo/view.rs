//! The crates below a cell that rust-analyzer sees. It reads the sources of every crate it is told of, and a
//! crate like `lmc` has hundreds below it, while cells meet the types of a few. A crate may name these in its
//! manifest:
//!
//! ```toml
//! [package.metadata.notebook]
//! types = ["ndarray", "polars", "polars-core"]
//! ```

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Returns whether this is rust-analyzer's question for all crates below the cells.
pub fn applies(words: &[&str], cells: &Path) -> bool {
    let manifest = cells.join("Cargo.toml");
    words.contains(&"metadata")
        && words.contains(&"--filter-platform")
        && !words.contains(&"--no-deps")
        && words.iter().any(|word| Path::new(word) == manifest)
}

/// Returns the answer with only those crates that can be reached through crates that name no types, and
/// through named ones.
pub fn narrow(metadata: &str) -> Result<String> {
    let mut metadata: Value = serde_json::from_str(metadata).context("cargo's answer is not JSON")?;
    let kept = kept(&metadata).context("cargo's answer has no packages")?;
    let is_kept = |id: &Value| id.as_str().is_some_and(|id| kept.contains(id));
    retain(&mut metadata["packages"], |package| is_kept(&package["id"]));
    retain(&mut metadata["resolve"]["nodes"], |node| is_kept(&node["id"]));
    for node in metadata["resolve"]["nodes"].as_array_mut().into_iter().flatten() {
        retain(&mut node["dependencies"], is_kept);
        retain(&mut node["deps"], |dependency| is_kept(&dependency["pkg"]));
    }
    Ok(metadata.to_string())
}

fn retain(list: &mut Value, keep: impl Fn(&Value) -> bool) {
    if let Some(list) = list.as_array_mut() {
        list.retain(keep);
    }
}

/// Returns the identifiers of the packages that stay.
fn kept(metadata: &Value) -> Option<HashSet<String>> {
    let packages: HashMap<&str, &Value> = metadata["packages"]
        .as_array()?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, &node["dependencies"])))
        .collect();
    let root = metadata["resolve"]["root"].as_str()?;
    let (mut kept, mut seen) = (HashSet::new(), HashSet::new());
    let mut open: Vec<(&str, Option<&Value>)> = vec![(root, None)];
    while let Some((id, types)) = open.pop() {
        if !seen.insert((id, types.is_some())) {
            continue;
        }
        kept.insert(id.to_owned());
        let own = packages.get(id).map(|package| &package["metadata"]["notebook"]["types"]);
        let types = types.or(own.filter(|types| types.is_array()));
        for below in nodes.get(id).and_then(|ids| ids.as_array()).into_iter().flatten() {
            let Some(below) = below.as_str() else { continue };
            let name = packages.get(below).map(|package| &package["name"]);
            let is_named =
                |types: &Value| types.as_array().into_iter().flatten().any(|named| Some(named) == name);
            if types.is_none_or(is_named) {
                open.push((below, types));
            }
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_named_crates_are_seen_below_a_crate_that_names_some() {
        let package = |name: &str, metadata: Value| json!({ "id": name, "name": name, "metadata": metadata });
        let node = |name: &str, below: &[&str]| {
            let deps: Vec<Value> = below.iter().map(|name| json!({ "pkg": name })).collect();
            json!({ "id": name, "dependencies": below, "deps": deps })
        };
        let types = json!({ "notebook": { "types": ["polars", "core"] } });
        let metadata = json!({
            "packages": [package("ctx", Value::Null), package("lmc", types), package("polars", Value::Null),
                package("core", Value::Null), package("regex", Value::Null), package("rand", Value::Null),
                package("libc", Value::Null)],
            "resolve": { "root": "ctx", "nodes": [node("ctx", &["lmc", "rand"]), node("lmc", &["polars", "regex"]),
                node("polars", &["core", "libc"]), node("core", &["regex"]), node("regex", &[]),
                node("rand", &["libc"]), node("libc", &[])] },
        });
        let narrow: Value = serde_json::from_str(&narrow(&metadata.to_string()).unwrap()).unwrap();
        let names: Vec<&Value> =
            narrow["packages"].as_array().unwrap().iter().map(|package| &package["name"]).collect();
        assert_eq!(names, ["ctx", "lmc", "polars", "core", "rand", "libc"]);
        assert_eq!(narrow["resolve"]["nodes"][1], node("lmc", &["polars"]));
        // `libc` is visible because of `rand`.
        assert_eq!(narrow["resolve"]["nodes"][2], node("polars", &["core", "libc"]));
    }

    #[test]
    fn only_the_question_for_everything_is_narrowed() {
        let cells = Path::new("/cells");
        let all = ["metadata", "--manifest-path", "/cells/Cargo.toml", "--filter-platform", "x"];
        assert!(applies(&all, cells));
        assert!(!applies(&[&all[..], &["--no-deps"]].concat(), cells));
        assert!(!applies(&all, Path::new("/other")) && !applies(&all[..3], cells));
    }
}
