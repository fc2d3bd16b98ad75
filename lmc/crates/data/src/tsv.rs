//! Tab-separated text as the corpora publish it, without quoting: a `"` is text.
//!
//! A line ends in LF or CRLF, or in CR if no line of the file ends in LF; a carriage return elsewhere is
//! text. A byte order mark at the very start and blank lines at the end are not text. A file that is marked
//! as UTF-16 is read as such.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::text;
use lmc_base::error::{LmcError, Result};

/// The remedy for a file that is not as its manifest says.
pub(super) const REMEDY: &str = "this must be the published file, as its manifest describes it";
/// The remedy for a file of the user's.
const OWN: &str = "correct the file; if it has changed since `lmc task init`, run that again";

/// Returns an error about a file with the remedy for one of the user's, of which there is no published one.
pub(super) fn of_own_data(error: LmcError) -> LmcError {
    match error {
        LmcError::Format { path, line, problem, remedy: REMEDY } => {
            LmcError::Format { path, line, problem, remedy: OWN }
        }
        other => other,
    }
}

/// A tab-separated text with its columns.
#[derive(Clone, Debug)]
pub struct Tsv<'a> {
    path: PathBuf,
    names: Vec<String>,
    text: Cow<'a, [u8]>,
    has_header: bool,
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
    /// Returns the text of a file whose first line names the columns; errors call it `path`.
    ///
    /// # Errors
    /// [`LmcError::Format`] if there is no first line, or it is not UTF-8 or names a column twice.
    pub fn with_header(path: &Path, bytes: &'a [u8]) -> Result<Self> {
        let tsv = Self { has_header: true, ..Self::without_header(path, bytes, &[]) };
        let header = text::lines(&tsv.text).next().unwrap_or_default();
        let row = tsv.row(1, header)?;
        if header.trim_ascii().is_empty() {
            return Err(tsv.wrong(1, "no header".to_owned()));
        }
        let mut names: Vec<String> = row.fields.into_iter().map(|name| name.trim().to_owned()).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            Some((_, name)) => Err(tsv.wrong(1, format!("column `{name}` is there twice"))),
            None => Ok(Self { names, ..tsv }),
        }
    }

    /// Returns the text of a file without a header, whose columns have the given names in order.
    pub fn without_header(path: &Path, bytes: &'a [u8], names: &[String]) -> Self {
        Self { path: path.to_owned(), names: names.to_vec(), text: text::plain(bytes), has_header: false }
    }

    /// Returns the names of the columns in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the position of a column.
    ///
    /// # Errors
    /// [`LmcError::Format`], with the existing columns, if there is none of that name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| self.wrong(1, format!("no column `{name}` among {}", self.names.join(", "))))
    }

    /// Returns the rows, each an [`LmcError::Format`] with its line if it is not UTF-8.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row<'_>>> + '_ {
        let lines = text::lines(&self.text).zip(1..).skip(usize::from(self.has_header));
        lines.map(|(line, number)| self.row(number, line))
    }

    /// Returns the fields of a line; blank ones beyond the columns do not count.
    fn row<'b>(&self, number: usize, line: &'b [u8]) -> Result<Row<'b>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| self.wrong(number, "not UTF-8".to_owned()))?;
        let mut fields: Vec<&str> = text.split('\t').collect();
        let named = self.names.len().max(1);
        while fields.len() > named && fields.last().is_some_and(|field| field.trim().is_empty()) {
            fields.pop();
        }
        Ok(Row { line: number, fields })
    }

    fn wrong(&self, line: usize, problem: String) -> LmcError {
        LmcError::Format { path: self.path.clone(), line: Some(line), problem, remedy: REMEDY }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(text: &[u8]) -> Result<Tsv<'_>> {
        Tsv::with_header(Path::new("dev.tsv"), text)
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(|field| (*field).to_owned()).collect())
    }

    fn rows(text: &[u8]) -> Vec<(usize, Vec<String>)> {
        let tsv = with_header(text).unwrap();
        tsv.rows().map(Result::unwrap).map(|found| row(found.line, &found.fields)).collect()
    }

    #[test]
    fn quotes_and_lone_carriage_returns_are_text() {
        let text = b"\xef\xbb\xbfid\ttext\r\n1\tHe said \"no\"\n2\t\"unbalanced\r\n3\tone\rtwo\n";
        assert_eq!(with_header(text).unwrap().names(), ["id", "text"]);
        let expected =
            [row(2, &["1", "He said \"no\""]), row(3, &["2", "\"unbalanced"]), row(4, &["3", "one\rtwo"])];
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn the_last_line_may_end_or_not() {
        assert_eq!(rows(b"id\n1\n2"), rows(b"id\n1\n2\n"));
        assert_eq!(rows(b"id\n1\n\n \r\n"), rows(b"id\n1\n"));
        assert!(rows(b"id").is_empty() && rows(b"id\n").is_empty() && rows(b"id\n\n").is_empty());
        // A blank line inside is a row.
        assert_eq!(rows(b"id\n\n1\n"), [row(2, &[""]), row(3, &["1"])]);
    }

    #[test]
    fn blanks_beyond_the_columns_are_no_fields() {
        assert_eq!(with_header(b"id\ttext \t\t\n").unwrap().names(), ["id", "text"]);
        assert_eq!(rows(b"id\ttext\n1\tx\t \t\n2\t\n"), [row(2, &["1", "x"]), row(3, &["2", ""])]);
        assert_eq!(rows(b"id\ttext\n1\tx\ty\n"), [row(2, &["1", "x", "y"])]);
    }

    #[test]
    fn lines_of_an_old_mac_and_utf_16() {
        let expected = [row(2, &["1", "x"]), row(3, &["2", "y"])];
        assert_eq!(rows(b"id\ttext\r1\tx\r2\ty\r"), expected);
        let text: Vec<u8> =
            "\u{feff}id\ttext\r\n1\tx\r\n2\ty\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&text), expected);
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
