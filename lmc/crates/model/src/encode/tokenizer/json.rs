//! JSON as Python reads it: keys in their order, the last of equal ones, and the names of numbers that JSON
//! has no place for.

use std::borrow::Cow;
use std::fmt;

use lmc_base::json::plain_numbers;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    Whole(u64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

impl Json {
    /// Returns the value in a text.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text).or_else(|error| match plain_numbers(text) {
            Cow::Owned(text) => serde_json::from_str(&text),
            Cow::Borrowed(_) => Err(error),
        })
    }

    /// Returns the value of a map under a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number as an id of a token, if it is one.
    pub fn id(&self) -> Option<u32> {
        match self {
            Self::Whole(id) => u32::try_from(*id).ok(),
            _ => None,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a map"),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(u64::try_from(number).map_or(Json::Number(number as f64), Json::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Json>()? {
            entries.push(entry);
        }
        Ok(Json::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order() {
        let json = Json::parse(r#"{"z": 1, "a": [true, null, -2, 1e30, "x"], "m": {"b": 1.5}}"#).unwrap();
        let Json::Map(entries) = &json else { panic!("{json}") };
        assert_eq!(entries.iter().map(|(key, _)| key.as_str()).collect::<String>(), "zam");
        let Some(Json::List(list)) = json.get("a") else { panic!("{json}") };
        let told: Vec<String> = list.iter().map(Json::to_string).collect();
        assert_eq!(told, ["true", "null", "-2", "1000000000000000000000000000000", "\"x\""]);
        assert_eq!(json.get("z").and_then(Json::id), Some(1));
        assert_eq!(json.get("m").and_then(|m| m.get("b")), Some(&Json::Number(1.5)));
    }

    #[test]
    fn numbers_that_only_python_writes_are_null() {
        let text = r#"{"a": NaN, "é": [-Infinity, Infinity], "c": "NaN \" Infinity"}"#;
        let plain = r#"{"a": null, "é": [null, null], "c": "NaN \" Infinity"}"#;
        assert_eq!(Json::parse(text).unwrap(), Json::parse(plain).unwrap());
        assert!(Json::parse("{\"a\": NaNs}").is_err());
    }
}
