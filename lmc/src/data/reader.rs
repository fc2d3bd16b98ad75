//! Reading a split of a corpus as its manifest describes it, from whichever published form lies in a folder.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::jsonl::JsonLines;
use super::manifest::{Columns, Format, LabelBy, Manifest, Place, ShortRows};
use super::parquet::ParquetTable;
use super::tsv::{REMEDY, Tsv};
use super::{Dataset, Example};
use crate::error::{LmcError, Result};

/// What was read from one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The examples, with their kinds where the form has a column for them.
    pub dataset: Dataset,
    /// The group of each example, where the form has a column for it.
    pub groups: Option<Vec<String>>,
    /// The rows that were skipped: those without a label, and short ones where the official reading skips them.
    pub n_skipped: usize,
}

/// Returns a split from a folder that has one of the forms in which the corpus is published: the first of them in the
/// manifest's order whose file is there. A file in a subfolder may also lie in the folder itself.
///
/// # Errors
/// [`LmcError::UnknownName`] for a split that the manifest does not have, [`LmcError::Io`] if the folder has none of its
/// files, [`LmcError::Format`] if the number of examples is not the published one or a Parquet file has another digest than the
/// manifest, otherwise as [`read_file`].
pub fn read_split(manifest: &Manifest, folder: &Path, split: &str) -> Result<Reading> {
    let places = manifest.places(split)?;
    let (path, place) = find(folder, &places)?;
    if place.columns.format == Format::Parquet {
        // Damage that the format does not notice can end the process.
        manifest.verify_file(place.file, &path)?;
    }
    let reading = read_file(&path, place.columns, &manifest.labels, place.rows.clone(), split)?;
    let (n, expected) = (reading.dataset.len(), manifest.split(split)?.n_examples);
    if n != expected {
        let problem = format!("{n} examples, the published file has {expected}");
        return Err(LmcError::Format { path, line: None, problem, remedy: "fetch the file again" });
    }
    Ok(reading)
}

fn find<'a>(folder: &Path, places: &'a [Place<'a>]) -> Result<(PathBuf, &'a Place<'a>)> {
    let candidates = places.iter().flat_map(|place| {
        let name = place.file.file_name().map(Path::new);
        [Some(place.file), name].into_iter().flatten().map(move |file| (folder.join(file), place))
    });
    candidates.into_iter().find(|(path, _)| path.is_file()).ok_or_else(|| {
        let files: Vec<String> = places.iter().map(|place| place.file.display().to_string()).collect();
        let none =
            std::io::Error::new(std::io::ErrorKind::NotFound, format!("it has none of {}", files.join(", ")));
        LmcError::io("read", folder)(none)
    })
}

/// Returns the examples of one file with the given columns under a name of your choice; `rows` are those that are read,
/// counted from 0 without the header, none for all.
///
/// # Errors
/// [`LmcError::Io`] if the file cannot be read; [`LmcError::Format`] with the line, or the row in Parquet, for a column
/// that is missing, a row of another length, a label that is not one of `labels`, or an empty text where none may be.
pub fn read_file(
    path: &Path,
    columns: &Columns,
    labels: &[String],
    rows: Option<Range<usize>>,
    name: &str,
) -> Result<Reading> {
    if columns.format != Format::Parquet {
        let bytes = std::fs::read(path).map_err(LmcError::io("read", path))?;
        return read_text(&bytes, path, columns, labels, rows, name);
    }
    let mut collector = Collector::new(path, columns, labels, rows);
    collector.parquet()?;
    collector.reading(name)
}

/// Returns the examples in the bytes of a text file, tab-separated or JSON lines, as [`read_file`]; `path` is what errors call
/// it.
///
/// # Errors
/// [`LmcError::Format`] as [`read_file`]; [`LmcError::InvalidParameter`] for columns of Parquet, which is no text.
pub fn read_text(
    bytes: &[u8],
    path: &Path,
    columns: &Columns,
    labels: &[String],
    rows: Option<Range<usize>>,
    name: &str,
) -> Result<Reading> {
    let mut collector = Collector::new(path, columns, labels, rows);
    match columns.format {
        Format::Tsv => collector.tsv(bytes)?,
        Format::Jsonl => collector.jsonl(bytes)?,
        Format::Parquet => {
            return Err(LmcError::invalid("columns.format", "parquet", "tsv or jsonl, formats of text"));
        }
    }
    collector.reading(name)
}

/// Where a row stands.
#[derive(Clone, Copy)]
enum At {
    Line(usize),
    Row(usize),
}

struct Collector<'a> {
    path: &'a Path,
    columns: &'a Columns,
    labels: &'a [String],
    rows: Range<usize>,
    next_row: usize,
    examples: Vec<Example>,
    kinds: Vec<String>,
    groups: Vec<String>,
    n_skipped: usize,
}

impl<'a> Collector<'a> {
    fn new(path: &'a Path, columns: &'a Columns, labels: &'a [String], rows: Option<Range<usize>>) -> Self {
        let rows = rows.unwrap_or(0..usize::MAX);
        let (examples, kinds, groups) = (Vec::new(), Vec::new(), Vec::new());
        Self { path, columns, labels, rows, next_row: 0, examples, kinds, groups, n_skipped: 0 }
    }

    fn reading(self, name: &str) -> Result<Reading> {
        let Self { columns, labels, examples, kinds, groups, n_skipped, .. } = self;
        let kinds = columns.kind.is_some().then_some(kinds);
        let dataset = Dataset { name: name.to_owned(), labels: labels.to_vec(), examples, kinds };
        dataset.check()?;
        Ok(Reading { dataset, groups: columns.group.is_some().then_some(groups), n_skipped })
    }

    fn tsv(&mut self, bytes: &[u8]) -> Result<()> {
        let tsv = match self.columns.header {
            Some(true) => Tsv::with_header(self.path, bytes)?,
            _ => Tsv::without_header(self.path, bytes, &self.columns.names),
        };
        self.columns.names.iter().try_for_each(|name| tsv.position(name).map(|_| ()))?;
        let roles = self.columns.roles();
        let positions = roles.iter().map(|name| tsv.position(name)).collect::<Result<Vec<_>>>()?;
        let last = positions.iter().copied().max().unwrap_or(0);
        for row in tsv.rows() {
            let row = row?;
            let (n, expected) = (row.fields.len(), tsv.names().len());
            let is_cut = self.columns.short_rows == ShortRows::Cut && n > last;
            if n < expected && self.columns.short_rows == ShortRows::Skip {
                self.skip();
            } else if n > expected || (n < expected && !is_cut) {
                let problem = format!("{n} columns instead of {}", tsv.names().join(", "));
                return Err(self.wrong(At::Line(row.line), problem));
            } else {
                let fields = positions.iter().map(|&position| Cow::Borrowed(row.fields[position])).collect();
                self.row(At::Line(row.line), fields)?;
            }
        }
        Ok(())
    }

    fn jsonl(&mut self, bytes: &[u8]) -> Result<()> {
        let roles = self.columns.roles();
        JsonLines::new(self.path, bytes).objects().try_for_each(|object| {
            let object = object?;
            let fields = roles.iter().map(|name| object.text(name)).collect::<Result<Vec<_>>>()?;
            self.row(At::Line(object.line), fields)
        })
    }

    fn parquet(&mut self) -> Result<()> {
        let table = ParquetTable::read(self.path, &self.columns.roles())?;
        table.rows()?.enumerate().try_for_each(|(row, fields)| {
            self.row(At::Row(row), fields.into_iter().map(Cow::Borrowed).collect())
        })
    }

    fn skip(&mut self) {
        self.n_skipped += usize::from(self.rows.contains(&self.next_row));
        self.next_row += 1;
    }

    /// Takes one row: its fields in the order of [`Columns::roles`].
    fn row(&mut self, at: At, fields: Vec<Cow<'_, str>>) -> Result<()> {
        let columns = self.columns;
        let mut fields = fields.into_iter();
        let mut field = |is_there: bool| if is_there { fields.next() } else { None };
        let (first, second, label) = (field(true), field(columns.second.is_some()), field(true));
        let (kind, group) = (field(columns.kind.is_some()), field(columns.group.is_some()));
        let (first, label) = (first.unwrap_or_default(), label.unwrap_or_default());
        if !self.rows.contains(&self.next_row) {
            self.next_row += 1;
            return Ok(());
        }
        if columns.no_label.as_deref() == Some(&*label) {
            self.skip();
            return Ok(());
        }
        let empty = [(Some(&columns.first), Some(&first)), (columns.second.as_ref(), second.as_ref())]
            .into_iter()
            .find_map(|(name, text)| name.filter(|_| text.is_some_and(|text| text.is_empty())));
        if let Some(name) = empty.filter(|_| !columns.empty_texts) {
            return Err(self.wrong(at, format!("`{name}` is empty")));
        }
        let label = self.label(&label).ok_or_else(|| self.unknown_label(at, &label))?;
        self.examples.push(Example { first: first.into_owned(), second: second.map(Cow::into_owned), label });
        self.kinds.extend(kind.map(Cow::into_owned));
        self.groups.extend(group.map(Cow::into_owned));
        self.next_row += 1;
        Ok(())
    }

    fn label(&self, text: &str) -> Option<i64> {
        let index = match self.columns.label_by {
            LabelBy::Index => text.parse().ok().filter(|&index: &usize| index < self.labels.len()),
            LabelBy::Name => self.labels.iter().position(|label| label == text),
        };
        index.and_then(|index| i64::try_from(index).ok())
    }

    fn unknown_label(&self, at: At, label: &str) -> LmcError {
        let known: Vec<String> = match self.columns.label_by {
            LabelBy::Index => {
                self.labels.iter().enumerate().map(|(index, name)| format!("{index} ({name})")).collect()
            }
            LabelBy::Name => self.labels.to_vec(),
        };
        self.wrong(at, format!("label `{label}` instead of {}", known.join(" or ")))
    }

    fn wrong(&self, at: At, problem: String) -> LmcError {
        let (line, problem) = match at {
            At::Line(line) => (Some(line), problem),
            At::Row(row) => (None, format!("row {row}: {problem}")),
        };
        LmcError::Format { path: self.path.to_owned(), line, problem, remedy: REMEDY }
    }
}

#[cfg(test)]
mod tests;
