//! The settings of a tokenizer: `tokenizer_config.json`, and `special_tokens_map.json`, which overrides it if
//! it counts.

use std::path::{Path, PathBuf};

use super::files::{read_json, wrong_key};
use super::json::Json;
use lmc_base::error::{LmcError, Result};

/// One setting and the file that has it.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub key: String,
    pub value: Json,
    pub path: PathBuf,
}

/// Settings in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Settings(Vec<Setting>);

impl Setting {
    /// Returns an error that says what the value is and what it should be.
    pub fn wrong(&self, expected: &str) -> LmcError {
        wrong_key(&self.path, &self.key, &self.value, expected)
    }
}

impl Settings {
    /// Reads the settings of a file; there are none if the file does not exist.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let mut settings = Self::default();
        if let Some(path) = path
            && let Json::Map(entries) = read_json(path)?
        {
            entries.into_iter().for_each(|(key, value)| settings.set(&key, value, path));
        }
        settings.rename("additional_special_tokens", "extra_special_tokens");
        Ok(settings)
    }

    /// Moves the setting of an old key to the new key, or removes it if the new key is there.
    fn rename(&mut self, old: &str, new: &str) {
        if self.get(new).is_some() {
            self.0.retain(|setting| setting.key != old);
        } else if let Some(setting) = self.0.iter_mut().find(|setting| setting.key == old) {
            setting.key = new.to_owned();
        }
    }

    /// Sets a key; an existing key keeps its place.
    pub fn set(&mut self, key: &str, value: Json, path: &Path) {
        let setting = Setting { key: key.to_owned(), value, path: path.to_owned() };
        match self.0.iter_mut().find(|setting| setting.key == key) {
            Some(found) => *found = setting,
            None => self.0.push(setting),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.key == key)
    }

    /// Returns the setting of that key unless it is null.
    pub fn given(&self, key: &str) -> Option<&Setting> {
        self.get(key).filter(|setting| setting.value != Json::Null)
    }

    /// Returns a flag, which must not be null; `default` if it is missing.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool> {
        match self.get(key).map(|setting| (&setting.value, setting)) {
            None => Ok(default),
            Some((Json::Flag(flag), _)) => Ok(*flag),
            Some((_, setting)) => Err(setting.wrong("true or false")),
        }
    }

    /// Returns a flag, or `None` if it is null or missing.
    pub fn flag_or_null(&self, key: &str) -> Result<Option<bool>> {
        self.given(key).map(|_| self.flag(key, false)).transpose()
    }

    /// Returns a text, or `None` if it is null or missing.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        let text = |setting: &'_ Setting| setting.wrong("a string");
        self.given(key).map(|setting| setting.value.text().ok_or_else(|| text(setting))).transpose()
    }

    /// Returns the most tokens that the model takes, or `None` if no number is written, or one that means no
    /// limit, such as 1e30.
    pub fn max_length(&self) -> Result<Option<usize>> {
        let key = if self.get("model_max_length").is_some() { "model_max_length" } else { "max_len" };
        let Some(setting) = self.given(key) else { return Ok(None) };
        let number = match setting.value {
            Json::Whole(number) => number as f64,
            Json::Number(number) => number,
            _ => f64::NAN,
        };
        if !(number >= 1.0 && number.fract() == 0.0) {
            return Err(setting.wrong("a number of tokens"));
        }
        // transformers takes numbers above 1e20 as no limit; no text has as many tokens as 2^53 either.
        Ok((number < 9e15).then_some(number as usize))
    }

    /// Returns whether a list has an entry, or `None` if there is no list.
    pub fn lists(&self, key: &str, entry: &str) -> Result<Option<bool>> {
        let Some(setting) = self.get(key) else { return Ok(None) };
        match &setting.value {
            Json::List(entries) => Ok(Some(entries.iter().any(|found| found.text() == Some(entry)))),
            _ => Err(setting.wrong("a list of strings")),
        }
    }
}
