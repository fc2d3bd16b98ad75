//! Rows of a file as examples: the content of the columns, and the rows that are skipped.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use super::Reading;
use crate::csv::{self, CsvRows};
use crate::jsonl::{JsonLines, JsonStream};
use crate::manifest::{Columns, Drawn, Format, LabelBy, Place, ShortRows};
use crate::parquet::ParquetTable;
use crate::tsv::{REMEDY, Tsv};
use crate::{Dataset, Example, text};
use lmc_base::error::{LmcError, Result};

/// The rows of a file that are the split.
pub(super) enum Part<'a> {
    /// The rows with these numbers.
    Rows(Range<usize>),
    /// The examples that are drawn from those of the file.
    Drawn(&'a Drawn),
    /// The rows of these kinds; the other splits of the file have the others.
    Kinds { own: &'a [String], others: &'a [&'a str] },
}

impl<'a> Part<'a> {
    /// Returns the part of a file that is the split.
    pub fn of(place: &'a Place<'a>) -> Self {
        match place.kinds {
            [] => place.drawn.as_ref().map_or_else(|| Self::rows(place.rows.clone()), Self::Drawn),
            own => Self::Kinds { own, others: &place.other_kinds },
        }
    }

    /// Returns those rows, or all.
    pub fn rows(rows: Option<Range<usize>>) -> Self {
        Self::Rows(rows.unwrap_or(0..usize::MAX))
    }

    /// Returns whether a row whose kind is not known belongs to the split.
    fn has_row(&self, row: usize) -> bool {
        match self {
            Self::Rows(rows) => rows.contains(&row),
            Self::Drawn(_) | Self::Kinds { .. } => true,
        }
    }

    /// Returns whether a row belongs to the split, or the problem with its kind.
    fn has(&self, row: usize, kind: Option<&str>) -> Result<bool, String> {
        let Self::Kinds { own, others } = self else { return Ok(self.has_row(row)) };
        let kind = kind.unwrap_or_default();
        let is_own = own.iter().any(|known| known == kind);
        if is_own || others.contains(&kind) {
            return Ok(is_own);
        }
        Err(format!("`{kind}` instead of one of {}, {}", own.join(", "), others.join(", ")))
    }
}

/// The place of a row.
#[derive(Clone, Copy)]
enum At {
    Line(usize),
    Row(usize),
}

/// The examples of a file, collected row by row.
pub(super) struct Collector<'a> {
    path: &'a Path,
    columns: &'a Columns,
    labels: &'a [String],
    part: Part<'a>,
    next_row: usize,
    examples: Vec<Example>,
    kinds: Vec<String>,
    groups: Vec<String>,
    n_skipped: usize,
    /// The number of examples of the whole file that were read.
    n_in_file: usize,
    /// The number of examples of the split that were read, those that are not kept included.
    n_in_split: usize,
    /// The place in the list of drawn examples.
    n_drawn: usize,
    /// The numbers of the examples of the split that are kept, ascending, and the place in that list; none
    /// for all.
    kept: Option<(&'a [usize], usize)>,
    /// The lines of rows without any text.
    blank: Vec<usize>,
    /// The lines of rows with too many columns that were skipped.
    long: Vec<usize>,
    /// The first line of a text that looks as if a writer of comma-separated values had quoted it.
    quoted: Option<usize>,
}

impl<'a> Collector<'a> {
    pub fn new(path: &'a Path, columns: &'a Columns, labels: &'a [String], part: Part<'a>) -> Self {
        let (examples, kinds, groups, long) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            path,
            columns,
            labels,
            part,
            next_row: 0,
            examples,
            kinds,
            groups,
            n_skipped: 0,
            n_in_file: 0,
            n_in_split: 0,
            n_drawn: 0,
            kept: None,
            blank: Vec::new(),
            long,
            quoted: None,
        }
    }

    /// Keeps only the examples of the split with these numbers, which ascend from 0.
    pub fn keep(&mut self, chosen: &'a [usize]) {
        self.kept = Some((chosen, 0));
    }

    /// Checks that the file has as many examples as its splits were drawn from.
    fn check_drawn(&self) -> Result<()> {
        match self.part {
            Part::Drawn(drawn) if drawn.of != self.n_in_file => Err(LmcError::Format {
                path: self.path.to_owned(),
                line: None,
                problem: format!(
                    "{} examples, and the splits of the manifest are drawn from {}",
                    self.n_in_file, drawn.of
                ),
                remedy: "write the manifest anew by `lmc task init`",
            }),
            _ => Ok(()),
        }
    }

    /// Returns the rows that were read as a reading with that name.
    pub fn reading(self, name: &str) -> Result<Reading> {
        self.check_drawn()?;
        let Self {
            path,
            columns,
            labels,
            examples,
            kinds,
            groups,
            n_skipped,
            next_row,
            n_in_split,
            blank,
            long,
            quoted,
            ..
        } = self;
        let kinds = columns.kind.is_some().then_some(kinds);
        let dataset = Dataset { name: name.to_owned(), labels: labels.to_vec(), examples, kinds };
        dataset.check()?;
        let n_long = long.len();
        let long = long.first().map(|first| {
            let rows = if n_long == 1 { "1 row is".to_owned() } else { format!("{n_long} rows are") };
            format!("{}:{first}: {rows} skipped, with more columns than the header", path.display())
        });
        let quoted = quoted.map(|line| {
            format!(
                "{}:{line}: quotes of a CSV writer are read as text, as the published files have none",
                path.display()
            )
        });
        let groups = columns.group.is_some().then_some(groups);
        let n_blank = blank.len();
        let blank = blank.first().map(|first| {
            let rows =
                if n_blank == 1 { "1 empty row is".to_owned() } else { format!("{n_blank} empty rows are") };
            format!("{}:{first}: {rows} skipped", path.display())
        });
        let notes = blank.into_iter().chain(long).chain(quoted).collect();
        Ok(Reading { dataset, groups, n_skipped, n_rows: next_row, n_examples: n_in_split, notes })
    }

    /// Takes the rows of a text.
    pub fn text(&mut self, bytes: &[u8]) -> Result<()> {
        match self.columns.format {
            Format::Tsv => self.tsv(bytes),
            Format::Csv => self.csv(text::of_bytes(bytes, self.path)?),
            Format::Jsonl => self.jsonl(bytes),
            Format::Parquet => {
                Err(LmcError::invalid("columns.format", "parquet", "tsv, csv or jsonl, formats of text"))
            }
        }
    }

    /// Takes the rows of the file, one after another; it has comma-separated text or JSON lines.
    pub fn stream(&mut self) -> Result<()> {
        if self.columns.format == Format::Csv {
            return self.csv(text::open(self.path)?);
        }
        let (roles, label) = (self.columns.roles(), self.columns.label.as_str());
        let mut objects = JsonStream::open(self.path)?;
        while let Some(object) = objects.next_object()? {
            let text = |name: &&str| match *name == label {
                true => object.optional_text(name),
                false => object.loose_text(name),
            };
            let fields = roles.iter().map(text).collect::<Result<Vec<_>>>()?;
            self.row(At::Line(object.line), fields)?;
        }
        Ok(())
    }

    fn csv(&mut self, text: Box<dyn Read>) -> Result<()> {
        let (dialect, names) = (self.columns.dialect(), &self.columns.names);
        let mut rows = match self.columns.header {
            Some(true) => CsvRows::with_header(text, self.path, dialect)?,
            _ => CsvRows::of(text, self.path, dialect, names),
        };
        names.iter().try_for_each(|name| rows.position(name).map(|_| ()))?;
        let roles = self.columns.roles();
        let positions = roles.iter().map(|name| rows.position(name)).collect::<Result<Vec<_>>>()?;
        let n_columns = rows.names().len();
        loop {
            let Some(row) = rows.next_row()? else { return Ok(()) };
            let n = row.fields.len();
            if row.fields.iter().all(|field| field.trim().is_empty()) {
                self.blank.push(row.line);
                self.skip();
            } else if n == n_columns {
                let fields = positions.iter().map(|&position| Cow::Borrowed(row.fields[position])).collect();
                self.row(At::Line(row.line), fields)?;
            } else {
                return Err(rows.other_length(n));
            }
        }
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
            if n != expected && self.columns.short_rows == ShortRows::Skip {
                self.long.extend((n > expected).then_some(row.line));
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

    /// Takes the rows of the Parquet file. In a file of the user's a row may lack a value, if the manifest
    /// allows empty texts or rows without a label.
    pub fn parquet(&mut self, is_own: bool) -> Result<()> {
        let has_gaps = is_own && (self.columns.empty_texts || self.columns.no_label.as_deref() == Some(""));
        let read = if has_gaps { ParquetTable::read_loosely } else { ParquetTable::read };
        let table = read(self.path, &self.columns.roles())?;
        table.rows().enumerate().try_for_each(|(row, fields)| {
            self.row(At::Row(row), fields.into_iter().map(Cow::Borrowed).collect())
        })
    }

    fn skip(&mut self) {
        self.n_skipped += usize::from(self.part.has_row(self.next_row));
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
        let label = label.trim();
        let is_part =
            self.part.has(self.next_row, kind.as_deref()).map_err(|problem| self.wrong(at, problem))?;
        if !is_part {
            self.next_row += 1;
            return Ok(());
        }
        if columns.no_label.as_deref() == Some(label) {
            self.skip();
            return Ok(());
        }
        let empty = [(Some(&columns.first), Some(&first)), (columns.second.as_ref(), second.as_ref())]
            .into_iter()
            .find_map(|(name, text)| name.filter(|_| text.is_some_and(|text| text.is_empty())));
        if let Some(name) = empty.filter(|_| !columns.empty_texts) {
            return Err(self.wrong(at, format!("`{name}` is empty")));
        }
        if let (At::Line(line), Format::Tsv, None) = (at, columns.format, self.quoted) {
            self.quoted = [Some(&first), second.as_ref()]
                .into_iter()
                .flatten()
                .any(|text| is_quoted(text))
                .then_some(line);
        }
        let label = self.label(label).ok_or_else(|| self.unknown_label(at, label))?;
        self.next_row += 1;
        if !self.is_kept() {
            return Ok(());
        }
        self.examples.push(Example { first: first.into_owned(), second: second.map(Cow::into_owned), label });
        self.kinds.extend(kind.map(Cow::into_owned));
        self.groups.extend(group.map(Cow::into_owned));
        Ok(())
    }

    /// Counts an example, and returns whether it belongs to the split and is to be kept.
    fn is_kept(&mut self) -> bool {
        let number = self.n_in_file;
        self.n_in_file += 1;
        if let Part::Drawn(drawn) = self.part {
            let is_listed = drawn.listed.get(self.n_drawn) == Some(&number);
            self.n_drawn += usize::from(is_listed);
            if is_listed == drawn.is_rest {
                return false;
            }
        }
        let number = self.n_in_split;
        self.n_in_split += 1;
        let Some((chosen, place)) = &mut self.kept else { return true };
        let is_chosen = chosen.get(*place) == Some(&number);
        *place += usize::from(is_chosen);
        is_chosen
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
        let remedy = if self.columns.format == Format::Csv { csv::REMEDY } else { REMEDY };
        LmcError::Format { path: self.path.to_owned(), line, problem, remedy }
    }
}

/// Returns whether a text has quotes around it and every quote in it doubled, as writers of comma-separated
/// values do.
fn is_quoted(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.is_some_and(|inner| inner.contains("\"\"") && !inner.replace("\"\"", "").contains('"'))
}
