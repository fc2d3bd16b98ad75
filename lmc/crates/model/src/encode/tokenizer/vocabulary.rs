//! Vocabularies and merges, from `tokenizer.json` or from files of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::files::{not_json, read_json, read_json_text, read_text, wrong, wrong_key};
use super::json::Json;
use lmc_base::error::Result;

/// The tokens of a model with their ids, the merges of byte-level pairs in their order, and the file that
/// errors name.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pub ids: HashMap<String, u32>,
    pub merges: Vec<(String, String)>,
    pub path: PathBuf,
}

/// The content of a `tokenizer.json`.
#[derive(Debug)]
pub(super) struct Whole {
    pub path: PathBuf,
    pub text: String,
    pub json: Json,
}

impl Whole {
    /// Reads the file.
    pub fn read(path: PathBuf) -> Result<Self> {
        let text = read_json_text(&path)?;
        let json = Json::parse(&text).map_err(|error| not_json(&path, &error))?;
        if json.get("model").is_none() {
            return Err(wrong(&path, Some(1), "it has no `model`"));
        }
        Ok(Self { path, text, json })
    }

    /// Returns the kind of its model, such as `WordPiece`; empty for old files, which do not say.
    pub fn kind(&self) -> &str {
        self.json.get("model").and_then(|model| model.get("type")).and_then(Json::text).unwrap_or_default()
    }

    /// Returns a text in a map of the file, such as the direction of its truncation.
    pub fn text(&self, map: &str, key: &str) -> Option<&str> {
        self.json.get(map)?.get(key)?.text()
    }

    /// Returns the vocabulary of its model, with the merges if it has any.
    pub fn vocabulary(&self) -> Result<Vocabulary> {
        let model = self.json.get("model").unwrap_or(&Json::Null);
        let Some(Json::Map(entries)) = model.get("vocab") else {
            let kind = if self.kind().is_empty() { "a model without ids" } else { self.kind() };
            let expected =
                "WordPiece or BPE (`tokenizer_class` PreTrainedTokenizerFast takes the file as it is)";
            return Err(wrong_key(&self.path, "model.type", kind, expected));
        };
        let ids = ids(&self.path, entries)?;
        let merges = match model.get("merges") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::List(merges)) => {
                merges.iter().map(|merge| self.merge(merge, &ids)).collect::<Result<_>>()?
            }
            Some(other) => return Err(wrong_key(&self.path, "model.merges", other, "a list")),
        };
        Ok(Vocabulary { ids, merges, path: self.path.clone() })
    }

    fn merge(&self, merge: &Json, ids: &HashMap<String, u32>) -> Result<(String, String)> {
        let tokens = match merge {
            Json::Text(line) => halves(line),
            Json::List(tokens) => match tokens.as_slice() {
                [Json::Text(first), Json::Text(second)] => Some((first.as_str(), second.as_str())),
                _ => None,
            },
            _ => None,
        };
        let (first, second) =
            tokens.ok_or_else(|| wrong_key(&self.path, "model.merges", merge, "two tokens each"))?;
        if let Some(token) = unknown(first, second, ids) {
            let problem =
                format!("the merge of `{first}` and `{second}` needs the token `{token}`, which is missing");
            return Err(wrong(&self.path, None, problem));
        }
        Ok((first.to_owned(), second.to_owned()))
    }
}

impl Vocabulary {
    /// Returns the tokens of a `vocab.txt`; the id of a token is the number of its line, from 0.
    pub fn lines(path: PathBuf) -> Result<Self> {
        let text = read_text(&path)?;
        let ids = text.lines().zip(0..).map(|(token, id)| (token.trim_end().to_owned(), id)).collect();
        Ok(Self { ids, merges: Vec::new(), path })
    }

    /// Returns the tokens of a `vocab.json` and the merges of a `merges.txt`.
    pub fn pairs(path: PathBuf, merges: &Path) -> Result<Self> {
        let Json::Map(entries) = read_json(&path)? else {
            return Err(wrong(&path, None, "there are no tokens"));
        };
        if entries.is_empty() {
            return Err(wrong(&path, None, "there are no tokens"));
        }
        let ids = ids(&path, &entries)?;
        let merges = read_merges(merges, &ids)?;
        Ok(Self { ids, merges, path })
    }
}

fn ids(path: &Path, entries: &[(String, Json)]) -> Result<HashMap<String, u32>> {
    let id = |(token, id): &(String, Json)| match id.id() {
        Some(id) => Ok((token.clone(), id)),
        None => Err(wrong_key(path, token, id, "the token's id")),
    };
    entries.iter().map(id).collect()
}

/// Reads the merges in their order: two tokens in a line, after a first line `#version`.
fn read_merges(path: &Path, ids: &HashMap<String, u32>) -> Result<Vec<(String, String)>> {
    let text = read_text(path)?;
    let mut merges = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with("#version") {
            continue;
        }
        let Some((first, second)) = halves(line) else {
            let problem = format!("`{line}` is not two tokens with a space between");
            return Err(wrong(path, Some(number), problem));
        };
        if let Some(token) = unknown(first, second, ids) {
            let problem = format!("the merge `{line}` needs the token `{token}`, which vocab.json lacks");
            return Err(wrong(path, Some(number), problem));
        }
        merges.push((first.to_owned(), second.to_owned()));
    }
    Ok(merges)
}

fn halves(line: &str) -> Option<(&str, &str)> {
    line.split_once(' ').filter(|(_, second)| !second.contains(' '))
}

/// Returns the token that the vocabulary lacks, among two tokens and their merge.
fn unknown(first: &str, second: &str, ids: &HashMap<String, u32>) -> Option<String> {
    let merged = format!("{first}{second}");
    [first, second, &merged].into_iter().find(|&token| !ids.contains_key(token)).map(str::to_owned)
}
