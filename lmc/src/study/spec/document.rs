//! A TOML text that knows at which line a key is.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::words::in_words;
use crate::error::{LmcError, Result};

/// A TOML text that was read, and its path.
pub(super) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    root: DeTable<'a>,
}

impl<'a> Document<'a> {
    /// Parses the document of a text, which may begin with a byte order mark.
    ///
    /// # Errors
    /// [`LmcError::Format`] with the line of invalid TOML or of a key that comes twice.
    pub fn parse(text: &'a str, path: &'a Path) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { path, text, root: root.into_inner() }),
            Err(error) => {
                let line = error.span().map(|span| line(text, span.start));
                Err(format(path, line, error.message().to_owned()))
            }
        }
    }

    /// Returns the path of the document.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// Reads the whole document as a value.
    ///
    /// # Errors
    /// [`LmcError::Format`] with line and key of an entry that is unknown, missing or of another type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            let key = at.and_then(|at| key_at(&self.root, at));
            let date = key.as_deref().and_then(|key| match self.find(key)?.get_ref() {
                DeValue::Datetime(date) => Some(date.to_string()),
                _ => None,
            });
            let problem = in_words(error.message(), key.as_deref(), date.as_deref());
            format(self.path, at.map(|at| line(self.text, at)), problem)
        })
    }

    /// Returns whether a key is there, such as `recipe.adam.eps`.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    fn find(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        let mut parts = key.split('.');
        let mut value = self.root.get(parts.next()?)?;
        for part in parts {
            value = value.get_ref().get(part)?;
        }
        Some(value)
    }

    /// Returns the error for a problem with a key, at its line or where it should be.
    pub fn wrong(&self, key: &str, problem: String) -> LmcError {
        let mut table = Some(&self.root);
        let mut found = None;
        for part in key.split('.') {
            let Some((name, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
            found = Some(line(self.text, name.span().start));
            table = value.get_ref().as_table();
        }
        format(self.path, found, problem)
    }
}

fn format(path: &Path, line: Option<usize>, problem: String) -> LmcError {
    let remedy = "`lmc spec TASK` prints a study with all its keys";
    LmcError::Format { path: path.to_owned(), line, problem, remedy }
}

/// Returns the line of a byte, counted from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
}

/// Returns the innermost key that is written at a byte, or whose value is.
fn key_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let below = value.get_ref().as_table().and_then(|table| key_at(table, at));
        let own = name.span().contains(&at) || value.span().contains(&at);
        match below {
            Some(below) => Some(format!("{}.{below}", name.get_ref())),
            None => own.then(|| name.get_ref().to_string()),
        }
    })
}
