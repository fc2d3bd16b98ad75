//! JSON as it is written: members stay in their order, and a name that occurs twice is kept twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::analyses::replay::scores::Cell;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Leaf(Cell),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// Returns the member of that name.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the elements of a list.
    pub fn list(&self) -> Option<&[Tree]> {
        if let Self::List(elements) = self { Some(elements) } else { None }
    }

    /// Returns the value, if it is neither a list nor an object.
    pub fn leaf(&self) -> Option<&Cell> {
        if let Self::Leaf(cell) = self { Some(cell) } else { None }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::Empty))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::Text(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::Number(value as f64)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::Number(value as f64)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::Number(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(Cell::text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Tree::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Map(members))
    }
}

/// Reads the trees in a text: one, or one a line. Python writes `NaN` and `Infinity`, which JSON does not
/// know; they count as no value.
///
/// # Errors
/// The line, counted from 1, and its problem.
pub(super) fn trees(text: &str) -> Result<Vec<Tree>, (usize, String)> {
    let text = without_nan(text);
    match serde_json::from_str(&text) {
        Ok(tree) => Ok(vec![tree]),
        // One object ends and more follows.
        Err(error) if error.to_string().starts_with("trailing characters") => text
            .lines()
            .zip(1..)
            .filter(|(line, _)| !line.trim().is_empty())
            .map(|(line, number)| serde_json::from_str(line).map_err(|error| (number, error.to_string())))
            .collect(),
        Err(error) => Err((error.line(), error.to_string())),
    }
}

/// Returns the text with `null` in place of words that are not numbers, outside of strings.
fn without_nan(text: &str) -> String {
    let mut pieces = Vec::new();
    for (i, piece) in unescaped_quotes(text).into_iter().enumerate() {
        let is_string = i % 2 == 1;
        let of = |piece: &str| {
            piece.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null")
        };
        pieces.push(if is_string { piece.to_owned() } else { of(piece) });
    }
    pieces.join("\"")
}

/// Returns the text divided at the quotes that begin and end strings.
fn unescaped_quotes(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut escaped) = (Vec::new(), 0, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                pieces.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_are_no_value_and_names_stay_twice() {
        let tree = &trees(r#"{"a": NaN, "NaN\"": "-Infinity", "a": [1, -2.5, -Infinity, null]}"#).unwrap()[0];
        let Tree::Map(members) = tree else { panic!("{tree:?}") };
        assert_eq!(members[0], ("a".to_owned(), Tree::Leaf(Cell::Empty)));
        assert_eq!(members[1], ("NaN\"".to_owned(), Tree::Leaf(Cell::Text("-Infinity".into()))));
        let numbers = [Cell::Number(1.0), Cell::Number(-2.5), Cell::Empty, Cell::Empty].map(Tree::Leaf);
        assert_eq!(members[2], ("a".to_owned(), Tree::List(numbers.to_vec())));
    }

    #[test]
    fn lines_of_json() {
        assert_eq!(trees("{\"a\": 1}\n\n{\"a\": 2}\n").unwrap().len(), 2);
        assert_eq!(trees("{\"a\": 1}\n{\"a\": \n").unwrap_err().0, 2);
        assert_eq!(trees("{\n\"a\": }\n").unwrap_err().0, 2);
    }
}
