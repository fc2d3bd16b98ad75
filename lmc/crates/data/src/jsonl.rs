//! JSON lines: one object per line, whose named fields are read.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::text;
use super::tsv::REMEDY;
use lmc_base::error::{LmcError, Result};

/// A text of JSON lines.
#[derive(Clone, Debug)]
pub struct JsonLines<'a> {
    path: PathBuf,
    text: Cow<'a, [u8]>,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The line of the file, counted from 1.
    pub line: usize,
    path: PathBuf,
    fields: Map<String, Value>,
}

impl<'a> JsonLines<'a> {
    /// Returns the text of a file; errors call it `path`.
    pub fn new(path: &Path, bytes: &'a [u8]) -> Self {
        Self { path: path.to_owned(), text: text::plain(bytes) }
    }

    /// Returns the objects, each an [`LmcError::Format`] with its line if it is not one JSON object. Blank
    /// lines are passed over.
    pub fn objects(&self) -> impl Iterator<Item = Result<Object>> + '_ {
        let lines = text::lines(&self.text).zip(1..).filter(|(text, _)| !text.trim_ascii().is_empty());
        lines.map(|(text, line)| {
            let wrong = |problem| wrong(&self.path, line, problem);
            match serde_json::from_slice(text) {
                Ok(Value::Object(fields)) => Ok(Object { line, path: self.path.clone(), fields }),
                Ok(_) => Err(wrong("not a JSON object".to_owned())),
                Err(error) => Err(wrong(format!("not JSON: {error}"))),
            }
        })
    }
}

impl Object {
    /// Returns a field as text: a string as it is, a whole number in digits.
    ///
    /// # Errors
    /// [`LmcError::Format`] if there is no such field, or if it is neither a string nor a whole number.
    pub fn text(&self, name: &str) -> Result<Cow<'_, str>> {
        let wrong = |problem| Err(wrong(&self.path, self.line, problem));
        match self.fields.get(name) {
            Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Some(Value::Number(number)) if number.is_i64() => Ok(Cow::Owned(number.to_string())),
            Some(_) => wrong(format!("field `{name}` is neither a string nor a whole number")),
            None => {
                let names: Vec<&str> = self.fields.keys().map(String::as_str).collect();
                wrong(format!("no field `{name}` among {}", names.join(", ")))
            }
        }
    }
}

fn wrong(path: &Path, line: usize, problem: String) -> LmcError {
    LmcError::Format { path: path.to_owned(), line: Some(line), problem, remedy: REMEDY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &[u8]) -> Vec<Result<Object>> {
        JsonLines::new(Path::new("dev.jsonl"), text).objects().collect()
    }

    #[test]
    fn strings_and_whole_numbers_are_text() {
        let text = b"{\"a\": \"say \\\"no\\\"\\u00e9\\ttab\", \"n\": -1}\r\n{\"a\": \"x\", \"n\": 2}";
        let objects: Vec<Object> = objects(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(objects[0].text("a").unwrap(), "say \"no\"é\ttab");
        assert_eq!(objects[0].text("n").unwrap(), "-1");
        assert_eq!((objects[1].line, objects[1].text("n").unwrap().as_ref()), (2, "2"));
        let lines: Vec<usize> = super::tests::objects(b"\n{\"a\": 1}\n \n{\"a\": 2}\n\n")
            .into_iter()
            .map(|o| o.unwrap().line)
            .collect();
        assert_eq!(lines, [2, 4]);
        assert_eq!(super::JsonLines::new(Path::new("x"), b"").objects().count(), 0);
    }

    #[test]
    fn what_is_wrong_is_reported_with_file_and_line() {
        let problem = |text: &[u8]| {
            let last = objects(text).pop().unwrap();
            last.and_then(|object| object.text("a").map(Cow::into_owned)).unwrap_err().to_string()
        };
        let good = "{\"a\": \"x\"}\n";
        for (line, expected) in [
            ("{\"a\": ", "dev.jsonl:2: not JSON: EOF while parsing a value at line 1 column 6"),
            ("[1]", "dev.jsonl:2: not a JSON object"),
            ("{\"b\": 1, \"c\": 2}", "dev.jsonl:2: no field `a` among b, c"),
            ("{\"a\": null}", "dev.jsonl:2: field `a` is neither a string nor a whole number"),
            ("{\"a\": 0.5}", "dev.jsonl:2: field `a` is neither"),
            (&"[".repeat(100_000), "dev.jsonl:2: not JSON: recursion limit exceeded"),
        ] {
            let error = problem(format!("{good}{line}").as_bytes());
            assert!(error.starts_with(expected), "{error}");
            assert!(error.ends_with(REMEDY), "{error}");
        }
        assert!(problem(b"{\"a\": \"\xff\"}").starts_with("dev.jsonl:1: not JSON: invalid unicode"));
    }
}
