//! Compares token ids and segments with transformers' AutoTokenizer, for folders whose files agree, disagree
//! or say nothing.

use std::path::Path;

use lmc::data::{Dataset, Example};
use lmc::encode::{encode, load_tokenizer, model_max_length};
use lmc_tests::reference::reference_script;
use serde_json::{Map, Value};

/// Sets the values at keys whose levels are separated by dots.
fn put(mut json: Value, changes: &Map<String, Value>) -> Value {
    for (key, new) in changes {
        let place = key.split('.').fold(&mut json, |at, level| &mut at[level]);
        *place = new.clone();
    }
    json
}

/// Writes the files of a folder.
fn write(folder: &Path, files: &Map<String, Value>, known: &Value) {
    for (name, content) in files {
        let content = match (content["from"].as_str(), content["set"].as_object()) {
            (Some(from), Some(changes)) => put(known[from].clone(), changes),
            _ => content.clone(),
        };
        let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// Returns texts, or pairs, as a dataset.
fn dataset(texts: &Value) -> Dataset {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let example = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([first, second]) => Example { first: text(first), second: Some(text(second)), label: 0 },
        _ => Example { first: text(value), second: None, label: 0 },
    };
    let examples = texts.as_array().unwrap().iter().map(example).collect();
    Dataset::new("golden", &["no", "yes"], examples, None).unwrap()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

/// Returns the differences from AutoTokenizer's ids and segments; empty if there are none.
fn differences(folder: &Path, golden: &Value, found: &Value) -> Vec<String> {
    let tokenizer = match load_tokenizer(folder) {
        Ok(tokenizer) => tokenizer,
        Err(error) => return vec![format!("refused: {error}")],
    };
    let limit = found["limit"].as_u64().map(|limit| limit as usize);
    let mut differences = Vec::new();
    if model_max_length(&tokenizer) != limit {
        differences.push(format!("limit {:?}, expected {limit:?}", model_max_length(&tokenizer)));
    }
    for (key, texts, max_len) in [("64", "texts", 64), ("pairs", "pairs", 64), ("9", "pairs", 9)] {
        let encoded = encode(&dataset(&golden[texts]), &tokenizer, max_len).unwrap();
        for (i, example) in encoded.iter().enumerate() {
            let value = |column: &str| match &found[key][column][i] {
                Value::Null => golden["first"][found["family"].as_str().unwrap()][key][column][i].clone(),
                value => value.clone(),
            };
            let (ids, first) = (integers(&value("ids")), value("first").as_u64().unwrap() as usize);
            let segments: Vec<i64> = (0..ids.len()).map(|place| i64::from(place >= first)).collect();
            if example.ids != ids || example.segments != segments {
                let text = &golden[texts][i];
                differences.push(format!(
                    "{text} at {max_len}: {:?} {:?}, expected {ids:?} {segments:?}",
                    example.ids, example.segments
                ));
            }
        }
    }
    differences
}

/// Compares every folder; returns how many AutoTokenizer takes, how many it refuses and how many lmc alone
/// refuses.
fn check(golden: &Value) -> [usize; 3] {
    let (mut counts, mut wrong) = ([0; 3], Vec::new());
    for (name, found) in golden["folders"].as_object().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), found["files"].as_object().unwrap(), &golden["files"]);
        if found.get("limit").is_some() {
            counts[0] += 1;
            let differences = differences(folder.path(), golden, found);
            wrong.extend(differences.into_iter().take(4).map(|difference| format!("{name}: {difference}")));
            continue;
        }
        counts[1 + usize::from(found.get("error").is_none())] += 1;
        let part = found["refused"].as_str().unwrap_or(": ");
        match load_tokenizer(folder.path()) {
            Ok(_) => wrong.push(format!("{name}: taken")),
            Err(error) => {
                let message = error.to_string();
                let is_told = message.contains(part) && message.lines().count() == 1;
                if !is_told || !message.contains(&*folder.path().to_string_lossy()) {
                    wrong.push(format!("{name}: {message}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    counts
}

#[test]
fn folders_are_read_as_auto_tokenizer_reads_them() {
    let golden = serde_json::from_str(include_str!("../../golden/tokenizer_folders.json")).unwrap();
    let [taken, refused, refused_here] = check(&golden);
    println!("{taken} folders give the same ids, {refused} are refused by both, {refused_here} here alone");
    assert!(taken >= 50 && refused >= 10 && refused_here >= 10, "{taken}, {refused}, {refused_here}");
}

/// Random combinations of settings are read alike. The combinations are not part of this repository.
#[test]
fn random_folders_are_read_as_auto_tokenizer_reads_them() {
    let Some(mut script) = reference_script("generate_tokenizer_folders.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("random.json");
    let status = script.arg(&out).args(["1", "200"]).status().unwrap();
    assert!(status.success());
    let golden = serde_json::from_str(&std::fs::read_to_string(out).unwrap()).unwrap();
    let [taken, refused, _] = check(&golden);
    println!("{taken} random folders give the same ids, {refused} are refused by both");
    assert!(taken > 100, "{taken}");
}
