//! Reading a `config.json` as transformers does: missing fields have their defaults, and fields that do not
//! matter are ignored.

mod disentangled;
mod modern;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::labels::shortened;
use super::{Labels, ModelConfig, bert_std};
use crate::model::family::{self, Family, N_BUCKETS};
use lmc_base::error::{LmcError, Result};
use lmc_base::file::StandIn;
use lmc_base::json::quoted_numbers;

/// The remedy for checkpoints of TensorFlow.
pub(in crate::model) const TENSORFLOW: &str = "convert it in Python with transformers 4.57, the last series that reads them, and tensorflow: \
     AutoModelForSequenceClassification.from_pretrained(\"FOLDER\", from_tf=True).save_pretrained(\"FOLDER\"); \
     for a model.ckpt.index, from_pretrained(\"FOLDER/model.ckpt.index\", from_tf=True, config=AutoConfig.from_pretrained(\"FOLDER\"))";

const REMEDY: &str = "give the config.json that belongs to these weights";

/// The content of a `config.json`: the architecture, and the fields that concern a classifier alone.
#[derive(Debug, Clone)]
#[doc(hidden)]
pub struct ConfigFile {
    /// The architecture; with labels if they are usable.
    pub config: ModelConfig,
    /// The names of outputs.
    pub labels: Labels,
    /// The kind of problem that the outputs are for, if it is given.
    pub problem_type: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// Returns the error for a config that cannot be read. It names what the folder holds instead, if that is
/// known.
fn instead_of(path: &Path, error: std::io::Error) -> LmcError {
    let is_of_tensorflow = path.with_file_name("bert_config.json").is_file();
    let has_checkpoint = path.parent().is_some_and(has_checkpoint);
    let other = match (is_of_tensorflow, has_checkpoint) {
        (true, _) => {
            Some(("a TensorFlow checkpoint, which is not read; its config.json is missing too", TENSORFLOW))
        }
        (false, true) => Some(CHECKPOINT),
        (false, false) => None,
    };
    match (error.kind(), other, path.parent()) {
        (std::io::ErrorKind::NotFound, Some((problem, remedy)), Some(folder)) => {
            LmcError::Format { path: folder.to_owned(), line: None, problem: problem.to_owned(), remedy }
        }
        _ => LmcError::io("read", path)(error),
    }
}

/// The problem with a folder that has a checkpoint and no config, and its remedy.
const CHECKPOINT: (&str, &str) = (
    "a checkpoint without config.json, and the architecture is not read from its hyperparameters",
    "put the config.json and the tokenizer of its base model beside it, in Python: AutoConfig.from_pretrained(BASE).save_pretrained(FOLDER)",
);

/// Returns whether a folder has a `.ckpt`.
fn has_checkpoint(folder: &Path) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| Path::new(&entry.file_name()).extension().is_some_and(|end| end == "ckpt"))
}

impl ConfigFile {
    /// Reads the content of a file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| instead_of(path, error))?;
        let text = String::from_utf8(bytes).map_err(|_| damaged(path, None, "not UTF-8".into()))?;
        Self::parse(&text, path)
    }

    /// Reads the content of a text; `path` is named in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(StandIn { problem, remedy }) = StandIn::of(text.as_bytes()) {
            return Err(LmcError::Format {
                path: path.to_owned(),
                line: None,
                problem: problem.into(),
                remedy,
            });
        }
        let value: Value = serde_json::from_str(&quoted_numbers(text))
            .map_err(|e| damaged(path, Some(e.line()), format!("not JSON: {e}")))?;
        let Value::Object(fields) = value else {
            return Err(damaged(path, Some(1), format!("got {}, expected an object", shortened(&value))));
        };
        let model_type = fields.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let family = Family::named(model_type).unwrap_or(family::ALL[0]);
        let file = Fields { fields: &fields, text, path, family };
        file.check_absent()?;
        let mut config = file.config()?;
        let labels = Labels::of(&fields);
        if let Labels::Named(names) = &labels {
            config = config.with_labels(names.iter().cloned());
        }
        let problem_type = fields.get("problem_type").filter(|value| !value.is_null());
        let problem_type =
            problem_type.map(|value| value.as_str().map_or_else(|| shortened(value), str::to_owned));
        Ok(Self { config, labels, problem_type, path: path.to_owned() })
    }

    /// Returns the architecture with the labels.
    ///
    /// # Errors
    /// [`LmcError::Format`] if they are not usable.
    pub fn with_usable_labels(self) -> Result<ModelConfig> {
        match self.labels {
            Labels::Unusable(problem) => Err(damaged(&self.path, None, problem)),
            _ => Ok(self.config),
        }
    }
}

fn damaged(path: &Path, line: Option<usize>, problem: String) -> LmcError {
    let remedy =
        if problem.starts_with('`') { REMEDY } else { "give the config.json of a Hugging Face encoder" };
    LmcError::Format { path: path.to_owned(), line, problem, remedy }
}

/// The fields of a `config.json`.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    text: &'a str,
    path: &'a Path,
    family: &'static Family,
}

impl Fields<'_> {
    fn config(&self) -> Result<ModelConfig> {
        if !self.fields.contains_key("model_type") {
            let problem = "there is no `model_type`".to_owned();
            let remedy = "add \"model_type\": \"bert\", or \"roberta\", whichever it is";
            return Err(LmcError::Format { path: self.path.to_owned(), line: None, problem, remedy });
        }
        let model_type = self.word("model_type", "")?;
        let defaults = &self.family.config;
        let hidden_size = self.whole("hidden_size", defaults.hidden_size)?;
        let num_hidden_layers = self.whole("num_hidden_layers", defaults.num_hidden_layers)?;
        let config = ModelConfig {
            vocab_size: self.whole("vocab_size", defaults.vocab_size)?,
            hidden_size,
            num_hidden_layers,
            num_attention_heads: self.whole("num_attention_heads", defaults.num_attention_heads)?,
            intermediate_size: self.whole("intermediate_size", defaults.intermediate_size)?,
            max_position_embeddings: self
                .whole("max_position_embeddings", defaults.max_position_embeddings)?,
            type_vocab_size: self.whole("type_vocab_size", defaults.type_vocab_size)?,
            hidden_act: self.word("hidden_act", defaults.hidden_act)?,
            layer_norm_eps: self.number("layer_norm_eps", defaults.layer_norm_eps)?,
            pad_token_id: self.pad_token_id()?,
            embedding_size: self.own("embedding_size", defaults.embedding_size.unwrap_or(hidden_size))?,
            num_hidden_groups: self.own("num_hidden_groups", 1)?,
            inner_group_num: self.own("inner_group_num", 1)?,
            relative_attention_num_buckets: self.own("relative_attention_num_buckets", N_BUCKETS)?,
            disentangled: self.disentangled()?,
            modern: self.modern(num_hidden_layers)?,
            // These matter to transformers' training alone.
            initializer_range: self.if_positive("initializer_range", bert_std()),
            hidden_dropout_prob: self.if_share("hidden_dropout_prob"),
            attention_probs_dropout_prob: self.if_share("attention_probs_dropout_prob"),
            id2label: None,
            model_type,
        };
        config.check().map_err(|error| self.said(error))?;
        self.check_disentangled(hidden_size, config.num_attention_heads)?;
        self.check_modern(hidden_size, config.num_attention_heads)?;
        Ok(config)
    }

    /// Checks that there is nothing that would make another model of it.
    fn check_absent(&self) -> Result<()> {
        let positions = self.fields.get("position_embedding_type").filter(|value| !value.is_null());
        if let Some(value) = positions.filter(|value| value.as_str() != Some("absolute")) {
            return Err(self.wrong(
                "position_embedding_type",
                value,
                "absolute, lmc knows no relative positions",
            ));
        }
        for field in self.family.config.aliases {
            let key = self.family.key(field);
            if let (Some(alias), Some(value)) = (self.fields.get(*field), self.fields.get(key))
                && alias != value
            {
                let expected = format!("{}, as `{key}` says", shortened(value));
                let problem = format!("`{field}`: got {}, expected {expected}", shortened(alias));
                return Err(damaged(self.path, self.line_of(field), problem));
            }
        }
        for (field, expected) in [
            ("is_decoder", "false, an encoder that looks both ways"),
            ("add_cross_attention", "false, an encoder alone"),
        ] {
            if let Some(value) =
                self.fields.get(field).filter(|value| !matches!(value, Value::Null | Value::Bool(false)))
            {
                return Err(self.wrong(field, value, expected));
            }
        }
        for (field, expected) in [
            ("quantization_config", "none, weights as numbers of 16 bits or more"),
            ("per_layer_config", "none, layers of one size"),
        ] {
            let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            if let Some(value) = self.fields.get(field).filter(|value| !is_empty(value)) {
                return Err(self.wrong(field, value, expected));
            }
        }
        Ok(())
    }

    /// Returns the value of a field by the family's key, or by the other name under which transformers knows
    /// it; none if the family has no such field.
    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(self.written(field)).filter(|_| self.family.has(field))
    }

    /// Returns a number that only some families have.
    fn own(&self, field: &str, default: i64) -> Result<Option<i64>> {
        self.family.has(field).then(|| self.whole(field, default)).transpose()
    }

    fn whole(&self, field: &str, default: i64) -> Result<i64> {
        match self.get(field) {
            None => Ok(default),
            Some(value) => value.as_i64().ok_or_else(|| self.wrong(field, value, "a whole number")),
        }
    }

    fn number(&self, field: &str, default: f64) -> Result<f64> {
        match self.get(field) {
            None => Ok(default),
            Some(value) => value.as_f64().ok_or_else(|| self.wrong(field, value, "a number")),
        }
    }

    /// Returns whether a field is true.
    fn flag(&self, field: &str, default: bool) -> Result<bool> {
        match self.get(field) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(field, value, "true or false")),
        }
    }

    fn word(&self, field: &str, default: &str) -> Result<String> {
        match self.get(field) {
            None => Ok(default.to_owned()),
            Some(value) => match value.as_str() {
                Some(word) => Ok(word.to_owned()),
                None => Err(self.wrong(field, value, "a name in quotes")),
            },
        }
    }

    fn pad_token_id(&self) -> Result<Option<i64>> {
        match self.get("pad_token_id") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.whole("pad_token_id", 0).map(Some),
        }
    }

    fn if_positive(&self, field: &str, default: f64) -> f64 {
        let value = self.get(field).and_then(Value::as_f64);
        value.filter(|&value| value > 0.0 && value.is_finite()).unwrap_or(default)
    }

    fn if_share(&self, field: &str) -> f64 {
        let value = self.get(field).and_then(Value::as_f64);
        value.filter(|value| (0.0..1.0).contains(value)).unwrap_or(self.family.config.dropout)
    }

    /// Returns the error for a field whose value is not allowed.
    fn wrong(&self, field: &str, value: &Value, expected: &str) -> LmcError {
        let key = self.written(field);
        let problem = format!("`{key}`: got {}, expected {expected}", shortened(value));
        damaged(self.path, self.line_of(key), problem)
    }

    /// Returns an error of [`ModelConfig::check`] with the file and the line.
    fn said(&self, error: LmcError) -> LmcError {
        match error {
            LmcError::InvalidParameter { field, got, expected } => {
                let key = self.written(field);
                damaged(self.path, self.line_of(key), format!("`{key}`: got {got}, expected {expected}"))
            }
            LmcError::UnknownName { kind, name, known } => {
                let key = self.written(kind);
                let problem = format!("unknown {key} `{name}`; known: {}", known.join(", "));
                let remedy = "give a model of this kind";
                LmcError::Format { path: self.path.to_owned(), line: self.line_of(key), problem, remedy }
            }
            other => other,
        }
    }

    /// Returns the key under which the file has a field: the family's, unless only an alias is there.
    fn written<'a>(&self, field: &'a str) -> &'a str {
        let key = self.family.key(field);
        let has_alias = self.family.config.aliases.contains(&field) && self.fields.contains_key(field);
        if has_alias && !self.fields.contains_key(key) { field } else { key }
    }

    /// Returns the line of a field, counted from 1.
    fn line_of(&self, field: &str) -> Option<usize> {
        let key = format!("\"{field}\"");
        let is_key = |at: &usize| self.text[at + key.len()..].trim_start().starts_with(':');
        let at = self.text.match_indices(&key).map(|(at, _)| at).find(is_key)?;
        Some(self.text[..at].matches('\n').count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_python_are_quoted_outside_of_texts() {
        for (text, expected) in [
            (
                "{\"a\": NaN, \"b\": [Infinity, -Infinity]}",
                "{\"a\": \"NaN\", \"b\": [\"Infinity\", \"-Infinity\"]}",
            ),
            (r#"{"NaN": "a NaN \" NaN", "b\\": NaN}"#, r#"{"NaN": "a NaN \" NaN", "b\\": "NaN"}"#),
            ("\"é\": NaN", "\"é\": \"NaN\""),
            ("\"\\", "\"\\"),
            ("", ""),
        ] {
            assert_eq!(quoted_numbers(text), expected);
        }
    }
}
