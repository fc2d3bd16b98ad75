//! The names that a `config.json` gives to the outputs of a classifier, as transformers reads it: `id2label`
//! alone counts, and `num_labels` beside it if the two differ.

use serde_json::{Map, Value};

/// The names of outputs.
#[derive(Debug, Clone, PartialEq)]
#[doc(hidden)]
pub enum Labels {
    /// No names are given, so they are `LABEL_0`, `LABEL_1`, ...; holds the number of outputs if it is given.
    Unnamed(Option<usize>),
    /// One for each output.
    Named(Vec<String>),
    /// The content cannot be the names; holds the reason.
    Unusable(String),
}

impl Labels {
    /// Returns the names that the fields of a `config.json` give.
    pub fn of(fields: &Map<String, Value>) -> Self {
        let count = fields.get("num_labels").and_then(Value::as_u64).map(|n| n as usize);
        let named = match fields.get("id2label").filter(|value| !value.is_null()) {
            // The inverse alone gives the same names; it does not count against `id2label`.
            None => match fields.get("label2id").and_then(inverse) {
                Some(names) => names,
                None => return Self::Unnamed(count),
            },
            Some(value) => match names(value) {
                Ok(names) => names,
                // Where the number says otherwise transformers makes new names.
                Err(_) if count.is_some_and(|n| value.as_object().is_some_and(|map| map.len() != n)) => {
                    return Self::Unnamed(count);
                }
                Err(problem) => return Self::Unusable(problem),
            },
        };
        match count {
            Some(n) if n != named.len() => Self::Unnamed(count),
            _ => Self::Named(named),
        }
    }
}

/// Returns the names in an `id2label`, or the reason why it has none.
fn names(id2label: &Value) -> Result<Vec<String>, String> {
    let wrong = || {
        format!("`id2label`: got {}, expected a name in quotes for each of 0, 1, ...", shortened(id2label))
    };
    let map = id2label.as_object().ok_or_else(wrong)?;
    let mut named = Vec::new();
    for (id, name) in map {
        let id: usize = id.trim().parse().map_err(|_| wrong())?;
        named.push((id, name.as_str().ok_or_else(wrong)?.to_owned()));
    }
    named.sort();
    if named.is_empty() || named.iter().enumerate().any(|(i, (id, _))| i != *id) {
        return Err(wrong());
    }
    Ok(named.into_iter().map(|(_, name)| name).collect())
}

/// Returns the names in a `label2id`, if it gives each of 0, 1, ... to one name.
fn inverse(label2id: &Value) -> Option<Vec<String>> {
    let map = label2id.as_object()?;
    let mut named = Vec::new();
    for (name, id) in map {
        named.push((usize::try_from(id.as_u64()?).ok()?, name.clone()));
    }
    named.sort();
    let is_whole = !named.is_empty() && named.iter().enumerate().all(|(i, (id, _))| i == *id);
    is_whole.then(|| named.into_iter().map(|(_, name)| name).collect())
}

/// Returns a value in one line, cut if it is long.
pub(super) fn shortened(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = match value {
        Value::String(text) if lmc_base::json::NUMBERS.contains(&text.as_str()) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Labels {
        let Value::Object(fields) = serde_json::from_str(text).unwrap() else { panic!("{text}") };
        Labels::of(&fields)
    }

    fn named(names: &[&str]) -> Labels {
        Labels::Named(names.iter().map(|&name| name.to_owned()).collect())
    }

    /// The names are those that transformers 5.17 makes of the same fields.
    #[test]
    fn id2label_counts_and_num_labels_where_they_differ() {
        for (text, expected) in [
            (r#"{"id2label": {"1": "b", "0": "a"}}"#, named(&["a", "b"])),
            (
                r#"{"id2label": {"0": "a", "1": "b"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}"#,
                named(&["a", "b"]),
            ),
            (
                r#"{"id2label": {"0": "a", "1": "b"}, "label2id": {"a": "0"}, "num_labels": 2}"#,
                named(&["a", "b"]),
            ),
            (r#"{"id2label": {"0": "a", "1": "b"}, "num_labels": 3}"#, Labels::Unnamed(Some(3))),
            (r#"{"id2label": {"0": 0, "1": 1}, "num_labels": 3}"#, Labels::Unnamed(Some(3))),
            (r#"{"num_labels": 5}"#, Labels::Unnamed(Some(5))),
            (r#"{"id2label": null, "num_labels": null}"#, Labels::Unnamed(None)),
            ("{}", Labels::Unnamed(None)),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        let twelve: Vec<String> = (0..12).map(|i| format!("\"{i}\": \"class {i}\"")).collect();
        let Labels::Named(names) = of(&format!("{{\"id2label\": {{{}}}}}", twelve.join(", "))) else {
            panic!()
        };
        assert_eq!((names.len(), names[2].as_str(), names[11].as_str()), (12, "class 2", "class 11"));
    }

    #[test]
    fn the_inverse_stands_in_where_there_is_nothing_else() {
        assert_eq!(of(r#"{"label2id": {"b": 1, "a": 0}}"#), named(&["a", "b"]));
        for inverse in [r#"{"a": 0, "b": 0}"#, r#"{"a": 1}"#, r#"{"a": "0"}"#, "{}", "[]"] {
            assert_eq!(of(&format!("{{\"label2id\": {inverse}}}")), Labels::Unnamed(None), "{inverse}");
        }
    }

    #[test]
    fn what_cannot_be_names_is_told() {
        for text in [
            r#"{"0": 0, "1": 1}"#,
            r#"{"0": "a", "2": "b"}"#,
            r#"{"1": "a"}"#,
            r#"{"zero": "a"}"#,
            r#"{"-1": "a"}"#,
            r#"["a", "b"]"#,
            "{}",
        ] {
            let Labels::Unusable(problem) = of(&format!("{{\"id2label\": {text}}}")) else {
                panic!("{text}")
            };
            assert!(
                problem.starts_with("`id2label`: got ") && problem.contains("a name in quotes"),
                "{problem}"
            );
        }
    }
}
