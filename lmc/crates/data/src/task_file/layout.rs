//! The layout of a file of examples, found from its content: format, delimiter, quoting and columns.

use std::io::Read;
use std::path::Path;

use crate::csv::{CsvRows, Dialect};
use crate::jsonl::JsonStream;
use crate::manifest::Format;
use crate::parquet::{Columns, is_parquet};
use crate::text;
use lmc_base::error::{LmcError, Result};

/// The characters that may be between fields, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The bytes from which a layout is found.
const SAMPLE: u64 = 1 << 16;
/// The remedy for a file whose layout is not known.
const REMEDY: &str = "give CSV, TSV, JSON lines or Parquet";

/// The layout of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub format: Format,
    /// The way in which fields are separated, for comma-separated text.
    pub dialect: Dialect,
}

impl Layout {
    fn of(format: Format) -> Self {
        Self { format, dialect: Dialect::default() }
    }

    /// Returns the layouts that a file may have, the likeliest first; `wanted` are columns that it should
    /// have.
    pub fn guesses(path: &Path, wanted: &[&str]) -> Result<Vec<Self>> {
        if path.is_dir() {
            let folder = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is a folder, give a file");
            return Err(LmcError::io("read", path)(folder));
        }
        if is_parquet(path) {
            return Ok(vec![Self::of(Format::Parquet)]);
        }
        let mut sample = Vec::new();
        let read = text::open(path)?.take(SAMPLE).read_to_end(&mut sample);
        read.map_err(LmcError::io("read", path))?;
        let wrong = |problem: &str, remedy| LmcError::Format {
            path: path.to_owned(),
            line: None,
            problem: problem.to_owned(),
            remedy,
        };
        match sample.trim_ascii_start().first() {
            None => return Err(wrong("the file is empty", REMEDY)),
            Some(b'{') => return Ok(vec![Self::of(Format::Jsonl)]),
            Some(b'[') => {
                let remedy = "write one object a line, as pandas does: df.to_json(path, orient=\"records\", lines=True)";
                return Err(wrong("one JSON list instead of JSON lines", remedy));
            }
            Some(_) => {}
        }
        let delimiter = delimiter(path, &sample, wanted)?;
        let as_is = Dialect { delimiter, quotes: true };
        let plain = Dialect { quotes: false, ..as_is };
        // Tab-separated files come with quoting (pandas, R) and without (GLUE).
        let dialects = match delimiter {
            b'\t' if are_quotes_text(&sample) => vec![plain, as_is],
            b'\t' => vec![as_is, plain],
            _ => vec![as_is],
        };
        Ok(dialects.into_iter().map(|dialect| Self { format: Format::Csv, dialect }).collect())
    }

    /// Returns the names of the columns of a file with this layout; of JSON lines those of the first object.
    pub fn columns(&self, path: &Path) -> Result<Vec<String>> {
        match self.format {
            Format::Parquet => {
                let wrong =
                    |problem| LmcError::Format { path: path.to_owned(), line: None, problem, remedy: REMEDY };
                Ok(Columns::open(path, wrong)?.names().into_iter().map(str::to_owned).collect())
            }
            Format::Jsonl => {
                let first = JsonStream::open(path)?.next_object()?;
                Ok(first.iter().flat_map(|object| object.names()).map(str::to_owned).collect())
            }
            Format::Csv | Format::Tsv => Ok(CsvRows::open(path, self.dialect)?.names().to_vec()),
        }
    }
}

/// Returns the character between the fields: the one that gives all wanted columns, or else the most frequent
/// one of the header.
fn delimiter(path: &Path, sample: &[u8], wanted: &[&str]) -> Result<u8> {
    let names = |delimiter: u8| -> Result<Vec<String>> {
        let dialect = Dialect { delimiter, quotes: true };
        Ok(CsvRows::with_header(text::of_bytes(sample, path)?, path, dialect)?.names().to_vec())
    };
    let has_all = |names: &Vec<String>| wanted.iter().all(|name| names.iter().any(|column| column == name));
    let found = DELIMITERS.into_iter().find(|delimiter| names(*delimiter).is_ok_and(|names| has_all(&names)));
    if let Some(delimiter) = found {
        return Ok(delimiter);
    }
    let header = sample.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty());
    let count = |delimiter: &u8| header.unwrap_or_default().iter().filter(|byte| *byte == delimiter).count();
    // The last of equal ones is taken: the comma, if there is none at all.
    Ok(DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(b','))
}

/// Returns whether a field of tab-separated lines begins with a quote that does not end it, so that quotes
/// are text. The last line of the sample may be cut and does not count.
fn are_quotes_text(sample: &[u8]) -> bool {
    let mut lines: Vec<&[u8]> = sample.split(|byte| *byte == b'\n').collect();
    lines.pop();
    let is_text = |field: &[u8]| {
        let Some(rest) = field.trim_ascii_end().strip_prefix(b"\"") else { return false };
        match rest.strip_suffix(b"\"") {
            Some(inside) => {
                // Every quote inside is doubled.
                let text = String::from_utf8_lossy(inside).replace("\"\"", "");
                text.contains('"')
            }
            None => true,
        }
    };
    lines.iter().flat_map(|line| line.split(|byte| *byte == b'\t')).any(is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses(text: &[u8], wanted: &[&str]) -> Result<Vec<Layout>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        std::fs::write(&path, text).unwrap();
        Layout::guesses(&path, wanted)
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        let wanted = ["text", "label"];
        for (text, delimiter) in [
            ("text,label\nx;y,1\n", b','),
            ("id;text;label\n1;x, y;1\n", b';'),
            ("text\tlabel\nx\t1\n", b'\t'),
            ("text|label\nx|1\n", b'|'),
            ("sentence;class\nx;1\n", b';'),
            ("text\nx\n", b','),
        ] {
            let layouts = guesses(text.as_bytes(), &wanted).unwrap();
            assert_eq!((layouts[0].format, layouts[0].dialect.delimiter), (Format::Csv, delimiter), "{text}");
        }
        assert_eq!(guesses(b"\n {\"text\": 1}\n", &wanted).unwrap(), [Layout::of(Format::Jsonl)]);
    }

    #[test]
    fn quotes_of_tab_separated_text_are_quoting_only_if_they_close() {
        let quotes = |text: &[u8]| guesses(text, &["text"]).unwrap()[0].dialect.quotes;
        assert!(quotes(b"text\tlabel\n\"He said \"\"no\"\"\"\t1\n"));
        assert!(quotes(b"text\tlabel\n5\" pipe\t1\n"));
        assert!(!quotes(b"text\tlabel\n\"He\" left.\t1\n"));
        assert!(!quotes(b"text\tlabel\n\"He left.\t1\n"));
    }

    #[test]
    fn what_is_no_list_of_rows_is_named() {
        for (text, expected) in [
            (&b""[..], "the file is empty; give CSV"),
            (b" \n", "the file is empty; give CSV"),
            (b"[{\"text\": 1}]", "one JSON list instead of JSON lines; write one object a line"),
            (b"PK\x03\x04rest", "a zip archive or an Excel workbook instead of text; save the sheet as CSV"),
            (b"BZh91AY&SYrest", "compressed by bzip2, which is not read; unpack it by `bunzip2 -k FILE`"),
            (b"\xfd7zXZ\0rest", "compressed by xz, which is not read; unpack it by `unxz -k FILE`"),
            (b"\x04\x22\x4d\x18rest", "compressed by lz4, which is not read"),
            (b"7z\xbc\xaf\x27\x1c", "a 7z archive instead of text"),
            (b"<!DOCTYPE html><html>", "a web page"),
            (b"version https://git-lfs.github.com/spec/v1\n", "only a pointer of Git LFS"),
        ] {
            let message = guesses(text, &["text"]).unwrap_err().to_string();
            assert!(message.contains(&format!("x.txt: {expected}")), "{message}");
        }
    }
}
