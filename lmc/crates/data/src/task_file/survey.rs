//! A survey of one file of examples: how many there are, of which labels, and which of them are shared.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use super::labels;
use super::layout::Layout;
use crate::csv::CsvRows;
use crate::jsonl::JsonStream;
use crate::manifest::Format;
use crate::parquet::ParquetTable;
use crate::tsv::of_own_data;
use lmc_base::error::{LmcError, Result};

/// The rows that are shown of a set.
const SHOWN: usize = 5;
/// The most training examples among which repeated ones are counted.
const COMPARED: usize = 4_000_000;

/// The columns with a role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roles<'a> {
    pub first: &'a str,
    pub second: Option<&'a str>,
    pub label: &'a str,
}

impl<'a> Roles<'a> {
    /// Returns their names: first text, second text, label.
    pub fn names(&self) -> Vec<&'a str> {
        [Some(self.first), self.second, Some(self.label)].into_iter().flatten().collect()
    }
}

/// One example as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The first or only text.
    pub first: String,
    /// The second text.
    pub second: Option<String>,
    /// The label.
    pub label: String,
}

/// The examples of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub n: usize,
    /// The line of the first, or its row from 1 in Parquet.
    pub line: usize,
}

/// What a file of examples holds.
#[derive(Debug)]
pub(super) struct Survey {
    pub path: PathBuf,
    /// The file as it was given: its path or its address.
    pub given: PathBuf,
    pub layout: Layout,
    pub n_rows: usize,
    /// Rows without any text.
    pub n_blank: usize,
    /// Examples with an empty text.
    pub n_empty: usize,
    pub labels: BTreeMap<String, Count>,
    pub first: Vec<Shown>,
    /// The column whose texts are all the same, if there are several rows.
    pub constant: Option<String>,
    /// A number for each example of an evaluation set, the same for equal texts.
    pub prints: Vec<u64>,
    /// Training examples that were there before, among the first [`COMPARED`].
    pub n_repeated: usize,
}

/// Calls `each` for every row of a file with its line and the fields of the columns with a role; rows without
/// any text are left out and counted.
pub(super) fn for_each_row(
    path: &Path,
    layout: &Layout,
    roles: &Roles<'_>,
    mut each: impl FnMut(usize, &[Cow<'_, str>]) -> Result<()>,
) -> Result<usize> {
    let (names, mut n_blank) = (roles.names(), 0);
    match layout.format {
        Format::Csv | Format::Tsv => {
            let mut rows = CsvRows::open(path, layout.dialect)?;
            let positions = names.iter().map(|name| rows.position(name)).collect::<Result<Vec<_>>>()?;
            let n_columns = rows.names().len();
            while let Some(row) = rows.next_row()? {
                let n = row.fields.len();
                if row.fields.iter().all(|field| field.trim().is_empty()) {
                    n_blank += 1;
                    continue;
                }
                if n != n_columns {
                    return Err(rows.other_length(n));
                }
                let fields: Vec<Cow<'_, str>> =
                    positions.iter().map(|&position| Cow::Borrowed(row.fields[position])).collect();
                each(row.line, &fields)?;
            }
        }
        Format::Jsonl => {
            let mut objects = JsonStream::open(path)?;
            while let Some(object) = objects.next_object()? {
                let text = |name: &&str| match *name == roles.label {
                    true => object.optional_text(name),
                    false => object.loose_text(name),
                };
                let fields = names.iter().map(text).collect::<Result<Vec<_>>>()?;
                each(object.line, &fields)?;
            }
        }
        Format::Parquet => {
            let table = ParquetTable::read_loosely(path, &names)?;
            for (row, fields) in table.rows().enumerate() {
                let fields: Vec<Cow<'_, str>> = fields.into_iter().map(Cow::Borrowed).collect();
                each(row + 1, &fields)?;
            }
        }
    }
    Ok(n_blank)
}

/// Returns the example in the fields of a row, and its label.
pub(super) fn example(fields: &[Cow<'_, str>], is_pair: bool) -> Shown {
    let text = |place: usize| fields.get(place).map(|text| text.clone().into_owned()).unwrap_or_default();
    let label = fields.last().map(|label| label.trim().to_owned()).unwrap_or_default();
    Shown { first: text(0), second: is_pair.then(|| text(1)), label }
}

impl Survey {
    /// Surveys a file. For the training set, `seen` has the numbers of the evaluation examples, and those
    /// that are here too are marked in it.
    pub fn of(
        path: &Path,
        given: &Path,
        roles: &Roles<'_>,
        mut seen: Option<&mut HashMap<u64, bool>>,
    ) -> Result<Self> {
        let guesses = Layout::guesses(path, &roles.names())?;
        let mut failed = None;
        for layout in guesses {
            match Self::with_layout(path, layout, roles, seen.as_deref_mut()) {
                Ok(survey) => return Ok(Self { given: given.to_owned(), ..survey }),
                Err(error @ LmcError::Interrupted { .. }) => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed
            .map(of_own_data)
            .unwrap_or_else(|| LmcError::invalid("train", path.display(), "a file of examples")))
    }

    fn with_layout(
        path: &Path,
        layout: Layout,
        roles: &Roles<'_>,
        mut seen: Option<&mut HashMap<u64, bool>>,
    ) -> Result<Self> {
        let mut survey = Self {
            path: path.to_owned(),
            given: path.to_owned(),
            layout,
            n_rows: 0,
            n_blank: 0,
            n_empty: 0,
            labels: BTreeMap::new(),
            first: Vec::new(),
            constant: None,
            prints: Vec::new(),
            n_repeated: 0,
        };
        survey.check_columns(roles)?;
        let texts: Vec<&str> = std::iter::once(roles.first).chain(roles.second).collect();
        let mut of_first: Vec<Option<String>> = texts.iter().map(|_| None).collect();
        let mut differs = vec![false; texts.len()];
        let mut own = HashSet::new();
        let layout = survey.layout.clone();
        let n_blank = for_each_row(path, &layout, roles, |line, fields| {
            survey.n_rows += 1;
            let (label, fields) =
                fields.split_last().map_or(("", fields), |(label, rest)| (label.trim(), rest));
            if !labels::is_missing(label) {
                survey.n_empty += usize::from(fields.iter().any(|text| text.is_empty()));
            }
            for (place, text) in fields.iter().enumerate() {
                match &of_first[place] {
                    None => of_first[place] = Some(text.clone().into_owned()),
                    Some(first) => differs[place] |= first != text,
                }
            }
            let mut hasher = DefaultHasher::new();
            fields.hash(&mut hasher);
            let print = hasher.finish();
            match &mut seen {
                Some(seen) => {
                    seen.entry(print).and_modify(|is_there| *is_there = true);
                    if own.len() < COMPARED {
                        survey.n_repeated += usize::from(!own.insert(print));
                    }
                }
                None => survey.prints.push(print),
            }
            match survey.labels.get_mut(label) {
                Some(count) => count.n += 1,
                None => {
                    survey.labels.insert(label.to_owned(), Count { n: 1, line });
                    labels::check_number(path, roles.label, &survey.labels, survey.n_rows)?;
                }
            }
            if survey.first.len() < SHOWN && !labels::is_missing(label) {
                let second = roles.second.map(|_| fields[1].clone().into_owned());
                survey.first.push(Shown {
                    first: fields[0].clone().into_owned(),
                    second,
                    label: label.to_owned(),
                });
            }
            Ok(())
        })?;
        survey.n_blank = n_blank;
        let same = differs.iter().position(|differs| !differs && survey.n_rows > 1);
        survey.constant = same.map(|place| texts[place].to_owned());
        Ok(survey)
    }

    /// Checks that the file has the columns with a role; comma-separated text is checked where it is read.
    fn check_columns(&self, roles: &Roles<'_>) -> Result<()> {
        if self.layout.format == Format::Csv {
            return Ok(());
        }
        let known = self.layout.columns(&self.path)?;
        match roles.names().into_iter().find(|name| !known.iter().any(|column| column == name)) {
            None => Ok(()),
            Some(name) => {
                let unknown = LmcError::UnknownName { kind: "column", name: name.to_owned(), known };
                Err(self.wrong(None, unknown.to_string(), "give the columns of the file"))
            }
        }
    }

    /// Returns the error for the file, at a line if that is known.
    pub fn wrong(&self, line: Option<usize>, problem: String, remedy: &'static str) -> LmcError {
        LmcError::Format { path: self.path.clone(), line, problem, remedy }
    }

    /// Returns the number of rows whose label is missing, spelt in that way.
    pub fn n_missing(&self, spelling: Option<&str>) -> usize {
        spelling.and_then(|spelling| self.labels.get(spelling)).map_or(0, |count| count.n)
    }
}
