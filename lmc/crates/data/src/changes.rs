//! A value with changed fields, and the field that is at fault.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The problem with one of several changes.
pub struct Fault {
    /// The key inside the table, empty if it is not one alone.
    pub key: String,
    /// The words of the reader.
    pub problem: String,
    /// The value, if it is a date.
    pub date: Option<String>,
}

/// Returns the value with some of its fields changed.
///
/// # Errors
/// The fault of the first field that does not fit.
pub fn changed<T: Serialize + DeserializeOwned>(value: &T, changes: &Table) -> std::result::Result<T, Fault> {
    let whole = |problem: String| Fault { key: String::new(), problem, date: None };
    let fields = Table::try_from(value).map_err(|error| whole(error.to_string()))?;
    let with = |mut fields: Table, changes: Table| {
        merge(&mut fields, changes);
        fields.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    };
    with(fields.clone(), changes.clone()).map_err(|problem| {
        // The change at fault is the first that would not do alone. A recipe before this one has fields like
        // it.
        let mut sound = fields.clone();
        if changes.contains_key("after") {
            sound.entry("after").or_insert_with(|| Value::Table(fields));
        }
        let alone = |(key, change): (String, Table)| {
            let date = date_in(&change);
            let problem = with(sound.clone(), change).err()?;
            Some(Fault { key, problem, date })
        };
        single(changes).into_iter().find_map(alone).unwrap_or_else(|| whole(problem))
    })
}

/// Returns each change alone, with its key.
fn single(changes: &Table) -> Vec<(String, Table)> {
    let of = |(key, value): (&String, &Value)| match value {
        Value::Table(below) if !below.is_empty() => {
            let inside = single(below).into_iter();
            inside
                .map(|(name, change)| {
                    (format!("{key}.{name}"), Table::from_iter([(key.clone(), Value::Table(change))]))
                })
                .collect()
        }
        value => vec![(key.clone(), Table::from_iter([(key.clone(), value.clone())]))],
    };
    changes.iter().flat_map(of).collect()
}

/// Returns the date that is the only value of a table.
fn date_in(change: &Table) -> Option<String> {
    match change.values().next()? {
        Value::Datetime(date) => Some(date.to_string()),
        Value::Table(below) => date_in(below),
        _ => None,
    }
}

/// Writes fields over others, tables field by field.
fn merge(fields: &mut Table, changes: Table) {
    for (key, change) in changes {
        match (fields.get_mut(&key), change) {
            (Some(Value::Table(field)), Value::Table(change)) => merge(field, change),
            (_, change) => {
                fields.insert(key, change);
            }
        }
    }
}
