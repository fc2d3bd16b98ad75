//! JSON lines: one object per line, whose named fields are read.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::text;
use super::tsv::REMEDY;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The most bytes of a line that is read from a stream.
const LONGEST: u64 = 16 << 20;

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
        lines.map(|(text, line)| Object::of(text, &self.path, line))
    }
}

/// The objects of a text of JSON lines, one after another: a file of any size takes the memory of one line.
pub struct JsonStream {
    path: PathBuf,
    text: BufReader<Box<dyn Read>>,
    line: usize,
    bytes: Vec<u8>,
}

impl fmt::Debug for JsonStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonStream({}, {} lines read)", self.path.display(), self.line)
    }
}

impl JsonStream {
    /// Opens a file, which gzip or zstd may have compressed.
    ///
    /// # Errors
    /// [`LmcError::Io`] if it cannot be read; [`LmcError::Format`] if it is something else than text.
    pub fn open(path: &Path) -> Result<Self> {
        let text = BufReader::with_capacity(1 << 16, text::open(path)?);
        Ok(Self { path: path.to_owned(), text, line: 0, bytes: Vec::new() })
    }

    /// Returns the next object, or none at the end. Blank lines are passed over.
    ///
    /// # Errors
    /// [`LmcError::Format`] with the line for one that is not a JSON object or has more than 16 MB;
    /// [`LmcError::Io`]; [`LmcError::Interrupted`].
    pub fn next_object(&mut self) -> Result<Option<Object>> {
        loop {
            if self.line.is_multiple_of(4096) {
                interrupt::check(|| format!("{} was being read; nothing is lost", self.path.display()))?;
            }
            self.bytes.clear();
            let mut limited = self.text.by_ref().take(LONGEST + 1);
            let read = limited.read_until(b'\n', &mut self.bytes);
            if read.map_err(LmcError::io("read", &self.path))? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.bytes.len() as u64 > LONGEST {
                return Err(wrong(&self.path, self.line, "a line of more than 16 MB".to_owned()));
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Object::of(&self.bytes, &self.path, self.line).map(Some);
            }
        }
    }
}

impl Object {
    fn of(text: &[u8], path: &Path, line: usize) -> Result<Self> {
        match serde_json::from_slice(text) {
            Ok(Value::Object(fields)) => Ok(Self { line, path: path.to_owned(), fields }),
            Ok(_) => Err(wrong(path, line, "not a JSON object".to_owned())),
            Err(error) => Err(wrong(path, line, format!("not JSON: {error}"))),
        }
    }

    /// Returns the names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Returns a field as text, as [`Object::text`] does, but also true and false, other numbers in their
    /// digits, and an empty text for null.
    ///
    /// # Errors
    /// [`LmcError::Format`] if there is no such field, and for a list or an object.
    pub fn loose_text(&self, name: &str) -> Result<Cow<'_, str>> {
        match self.fields.get(name) {
            Some(Value::Null) => Ok(Cow::Borrowed("")),
            Some(Value::Bool(value)) => Ok(Cow::Owned(value.to_string())),
            Some(Value::Number(number)) => Ok(Cow::Owned(number.to_string())),
            _ => self.text(name),
        }
    }

    /// Returns a field as [`Object::loose_text`] does, or an empty text if there is no such field.
    ///
    /// # Errors
    /// [`LmcError::Format`] for a list or an object.
    pub fn optional_text(&self, name: &str) -> Result<Cow<'_, str>> {
        if self.fields.contains_key(name) { self.loose_text(name) } else { Ok(Cow::Borrowed("")) }
    }

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
