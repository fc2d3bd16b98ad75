//! Tab-separated text as the corpora publish it: no quoting, so that a `"` is text.
//!
//! A line ends in LF or CRLF; a carriage return elsewhere is text. A byte order mark at the very start is not text.

use std::path::{Path, PathBuf};

use crate::error::{LmcError, Result};

/// What to do about a file that is not as its manifest says.
pub(super) const REMEDY: &str = "this must be the published file, as its manifest describes it";

/// A tab-separated text with its columns.
#[derive(Clone, Debug)]
pub struct Tsv<'a> {
    path: PathBuf,
    names: Vec<String>,
    body: &'a [u8],
    first_line: usize,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The fields, as many as the line has.
    pub fields: Vec<&'a str>,
}

impl<'a> Tsv<'a> {
    /// Returns the text of a file whose first line names the columns; `path` is what errors call it.
    ///
    /// # Errors
    /// [`LmcError::Format`] if there is no first line, or it is not UTF-8 or names a column twice.
    pub fn with_header(path: &Path, bytes: &'a [u8]) -> Result<Self> {
        let bytes = without_mark(bytes);
        let (header, body) = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&bytes[..end], &bytes[end + 1..]),
            None => (bytes, &bytes[bytes.len()..]),
        };
        let tsv = Self { path: path.to_owned(), names: Vec::new(), body, first_line: 2 };
        let row = tsv.row(1, header)?;
        if header.is_empty() {
            return Err(tsv.wrong(1, "no header".to_owned()));
        }
        let names: Vec<String> = row.fields.into_iter().map(str::to_owned).collect();
        match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            Some((_, name)) => Err(tsv.wrong(1, format!("column `{name}` is there twice"))),
            None => Ok(Self { names, ..tsv }),
        }
    }

    /// Returns the text of a file without a header, whose columns have the given names in order.
    pub fn without_header(path: &Path, bytes: &'a [u8], names: &[String]) -> Self {
        Self { path: path.to_owned(), names: names.to_vec(), body: without_mark(bytes), first_line: 1 }
    }

    /// Returns the names of the columns in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the position of a column.
    ///
    /// # Errors
    /// [`LmcError::Format`] with the columns that there are if there is none of that name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| self.wrong(1, format!("no column `{name}` among {}", self.names.join(", "))))
    }

    /// Returns the rows, each an [`LmcError::Format`] with its line if it is not UTF-8.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row<'a>>> + '_ {
        let body = self.body.strip_suffix(b"\n").unwrap_or(self.body);
        let lines = (!self.body.is_empty()).then(|| body.split(|&byte| byte == b'\n'));
        lines.into_iter().flatten().zip(self.first_line..).map(|(line, number)| self.row(number, line))
    }

    fn row(&self, number: usize, line: &'a [u8]) -> Result<Row<'a>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| self.wrong(number, "not UTF-8".to_owned()))?;
        Ok(Row { line: number, fields: text.split('\t').collect() })
    }

    fn wrong(&self, line: usize, problem: String) -> LmcError {
        LmcError::Format { path: self.path.clone(), line: Some(line), problem, remedy: REMEDY }
    }
}

/// The bytes without the mark that some editors put before UTF-8.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(text: &[u8]) -> Result<Tsv<'_>> {
        Tsv::with_header(Path::new("dev.tsv"), text)
    }

    fn rows(text: &[u8]) -> Vec<(usize, Vec<&str>)> {
        let tsv = with_header(text).unwrap();
        tsv.rows().map(|row| row.map(|row| (row.line, row.fields)).unwrap()).collect()
    }

    #[test]
    fn quotes_and_lone_carriage_returns_are_text() {
        let text = b"\xef\xbb\xbfid\ttext\r\n1\tHe said \"no\"\n2\t\"unbalanced\r\n3\tone\rtwo\n";
        assert_eq!(with_header(text).unwrap().names(), ["id", "text"]);
        let expected =
            [(2, vec!["1", "He said \"no\""]), (3, vec!["2", "\"unbalanced"]), (4, vec!["3", "one\rtwo"])];
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn the_last_line_may_end_or_not() {
        assert_eq!(rows(b"id\n1\n2"), rows(b"id\n1\n2\n"));
        assert_eq!(rows(b"id\n1\n\n"), [(2, vec!["1"]), (3, vec![""])]);
        assert!(rows(b"id").is_empty() && rows(b"id\n").is_empty());
        assert_eq!(rows(b"id\n\n"), [(2, vec![""])]);
    }

    #[test]
    fn without_a_header_the_first_line_is_a_row() {
        let names = ["a".to_owned(), "b".to_owned()];
        let tsv = Tsv::without_header(Path::new("dev.tsv"), b"1\t2\n3\n", &names);
        assert_eq!(tsv.position("b").unwrap(), 1);
        let rows: Vec<_> = tsv.rows().map(Result::unwrap).collect();
        assert_eq!(rows[0], Row { line: 1, fields: vec!["1", "2"] });
        assert_eq!(rows[1], Row { line: 2, fields: vec!["3"] });
        assert_eq!(Tsv::without_header(Path::new("dev.tsv"), b"", &names).rows().count(), 0);
    }

    #[test]
    fn what_is_wrong_is_reported_with_file_and_line() {
        let message = |error: LmcError| error.to_string();
        let tsv = with_header(b"id\ttext\n1\tx\n2\t\xff\n").unwrap();
        let error = message(tsv.position("label").unwrap_err());
        assert_eq!(error, format!("dev.tsv:1: no column `label` among id, text; {REMEDY}"));
        let error = message(tsv.rows().nth(1).unwrap().unwrap_err());
        assert_eq!(error, format!("dev.tsv:3: not UTF-8; {REMEDY}"));
        let problem = |text: &'static [u8]| message(with_header(text).unwrap_err());
        assert!(problem(b"id\ttext\tid\n").starts_with("dev.tsv:1: column `id` is there twice"));
        assert!(problem(b"").starts_with("dev.tsv:1: no header"));
        assert!(problem(b"\n1\n").starts_with("dev.tsv:1: no header"));
        assert!(problem(b"i\xff\n").starts_with("dev.tsv:1: not UTF-8"));
    }
}
