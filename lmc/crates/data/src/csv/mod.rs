//! Comma-separated text as spreadsheets, pandas and R write it (RFC 4180): fields in quotes may hold
//! delimiters, line breaks and doubled quotes. The delimiter may be another one, and quotes may be text.
//!
//! Rows are read one after another, so that a file of any size takes the memory of one row. A row ends in LF,
//! CRLF or CR; blank lines are no rows. A byte order mark at the very start is not text, and a file that is
//! marked as UTF-16 is read as such. What gzip or zstd has compressed is unpacked.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::text;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The remedy for a file whose rows are not as they should be.
pub(super) const REMEDY: &str = "correct the file, or describe it as it is";
/// The remedy for text in another encoding.
const ENCODING: &str = "convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW, with the encoding that it has";
/// The most bytes of a row.
const LONGEST: usize = 16 << 20;
/// The bytes that are read at once.
const BLOCK: usize = 1 << 16;
/// The rows between two looks for an interrupt.
const ROWS: usize = 4096;

/// The way in which the fields of a row are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The character between two fields, which is ASCII.
    pub delimiter: u8,
    /// True if `"` around a field is not text.
    pub quotes: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quotes: true }
    }
}

/// The rows of a comma-separated text, one after another.
pub struct CsvRows {
    path: PathBuf,
    names: Vec<String>,
    dialect: Dialect,
    core: Reader,
    text: Box<dyn Read>,
    block: Vec<u8>,
    start: usize,
    end: usize,
    is_ended: bool,
    line: usize,
    after_cr: bool,
    n_rows: usize,
    row: Vec<u8>,
    fields: Vec<Field>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRow<'a> {
    /// The line of the file at which the row begins, counted from 1.
    pub line: usize,
    /// The fields, as many as the row has.
    pub fields: Vec<&'a str>,
}

/// The place of a field.
#[derive(Clone, Copy)]
struct Field {
    /// The end of its text in the row.
    end: usize,
    /// The line at which it begins.
    line: usize,
    /// Whether it begins with a quote.
    is_quoted: bool,
}

impl fmt::Debug for CsvRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvRows({}, {} rows read)", self.path.display(), self.n_rows)
    }
}

impl CsvRows {
    /// Opens a file whose first row names the columns.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] if it has no row or names a column
    /// twice, if it is something else than text, and as for [`CsvRows::next_row`].
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::csv::{CsvRows, Dialect};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("train.csv");
    /// std::fs::write(&path, "text,label\n\"He said \"\"no\"\",\nand left.\",1\n").unwrap();
    /// let mut rows = CsvRows::open(&path, Dialect::default())?;
    /// assert_eq!(rows.names(), ["text", "label"]);
    /// assert_eq!(rows.next_row()?.unwrap().fields, ["He said \"no\",\nand left.", "1"]);
    /// assert!(rows.next_row()?.is_none());
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn open(path: &Path, dialect: Dialect) -> Result<Self> {
        Self::with_header(text::open(path)?, path, dialect)
    }

    /// Returns the rows of a text whose first row names the columns; errors call it `path`.
    pub(super) fn with_header(text: Box<dyn Read>, path: &Path, dialect: Dialect) -> Result<Self> {
        let mut rows = Self::of(text, path, dialect, &[]);
        let named =
            |row: CsvRow<'_>| (row.line, row.fields.iter().map(|name| name.trim().to_owned()).collect());
        let (line, mut names): (usize, Vec<String>) = match rows.next_row()?.map(named) {
            Some(header) => header,
            None => return Err(rows.wrong(1, "no header: the file is empty".to_owned(), REMEDY)),
        };
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let twice = names.iter().enumerate().find(|(i, name)| !name.is_empty() && names[..*i].contains(name));
        if let Some((_, name)) = twice {
            return Err(rows.wrong(line, format!("column `{name}` is there twice"), REMEDY));
        }
        Ok(Self { names, n_rows: 0, ..rows })
    }

    /// Opens a file whose first row is data; `names` are all its columns.
    ///
    /// # Errors
    /// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] if it is something else than text: a
    /// workbook, Parquet, a web page, a pointer of Git LFS.
    pub fn without_header(path: &Path, dialect: Dialect, names: &[String]) -> Result<Self> {
        Ok(Self::of(text::open(path)?, path, dialect, names))
    }

    /// Returns the rows of a text that has those columns; errors call it `path`.
    pub(super) fn of(text: Box<dyn Read>, path: &Path, dialect: Dialect, names: &[String]) -> Self {
        let core = ReaderBuilder::new().delimiter(dialect.delimiter).quoting(dialect.quotes).build();
        Self {
            path: path.to_owned(),
            names: names.to_vec(),
            dialect,
            core,
            text,
            block: vec![0; BLOCK],
            start: 0,
            end: 0,
            is_ended: false,
            line: 1,
            after_cr: false,
            n_rows: 0,
            row: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Returns the names of the columns in order; one without a name is empty.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the position of a column.
    ///
    /// # Errors
    /// [`LmcError::Format`] with the columns that there are, if none has that name.
    pub fn position(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|column| column == name);
        found.ok_or_else(|| {
            let unknown = LmcError::UnknownName {
                kind: "column",
                name: name.to_owned(),
                known: self.names.iter().filter(|name| !name.is_empty()).cloned().collect(),
            };
            self.wrong(1, unknown.to_string(), "name a column that the file has")
        })
    }

    /// Returns the next row, or none at the end. Blank fields beyond the columns do not count.
    ///
    /// # Errors
    /// [`LmcError::Format`] with the line for a quote that is never closed, a row of more than 16 MB, text
    /// that is not UTF-8, and a NUL byte; [`LmcError::Io`]; [`LmcError::Interrupted`].
    pub fn next_row(&mut self) -> Result<Option<CsvRow<'_>>> {
        if self.n_rows.is_multiple_of(ROWS) {
            interrupt::check(|| format!("{} was being read; nothing is lost", self.path.display()))?;
        }
        loop {
            if !self.read_row()? {
                return Ok(None);
            }
            let is_blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
            let is_line = self.fields.len() == 1 && is_blank(&self.row[..self.fields[0].end]);
            if !(is_line && self.names.len() != 1) {
                break;
            }
        }
        self.n_rows += 1;
        let mut fields = Vec::with_capacity(self.fields.len());
        let mut start = 0;
        for (number, field) in self.fields.iter().enumerate() {
            fields.push(self.checked(number, field.line, &self.row[start..field.end])?);
            start = field.end;
        }
        let named = self.names.len().max(1);
        // The header is read before there are names.
        while !self.names.is_empty()
            && fields.len() > named
            && fields.last().is_some_and(|field| field.trim().is_empty())
        {
            fields.pop();
        }
        Ok(Some(CsvRow { line: self.fields[0].line, fields }))
    }

    /// Returns the error for a row with another number of fields than there are columns, as
    /// [`CsvRows::next_row`] returned it last.
    pub(super) fn other_length(&self, n_fields: usize) -> LmcError {
        let (first, last) = (self.fields.first(), self.fields.last());
        let line = first.map_or(self.line, |field| field.line);
        let open = self
            .fields
            .iter()
            .zip(self.fields.iter().skip(1))
            .find(|(one, next)| one.is_quoted && next.line > one.line);
        let open =
            open.map(|(one, _)| one).or(last.filter(|field| field.is_quoted && self.line > field.line + 1));
        let hint = open.map(|field| format!("; a quote that opens at line {} may not be closed", field.line));
        let (n, names) = (self.names.len(), self.names.join(", "));
        let problem = format!("{n_fields} fields instead of {n} ({names}){}", hint.unwrap_or_default());
        self.wrong(line, problem, REMEDY)
    }

    /// Returns the error for a line of the file.
    pub(super) fn wrong(&self, line: usize, problem: String, remedy: &'static str) -> LmcError {
        LmcError::Format { path: self.path.clone(), line: Some(line), problem, remedy }
    }

    /// Reads the fields of the next row; returns whether there is one.
    fn read_row(&mut self) -> Result<bool> {
        self.fields.clear();
        let mut filled = 0;
        loop {
            match self.read_field(&mut filled)? {
                None => return Ok(false),
                Some(true) => return Ok(true),
                Some(false) => {}
            }
        }
    }

    /// Reads a field to the end of the row; returns whether the row ends with it, or none at the end of text.
    fn read_field(&mut self, filled: &mut usize) -> Result<Option<bool>> {
        let is_first = self.fields.is_empty();
        let (mut begun, mut is_quoted, mut n_quotes, mut line) = (false, false, 0_usize, self.line);
        loop {
            if self.start == self.end && !self.is_ended {
                self.refill()?;
            }
            if self.row.len() < *filled + BLOCK {
                self.row.resize(*filled + BLOCK, 0);
            }
            let input = &self.block[self.start..self.end];
            let (result, n_read, n_written) = self.core.read_field(input, &mut self.row[*filled..]);
            for &byte in &input[..n_read] {
                let is_end = matches!(byte, b'\r' | b'\n');
                if !(begun || is_first && is_end) {
                    (begun, line) = (true, self.line);
                    is_quoted = self.dialect.quotes && byte == b'"';
                }
                n_quotes += usize::from(byte == b'"');
                self.line += usize::from(byte == b'\r' || (byte == b'\n' && !self.after_cr));
                self.after_cr = byte == b'\r';
            }
            self.start += n_read;
            *filled += n_written;
            let is_open = is_quoted && !n_quotes.is_multiple_of(2);
            if *filled > LONGEST {
                let problem = match is_open {
                    true => "a quote that opens here is not closed within 16 MB",
                    false => {
                        "a row of more than 16 MB: this is no comma-separated text, or has another delimiter"
                    }
                };
                return Err(self.wrong(line, problem.to_owned(), REMEDY));
            }
            match result {
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
                ReadFieldResult::End => return Ok(None),
                ReadFieldResult::Field { record_end } => {
                    if self.is_ended && is_open {
                        return Err(self.wrong(
                            line,
                            "a quote that opens here is never closed".to_owned(),
                            REMEDY,
                        ));
                    }
                    self.fields.push(Field { end: *filled, line, is_quoted });
                    return Ok(Some(record_end));
                }
            }
        }
    }

    fn refill(&mut self) -> Result<()> {
        self.start = 0;
        self.end = loop {
            match self.text.read(&mut self.block) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read.map_err(LmcError::io("read", &self.path))?,
            }
        };
        self.is_ended = self.end == 0;
        Ok(())
    }

    /// Returns the text of a field.
    fn checked<'a>(&self, number: usize, line: usize, bytes: &'a [u8]) -> Result<&'a str> {
        let at = |place: usize| line + bytes[..place].iter().filter(|&&byte| byte == b'\n').count();
        let name = match self.names.get(number) {
            Some(name) if !name.is_empty() => format!("column `{name}`"),
            _ => format!("field {}", number + 1),
        };
        if let Some(place) = bytes.iter().position(|&byte| byte == 0) {
            let problem =
                format!("a NUL byte at byte {} of {name}: the file is damaged, or no text", place + 1);
            return Err(self.wrong(at(place), problem, REMEDY));
        }
        std::str::from_utf8(bytes).map_err(|error| {
            let place = error.valid_up_to();
            let problem = format!("not UTF-8: byte {} of {name} is 0x{:02X}", place + 1, bytes[place]);
            self.wrong(at(place), problem, ENCODING)
        })
    }
}

#[cfg(test)]
mod tests;
